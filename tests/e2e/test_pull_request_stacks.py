"""The stacks of pull requests and the reaper, by either engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from providers.linode.core.owner import Owner
from tests.cloud_checkout import CloudCheckout, cloud

pytestmark = pytest.mark.all

LONG_AGO = "2026-01-01T00:00:00Z"
UP = ("--yes", "--skip-preview")


@pytest.fixture
def made(engine: str, tmp_path: Path) -> Iterator[CloudCheckout]:
    with cloud(tmp_path, engine) as checkout:
        yield checkout


def tags_of(checkout: CloudCheckout, label: str) -> set[str]:
    found = checkout.linodes()[label]["tags"]
    assert isinstance(found, list)
    return {tag for tag in found if tag.startswith("expires:")}


def expire(checkout: CloudCheckout, stack: str) -> None:
    done = checkout.engine_command("stack", "tag", "set", "expires", LONG_AGO, "--stack", stack)
    assert done.code == 0, done.said


def test_a_stack_is_made_renewed_and_taken_away_and_the_template_stays(made: CloudCheckout) -> None:
    template = made.root / "stacks" / "Pulumi.pr.yaml"
    group = "max_monthly_usd: 10}\n"
    before = template.read_text().replace(group, f"{group}      volumes: {{data: {{size: 10}}}}\n")
    template.write_text(before)
    began = datetime.now(timezone.utc)

    first = made.run("pr-up", "--number", "7", "--ttl", "1h", *UP)
    second = made.run("pr-up", "--number", "8", *UP)
    old = tags_of(made, "fleet-pr-7-web-1")
    pushed = made.run("pr-up", "--number", "7", "--ttl", "48h", *UP)
    same = tags_of(made, "fleet-pr-7-web-1")
    renewed = made.run("pr-up", "--number", "7", "--ttl", "48h", "--extend", *UP)

    assert (first.code, second.code, renewed.code) == (0, 0, 0), first.said + second.said + renewed.said
    assert (pushed.code, same) == (0, old), pushed.said
    assert set(made.linodes()) == {"fleet-pr-7-web-1", "fleet-pr-8-web-1"}
    [new] = tags_of(made, "fleet-pr-7-web-1")
    volumes: Any = made.call("GET", "/volumes")["data"]
    assert new in {row["label"]: row["tags"] for row in volumes}["fleet-pr-7-web-1-data"]
    assert re.fullmatch(r"expires:\d{4}-\d\d-\d\dt\d{4}", new)
    assert old != {new}
    end = datetime.strptime(new, "expires:%Y-%m-%dt%H%M").replace(tzinfo=timezone.utc)
    assert timedelta(hours=48) <= end - began <= timedelta(hours=48, minutes=5)
    tags = json.loads(made.engine_command("stack", "tag", "ls", "--json", "--stack", "pr-7").said)
    assert (tags["pr"], tags["expires"]) == ("7", f"{end:%Y-%m-%dT%H:%M:%SZ}")
    assert template.read_text() == before

    down = made.run("pr-down", "--number", "7", *UP)
    again = made.run("pr-down", "--number", "7", *UP)

    assert (down.code, again.code) == (0, 0), down.said + again.said
    assert "there is none" in again.said
    assert set(made.linodes()) == {"fleet-pr-8-web-1"}
    assert sorted(file.name for file in (made.root / "stacks").glob("Pulumi.pr*.yaml")) == [
        "Pulumi.pr-8.yaml", "Pulumi.pr.yaml", "Pulumi.prod.yaml",
    ]  # fmt: skip


def test_a_stack_past_its_end_is_not_updated_unless_that_is_moved(made: CloudCheckout) -> None:
    made.run("pr-up", "--number", "7", *UP)
    expire(made, "pr-7")

    ended = made.run("pr-up", "--number", "7", *UP)
    extended = made.run("pr-up", "--number", "7", "--extend", *UP)

    assert ended.code == 1
    assert "ended at 2026-01-01 00:00 UTC. Nothing was changed. Next: pr-up --number 7 --extend" in ended.said
    assert extended.code == 0, extended.said


def test_a_stack_too_old_or_too_dear_is_refused_before_anything_is_made(made: CloudCheckout) -> None:
    made.run("pr-up", "--number", "7", *UP)
    made.engine_command("stack", "tag", "set", "created", LONG_AGO, "--stack", "pr-7")
    template = made.root / "stacks" / "Pulumi.pr.yaml"
    template.write_text(template.read_text().replace("max_monthly: 25", "max_monthly: 4"))

    old = made.run("pr-up", "--number", "7", *UP)
    dear = made.run("pr-up", "--number", "9", *UP)

    assert (old.code, dear.code != 0) == (1, True)
    assert "may not get older than 336 hours" in old.said
    assert "would cost 5.00 USD a month" in dear.said
    assert "Traceback" not in old.said + dear.said
    assert set(made.linodes()) == {"fleet-pr-7-web-1"}


def test_the_reaper_takes_what_has_expired_and_nothing_else(made: CloudCheckout) -> None:
    for number in ("7", "8"):
        assert made.run("pr-up", "--number", number, *UP).code == 0
    expire(made, "pr-7")
    uuid = requests.get(
        f"{made.api}/v4/profile", headers={"Authorization": f"Bearer {made.token}"}, timeout=10
    ).headers["X-Customer-UUID"]
    past, to_come = "expires:2026-01-01t0000", "expires:2036-01-01t0000"

    def tag(stack: str, name: str = "web-1", project: str = "fleet", account: str = uuid) -> str:
        return Owner(account, project, stack, name).tag()

    made.make_machine("fleet-pr-5-web-1", tag("pr-5"), past)  # its stack is gone
    made.make_machine("fleet-pr-8-web-2", tag("pr-8", "web-2"), past)  # an orphan of a stack that is there
    kept = {
        "somebody-elses": (past,),
        "fleet-pr-6-web-1": (tag("pr-6"), to_come),
        "copy-of-pr-5": (tag("pr-5"), past),
        "shop-pr-5-web-1": (tag("pr-5", project="shop"), past),
        "fleet-pr-4-web-1": (tag("pr-4", account="another"), past),
        "fleet-dev-web-1": (tag("dev"), past),
        "fleet-pr-3-web-1": (f"{tag('pr-3')}0:1", past),
    }
    for label, tags in kept.items():
        made.make_machine(label, *tags)
    before = set(made.linodes())

    shown = made.run("reap")
    untouched = set(made.linodes())
    done = made.run("reap", "--yes", "--report", "reaped.json")
    again = made.run("reap", "--yes")

    assert shown.code == 3, shown.said
    assert "3 to delete: 3 Linodes, 15.00 USD a month" in shown.said
    assert untouched == before
    assert done.code == 0, done.said
    assert set(made.linodes()) == {*kept, "fleet-pr-8-web-1"}
    report = json.loads((made.root / "reaped.json").read_text())
    assert [row["stack"] for row in report["found"] if row["action"] == "delete"] == ["pr-5", "pr-7", "pr-8"]
    assert report["failed"] == []
    assert again.code == 0
    assert "nothing to delete" in again.said


def test_one_machine_that_can_not_be_deleted_does_not_keep_the_others(made: CloudCheckout) -> None:
    uuid = requests.get(
        f"{made.api}/v4/profile", headers={"Authorization": f"Bearer {made.token}"}, timeout=10
    ).headers["X-Customer-UUID"]
    ids = [
        made.make_machine(f"fleet-pr-{number}-web-1", Owner(uuid, "fleet", f"pr-{number}", "web-1").tag(),
                          "expires:2026-01-01t0000")
        for number in (3, 4, 5)
    ]  # fmt: skip
    lock = {"entity_type": "linode", "entity_id": ids[0], "lock_type": "cannot_delete"}
    answer = requests.post(
        f"{made.api}/v4beta/locks", json=lock, headers={"Authorization": f"Bearer {made.token}"}, timeout=10
    )
    assert answer.status_code == 200, answer.text

    done = made.run("reap", "--yes")

    assert done.code == 1
    assert re.search(rf"error: Linode {ids[0]} \(fleet-pr-3-web-1\): ", done.said)
    assert set(made.linodes()) == {"fleet-pr-3-web-1"}


def test_an_orphan_of_an_environment_goes_only_by_its_id(made: CloudCheckout) -> None:
    done = made.run("up", "--stack", "dev", "--yes", "--skip-preview")
    if done.code:
        made.engine_command("stack", "init", "dev")
        done = made.run("up", "--stack", "dev", "--yes", "--skip-preview")
    assert done.code == 0, done.said
    mine = set(made.linodes())
    row = made.linodes()["fleet-dev-web-1"]
    owner = next(tag for tag in row["tags"] if str(tag).startswith("pulumi:"))  # type: ignore[attr-defined] # a list
    orphan = made.make_machine("made-twice", str(owner))

    alone = made.run("reap", "--yes")
    wrong = made.run("reap", "--yes", "--id", str(row["id"]))
    named = made.run("reap", "--yes", "--id", str(orphan))

    assert alone.code == 0
    assert f"--id {orphan}" in alone.said
    assert wrong.code == 1
    assert "left alone" in wrong.said
    assert named.code == 0, named.said
    assert set(made.linodes()) == mine
