"""Bundles of stacks that can't be previewed: the command ends with 0, and the report says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.two_environments import TwoEnvironments


@pytest.fixture(scope="module")
def here(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoEnvironments]:
    folder = tmp_path_factory.mktemp("bundles")
    with LocalApi(folder / "api.db", speed=600, limits=False) as api:
        made = TwoEnvironments(folder, engine, api)
        assert made.sh("pulumi stack init dev").code == 0
        yield made


def reported(here: TwoEnvironments, out: Path, bundle: str, front: str = "") -> tuple[int, dict[str, Any]]:
    """The report's exit code, and its one stack."""
    made = here.sh(f"{front} .venv/bin/python -m fleet bundle --out {out / 'bundle'} {bundle}")
    assert made.code == 0, made.said
    done = here.sh(f".venv/bin/python -m fleet report write {out / 'bundle'} --out {out / 'report'}")
    found = json.loads((out / "report" / "report.json").read_text())
    return done.code, found["stacks"][0]


@pytest.mark.parametrize(
    ("bundle", "front", "why"),
    [
        ("--stack staging", "", "stack 'staging' was never made there"),
        ("--stack nowhere", "", "nowhere"),
        pytest.param(
            "--stack dev",
            "PULUMI_CONFIG_PASSPHRASE=wrong-one",
            "the passphrase is not the one",
            marks=pytest.mark.all,
        ),
        pytest.param(
            "--stack dev",
            "PULUMI_BACKEND_URL=file:///nowhere/at/all",
            "the folder of the states",
            marks=pytest.mark.all,
        ),
        ("--stack dev", "LINODE_TOKEN=no-such-token", "token"),
        pytest.param(
            "--stack dev", "ENGINE=terraform", "ENGINE=terraform is no engine", marks=pytest.mark.all
        ),
        pytest.param("--stack dev", "CI=true", "is not pinned", marks=pytest.mark.all),
        pytest.param("--stack nowhere --offline", "", "has no settings", marks=pytest.mark.all),
        ("--stack local --offline", "", "needs no offline preview"),
    ],
)
def test_what_could_not_run_is_a_failed_stack_with_its_reason(
    here: TwoEnvironments, tmp_path: Path, bundle: str, front: str, why: str
) -> None:
    code, stack = reported(here, tmp_path, bundle, front)

    assert code == 1
    assert stack["verdict"] == "failed"
    [finding] = json.loads((tmp_path / "report" / "report.json").read_text())["findings"]
    text = "".join(piece["text"] for piece in finding["text"])
    assert why in text, text


@pytest.mark.all
def test_a_bundle_is_made_over_an_older_one(here: TwoEnvironments, tmp_path: Path) -> None:
    reported(here, tmp_path, "--stack dev --commit abcdef1234")
    (tmp_path / "bundle" / "events.ndjson").write_text("{}\n")

    code, stack = reported(here, tmp_path, "--stack dev", "ENGINE=none")

    assert (code, stack["form"], stack["commit"]) == (1, "none", here.git("rev-parse", "HEAD"))


def test_a_folder_that_can_not_be_written_is_one_clear_line(here: TwoEnvironments, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = here.stacks("bundle", "--stack", "dev", "--out", str(tmp_path / "file"))

    assert done.code == 1
    assert "error: " in done.said
    assert "Next: " in done.said
    assert "Traceback" not in done.said


def test_a_server_deleted_by_hand_is_seen_where_the_settings_ask_for_a_refresh(
    engine: str, tmp_path: Path
) -> None:
    with LocalApi(tmp_path / "api.db", speed=600, limits=False) as api:
        here = TwoEnvironments(tmp_path, engine, api)
        for words in (
            "pulumi stack init dev",
            ".venv/bin/python -m fleet up --stack dev --yes --skip-preview",
        ):
            done = here.sh(words)
            assert done.code == 0, done.said
        [web] = [row for row in here.linodes().values() if "web" in row["tags"]]
        here.call("DELETE", f"/linode/instances/{web['id']}")

        blind = reported(here, tmp_path / "blind", "--stack dev")
        here.edit("stacks/Pulumi.dev.yaml", "config:\n", "config:\n  fleet:refresh: true\n")
        seeing = reported(here, tmp_path / "seeing", "--stack dev")

    shown, told = ((tmp_path / name / "report" / "comment.md").read_text() for name in ("blind", "seeing"))
    assert (blind[0], blind[1]["verdict"], seeing[0], seeing[1]["verdict"]) == (0, "nothing", 0, "look")
    assert "Compared with the state, not with the account" in shown
    assert "Compared with the state" not in told
    assert "look at `dev`: `web-1` was deleted by hand" in told
    assert "This plan makes it again; what was on it is lost." in told


def test_an_operation_of_an_earlier_run_that_never_ended_is_told_without_its_inputs(
    here: TwoEnvironments, tmp_path: Path
) -> None:
    file = here.folder / "state" / ".pulumi" / "stacks" / "fleet" / "dev.json"
    state = json.loads(file.read_text())
    urn = "urn:pulumi:dev::fleet::pulumi-python:dynamic/linode:Instance::web-1"
    resource = {
        "urn": urn,
        "custom": True,
        "type": "pulumi-python:dynamic/linode:Instance",
        "inputs": {"note": "FAKE"},
    }
    state["checkpoint"]["latest"]["pending_operations"] = [{"resource": resource, "type": "creating"}]
    file.write_text(json.dumps(state))

    _, stack = reported(here, tmp_path, "--stack dev")

    assert stack["pending"] == ["web-1"]
    assert "FAKE" not in (tmp_path / "bundle" / "pending.json").read_text()
