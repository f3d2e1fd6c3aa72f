"""VLANs: they exist by name in a region from the first interface that uses one.

Source: API pages "List VLANs", "Delete a VLAN". Texts marked * are a choice.
"""

from __future__ import annotations

from collections import defaultdict

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.records import stored
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources.linode.linodes import api, find_linode


@api.rows("/networking/vlans", "label", "region")
def rows(call: Call) -> list[Json]:
    """Only those in use here; the real API keeps an unused one for a while."""
    found: dict[tuple[str, str], Json] = {}
    for linode_id, labels in sorted(in_use(call.account).items()):
        linode = find_linode(call.account, linode_id)
        for label in labels:
            region = linode["region"]
            empty = {"label": label, "region": region, "created": stamp(linode.created), "linodes": []}
            row = found.setdefault((region, label), empty)
            row["linodes"].append(linode.id)
    return list(found.values())


@api.delete("/networking/vlans/{region}/{name}")
def delete(call: Call, region: str, name: str) -> None:
    """One that no Linode uses any more is gone already here."""
    for row in rows(call):
        if (row["region"], row["label"]) == (region, name):
            raise bad_request("A VLAN that is attached to a Linode cannot be deleted.")  # *
    raise not_found()


def in_use(account: Account) -> dict[int, dict[str, None]]:
    """The labels by Linode, of both generations of interfaces, each once."""
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for config in stored(account, "config").but("""instr(body, '"purpose": "vlan"')"""):
        for row in config["interfaces"]:
            if row["purpose"] == "vlan":
                found[config.parent_id][row["label"]] = None
    for interface in stored(account, "interface").but("json_type(body, '$.vlan') = 'object'"):
        found[interface.parent_id][interface["vlan"]["vlan_label"]] = None
    return found
