"""Two environments through the pipeline on GitLab: report, label, merge, exactly that plan, a stop, drift."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from emulators.linode_api.server import LocalApi
from fleet.report.forms import marker
from tests.gitlab_runner import Ended, GitLabRunner
from tests.two_environments import STACKS, TwoEnvironments
from tests.unit.report.fake_hosts import TOKEN, FakeHost, serving
from tests.workflow_events import branch

pytestmark = pytest.mark.all

ACK = "ack:data-loss"


@dataclass
class Place:
    here: TwoEnvironments
    host: FakeHost
    gitlab: GitLabRunner

    def request(self, name: str, *, fork: bool = False) -> dict[str, Ended]:
        """The pipeline of merge request 7, whose branch it is."""
        base, head = (self.here.git("rev-parse", each) for each in ("main", name))
        self.host.commits = head, base
        told = {
            "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "CI_MERGE_REQUEST_PROJECT_PATH": "acme/fleet",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "eve/fleet" if fork else "acme/fleet",
        }  # fmt: skip
        return self.gitlab.run("merge_request_event", head, told)

    def push(self) -> dict[str, Ended]:
        return self.gitlab.run("push", self.here.git("rev-parse", "main"), {})

    def schedule(self) -> dict[str, Ended]:
        return self.gitlab.run("schedule", self.here.git("rev-parse", "main"), {})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("gitlab")
    with serving("gitlab") as host, LocalApi(folder / "api.db", speed=600, limits=False) as api:
        here = TwoEnvironments(folder, "embedded", api, host.url, TOKEN)
        here.deploy_all()

        def environment(name: str) -> dict[str, str]:
            found = here.environment(name)
            return {**found["vars"], **found["secrets"]}

        (folder / "jobs").mkdir()
        read, write = {"GITLAB_READ_TOKEN": TOKEN}, {"GITLAB_TOKEN": TOKEN, "NOTICE_URL": f"{host.url}/hook"}
        yield Place(
            here, host, GitLabRunner(folder / "jobs", here.root, here.machine, host, environment, read, write)
        )


def results(jobs: dict[str, Ended]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items()}


def test_what_was_read_labelled_and_merged_is_what_is_applied(place: Place) -> None:
    here, host = place.here, place.host
    branch(here, "bigger")
    here.edit("stacks/Pulumi.dev.yaml", "{min_memory_mb: 1024,", "{min_memory_mb: 2048,")
    here.edit("stacks/Pulumi.dev.yaml", "max_monthly_usd: 10}", "max_monthly_usd: 15}")
    here.edit("stacks/Pulumi.staging.yaml", "db:\n", "db:\n      image: {vendor: Ubuntu}\n")
    for stack in STACKS:
        assert here.stacks("pin", "--stack", stack).code == 0
    head = here.commit("a bigger web server, another image")

    blocked = place.request("bigger")
    asked = host.notes[-1].body
    host.labels.append(ACK)
    host.label_events.append(("add", "ada", "2026-11-23T13:00:00Z", ACK))
    host.writers.add("ada")
    green = place.request("bigger")

    first = ["touched", "preview dev", "preview staging", "report", "sign"]
    assert {name: results(blocked)[name] for name in first} == {
        **dict.fromkeys(first, "success"), "report": "failed",
    }, "\n".join(job.said for job in blocked.values())  # fmt: skip
    assert "staging is blocked" in asked.replace("`", "")
    assert results(green)["report"] == "success", green["report"].said
    assert "data loss is acknowledged" in host.notes[-1].body
    assert sorted(host.labels) == [ACK, "infra: change", "infra: data loss"]
    for name in ("preview dev", "preview staging", "report"):
        secrets = {"LINODE_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PLAN_KEY", "STATE_KEY", "NOTICE_URL"}
        assert not {key for key in secrets if blocked[name].env.get(key) not in (None, "", here.reader)}, name

    here.git("checkout", "-q", "main")
    here.git("merge", "-q", "--no-ff", "-m", "merge", "bigger")
    host.merged.append((here.git("rev-parse", "HEAD"), head))
    deployed = place.push()

    assert results(deployed) == dict.fromkeys(
        ["environments", "deployments", "up dev", "up staging", "close"], "success"
    ), "\n".join(job.said for job in deployed.values())
    mark = marker.read(host.notes[0].body)
    assert mark is not None
    for stack in STACKS:
        report = json.loads((deployed[f"up {stack}"].folder / "report" / "report.json").read_text())
        assert report["plan"] == mark.plan_of(stack)
    assert "Applied in run" in host.notes[0].body
    assert sorted(row["image"] for row in here.linodes().values())[-1] == "linode/ubuntu24.04"


def test_a_plan_that_nobody_approved_stops_the_deployment_and_is_told(place: Place) -> None:
    here, host = place.here, place.host
    here.git("checkout", "-q", "main")
    here.edit("stacks/Pulumi.dev.yaml", "web:\n", "web:\n      tags: [web, green]\n")
    host.merged.append((here.commit("straight to main"), "f" * 40))

    stopped = place.push()
    again = place.push()

    assert results(stopped)["up dev"] == "failed"
    assert (results(stopped)["up staging"], results(stopped)["close"]) == ("skipped", "skipped")
    assert "no plan was approved" in stopped["up dev"].said
    assert host.notices[-1]["event"] == "blocked"
    assert results(again)["up dev"] == "success", again["up dev"].said
    assert sum("green" in row["tags"] for row in here.linodes().values()) == 1


def test_drift_has_an_issue_until_it_is_gone(place: Place) -> None:
    here, host = place.here, place.host
    first = next(row for row in here.linodes().values() if "green" in row["tags"])
    here.call("PUT", f"/linode/instances/{first['id']}", {"tags": [*first["tags"], "by-hand"]})

    drifted = place.schedule()
    opened = [dict(issue) for issue in host.issues]
    told = host.notices[-1]
    assert here.stacks("up", "--stack", "dev", "--refresh", "--yes", "--skip-preview").code == 0
    mended = place.schedule()

    assert results(drifted)["drift report"] == "success", drifted["drift report"].said
    assert [issue["title"] for issue in opened] == ["🟡 dev drifted: tags of web-1"]
    assert told["event"] == "drift"
    assert results(mended)["drift report"] == "success", mended["drift report"].said
    assert [issue["state"] for issue in host.issues] == ["closed"]
    assert "costs begin again" not in mended["drift report"].said
    assert (mended["drift report"].folder / "earlier" / "report" / "report.json").exists()


def test_a_fork_is_previewed_without_a_secret_and_nothing_is_signed(place: Place) -> None:
    here, host = place.here, place.host
    branch(here, "from-a-fork")
    here.edit("stacks/Pulumi.dev.yaml", "green]", "blue]")
    here.commit("tags")
    notes = [note.body for note in host.notes]

    jobs = place.request("from-a-fork", fork=True)

    assert "sign" not in jobs
    assert jobs["preview dev"].env.get("LINODE_TOKEN", "") == ""
    report = json.loads((jobs["report"].folder / "report" / "report.json").read_text())
    assert [stack["offline"] for stack in report["stacks"]] == [True]
    assert [note.body for note in host.notes] == notes
