"""Two environments through the workflows, job by job: report, label, merge, deployment of exactly that plan, drift."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from fleet.report.forms import marker
from tests.pictures import taken
from tests.two_environments import STACKS, TwoEnvironments
from tests.unit.report.fake_hosts import TOKEN, FakeHost, Note, serving
from tests.workflow_events import branch, deployed, look_for_drift, previewed, pull
from tests.workflow_runner import JobRun

pytestmark = pytest.mark.all

ACK = "ack:data-loss"


@dataclass
class Place:
    here: TwoEnvironments
    host: FakeHost


@pytest.fixture(scope="module")
def place(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("two")
    with serving("github") as host, LocalApi(folder / "api.db", speed=600, limits=False) as api:
        here = TwoEnvironments(folder, engine, api, host.url, TOKEN)
        here.deploy_all()
        host.settings = {"": {"default_branch": "main", "id": 1}, "/actions/artifacts": {"artifacts": []}}
        yield Place(here, host)


def report_of(job: JobRun) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((job.folder / "report" / "report.json").read_text())
    return found


def shape(here: TwoEnvironments) -> dict[str, tuple[str, str]]:
    return {label: (row["type"], row["image"]) for label, row in here.linodes().items()}


def test_what_was_read_labelled_and_merged_is_what_is_applied(place: Place) -> None:
    here, host = place.here, place.host
    before = shape(here)
    branch(here, "bigger")
    here.edit("stacks/Pulumi.dev.yaml", "{min_memory_mb: 1024,", "{min_memory_mb: 2048,")
    here.edit("stacks/Pulumi.dev.yaml", "max_monthly_usd: 10}", "max_monthly_usd: 15}")
    here.edit("stacks/Pulumi.staging.yaml", "db:\n", "db:\n      image: {vendor: Ubuntu}\n")
    for stack in STACKS:
        assert here.stacks("pin", "--stack", stack).code == 0
    head = here.commit("a bigger web server, another image")

    blocked = previewed(pull(here, "bigger"))
    asked = host.notes[-1].body
    host.labels.append(ACK)
    host.label_events.append(("add", "ada", "2026-11-23T13:00:00Z", ACK))
    host.writers.add("ada")
    green = previewed(pull(here, "bigger", label={"name": ACK}))

    assert blocked["report"].result == "failure"
    assert (
        "the moved pin `db/image` in `stacks/pins.staging.json`, because its settings were edited." in asked
    )
    assert green["report"].result == "success", green["report"].said
    assert "data loss is acknowledged" in host.notes[-1].body
    assert sorted(host.labels) == [ACK, "infra: change", "infra: data loss"]
    taken(blocked["report"].folder / "report" / "report.html", "pull-request.png", here.folder)

    here.git("checkout", "-q", "main")
    here.git("merge", "-q", "--no-ff", "-m", "merge", "bigger")
    merge = here.git("rev-parse", "HEAD")
    host.merged.append((merge, head))
    host.add(marker.Marker("fleet", head, "999.1", plans=f"dev:{'6' * 32}").line())
    ups = {stack: deployed(here, merge, stack) for stack in STACKS}
    once_more = deployed(here, merge, "dev")
    deploy = here.run_of("push", merge)
    stacks = deploy.run("deploy", "stacks")
    closed = deploy.run("deploy", "close", {"up": JobRun("success")})

    assert json.loads(stacks.outputs["stacks"]) == list(STACKS)
    assert once_more.result == "success", once_more.said
    assert "nothing to do: plan" in once_more.said
    for stack, up in ups.items():
        assert up.result == "success", up.said
        assert report_of(up)["plan"] == _approved(host, stack)
    after = shape(here)
    changed = {label for label in {*before, *after} if before.get(label) != after.get(label)}
    assert {label.split("-")[0] for label in changed} <= {"fleet", "web", "db", "dev", "staging"}
    assert sorted(after.values()) == sorted(
        [
            ("g6-dedicated-2", "linode/ubuntu24.04"),
            ("g6-standard-1", "linode/debian13"),
            ("g6-standard-1", "linode/debian13"),
            ("g6-standard-1", "linode/debian13"),
            ("g6-standard-1", "linode/debian13"),
        ]
    )
    assert closed.result == "success", closed.said
    assert "Applied in run" in host.notes[0].body


def _approved(host: FakeHost, stack: str) -> str:
    mark = marker.read(host.notes[0].body)
    assert mark is not None
    return mark.plan_of(stack)


def test_a_plan_that_nobody_approved_stops_and_is_applied_after_it_was_read(place: Place) -> None:
    here, host = place.here, place.host
    here.git("checkout", "-q", "main")
    here.edit("stacks/Pulumi.dev.yaml", "web:\n", "web:\n      tags: [web, green]\n")
    direct = here.commit("straight to main")
    before = here.linodes()
    host.merged.append((direct, "f" * 40))

    stopped = deployed(here, direct, "dev")
    again = deployed(here, direct, "dev")

    assert stopped.result == "failure"
    assert "no plan was approved" in stopped.said
    assert "Next: see report/summary.md; then approve plan" in stopped.said
    assert marker.read(host.notes[-1].body) is not None
    assert [told["event"] for told in host.notices] == ["blocked"]
    assert host.notices[0]["title"].startswith("Deployment stopped: ")
    assert again.result == "success", again.said
    tags = [row["tags"] for row in before.values()]
    assert not any("green" in each for each in tags)
    assert sum("green" in row["tags"] for row in here.linodes().values()) == 1


def merged(place: Place, name: str) -> tuple[str, list[Note]]:
    """The merge of a branch that was previewed, and the comments of its pull request."""
    here, host = place.here, place.host
    head = here.git("rev-parse", name)
    here.git("checkout", "-q", "main")
    here.git("merge", "-q", "--no-ff", "-m", f"merge {name}", name)
    host.merged.append((here.git("rev-parse", "HEAD"), head))
    notes, host.notes = host.notes, []
    return host.merged[-1][0], notes


def changed(place: Place, name: str, stack: str, old: str, new: str) -> None:
    """A pull request with one edit, previewed by the main branch as it is."""
    place.host.notes = []
    branch(place.here, name)
    place.here.edit(f"stacks/Pulumi.{stack}.yaml", old, new)
    place.here.commit(name)
    report = previewed(pull(place.here, name))["report"]
    assert report.result == "success", report.said


def test_of_two_quick_merges_both_are_deployed(place: Place) -> None:
    """The second merge comes before the first is deployed, and both pull requests were previewed before either."""
    here, host = place.here, place.host
    before = host.notes
    changed(place, "one", "dev", "web:\n", "web:\n      watchdog_enabled: false\n")
    of_one = host.notes
    changed(place, "two", "dev", "db:\n", "db:\n      watchdog_enabled: false\n")
    of_two = host.notes

    host.notes = of_one
    first, of_one = merged(place, "one")
    host.notes = of_two
    second, of_two = merged(place, "two")
    host.notes = of_one
    one = deployed(here, first, "dev")
    host.notes = of_two
    two = deployed(here, second, "dev")
    host.notes = before

    assert (one.result, two.result) == ("success", "success"), one.said + two.said
    watched = {label: row["watchdog_enabled"] for label, row in here.linodes().items() if "-dev-" in label}
    assert list(watched.values()) == [False, False]


def test_an_organisations_guard_stops_a_deployment_too(place: Place) -> None:
    here, host = place.here, place.host
    before = host.notes
    changed(place, "held", "dev", "web:\n", "web:\n      label: held-dev-{n}\n")
    merge, host.notes = merged(place, "held")
    here.guards = str(here.folder / "guards.json")
    Path(here.guards).write_text('{"*": {"max_servers": 1}}')

    stopped = deployed(here, merge, "dev")
    here.guards = ""
    again = deployed(here, merge, "dev")
    host.notes = before

    assert stopped.result == "failure"
    assert "dev is blocked: too many servers. Nothing was done." in stopped.said
    assert again.result == "success", again.said


def test_drift_has_an_issue_until_it_is_gone(place: Place) -> None:
    here, host = place.here, place.host
    first = next(
        row for row in here.linodes().values() if "database" in row["tags"] and row["type"] == "g6-standard-1"
    )
    here.call("PUT", f"/linode/instances/{first['id']}", {"tags": [*first["tags"], "by-hand"]})

    drifted = look_for_drift(here)
    opened = [dict(issue) for issue in host.issues]
    told = host.notices[-1]
    _earlier(place, "2026-01-02")
    mend = here.stacks("up", "--stack", "dev", "--refresh", "--yes", "--skip-preview")
    mended = look_for_drift(here)

    assert drifted.result == "success", drifted.said
    assert mend.code == 0, mend.said
    assert [issue["title"] for issue in opened] == ["🟡 dev drifted: tags of db-1"]
    assert "To put it back: `fleet up --stack dev --refresh`." in opened[0]["body"]
    assert mended.result == "success", mended.said
    assert [issue["state"] for issue in host.issues] == ["closed"]
    assert (told["event"], told["title"]) == ("drift", "🟡 dev drifted: tags of db-1")
    assert host.notices[-1] == told
    days = [[cost["day"] for cost in stack["costs"]] for stack in report_of(mended)["stacks"]]
    assert [(len(each), each[0]) for each in days] == [(2, "2026-01-02")] * 2
    assert "Cost a month so far" in (mended.folder / "report" / "report.html").read_text()
    taken(drifted.folder / "report" / "report.html", "drift.png", here.folder)


def _earlier(place: Place, day: str) -> None:
    """The last run's report is the newest artifact, and of another day."""
    here, host = place.here, place.host
    file = here.folder / f"run-{here.runs}" / "artifacts" / "drift-report" / "report.json"
    report = json.loads(file.read_text())
    for stack in report["stacks"]:
        stack["costs"][-1]["day"] = day
    file.write_text(json.dumps(report))
    run = {"id": here.runs, "head_branch": "main", "head_repository_id": 1}
    host.settings["/actions/artifacts"] = {
        "artifacts": [{"created_at": f"{day}T06:00:00Z", "workflow_run": run}]
    }


def test_no_secret_is_in_anything_that_was_kept_or_posted(place: Place) -> None:
    here, host = place.here, place.host
    secrets = [*here.secrets.values(), TOKEN]

    kept = [path for run in here.folder.glob("run-*/artifacts") for path in run.rglob("*") if path.is_file()]
    texts = [path.read_text(errors="replace") for path in kept] + [note.body for note in host.notes]

    assert len(kept) > 20
    assert not [secret for secret in secrets for text in texts if secret in text]


def test_the_token_of_previews_can_only_read(place: Place) -> None:
    """So that the runs above show that previews and looks for drift need no more."""
    here = place.here
    first = next(iter(here.linodes().values()))

    refused = here.try_("DELETE", f"/linode/instances/{first['id']}", here.reader)

    assert refused.status_code in (401, 403)
