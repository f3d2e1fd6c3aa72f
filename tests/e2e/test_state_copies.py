"""A preview by the copy of a state says what one by the state says, and nothing secret can be read in the copy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.checkout import Done, run_in
from tests.two_environments import TwoEnvironments

pytestmark = pytest.mark.all

USER_DATA = "FAKE-user-data-of-web"


@pytest.fixture(scope="module")
def here(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoEnvironments]:
    folder = tmp_path_factory.mktemp("copies")
    with LocalApi(folder / "api.db", speed=600, limits=False) as api:
        made = TwoEnvironments(folder, engine, api)
        made.edit("stacks/Pulumi.dev.yaml", "web:\n", f"web:\n      user_data: {USER_DATA}\n")
        made.deploy_all()
        yield made


def by_copy(here: TwoEnvironments, *words: str) -> Done:
    """A command as a preview's job has it: another backend, no passphrase, a token that only reads."""
    env = {key: value for key, value in here.env.items() if key != "PULUMI_CONFIG_PASSPHRASE"}
    env |= {"PULUMI_BACKEND_URL": here.copies, "LINODE_TOKEN": here.reader}
    return run_in(here.root, ["bash", "-c", " ".join((".venv/bin/python -m fleet", *words))], env)


def report(here: TwoEnvironments, name: str, *, copy: bool) -> dict[str, Any]:
    words = ("bundle", "--stack", "dev", "--out", f".local/{name}/dev")
    done = by_copy(here, *words, "--copy") if copy else here.stacks(*words)
    assert done.code == 0, done.said
    told = here.stacks("report", "write", f".local/{name}/dev", "--out", f".local/{name}/report")
    assert "Traceback" not in told.said, told.said
    found: dict[str, Any] = json.loads((here.root / f".local/{name}/report/report.json").read_text())
    return found


def test_nothing_secret_is_in_the_copy(here: TwoEnvironments) -> None:
    export = "pulumi stack export --show-secrets --stack dev"
    real = json.loads(here.sh(f"{export} 2>/dev/null").said)["deployment"]["resources"]
    passwords = {
        json.loads(each["outputs"]["result"]["plaintext"]) for each in real if "RootPassword" in each["type"]
    }
    env = {**here.env, "PULUMI_BACKEND_URL": here.copies, "PULUMI_CONFIG_PASSPHRASE": "placeholder"}
    env["PYTHONPATH"] = str(here.root)
    alone = here.folder / "alone"
    alone.mkdir()
    (alone / "Pulumi.yaml").write_text("name: fleet\nruntime: python\n")
    copy = run_in(alone, ["bash", "-c", export], env)

    assert copy.code == 0, copy.said
    assert len(passwords) == 2
    lines = [line.strip() for line in copy.said.splitlines()]
    assert not [line for line in lines for secret in (*passwords, here.token) if secret in line]
    # The settings stand in the state as they stand in the repository.
    assert not [line for line in lines if USER_DATA in line and not line.startswith('"fleet:servers"')]
    assert "Fingerprint-1:" in copy.said


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("", "", []),
        ("web:\n", "web:\n      tags: [web, blue]\n", ["web-1"]),
        (USER_DATA, f"{USER_DATA}-2", ["web-1"]),
        (
            "{min_memory_mb: 1024, max_monthly_usd: 10}",
            "{min_memory_mb: 2048, max_monthly_usd: 15}",
            ["web-1"],
        ),
    ],
)
def test_it_shows_the_same_plan(here: TwoEnvironments, old: str, new: str, changed: list[str]) -> None:
    file = here.root / "stacks" / "Pulumi.dev.yaml"
    before = file.read_text()
    if changed:
        here.edit("stacks/Pulumi.dev.yaml", old, new)
        assert here.stacks("pin", "--stack", "dev").code == 0

    told, real = report(here, "copy", copy=True), report(here, "real", copy=False)
    file.write_text(before)

    assert told["stacks"][0]["complete"], told
    assert [each["name"] for each in told["stacks"][0]["changes"] if each["op"] != "same"] == changed
    assert told["plan"] == real["plan"]


def test_a_look_for_drift_by_it_finds_none(here: TwoEnvironments) -> None:
    done = by_copy(here, "bundle", "--drift", "--copy", "--stack", "dev", "--out", ".local/drift/dev")
    shown = here.stacks("report", "show", ".local/drift/dev")

    assert done.code == 0, done.said
    assert "nothing to do" in shown.said


def test_a_state_is_never_taken_for_a_copy(here: TwoEnvironments) -> None:
    own = here.stacks("copy-state", "--stack", "dev", "--to", here.env["PULUMI_BACKEND_URL"])
    (here.folder / "others").mkdir()
    other = f"file://{here.folder / 'others'}"
    env = {**here.env, "PULUMI_BACKEND_URL": other}
    assert run_in(here.root, ["bash", "-c", "pulumi stack init dev"], env).code == 0
    stranger = here.stacks("copy-state", "--stack", "dev", "--to", other)
    env = {**here.env, "PULUMI_BACKEND_URL": other, "LINODE_TOKEN": here.reader}
    words = ".venv/bin/python -m fleet bundle --copy --stack staging --out .local/none"
    missing = run_in(here.root, ["bash", "-c", words], env)

    assert (own.code, "is where the state itself is" in own.said) == (1, True), own.said
    assert (stranger.code, "is no copy, and was left alone" in stranger.said) == (1, True), stranger.said
    assert "the preview ended with 1" in missing.said
    assert (
        f"there is no copy of stack 'staging' in {other}. Next: fleet copy-state --stack staging"
        in missing.said
    )
