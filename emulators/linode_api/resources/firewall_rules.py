"""Rules that firewalls are made of: templates, rule sets of an account, and the rules that a firewall had before.

A firewall's rules may name a rule set (`{"ruleset": id}`). Source: linodego's client
(rule sets); API pages "List firewall templates", "List firewall rule versions". Texts marked * are a choice.
"""

from __future__ import annotations

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import all_of, always, check, choice, length, that
from emulators.linode_api.core.errors import not_found
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.records import Kind, Record, given
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources import firewalls
from emulators.linode_api.resources.firewalls import FIREWALL, MOST_RULES, api, problems_of_rule

beta = Routes("firewall", beta=True)
RULE_SET = Kind("firewall_ruleset", "/networking/firewalls/rulesets/{firewall_ruleset}", first_id=1_000)
ALL = RULE_SET.url.rpartition("/")[0]
RULES = all_of(
    that(
        lambda rules: isinstance(rules, list) and len(rules) <= MOST_RULES,
        f"Must be a list of up to {MOST_RULES} rules",
    ),
    that(lambda rules: not any([*problems_of_rule(rule, "")] for rule in rules), "Rules are not valid"),
)  # *
FIELDS = {"label": length(3, 32), "description": length(0, 255), "rules": RULES}
NEW = {
    **FIELDS,
    "label": always(length(3, 32)),
    "rules": always(RULES),
    "type": always(choice("inbound", "outbound")),
}
ANYWHERE = {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}
INSIDE = {"ipv4": ["10.0.0.0/8", "192.168.0.0/17", "172.16.0.0/12"], "ipv6": []}


def accept(what: str, protocol: str, addresses: Json, **ports: str) -> Json:
    label = f"accept-inbound-{what}"
    rule = {
        "action": "ACCEPT",
        "addresses": addresses,
        "description": f"Accept inbound {what.upper()}",
        "label": label,
    }
    return {**rule, **ports, "protocol": protocol}


def template(slug: str, *more: Json) -> Json:
    inbound = [accept("ssh", "TCP", ANYWHERE, ports="22"), accept("icmp", "ICMP", ANYWHERE), *more]
    rules = {"inbound": inbound, "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT"}
    return {"slug": slug, "rules": rules}


TEMPLATES = [
    template("vpc", *(accept("rfc1918", protocol, INSIDE, ports="1-65535") for protocol in ("TCP", "UDP"))),
    template("public"),
]


@beta.rows("/networking/firewalls/templates", budgets=())
def templates(_: Call) -> list[Json]:
    return TEMPLATES


@beta.get("/networking/firewalls/templates/{name}")
def one_template(_: Call, slug: str) -> Json:
    return row_with(TEMPLATES, "slug", slug)


@RULE_SET.shows
def row(_: Account, rule_set: Record) -> Json:
    return {
        "id": rule_set.id,
        **rule_set.parts("label", "description", "type", "rules", "version"),
        "is_service_defined": False,
        **rule_set.dates,
        "deleted": None,
    }


api.reads_of(RULE_SET, "id", "label", "type")


@api.post(ALL, grant="add_firewalls")
def create(call: Call) -> Record:
    check(call.body, NEW)
    kept = {"description": "", **given(call.body, "label", "description", "type", "rules")}
    return RULE_SET.create(call.account, {**kept, "version": 1})


@api.put(RULE_SET.url)
def update(call: Call, rule_set: Record) -> Record:
    """Rules are replaced as a whole, which makes another version."""
    check(call.body, FIELDS)
    changes = given(call.body, "label", "description", "rules")
    return RULE_SET.update(
        call.account, rule_set, {**changes, "version": rule_set["version"] + ("rules" in changes)}
    )


@api.delete(RULE_SET.url)
def delete(call: Call, rule_set: Record) -> None:
    RULE_SET.delete(call.account, rule_set)


@api.rows(FIREWALL.url + "/history", budgets=())
def history(_: Call, firewall: Record) -> list[Json]:
    """Source of it and of a version: linode_api4's suite. No dates are kept: all tell the last change*."""
    told = {"status": firewall["status"], "updated": firewall.dates["updated"]}
    return [{**told, "rules": {"version": rules["version"]}} for rules in firewalls.versions(firewall)]


@api.get(FIREWALL.url + "/history/rules/{version}")
def version(_: Call, firewall: Record, wanted: int) -> Json:
    for rules in firewalls.versions(firewall):
        if rules["version"] == wanted:
            return rules
    raise not_found()
