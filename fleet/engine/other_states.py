"""What the state of another tool manages: Terraform's, or that of a Pulumi stack with the official provider."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from providers.linode.core.spec import Spec
from stacks.errors import BadSettings

OTHER_NAMES = {"vpcsubnet": "Subnet", "rdns": "ReverseDNS", "networkingip": "ReservedIP"}
"""Our kinds that are called otherwise there, by the names without capitals and underscores."""

PARTS = {
    "firewalldevice": "Firewall", "instanceconfig": "Instance", "instancedisk": "Instance",
    "nodebalancerconfig": "NodeBalancer", "nodebalancernode": "NodeBalancer",
    "networkingipassignment": "ReservedIP", "reservedipassignment": "ReservedIP",
    "placementgroupassignment": "Instance",
}  # fmt: skip
"""What is a resource of its own there, and part of one of ours."""


@dataclass(frozen=True)
class Managed:
    """One resource of the other state: what it is called there, its type, and what is known of it."""

    name: str
    type: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.type}.{self.name}"

    @property
    def plain_type(self) -> str:
        """`linode_vpc_subnet` and `linode:index/vpcSubnet:VpcSubnet` are both vpcsubnet."""
        return re.split(r"[:/]", self.type)[-1].removeprefix("linode_").replace("_", "").lower()

    def spec(self, specs: Mapping[str, Spec[Any, Any]]) -> Spec[Any, Any] | None:
        """The kind that it is here."""
        wanted = OTHER_NAMES.get(self.plain_type, self.plain_type)
        return next((spec for kind, spec in specs.items() if kind.lower() == wanted.lower()), None)

    @property
    def part_of(self) -> str | None:
        """The kind that it is an input of here."""
        return PARTS.get(self.plain_type)

    def import_id(self, spec: Spec[Any, Any]) -> str:
        """As `Spec.import_id` has it of a record."""
        keys = (spec.parent, "id") if spec.parent else ("id",)
        return "/".join(str(self.values.get(key)) for key in keys)


def managed_by(file: Path) -> list[Managed]:
    """The Linode resources of a state, in its order.

    Terraform's is what `terraform state pull` prints, a stack's what `pulumi stack export` prints. Raises BadSettings.
    """
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise BadSettings(f"{file}: it can't be read: {reason}. Next: {_WHERE_FROM}") from None
    try:
        found = list(_of_pulumi(state) if "deployment" in state else _of_terraform(state))
    except (AttributeError, KeyError, TypeError):
        raise BadSettings(f"{file}: this is no state of Terraform or Pulumi. Next: {_WHERE_FROM}") from None
    if not found:
        raise BadSettings(f"{file}: nothing in it is of Linode. Next: {_WHERE_FROM}")
    return found


_WHERE_FROM = "give what `terraform state pull` or `pulumi stack export` prints"


def _of_terraform(state: Mapping[str, Any]) -> Iterator[Managed]:
    for block in state["resources"]:
        if block["mode"] != "managed" or not block["type"].startswith("linode_"):
            continue
        for each in (one for one in block["instances"] if "deposed" not in one):
            path = (block.get("module", ""), block["name"], each.get("index_key", ""))
            yield Managed(_joined(path), block["type"], each["attributes"])


def _of_pulumi(state: Mapping[str, Any]) -> Iterator[Managed]:
    for each in state["deployment"].get("resources") or ():
        if each["type"].startswith("linode:index/") and each.get("custom") and not each.get("delete"):
            known = {_snake(key): value for key, value in (each.get("outputs") or {}).items()}
            yield Managed(each["urn"].rpartition("::")[2], each["type"], {**known, "id": each["id"]})


def _joined(path: tuple[object, ...]) -> str:
    """`module.front["a"]`, `web` and 0 are front-a-web-0."""
    words = (re.sub(r"\bmodule\.", "", str(part)) for part in path)
    return "-".join(filter(None, (re.sub(r"\W+", "-", word).strip("-") for word in words)))


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()
