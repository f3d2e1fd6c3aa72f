"""What is there, and that little or nothing ever happens to: empty lists, agreements, no transfer, no statistics.

Source: the API's pages of each. Texts marked * are a choice.
"""

from __future__ import annotations

from collections import Counter

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import ANY_SCOPE
from emulators.linode_api.core.bodies import check, flag
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.limits import STATS
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.records import add, all_of, change
from emulators.linode_api.core.routes import LOOKED_AT, UNRESTRICTED, Call, Routes
from emulators.linode_api.resources import ips, users
from emulators.linode_api.resources.catalogs import price_row, public
from emulators.linode_api.resources.linode.linodes import Linode, all_linodes, api as linodes, specs
from emulators.linode_api.resources.nodebalancers import require_age

account = Routes("account")
OF_ACCOUNTS = (
    "betas", "invoices", "maintenance", "notifications", "payment-methods", "payments",
    "service-transfers",
)  # fmt: skip
OF_PROFILES = ("apps", "devices")
EMPTY = (*(f"/account/{one}" for one in OF_ACCOUNTS), *(f"/profile/{one}" for one in OF_PROFILES), "/betas")


def none_of_them(_: Call, __: str) -> None:
    raise not_found()


for path in EMPTY:
    account.rows(path, budgets=())(lambda _: [])
    account.get(path + "/{name}")(none_of_them)
ips.api.rows("/networking/ipv6/pools", budgets=())(lambda _: [])
LOOKED_AT += (
    "/account/betas", "/account/payment-methods", "/account/payments", "/account/service-transfers",
    "/profile/apps", "/profile/devices", "/profile/security-questions",
)  # fmt: skip
AGREEMENTS = ("billing_agreement", "eu_model", "master_service_agreement", "privacy_policy")
TRANSFER_PRICES = {  # a GB in US dollars, and where it is dearer
    "distributed_network_transfer": ("Distributed Network Transfer", 0.01, {}),
    "network_transfer": ("Network Transfer", 0.005, {"id-cgk": 0.015, "br-gru": 0.007}),
}
QUESTIONS = (
    "What was the name of your first pet?",
    "What is the name of your oldest sibling?",
    "What was the first concert you attended?",
    "What was the make and model of your first car?",
    "In what city or town did your parents meet?",
    "What is the name of a college you applied to but did not attend?",
    "Where did you go on your most memorable school field trip?",
    "What is the name of the teacher who impacted you the most?",
    "Which city did you visit on your first airplane flight?",
    "On what street did your best friend in high school live?",
    "What is the name of your favorite city?",
    "What is your favorite artist of all time?",
    "What is the maiden name of your grandmother?",
    "What is the name of your first roommate?",
    "In what city or town was your first job?",
    "Who is your favorite author?",
    "What is the name of the hospital you were born in?",
    "What sports team do you love to see lose?",
    "On what street is your grocery store?",
)


@account.rows("/account/logins", budgets=())
@account.rows("/profile/logins", budgets=())
def logins(call: Call) -> list[Json]:
    """Of whom the account belongs to, once: a token is made by somebody who is logged in*."""
    of = {"ip": "127.0.0.1", "username": call.account.owner, "status": "successful", "restricted": False}
    return [{"id": 1, "datetime": stamp(call.account.created), **of}]


@account.get("/account/logins/{login}")
@account.get("/profile/logins/{login}")
def login(call: Call, wanted: int) -> Json:
    return row_with(logins(call), "id", wanted)


@account.get("/account/agreements")
def agreements(call: Call) -> Json:
    """Which were accepted."""
    accepted = all_of(call.account, "agreements")
    return {**dict.fromkeys(AGREEMENTS, False), **(accepted[0].body if accepted else {})}


@account.post("/account/agreements", grant=UNRESTRICTED)
def accept(call: Call) -> None:
    """None is taken back*."""
    check(call.body, dict.fromkeys(AGREEMENTS, flag))
    told = {name: True for name in AGREEMENTS if call.body.get(name)}
    for kept in all_of(call.account, "agreements") or [add(call.account, "agreements", {})]:
        change(call.account, kept, **told)


@account.get("/account/transfer")
def transfer(call: Call) -> Json:
    """What the plans of all Linodes have together, apart where a GB is dearer; for whole months*."""
    dearer, quotas = TRANSFER_PRICES["network_transfer"][-1], Counter[str]()
    for linode in all_linodes(call.account):
        quotas[linode["region"] if linode["region"] in dearer else ""] += specs(linode["type"])["transfer"]
    apart = [{"id": region, **unused(quotas[region])} for region in sorted(quotas) if region]
    return {**unused(quotas[""]), "region_transfers": apart}


def unused(quota: int) -> Json:
    return {"used": 0, "quota": quota, "billable": 0}


@public.rows("/network-transfer/prices", budgets=())
def transfer_prices(_: Call) -> list[Json]:
    return [
        price_row(id_, label, (price, None), {region: (more, None) for region, more in dearer.items()})
        for id_, (label, price, dearer) in TRANSFER_PRICES.items()
    ]


@account.get("/profile/security-questions", scope=ANY_SCOPE)
def security_questions(_: Call) -> Json:
    """Source: linodego's `TestSecurityQuestions_List`. None was answered."""
    rows = [{"id": id_, "question": text, "response": None} for id_, text in enumerate(QUESTIONS, 1)]
    return {"security_questions": rows}


@account.get("/profile/preferences", scope=ANY_SCOPE)
def preferences(call: Call) -> Json:
    held = users.facts(call.account, call.account.username)
    kept: Json = (held.body if held else {}).get("preferences", {})
    return kept


@account.put("/profile/preferences")
def change_preferences(call: Call) -> Json:
    """Whatever a client likes to keep: all of it is replaced."""
    users.tell(call.account, call.account.username, {"preferences": call.body})
    return dict(call.body)


@linodes.post("/linode/instances/{linode}/mutate")
def mutate(_: Call, __: Linode) -> None:
    raise bad_request("There is no upgrade available for this Linode.")  # *


@linodes.get("/linode/instances/{linode}/stats", STATS)
def stats(call: Call, linode: Linode) -> Json:
    """As of a NodeBalancer, a new Linode has none."""
    require_age(call.account, linode.created)
    way: Json = {"in": [], "out": [], "private_in": [], "private_out": []}
    data = {"cpu": [], "io": {"io": [], "swap": []}, "netv4": way, "netv6": way}
    return {"title": f"linode.com - {linode.label} ({linode.id}) - day (5 min avg)", "data": data}


@linodes.get("/linode/instances/{linode}/stats/{year}/{month}", STATS)
def stats_of_month(call: Call, linode: Linode, _: int, __: int) -> Json:
    return dict(stats(call, linode))


@linodes.get("/linode/instances/{linode}/transfer")
def transfer_of_linode(_: Call, linode: Linode) -> Json:
    """Source: recording TestInstance_GetTransfer. Nothing is transferred; the quota is the plan's, in GB."""
    return unused(specs(linode["type"])["transfer"])


@linodes.get("/linode/instances/{linode}/transfer/{year}/{month}")
def transfer_of_month(_: Call, __: Linode, ___: int, ____: int) -> Json:
    return dict.fromkeys(("bytes_in", "bytes_out", "bytes_total"), 0)
