"""Longview's subscriptions, and the account's, which Terraform's provider writes with its settings. No clients.

Source: linodego's fixtures `TestLongviewPlan_Update`, `ExampleListLongviewSubscriptions_page1`.
"""

from __future__ import annotations

from emulators.linode_api.core import Json
from emulators.linode_api.core.bodies import check, choice
from emulators.linode_api.core.routes import UNRESTRICTED, Call, Routes
from emulators.linode_api.resources.catalogs import catalog

api = Routes("longview")
SUBSCRIPTIONS: dict[str, Json] = {
    f"longview-{clients}": {
        "id": f"longview-{clients}",
        "label": f"Longview Pro {clients} pack",
        "price": {"hourly": hourly, "monthly": monthly},
        "clients_included": clients,
    }
    for clients, hourly, monthly in ((3, 0.03, 20.0), (10, 0.06, 40.0), (40, 0.15, 100.0), (100, 0.3, 200.0))
}
catalog("/longview/subscriptions", lambda: SUBSCRIPTIONS)


@api.get("/longview/plan")
def plan(call: Call) -> Json:
    """Empty without a subscription."""
    return SUBSCRIPTIONS.get(call.account.settings["longview_subscription"], {})


@api.put("/longview/plan", grant=UNRESTRICTED)
def subscribe(call: Call) -> Json:
    """An empty text, as null, ends it."""
    check(call.body, {"longview_subscription": choice("", *SUBSCRIPTIONS)})
    call.account.change_settings({"longview_subscription": call.body.get("longview_subscription") or None})
    return plan(call)
