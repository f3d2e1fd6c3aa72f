"""Instance: what a program declares to have a Linode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import settings

from providers.linode.core.args import by_name
from providers.linode.core.engine import WIDE_THREADS
from providers.linode.resources.account import this_run
from providers.linode.resources.base import Resource
from providers.linode.resources.instance.args import InstanceArgs


class Instance(Resource):
    """A Linode. The resource's id is the Linode's id, as text.

    ipv4: public addresses first. specs: {disk, memory} in MB, {transfer} in GB, {vcpus, gpus}. monthly_usd: the plan in
    its region, with backups if on. ssh: the command to log in. created: UTC without a zone. status: at the last look.
    """

    type: pulumi.Output[str]
    region: pulumi.Output[str]
    image: pulumi.Output[str]
    label: pulumi.Output[str]
    tags: pulumi.Output[list[str]]
    status: pulumi.Output[str]
    ipv4: pulumi.Output[list[str]]
    public_ipv4: pulumi.Output[str]
    private_ipv4: pulumi.Output[str]
    ipv6: pulumi.Output[str]
    specs: pulumi.Output[Mapping[str, int]]
    monthly_usd: pulumi.Output[float]
    ssh: pulumi.Output[str]
    backups: pulumi.Output[Mapping[str, Any]]
    host_uuid: pulumi.Output[str]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: InstanceArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(InstanceArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        _tell_what_is_faster()
        self._declare(name, args, opts, by_name)

    @classmethod
    def get(
        cls, name: str, linode_id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> Instance:
        """A Linode that is there already, to be read and not managed. The command fails if there is none."""
        found = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=linode_id))
        return cls(name, InstanceArgs(type="", region=""), found)


_declared: WeakKeyDictionary[object, int] = WeakKeyDictionary()


def _tell_what_is_faster() -> None:
    """Once in an `up` that declares more Linodes than its engine makes at a time: they would wait for each other's
    boots, which costs minutes.
    """
    run, at_once = this_run(), settings.SETTINGS.parallel
    _declared[run] = count = _declared.get(run, 0) + 1
    if at_once and count == at_once + 1 and not settings.is_dry_run():
        pulumi.log.info(
            f"the engine makes {at_once} Linodes at a time. `--parallel {WIDE_THREADS}` or "
            f"PULUMI_PARALLEL={WIDE_THREADS} lets more of them boot at once; the API's limits are kept either way."
        )
