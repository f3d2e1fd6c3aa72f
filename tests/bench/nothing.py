"""What an engine and the SDK cost by themselves: a provider that does nothing; its state is as large as ours."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CreateResult, Resource, ResourceProvider

_set_items = pickle._Pickler._batch_setitems  # type: ignore[attr-defined]
FOUND = {
    "status": "running", "ipv4": ["198.51.100.7"], "ipv6": "2001:db8::f03c:95ff:fe00:7/128", "monthly_usd": 5.0,
    "specs": {"disk": 25600, "memory": 1024, "vcpus": 1, "gpus": 0, "transfer": 1000},
}  # fmt: skip


class Nothing(ResourceProvider):
    """Imported by its name, so that no state carries its code."""

    def create(self, props: Mapping[str, Any]) -> CreateResult:
        return CreateResult(props["label"], {**FOUND, **props})


class Server(Resource):
    """The inputs of the loop that it is compared with."""

    def __init__(self, label: str, number: int) -> None:
        # The SDK patches pickle for each resource and never takes the patch off, so that a program with more than
        # 300 providers of its own dies of recursion.
        pickle._Pickler._batch_setitems = _set_items  # type: ignore[attr-defined]
        inputs = {
            "label": label, "type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13",
            "root_pass": "Planted-Passw0rd-7", "tags": ["all", f"member-{number}"],
        }  # fmt: skip
        super().__init__(Nothing(), label, inputs)
