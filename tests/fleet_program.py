"""A program that declares one fleet from fleet.json, for the e2e tests and the measurements."""

from __future__ import annotations

import json
from collections import Counter

from emulators.linode_api.server import LocalApi
from tests.project import Project

FLEET = """
import json
import os
import signal

import pulumi

from providers.linode import Fleet, FleetArgs, InstanceArgs

signal.signal(signal.SIGINT, lambda *_: os._exit(1))
with open("fleet.json") as file:
    wanted = json.load(file)
instance = InstanceArgs(
    type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7", tags=["all"]
)
fleet = Fleet("web", FleetArgs(instance=instance, **wanted))
pulumi.export("ids", fleet.ids)
pulumi.export("ipv4s", fleet.ipv4s)
pulumi.export("by_name", fleet.by_name)
"""


def declare(project: Project, count: int, **more: object) -> None:
    """The fleet that the next run is to see."""
    wanted = {"count": count, "label": "web-{n:03}", "tags": ["member-{n}"], **more}
    (project.folder / "fleet.json").write_text(json.dumps(wanted))


def requests_since(api: LocalApi, after: int) -> Counter[str]:
    """What the API saw after the request with that id: `POST /v4/linode/instances`, ids as `*`."""
    return Counter(f"{row['method']} {_general(str(row['path']))}" for row in api.requests(after))


def newest_request(api: LocalApi) -> int:
    return max((int(row["id"]) for row in api.requests()), default=0)


def _general(path: str) -> str:
    return "/".join("*" if part.isdigit() else part for part in path.split("/"))
