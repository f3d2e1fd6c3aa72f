"""Lists that are there, and that nothing here ever puts anything on. Source: the API's pages of each."""

from __future__ import annotations

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import ANY_SCOPE
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.linode.linodes import Linode, api as linodes, specs

account = Routes("account")
EMPTY = (
    *(
        f"/account/{name}"
        for name in ("betas", "invoices", "logins", "maintenance", "notifications", "payments")
    ),
    *(f"/profile/{name}" for name in ("apps", "devices", "logins")),
)
for path in EMPTY:
    account.rows(path, budgets=())(lambda _: [])


@account.get("/account/agreements")
def agreements(_: Call) -> Json:
    return dict.fromkeys(
        ("billing_agreement", "eu_model", "master_service_agreement", "privacy_policy"), False
    )


@account.get("/account/transfer")
def transfer(_: Call) -> Json:
    return {"used": 0, "quota": 0, "billable": 0, "region_transfers": []}


@account.get("/profile/security-questions", scope=ANY_SCOPE)
def security_questions(_: Call) -> Json:
    return {"security_questions": []}


@linodes.get("/linode/instances/{linode}/transfer")
def transfer_of_linode(_: Call, linode: Linode) -> Json:
    """Source: recording TestInstance_GetTransfer. Nothing is transferred; the quota is the plan's, in GB."""
    return {"used": 0, "quota": specs(linode["type"])["transfer"], "billable": 0}
