"""How fast the machines of a recorded conversation were: a create took what its event tells, and not what ours take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from emulators.linode_api.core import jobs
from tests.contract.recorded import exchanges

UNTOLD = {
    "TestIAM_GetIOReadyForAttachedDetachedVolume": {"linode_create": 45},
    "TestInstance_Migrate": {"linode_create": 50},
    "TestInstance_TestCreateLinodeWithKernelAndBootSizeThenAddDiskAndRebuild": {
        "disk_create from an image": 25
    },
}
"""Seconds of jobs of which no event tells, and the statuses that were polled leave little choice."""


@contextmanager
def pace_of(file: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        known = told(file)
        for action, takes_s in UNTOLD.get(file, {}).items():
            if action == "linode_create":
                known[True] = takes_s
            else:
                patch.setitem(jobs.PLANS, action, replace(jobs.PLANS[action], takes_s=takes_s))
        if True in known:
            patch.setattr(jobs, "CREATE_FROM_IMAGE_S", (known[True], known[True]))
        if False in known:
            patch.setattr(jobs, "CREATE_EMPTY_S", known[False])
        yield


def told(file: str) -> dict[bool, int]:
    """The duration of a finished create, by whether it was from an image."""
    found: dict[bool, int] = {}
    for exchange in exchanges(file):
        body = exchange["response"]["body"]
        rows = body.get("data", [body]) if isinstance(body, dict) else []
        for event in rows if isinstance(rows, list) else []:
            if event.get("action") == "linode_create" and event["status"] == "finished":
                found[event["secondary_entity"] is not None] = round(event["duration"])
    return found
