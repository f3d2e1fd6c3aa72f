"""A cloud in a file and a dynamic provider for it, for programs of the engine's own tests.

Copied into a test's project as ``tinycloud.py``. Things live in ``things.json``; ``asked.txt`` has a line
for each call. ``zone`` is replaced, ``size`` updated; ``fail`` names a method that raises; ``first`` asks
for delete-before-replace; ``unready`` makes create raise after the thing exists; with ``decided`` diff says
itself that something differs, else it leaves that to the engine.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

FOLDER = Path("things")


def _asked(method: str, what: str) -> None:
    with open("asked.txt", "a") as file:
        file.write(f"{method} {what}\n")


class ThingProvider(ResourceProvider):
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        _asked("check", news["key"])
        failures = [CheckFailure("size", "is too small")] if news.get("size") == -1 else []
        return CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key in ("size", "zone", "note") if olds.get(key) != news.get(key)]
        return DiffResult(
            changes=(True if news.get("decided") else None) if changed else False,
            replaces=[key for key in changed if key == "zone"],
            delete_before_replace=bool(news.get("first")),
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        _asked("create", props["key"])
        if props.get("fail") == "create":
            raise RuntimeError("no room")
        FOLDER.mkdir(exist_ok=True)
        number = 1
        while (FOLDER / f"{props['key']}-{number}").exists():
            number += 1
        made = {**props, "address": f"{props['key']}-{number}.example"}
        (FOLDER / f"{props['key']}-{number}").write_text(
            json.dumps({k: v for k, v in made.items() if k != "__provider"})
        )
        if props.get("slow"):
            Path("slow-create").write_text(str(os.getpid()))
            time.sleep(props["slow"])
        if props.get("unready"):
            _fail_half_made(f"{props['key']}-{number}", made)
        return CreateResult(f"{props['key']}-{number}", made)

    def update(self, id_: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _asked("update", id_)
        return UpdateResult({**news, "address": f"{id_}.example"})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        _asked("read", id_)
        if props.get("fail") == "read":
            raise RuntimeError("no answer")
        if not (FOLDER / id_).exists():
            return ReadResult("", {})
        found = json.loads((FOLDER / id_).read_text())
        return ReadResult(id_, {**props, **found}, {k: v for k, v in found.items() if k != "address"})

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        _asked("delete", id_)
        if props.get("fail") == "delete":
            raise RuntimeError("it is held")
        (FOLDER / id_).unlink(missing_ok=True)


def _fail_half_made(id_: str, made: dict[str, Any]) -> None:
    """Tell the engine that the thing exists but is not ready, in the protocol's way."""
    import inspect

    from google.protobuf import any_pb2, struct_pb2
    from pulumi.runtime.proto import provider_pb2, status_pb2

    properties = struct_pb2.Struct()
    properties.update(made)
    failed = provider_pb2.ErrorResourceInitFailed(id=id_, properties=properties, reasons=["it never came up"])
    detail = any_pb2.Any()
    detail.Pack(failed)
    status = status_pb2.Status(code=2, message="not ready", details=[detail])
    for frame in inspect.stack():
        context = frame.frame.f_locals.get("context")
        if context is not None and hasattr(context, "set_trailing_metadata"):
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    raise RuntimeError("it never came up")


class Thing(Resource, module="tiny", name="Thing"):
    address: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> None:
        super().__init__(ThingProvider(), name, {"address": None, "key": name, **props}, opts)


class Pair(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("tiny:index:Pair", name)
        for part in ("left", "right"):
            Thing(f"{name}-{part}", opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
