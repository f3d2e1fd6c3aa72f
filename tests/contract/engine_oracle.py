"""Recorded scenarios of the real engine: put in place, run, brought into a comparable form."""

from __future__ import annotations

import base64
import json
import pickle
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.engine.state import secrets
from emulators.engine.values import UNKNOWN_TEXT
from tests.engine_place import Json, Place, new_place
from tests.engine_programs import SALT

REPO = Path(__file__).resolve().parents[2]
ORACLE = REPO.parent / "shared" / "engine-oracle"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
PICKLE = re.compile(r'"(gA[SW][A-Za-z0-9+/=]+)"')
UNCOMPARED = {"created", "modified", "sourcePosition", "stackTrace"}
needs_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason="no recordings in ../shared/engine-oracle")


def load(scenario: str, name: str) -> Any:
    return json.loads((ORACLE / scenario / name).read_text(encoding="utf-8"))


def scenarios() -> list[str]:
    return sorted(path.name for path in ORACLE.glob("[0-9]*") if not path.name.startswith("00"))


def put_in_place(scenario: str, tmp_path: Path) -> Place:
    """The files from before a scenario."""
    place = new_place(tmp_path)
    source = ORACLE / scenario
    shutil.copy(source / "program.py", place.project / "__main__.py")
    shutil.copy(ORACLE / "_common" / "samplecloud.py", place.project)
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "import.json"):
        if (source / name).exists():
            shutil.copy(source / name, place.project)
    place.state_file.parent.mkdir(parents=True)
    (place.backend / ".pulumi" / "meta.yaml").write_text("version: 1\n")
    before = (source / "state-before.json").read_text(encoding="utf-8")
    place.state_file.write_text(
        PICKLE.sub(lambda match: f'"{as_pickled_here(match[1])}"', before), encoding="utf-8"
    )
    if (source / "other-state.json").exists():
        other = place.backend / ".pulumi" / "stacks" / "other"
        other.mkdir()
        shutil.copy(source / "other-state.json", other / "dev.json")
    if scenario == "24-locked":
        locks = place.backend / ".pulumi" / "locks" / "organization" / "sample" / "dev"
        locks.mkdir(parents=True)
        (locks / "held.json").write_text("{}")
    cloud = load(scenario, "cloud-before.json")
    if cloud:
        (place.project / "cloud.json").write_text(json.dumps(cloud))
    return place


def comparable_state(document: Json) -> Json:
    """Without times and positions, secrets in the clear, ids of providers and orders taken out."""
    latest = numbered(document["checkpoint"].get("latest") or {})
    resources = [_comparable(resource) for resource in latest.get("resources", [])]
    operations = [
        {"type": item["type"], "resource": _comparable(item["resource"])}
        for item in latest.get("pending_operations", [])
    ]
    return {"resources": _sorted(resources), "pending_operations": _sorted(operations)}


def numbered(value: Any) -> Any:
    """With the first UUID as <uuid 1> wherever it stands, the second as <uuid 2>; not the mark of an unknown."""
    seen: dict[str, str] = {UNKNOWN_TEXT: UNKNOWN_TEXT}
    text = UUID.sub(lambda match: seen.setdefault(match[0], f"<uuid {len(seen)}>"), json.dumps(value))
    return json.loads(masked(text))


def masked(text: str) -> str:
    """As the recordings have it: a provider that is pickled by value, which holds the program's path."""

    def by_value(match: re.Match[str]) -> str:
        pickled = as_before_314(match[1])
        return '"<pickled by value>"' if b"__main__" in base64.b64decode(pickled) else f'"{pickled}"'

    return PICKLE.sub(by_value, text)


def as_pickled_here(pickled: str) -> str:
    """A provider of the recordings as the SDK writes it with this Python, or each would have changed."""
    return re.sub("^gAS", "gAW", pickled) if pickle.DEFAULT_PROTOCOL > 4 else pickled


def as_before_314(pickled: str) -> str:
    """Python 3.14 calls its pickles protocol 5, older ones 4; those of providers differ in this number alone."""
    return re.sub("^gAW", "gAS", pickled)


def _sorted(items: list[Json]) -> list[Json]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))


def _comparable(resource: Json) -> Json:
    kept = {key: value for key, value in resource.items() if key not in UNCOMPARED}
    kept["dependencies"] = sorted(kept.get("dependencies", []))
    kept["propertyDependencies"] = {
        key: sorted(value) for key, value in kept.get("propertyDependencies", {}).items()
    }
    found: Json = _opened(kept)
    return found


def _opened(value: Any) -> Any:
    if isinstance(value, dict):
        if "ciphertext" in value:
            crypter = secrets.open_stack(SALT, "x")
            return {"secret": json.loads(masked(crypter.decrypt(value["ciphertext"])))}
        return {key: _opened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_opened(item) for item in value]
    return value


def comparable_events(events: list[Json], *states: Json) -> list[str]:
    """Without numbers and times; of diagnostics only errors and warnings, by one line.

    A UUID is named by the entry that has it in the states of before and after.
    """
    named = with_names(events, *states)
    return sorted(json.dumps(kept, sort_keys=True) for event in named if (kept := _comparable_event(event)))


def with_names(value: Any, *states: Json) -> Any:
    """With each UUID as the name of the entry whose id it is in the first of the states; what is pickled is masked."""
    names: dict[str, str] = {UNKNOWN_TEXT: UNKNOWN_TEXT}
    for number, state in enumerate(states):
        for entry in (state["checkpoint"].get("latest") or {}).get("resources", []):
            if UUID.fullmatch(str(entry.get("id"))):
                names.setdefault(entry["id"], f"<id of {entry['urn']} in state {number}>")
    text = UUID.sub(lambda match: names.get(match[0], "<uuid>"), json.dumps(value))
    return json.loads(masked(text))


def _comparable_event(event: Json) -> Json | None:
    kind = next(key for key in event if key not in ("sequence", "timestamp"))
    body = event[kind]
    if kind == "diagnosticEvent":
        if body["severity"] not in ("error", "warning"):
            return None
        lines = body["message"].rstrip("\n").split("\n")
        return {kind: {**body, "message": lines[-1 if body["severity"] == "error" else 0]}}
    if kind == "summaryEvent":
        return {kind: {**body, "durationSeconds": 0}}
    body.pop("steps", None)  # how many had ended when another failed
    metadata = body.get("metadata")
    if metadata and metadata["op"] == "same" and metadata["type"] != "pulumi:pulumi:Stack":
        body["metadata"] = {key: value for key, value in metadata.items() if key not in ("old", "new")}
    return {kind: body}


@dataclass(frozen=True)
class Told:
    """One thing that an engine did or wrote, and the resource that it is about."""

    name: str
    what: str


class Related:
    """Which resources wait for each other, by the states of before and after; of the others either engine's race."""

    def __init__(self, *documents: Json) -> None:
        self._above: dict[str, set[str]] = {}
        self._names: dict[str, str] = {}
        for document in documents:
            for entry in (document["checkpoint"].get("latest") or {}).get("resources", []):
                urn = entry["urn"]
                provider = str(entry.get("provider") or "").rpartition("::")[0]
                needs = {
                    entry.get("parent"),
                    provider,
                    entry.get("deletedWith"),
                    *entry.get("dependencies", []),
                }
                self._above.setdefault(urn, set()).update(needs - {None, "", urn})
                self._names.setdefault(str(entry.get("inputs", {}).get("key", urn)), urn)

    def urn_of(self, call: Json) -> str:
        given = call.get("news") or call.get("props") or {}
        key = given.get("key") or str(call.get("id", "")).rpartition("-")[0]
        return self._names.get(key, key)

    def _needs(self, urn: str) -> set[str]:
        found: set[str] = set()
        open_ = [urn]
        while open_:
            for other in self._above.get(open_.pop(), set()) - found:
                found.add(other)
                open_.append(other)
        return found

    def order(self, told: list[Told], *, of_each_alone: bool = False) -> Counter[tuple[Told, Told]]:
        """Every two that belong to one resource or to two that wait for each other, as the first and the second.

        of_each_alone: only those of one resource, as a refresh reads all at once.
        """
        needs = {each.name: {each.name, *(() if of_each_alone else self._needs(each.name))} for each in told}
        return Counter(
            (first, second)
            for place, first in enumerate(told)
            for second in told[place + 1 :]
            if first.name in needs[second.name] or second.name in needs[first.name]
        )


def calls_told(calls: list[Json], related: Related) -> list[Told]:
    return [Told(related.urn_of(call), json.dumps(call, sort_keys=True)) for call in calls]


def events_told(events: list[Json]) -> list[Told]:
    """Kind and op."""
    return [
        Told(metadata["urn"], f"{kind} {metadata['op']}")
        for event in events
        for kind in ("resourcePreEvent", "resOutputsEvent", "resOpFailedEvent")
        if (metadata := event.get(kind, {}).get("metadata"))
    ]


def entries_told(document: Json) -> list[Told]:
    """The state's resources."""
    entries = (document["checkpoint"].get("latest") or {}).get("resources", [])
    return [Told(entry["urn"], "to be deleted" if entry.get("delete") else "") for entry in entries]


def closing(text: str, heading: str) -> list[str]:
    """The block of a text's end with that heading, if there is one."""
    lines = [" ".join(UUID.sub("<uuid>", line).split()) for line in text.splitlines()]
    if heading not in lines:
        return []
    block = lines[len(lines) - lines[::-1].index(heading) :]
    return block[: block.index("")] if "" in block else block


def told_at_the_end(text: str) -> dict[str, list[str]]:
    """The errors and warnings of the block Diagnostics, by what they are told of."""
    lines = text.splitlines()
    found: dict[str, list[str]] = {}
    about = ""
    for line in lines[lines.index("Diagnostics:") + 1 :] if "Diagnostics:" in lines else ():
        if line and not line.startswith(" "):
            break
        if re.fullmatch(r"  \S.*:", line):
            about = line.strip()
        elif line.strip().startswith(("error:", "warning:")):
            found.setdefault(about, []).append(line.strip())
    return {about: sorted(told) for about, told in found.items()}


TIMES = re.compile(r"\(\d+(\.\d+)?s\)")
MESSAGES = re.compile(r";? ?\d\d messages")
PASSING = re.compile(
    r"@|(. )?pulumi:pulumi:Stack \S+( running| refreshing( \(Ns\))?)?$|.*: Attempting to deploy or update"
    r"|.* (running|create|creating \(Ns\)) (?!error|warning|\d)"
)
"""Lines about the stack while it runs, and what an interrupted program prints: the real engine interrupts a program
after a failed step."""


def step_lines(text: str) -> Counter[str]:
    """The lines about steps, without times."""
    lines = [" ".join(TIMES.sub("(Ns)", MESSAGES.sub("", line)).split()) for line in text.splitlines()[1:]]
    ends = [
        lines.index(heading) for heading in ("Diagnostics:", "Outputs:", "Resources:") if heading in lines
    ]
    kept = (line for line in lines[: min(ends, default=0)] if line and not PASSING.match(line))
    return Counter(line.replace(" (Ns)**", "**") for line in kept)


def detail_lines(text: str) -> list[str]:
    """The lines of --diff, in any order."""
    return sorted(line.rstrip() for line in TIMES.sub("(Ns)", text).splitlines() if line.strip())
