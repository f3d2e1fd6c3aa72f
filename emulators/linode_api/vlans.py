"""VLANs: they exist by name in a region from the first interface that uses one. Source: API page "List VLANs"."""

from __future__ import annotations

from typing import Any

from emulators.linode_api import configs, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.clock import stamp
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode

Json = dict[str, Any]

FILTERABLE = Attributes(frozenset({"label", "region"}))


def rows(account: Account) -> list[Json]:
    """Only those in use here; the real API keeps an unused one for a while."""
    found: dict[tuple[str, str], Json] = {}
    for linode in linodes.all_linodes(account):
        for label in labels_of(account, linode):
            region = linode.body["region"]
            empty = {"label": label, "region": region, "created": stamp(linode.created), "linodes": []}
            row = found.setdefault((region, label), empty)
            row["linodes"].append(linode.id)
    return list(found.values())


def labels_of(account: Account, linode: Linode) -> list[str]:
    """Of both generations of interfaces, each once."""
    legacy = [
        row["label"]
        for config in configs.all_configs(account, linode.id)
        for row in config.body["interfaces"]
        if row["purpose"] == "vlan"
    ]
    own = [
        record.body["vlan"]["vlan_label"]
        for record in records.all_of(account, "interface", linode.id)
        if record.body["vlan"]
    ]
    return list(dict.fromkeys([*legacy, *own]))
