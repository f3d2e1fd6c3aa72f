"""The running state: order, pending operations, and writes that are shared."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emulators.engine.state.checkpoint import Checkpoint, Operation, Resource, checkpoint_from_json
from emulators.engine.state.secrets import open_stack
from emulators.engine.state.snapshot import Snapshot
from tests.engine_programs import SALT

CRYPTER = open_stack(SALT, "x")


def entry(name: str) -> Resource:
    return Resource(urn=f"urn:pulumi:dev::p::t::{name}", type="t", custom=True, id=name)


OLD = entry("old")


def written(text: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"{" + text + b"}")
    return found


def names(text: bytes) -> list[str]:
    return [item["id"] for item in written(text).get("resources", [])]


def test_what_this_run_made_stands_before_what_is_left() -> None:
    old = [entry("a"), entry("b"), entry("c")]
    writes: list[bytes] = []
    snapshot = Snapshot(Checkpoint(old), CRYPTER, writes.append)

    snapshot.end(add=entry("new"))
    snapshot.end(add=entry("b2"), drop=old[1])

    assert names(writes[-1]) == ["new", "b2", "a", "c"]


def test_what_is_under_way_is_on_disk_before_it_begins_and_gone_after() -> None:
    writes: list[bytes] = []
    snapshot = Snapshot(Checkpoint(), CRYPTER, writes.append)

    operation = snapshot.begin(entry("a"), "creating")
    snapshot.end(operation, add=entry("a"))

    assert written(writes[0])["pending_operations"][0]["type"] == "creating"
    assert "pending_operations" not in written(writes[1])


@pytest.mark.parametrize(("kind", "stays"), [("creating", True), ("updating", False), ("deleting", False)])
def test_of_an_earlier_runs_operations_only_creates_stay(kind: str, stays: bool) -> None:
    writes: list[bytes] = []
    base = Checkpoint(pending_operations=[Operation(entry("a"), kind)])

    Snapshot(base, CRYPTER, writes.append).save()

    assert ("pending_operations" in written(writes[0])) is stays


def test_a_change_in_place_is_written() -> None:
    old = entry("a")
    writes: list[bytes] = []
    snapshot = Snapshot(Checkpoint([old]), CRYPTER, writes.append)
    snapshot.save()

    snapshot.change(old, delete=True)

    assert written(writes[-1])["resources"][0]["delete"] is True


@pytest.mark.parametrize(
    "reference",
    [{"dependencies": [OLD.urn]}, {"parent": OLD.urn}, {"property_dependencies": {"note": [OLD.urn]}}],
    ids=str,
)
def test_what_refers_to_a_renamed_one_follows_on_disk_when_that_is_there(reference: dict[str, Any]) -> None:
    """Or a run that breaks off in between leaves a state that no engine reads."""
    writes: list[bytes] = []
    new, child = entry("front"), entry("child").changed(**reference)
    snapshot = Snapshot(Checkpoint([OLD, child]), CRYPTER, writes.append)

    told = snapshot.rename(OLD.urn, new.urn)
    snapshot.end(add=entry("other"))
    snapshot.end(add=new, drop=OLD)

    before, after = (checkpoint_from_json(written(text), CRYPTER).resources for text in writes)
    assert child.all_dependencies() == {new.urn}  # as the run has it, from the moment that it knows
    assert [was.all_dependencies() for was in told.values()] == [{OLD.urn}]
    assert [(kept.id, kept.all_dependencies()) for kept in before] == [
        ("other", set()),
        ("old", set()),
        ("child", {OLD.urn}),
    ]
    assert [(kept.id, kept.all_dependencies()) for kept in after] == [
        ("other", set()),
        ("front", set()),
        ("child", {new.urn}),
    ]


def test_steps_that_wait_at_the_same_time_share_a_write() -> None:
    writes: list[bytes] = []

    def slow_write(text: bytes) -> None:
        time.sleep(0.02)
        writes.append(text)

    snapshot = Snapshot(Checkpoint(), CRYPTER, slow_write)
    seen: list[bool] = []

    def step(number: int) -> None:
        snapshot.end(add=entry(f"r{number}"))
        seen.append(any(f"r{number}" in names(text) for text in list(writes)))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(step, range(40)))

    assert all(seen)
    assert len(writes) < 20


def test_a_write_that_fails_fails_for_everyone_who_waits_for_it() -> None:
    def full(_text: bytes) -> None:
        time.sleep(0.01)
        raise OSError(28, "No space left on device")

    snapshot = Snapshot(Checkpoint(), CRYPTER, full)
    failures = []

    def step() -> None:
        try:
            snapshot.end(add=entry("a"))
        except OSError:
            failures.append(1)

    threads = [threading.Thread(target=step) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(failures) == 3


def test_a_preview_writes_nothing() -> None:
    snapshot = Snapshot(Checkpoint(), CRYPTER, None)

    snapshot.end(add=entry("a"))

    assert [resource.id for resource in snapshot.resources()] == ["a"]
