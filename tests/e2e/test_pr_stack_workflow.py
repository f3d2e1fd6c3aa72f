"""pr-stack.yml: a pull request's own stack comes with the label, and goes with it, with the close or with its time. The
pull request is told, and asked before the time is up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.two_environments import TwoEnvironments
from tests.unit.report.fake_hosts import TOKEN, FakeHost, serving
from tests.workflow_events import branch
from tests.workflow_runner import JobRun

pytestmark = pytest.mark.all

LABEL = "pr-stack"


Place = tuple[TwoEnvironments, FakeHost]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("own")
    with serving("github") as host, LocalApi(folder / "api.db", speed=600, limits=False) as api:
        made = TwoEnvironments(folder, "embedded", api, host.url, TOKEN)
        branch(made, "mine")
        made.edit("stacks/common.yaml", "tags: [web]", "tags: [web, mine]")
        made.commit("tags")
        yield made, host


def event(
    place: Place, action: str, labels: list[str], *, fork: bool = False, label: str = LABEL
) -> list[JobRun]:
    """All four jobs for something that happened to pull request 7."""
    here, host = place
    host.labels = labels
    head = {"repo": {"full_name": "eve/fleet" if fork else "acme/fleet"}}
    pull: dict[str, Any] = {"number": 7, "head": head, "labels": [{"name": name} for name in labels]}
    sha = here.git("rev-parse", "mine")
    run = here.run_of("pull_request", sha, action=action, pull_request=pull, label={"name": label})
    up, down = run.run("pr-stack", "up"), run.run("pr-stack", "down")
    return [up, down, run.run("pr-stack", "tell", {"up": up, "down": down}), run.run("pr-stack", "reap")]


def reaped(place: Place) -> JobRun:
    here, _ = place
    return here.run_of("schedule", here.git("rev-parse", "main")).run("pr-stack", "reap")


def ends_at(place: Place, when: datetime) -> None:
    here, _ = place
    done = here.sh(f"pulumi stack tag set expires {when:%Y-%m-%dT%H:%M:00Z} --stack pr-7")
    assert done.code == 0, done.said


def results(runs: list[JobRun]) -> list[str]:
    return [run.result for run in runs]


@pytest.mark.parametrize(("labels", "fork"), [([], False), (["other"], False), ([LABEL], True)])
def test_nothing_is_made_without_the_label_or_for_a_fork(place: Place, labels: list[str], fork: bool) -> None:
    assert results(event(place, "synchronize", labels, fork=fork)) == ["skipped"] * 4


def test_another_label_taken_off_takes_nothing_down(place: Place) -> None:
    assert results(event(place, "unlabeled", [LABEL], label="other")) == ["skipped"] * 4


def test_the_label_makes_the_branchs_stack_and_its_end_takes_it_down(place: Place) -> None:
    here, host = place
    up = event(place, "labeled", [LABEL])
    made, told = here.linodes(), host.notes[-1].body
    kept = reaped(place)
    there = here.linodes()
    down = event(place, "closed", [LABEL])

    assert results(up) == ["success", "skipped", "success", "skipped"], up[0].said + up[2].said
    assert ["mine" in row["tags"] for row in made.values()] == [True]
    (linode,) = made.values()
    assert f"| `web-1` | `{linode['ipv4'][0]}` |" in told
    assert "It costs $5.00 a month." in told
    assert kept.result == "success", kept.said
    assert there.keys() == made.keys()
    assert results(down) == ["skipped", "success", "success", "skipped"], down[1].said + down[2].said
    assert here.linodes() == {}
    assert [note.body.splitlines()[1] for note in host.notes] == ["## ⚪ `pr-7` is gone"]


def test_nobodys_stack_lives_longer_unless_somebody_asks_for_it(place: Place) -> None:
    host = place[1]
    soon = datetime.now(timezone.utc).replace(second=0, microsecond=0) + timedelta(hours=5)
    event(place, "labeled", [LABEL])
    ends_at(place, soon)

    pushed = event(place, "synchronize", [LABEL])
    after_push = host.notes[0].body
    asked, again = reaped(place), reaped(place)
    questions = [note.body for note in host.notes if "ends at" in note.body]
    kept = event(place, "labeled", [LABEL, "pr-stack:keep"], label="pr-stack:keep")

    assert results(pushed)[:3] == ["success", "skipped", "success"], pushed[0].said
    assert f"runs until {soon:%Y-%m-%d %H:%M} UTC" in after_push
    assert asked.result == "success", asked.said
    assert again.result == "success", again.said
    assert [text.splitlines()[1] for text in questions] == [f"## 🟡 `pr-7` ends at {soon:%Y-%m-%d %H:%M} UTC"]
    assert [told["title"] for told in host.notices] == ["1 pull request stack ends soon"]
    assert "It costs $5.00 a month. Then it is deleted with everything in it." in questions[0]
    assert results(kept)[:3] == ["success", "skipped", "success"], kept[0].said
    assert host.labels == [LABEL]
    until = re.search(r"runs until (\S+ \S+) UTC", host.notes[0].body)
    assert until is not None
    end = datetime.strptime(until[1], "%Y-%m-%d %H:%M").replace(tzinfo=timezone.utc)
    assert end - datetime.now(timezone.utc) > timedelta(hours=71)
    event(place, "closed", [LABEL])
