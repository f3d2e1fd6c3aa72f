"""pr-stack.yml: a pull request's own stack comes with the label, and goes with it, with the close or with its time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.two_environments import TwoEnvironments
from tests.workflow_events import branch
from tests.workflow_runner import JobRun

pytestmark = pytest.mark.all

LABEL = "pr-stack"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoEnvironments]:
    folder = tmp_path_factory.mktemp("own")
    with LocalApi(folder / "api.db", speed=600, limits=False) as api:
        made = TwoEnvironments(folder, "embedded", api)
        branch(made, "mine")
        made.edit("stacks/common.yaml", "tags: [web]", "tags: [web, mine]")
        made.commit("tags")
        yield made


def event(
    here: TwoEnvironments, action: str, labels: list[str], *, fork: bool = False, label: str = LABEL
) -> list[JobRun]:
    """All three jobs for something that happened to pull request 7."""
    head = {"repo": {"full_name": "eve/fleet" if fork else "acme/fleet"}}
    pull: dict[str, Any] = {"number": 7, "head": head, "labels": [{"name": name} for name in labels]}
    sha = here.git("rev-parse", "mine")
    run = here.run_of("pull_request", sha, action=action, pull_request=pull, label={"name": label})
    return [run.run("pr-stack", job) for job in ("up", "down", "reap")]


def results(runs: list[JobRun]) -> list[str]:
    return [run.result for run in runs]


@pytest.mark.parametrize(("labels", "fork"), [([], False), (["other"], False), ([LABEL], True)])
def test_nothing_is_made_without_the_label_or_for_a_fork(
    here: TwoEnvironments, labels: list[str], fork: bool
) -> None:
    assert results(event(here, "synchronize", labels, fork=fork)) == ["skipped"] * 3


def test_another_label_taken_off_takes_nothing_down(here: TwoEnvironments) -> None:
    assert results(event(here, "unlabeled", [LABEL], label="other")) == ["skipped"] * 3


def test_the_label_makes_the_branchs_stack_and_its_end_takes_it_down(here: TwoEnvironments) -> None:
    up = event(here, "labeled", [LABEL])
    made = here.linodes()
    reaped = here.run_of("schedule", here.git("rev-parse", "main")).run("pr-stack", "reap")
    kept = here.linodes()
    down = event(here, "closed", [LABEL])

    assert results(up) == ["success", "skipped", "skipped"], up[0].said
    assert ["mine" in row["tags"] for row in made.values()] == [True]
    assert reaped.result == "success", reaped.said
    assert kept.keys() == made.keys()
    assert results(down) == ["skipped", "success", "skipped"], down[1].said
    assert here.linodes() == {}
