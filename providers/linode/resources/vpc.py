"""A VPC: a private network of a region, whose subnets Linodes are in. Source: POST /vpcs."""

from __future__ import annotations

from typing import Annotated, Any, overload

import pulumi
from pydantic import Field

from providers.linode.api.records import Owned
from providers.linode.core.args import Args, In, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import Text, matching
from providers.linode.core.problems import told
from providers.linode.core.spec import Spec, by_content
from providers.linode.resources.base import Resource
from providers.linode.resources.places import in_a_region_with

LABEL = "must have 1 to 64 letters, digits or '-', and no '--'. Next: correct it."
Label = Annotated[str, matching(r"(?!.*--)[A-Za-z0-9-]{1,64}"), told(LABEL)]
Description = Annotated[
    str, Field(max_length=255), told("must have at most 255 characters. Next: correct it.")
]


class VPCArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    region: In[Text] = arg(REPLACE)
    """Region id, with VPCs. Its Linodes have to be there."""

    description: In[Description | None] = arg(PUT, default=None)
    """What it is for, at most 255 characters."""


class VPCRecord(Owned):
    """Source: GET /vpcs/{vpcId}."""

    region: str = ""
    description: str = ""


class VPC(Resource):
    label: pulumi.Output[str]
    region: pulumi.Output[str]
    description: pulumi.Output[str]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: VPCArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(VPCArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


SPEC = Spec(
    "VPC", "/vpcs", VPCArgs, VPCRecord, by_content("label", "region", unique=True), "vpc:read_write",
    rules=(in_a_region_with({"VPCs": "a VPC"}),),
)  # fmt: skip
