"""preview.yml where something is missing: secrets, a stack that is touched, valid settings, a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from emulators.linode_api.server import LocalApi
from fleet.report.forms import marker
from tests.two_environments import TwoEnvironments
from tests.unit.report.fake_hosts import TOKEN, FakeHost, serving
from tests.workflow_events import branch, previewed, pull, queued, signed
from tests.workflow_runner import JobRun

pytestmark = pytest.mark.all

Place = tuple[TwoEnvironments, FakeHost]


@pytest.fixture(scope="module")
def place(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("previews")
    with serving("github") as host, LocalApi(folder / "api.db", speed=600, limits=False) as api:
        here = TwoEnvironments(folder, engine, api, host.url, TOKEN)
        here.make_all()
        yield here, host


def test_a_fork_is_previewed_without_a_secret_and_gets_the_summary_alone(place: Place) -> None:
    here, host = place
    branch(here, "from-a-fork")
    here.edit("stacks/Pulumi.dev.yaml", "web:\n", "web:\n      tags: [web, blue]\n")
    here.edit("stacks/Pulumi.dev.yaml", "max_monthly: 30", "max_monthly: 30\n    max_monthly_increase: 1")
    here.commit("tags")
    host.calls.clear()

    jobs = previewed(pull(here, "from-a-fork", fork=True))

    assert (jobs["preview"].result, jobs["sign"].result) == ("skipped", "skipped")
    assert jobs["report"].result == "success", jobs["report"].said
    assert "offline, so everything shows as new" in jobs["report"].summary
    assert "(+$17.00)" in jobs["report"].summary
    assert host.calls == []


def test_a_merge_queue_gets_its_check_without_a_pull_request(place: Place) -> None:
    here, host = place
    branch(here, "queued")
    here.edit("stacks/Pulumi.dev.yaml", "web:\n", "web:\n      tags: [web, queued]\n")
    here.commit("tags")
    host.calls.clear()

    jobs = queued(here, "queued")

    assert jobs["preview-dev"].result == "success", jobs["preview-dev"].said
    assert jobs["offline"].result == "skipped"
    assert jobs["report"].result == "success", jobs["report"].said
    assert "offline" not in jobs["report"].summary
    assert host.calls == []


def test_a_new_environment_is_told_if_no_list_names_it(place: Place) -> None:
    here, host = place
    branch(here, "qa")
    (here.root / "stacks" / "Pulumi.qa.yaml").write_text(
        (here.root / "stacks" / "Pulumi.dev.yaml").read_text()
    )
    here.commit("qa")

    jobs = previewed(pull(here, "qa"))

    assert jobs["report"].result == "success", jobs["report"].said
    assert "look at `qa`: not deployed" in host.notes[-1].body


def test_a_change_of_no_stack_is_green_and_says_so(place: Place) -> None:
    here, host = place
    branch(here, "words")
    (here.root / "README.md").write_text("# Fleet\n")
    here.commit("words")

    jobs = previewed(pull(here, "words"))

    assert jobs["stacks"].outputs == {"stacks": "[]", "undeployed": "[]"}
    assert jobs["report"].result == "success", jobs["report"].said
    assert "nothing to do: no stack is touched" in host.notes[-1].body
    assert host.labels == ["infra: no change"]


def test_a_preview_that_fails_is_red_in_the_report_alone(place: Place) -> None:
    here, host = place
    branch(here, "typo")
    here.edit("stacks/Pulumi.dev.yaml", "max_monthly: 30", "max_montly: 30")
    here.commit("typo")

    jobs = previewed(pull(here, "typo"))

    assert jobs["preview-dev"].result == "success", jobs["preview-dev"].said
    assert jobs["report"].result == "failure"
    assert "no such setting" in host.notes[-1].body
    assert "::error file=stacks/Pulumi.dev.yaml,line=" in jobs["report"].said
    assert host.labels == ["infra: failed"]


def test_a_pull_request_cannot_loosen_the_guard_that_would_block_it(place: Place) -> None:
    here, host = place
    branch(here, "loosened")
    here.edit("stacks/Pulumi.dev.yaml", "max_monthly: 30", "max_monthly: 60")
    here.commit("a larger budget")
    alone = previewed(pull(here, "loosened"))["report"]
    told, lines = host.notes[-1].body, (here.root / "stacks/Pulumi.dev.yaml").read_text().splitlines()
    [line] = (number for number, text in enumerate(lines, 1) if "max_monthly: 60" in text)
    here.edit("stacks/Pulumi.dev.yaml", "web:\n", "web:\n      count: 5\n")
    here.commit("and more servers")

    both = previewed(pull(here, "loosened"))["report"]

    assert alone.result == "success", alone.said
    assert (
        f"guard `max_monthly` is loosened from `$30.00` to `$60.00` in `stacks/Pulumi.dev.yaml:{line}`"
        in told
    )
    assert both.result == "failure"
    assert "$37.00 of $30.00 a month" in host.notes[-1].body


def test_a_job_that_sent_no_bundle_is_a_failed_stack(place: Place) -> None:
    run = pull(place[0], "typo")
    stacks = run.run("preview", "stacks")

    lost = run.run("preview", "report", {"stacks": stacks, "preview": JobRun("failure")})
    unknown = run.run("preview", "report", {"stacks": JobRun("failure"), "preview": JobRun("skipped")})
    told = signed(run)

    assert (lost.result, unknown.result, told.result) == ("failure", "failure", "success"), told.said
    assert "no preview came in" in lost.summary
    assert "✖ not every stack could be previewed: the job that lists them failed" in unknown.summary
    assert "no preview came in" in place[1].notes[-1].body
    assert place[1].labels == ["infra: failed"]


def test_only_the_previews_of_our_own_workflow_are_signed(place: Place) -> None:
    """A branch may add a workflow of the same name, and a fork has no part in what is deployed."""
    run = pull(place[0], "typo")

    refused = [
        signed(run, path=".github/workflows/other.yml"),
        signed(run, head_repository={"full_name": "eve/fleet"}),
        signed(run, event="push"),
        signed(run, pull_requests=[]),
    ]

    assert [job.result for job in refused] == ["skipped"] * 4


def test_what_a_bundle_says_of_its_run_does_not_count(place: Place) -> None:
    here, host = place
    branch(here, "forged")
    here.edit("stacks/Pulumi.dev.yaml", "web:\n", "web:\n      tags: [web, forged]\n")
    here.commit("tags")
    run = pull(here, "forged")
    stacks = run.run("preview", "stacks")
    preview = run.run("preview", "preview", {"stacks": stacks}, matrix={"stack": "dev"})
    meta = run.artifacts / "bundle-dev" / "meta.json"
    forged = {**json.loads(meta.read_text()), "run": "999999999999999.1", "run_url": "https://evil.example/x"}
    meta.write_text(json.dumps(forged))

    report = run.run("preview", "report", {"stacks": stacks, "preview": preview})
    told = signed(run)
    mark = marker.read(host.notes[-1].body)

    assert report.result == "success", report.said
    assert told.result == "success", told.said
    assert mark is not None
    assert mark.run == f"{here.runs}.1"
    assert (
        f"[run {here.runs}](https://git.example/acme/fleet/actions/runs/{here.runs})" in host.notes[-1].body
    )
    assert "evil" not in host.notes[-1].body
