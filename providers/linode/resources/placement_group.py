"""A placement group: its Linodes stand on different hosts. Source: POST /placement/groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, overload

import pulumi
from pydantic import Field

from providers.linode.api.records import Owned, Record
from providers.linode.core.args import Args, In, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import Text, label
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.resources.base import Resource
from providers.linode.resources.places import in_a_region_with, occupied


class PlacementGroupArgs(Args):
    label: In[Annotated[str, label(1, 64)] | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    region: In[Text] = arg(REPLACE)
    """Region id. Its Linodes have to be there."""

    placement_group_type: In[Literal["anti_affinity:local"]] = arg(REPLACE)
    """Which rule places its Linodes: each on another host."""

    placement_group_policy: In[Literal["strict", "flexible"]] = arg(REPLACE)
    """Whether a Linode is refused where the rule can't be kept."""


class Member(Record):
    """A Linode in it."""

    linode_id: int


class PlacementGroupRecord(Owned):
    """Source: GET /placement/groups/{groupId}."""

    region: str = ""
    placement_group_type: str = ""
    placement_group_policy: str = ""
    is_compliant: bool = True
    members: tuple[Member, ...] = Field(default=(), exclude=True)

    @property
    def inside(self) -> dict[str, frozenset[int]]:
        return {"Instance": frozenset(each.linode_id for each in self.members)}


class PlacementGroup(Resource):
    label: pulumi.Output[str]
    region: pulumi.Output[str]
    is_compliant: pulumi.Output[bool]

    @overload
    def __init__(
        self, name: str, args: PlacementGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(PlacementGroupArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _occupied(check: Checking[PlacementGroupArgs]) -> Iterator[Problem]:
    """An engine changes Linodes that name the group after it, so that none has left by then."""
    yield from occupied(check, "placement group", "placement_group")


SPEC = Spec(
    "PlacementGroup", "/placement/groups", PlacementGroupArgs, PlacementGroupRecord,
    by_content("label", "region", unique=True), "linodes:read_write", "placement group",
    rules=(in_a_region_with({"Placement Group": "a placement group"}), _occupied), grant="add_placement",
)  # fmt: skip
