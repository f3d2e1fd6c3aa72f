"""Bundles made by hand: one description of what a preview says, written as events or as a digest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fleet.report.judge.report import Options, build
from fleet.report.model import Change, Report, StackReport
from fleet.report.read.bundle import Bundle, read_bundle
from fleet.report.read.steps import SECRET_KEY, SECRET_SIGNATURE

Json = dict[str, Any]
Form = Literal["events", "digest"]
SERVER = "pulumi-python:dynamic/linode:Instance"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
FULL_COMMIT = "4f9c2a1b3c4d5e6f708192a3b4c5d6e7f8091a2b"


@dataclass(frozen=True)
class Act:
    """One resource of a preview. old and new are inputs; deps: property to names of resources."""

    op: str
    name: str
    old: Json | None = None
    new: Json | None = None
    keys: Sequence[str] = ()
    detailed: Mapping[str, str] | None = None
    deps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)
    protect: bool = False
    kind: str = SERVER


def server(**changes: object) -> Json:
    """Inputs of a server as our provider spells them; a value of None takes an input away."""
    inputs: Json = {
        "type": "g6-standard-1",
        "region": "us-ord",
        "image": "linode/debian12",
        "label": "one",
        "tags": ["env:dev"],
        "root_pass": "[secret]",
        "backups_enabled": False,
        "__provider": "module.Class",
        **changes,
    }
    return {key: value for key, value in inputs.items() if value is not None}


def created(name: str, **changes: object) -> Act:
    return Act("create", name, None, server(label=name, **changes))


def deleted(name: str, **changes: object) -> Act:
    return Act("delete", name, server(label=name, **changes))


def kept(name: str, **changes: object) -> Act:
    return Act("same", name, server(label=name, **changes), server(label=name, **changes))


def updated(
    name: str,
    new: Json,
    protect: bool = False,
    deps: Mapping[str, Sequence[str]] | None = None,
    **old: object,
) -> Act:
    before = server(label=name, **old)
    after = {key: value for key, value in {**before, **new}.items() if value is not None}
    detailed = dict.fromkeys(new, "update")
    return Act("update", name, before, after, detailed=detailed, protect=protect, deps=deps or {})


def replaced(name: str, new: Json, deps: Mapping[str, Sequence[str]] | None = None, **old: object) -> Act:
    before = server(label=name, **old)
    detailed = dict.fromkeys(new, "update")
    return Act("replace", name, before, {**before, **new}, tuple(new), detailed, deps or {})


def urn(name: str, stack: str = "dev", kind: str = SERVER) -> str:
    return f"urn:pulumi:{stack}::fleet::{kind}::{name}"


def _state(act: Act, inputs: Json | None, stack: str, form: Form, *, outputs: Json) -> Json | None:
    if inputs is None:
        return None
    state: Json = {"urn": urn(act.name, stack, act.kind), "type": act.kind, "inputs": _secrets(inputs, form)}
    state["outputs"] = {**_secrets(outputs, form), **act.outputs} if outputs else {}
    state["protect"] = act.protect
    if form == "digest" and act.deps:
        urns = {key: [urn(name, stack) for name in names] for key, names in act.deps.items()}
        state["propertyDependencies"] = urns
        state["dependencies"] = sorted({item for items in urns.values() for item in items})
    return state


def _secrets(inputs: Json, form: Form) -> Json:
    if form == "digest":
        return inputs
    mask = {SECRET_KEY: SECRET_SIGNATURE, "ciphertext": "[secret]"}
    return {key: mask if value == "[secret]" else value for key, value in inputs.items()}


def digest(acts: Sequence[Act], stack: str = "dev", diagnostics: Sequence[Json] = (), same: int = 1) -> Json:
    """As `preview --json` writes it: without unchanged resources but the stack."""
    steps: list[Json] = [{"op": "same", "urn": urn(f"fleet-{stack}", stack, "pulumi:pulumi:Stack")}]
    for act in acts:
        if act.op == "same":
            continue
        step: Json = {"op": act.op, "urn": urn(act.name, stack, act.kind)}
        for key, value in (("oldState", _state(act, act.old, stack, "digest", outputs=act.old or {})),
                           ("newState", _state(act, act.new, stack, "digest", outputs={}))):  # fmt: skip
            if value is not None:
                step[key] = value
        if act.keys:
            step["replaceReasons"] = list(act.keys)
        step["detailedDiff"] = _detailed(act, "kind")
        steps.append(step)
    sames = same + sum(act.op == "same" for act in acts)
    return {"steps": steps, "diagnostics": list(diagnostics), "duration": 1, "changeSummary": {"same": sames}}


def _detailed(act: Act, word: str) -> Json | None:
    if act.detailed is None:
        return None
    return {path: {word: kind, "inputDiff": True} for path, kind in act.detailed.items()}


def events(
    acts: Sequence[Act],
    stack: str = "dev",
    *,
    more: Sequence[Json] = (),
    result: str = "succeeded",
    outputs: tuple[Json, Json] | None = None,
) -> list[Json]:
    """As the streaming form writes them: every resource, and a summary at the end."""
    found: list[Json] = [{"preludeEvent": {"config": {"fleet:plain": "FAKE-plain-config"}}}]
    root = urn(f"fleet-{stack}", stack, "pulumi:pulumi:Stack")
    before, after = outputs or ({}, {})
    sides = {"old": {"outputs": before}, "new": {"outputs": {}}}
    found.append({"resourcePreEvent": {"metadata": {"op": "same", "urn": root, **sides}}})
    for act in acts:
        metadata: Json = {"op": act.op, "urn": urn(act.name, stack, act.kind)}
        metadata["old"] = _state(act, act.old, stack, "events", outputs=act.old or {})
        metadata["new"] = _state(act, act.new, stack, "events", outputs={})
        if act.keys:
            metadata["keys"] = list(act.keys)
        metadata["detailedDiff"] = _detailed(act, "diffKind")
        found.append({"resourcePreEvent": {"metadata": metadata, "planning": True}})
    sides = {"old": {"outputs": before}, "new": {"outputs": after}}
    found.append({"resOutputsEvent": {"metadata": {"op": "same", "urn": root, **sides}}})
    found += more
    found.append({"summaryEvent": {"result": result}})
    return [{"sequence": number, "timestamp": 1, **event} for number, event in enumerate(found)]


def effects_line(name: str, level: str = "none", *causes: tuple[str, str, str], **more: object) -> Json:
    """A line of effects.ndjson; causes: input, level, what."""
    told = [dict(zip(("input", "level", "what"), cause, strict=True)) for cause in causes]
    line = {"urn": urn(name), "kind": "Instance", "op": "update", "level": level, "causes": told, "seconds_off": None,
            "destroys": [], "one_way": [], "monthly_usd": [12.0, 12.0], "summary": "x"}  # fmt: skip
    return {**line, **more}


def lines(found: Sequence[Json]) -> str:
    return "".join(json.dumps(event) + "\n" for event in found)


CATALOG: Json = {
    "fetched": "2026-11-23",
    "hash": "c0ffee1",
    "types": [
        {
            "id": name, "label": name, "disk": disk, "price": {"monthly": price},
            "region_prices": [{"id": "id-cgk", "monthly": far}],
            "addons": {"backups": {"price": {"monthly": extra}, "region_prices": [{"id": "id-cgk", "monthly": more}]}},
        }
        for name, disk, price, far, extra, more in (
            ("g6-nanode-1", 25600, 5.0, 6.0, 2.0, 2.4),
            ("g6-standard-1", 51200, 12.0, 14.4, 2.5, 3.0),
            ("g6-standard-2", 81920, 24.0, 28.8, 5.0, 6.0),
            ("g6-standard-4", 163840, 48.0, 57.6, 10.0, 12.0),
            ("g6-dedicated-4", 81920, 72.0, 86.4, 10.0, 12.0),
        )
    ],
    "images": [
        {"id": "linode/debian12", "eol": "2028-06-30"},
        {"id": "linode/debian13", "eol": "2030-06-30T00:00:00"},
        {"id": "linode/debian10", "eol": "2024-06-30", "deprecated": True},
        {"id": "old/deprecated", "deprecated": True},
    ],
}  # fmt: skip
"""Prices as published: US dollars a month, by type; a dearer region; backups."""


def write(folder: Path, **files: object) -> Path:
    """A bundle folder; `guards_json={…}` is guards.json, `exit=1` the file exit."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {"events": "events.ndjson", "effects": "effects.ndjson", "digest": "digest.json",
             "stderr": "stderr.txt", "exit": "exit",
             "pins_before": "pins.before.json", "pins_after": "pins.after.json"}  # fmt: skip
    for key, value in files.items():
        if value is not None:
            name = names.get(key, f"{key}.json")
            (folder / name).write_text(
                value if isinstance(value, str) else json.dumps(value), encoding="utf-8"
            )
    return folder


def bundle(
    folder: Path,
    acts: Sequence[Act],
    *,
    form: Form = "events",
    stack: str = "dev",
    guards: Json | None = None,
    catalog: Json | None = CATALOG,
    commit: str = FULL_COMMIT,
    **more: Any,
) -> Bundle:
    body = {"events": lines(events(acts, stack))} if form == "events" else {"digest": digest(acts, stack)}
    meta = {"stack": stack, "commit": commit, "run": "812.1", "engine": "3.260.0"}
    files = {**body, "guards": guards, "catalog": catalog, "meta": meta, "exit": "0", **more}
    return read_bundle(write(folder / stack, **files))


def report(folder: Path, acts: Sequence[Act], *, acknowledged: str = "", **more: Any) -> Report:
    return build([bundle(folder, acts, **more)], Options(acknowledged=acknowledged))


def stack_of(folder: Path, acts: Sequence[Act], **more: Any) -> StackReport:
    return report(folder, acts, **more).stacks[0]


def change_of(folder: Path, acts: Sequence[Act], name: str, **more: Any) -> Change:
    return next(change for change in stack_of(folder, acts, **more).changes if change.name == name)
