"""VLANs: they exist by name in a region from the first interface that uses one. Source: API page "List VLANs"."""

from __future__ import annotations

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.records import all_of
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources.linode.linodes import Linode, all_linodes, api


@api.rows("/networking/vlans", "label", "region")
def rows(call: Call) -> list[Json]:
    """Only those in use here; the real API keeps an unused one for a while."""
    found: dict[tuple[str, str], Json] = {}
    for linode in all_linodes(call.account):
        for label in labels_of(call.account, linode):
            region = linode["region"]
            empty = {"label": label, "region": region, "created": stamp(linode.created), "linodes": []}
            row = found.setdefault((region, label), empty)
            row["linodes"].append(linode.id)
    return list(found.values())


def labels_of(account: Account, linode: Linode) -> list[str]:
    """Of both generations of interfaces, each once."""
    legacy = [
        row["label"]
        for config in all_of(account, "config", linode.id)
        for row in config["interfaces"]
        if row["purpose"] == "vlan"
    ]
    interfaces = all_of(account, "interface", linode.id)
    own = [record["vlan"]["vlan_label"] for record in interfaces if record["vlan"]]
    return list(dict.fromkeys([*legacy, *own]))
