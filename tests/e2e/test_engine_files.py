"""Bad files, wrong passphrases, locks and backends: one line each, and nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulators.engine.state.files import FileBackend
from emulators.engine.state.lock import locked
from tests.engine_place import Place
from tests.engine_programs import project


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = project(tmp_path, "Thing('a')\n")
    assert made.run(monkeypatch, "stack", "init", "dev").code == 0
    return made


@pytest.mark.parametrize("command", ["up", "preview", "refresh", "destroy"])
@pytest.mark.parametrize(
    "damaged",
    [b"", b"{", b"[]", b'{"version":3}', b'{"version":3,"checkpoint":{"latest":[]}}', b"\xff\xfe"],
)
def test_a_corrupt_state_file_is_named_and_left_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch, command: str, damaged: bytes
) -> None:
    place.state_file.write_bytes(damaged)

    answer = place.run(monkeypatch, command, *(["--yes"] if command != "preview" else []))

    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert place.state_file.read_bytes() == damaged
    if damaged != b'{"version":3}' or "corrupt" in answer.err:
        assert f"the state file {place.state_file} is corrupt" in answer.err
        assert "Next:" in answer.err


def test_a_state_whose_parts_do_not_fit_is_corrupt(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    document = place.state()
    document["checkpoint"]["latest"]["resources"] = [
        {
            "urn": "urn:pulumi:dev::sample::t::a",
            "custom": False,
            "type": "t",
            "parent": "urn:pulumi:dev::sample::t::b",
        }
    ]
    place.state_file.write_text(json.dumps(document))
    before = place.state_file.read_bytes()

    answer = place.run(monkeypatch, "up", "--yes")

    assert answer.code == 1
    assert (
        "is corrupt (resource urn:pulumi:dev::sample::t::a refers to urn:pulumi:dev::sample::t::b"
        in answer.err
    )
    assert place.state_file.read_bytes() == before


def test_a_newer_checkpoint_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.state_file.write_text(json.dumps({**place.state(), "version": 4, "features": ["hooks"]}))

    answer = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert "checkpoint version 4 with hooks is not supported" in answer.err


def test_another_secrets_provider_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    document = place.state()
    document["checkpoint"]["latest"]["secrets_providers"] = {"type": "cloud", "state": {}}
    place.state_file.write_text(json.dumps(document))

    answer = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert "secrets provider 'cloud' is not supported" in answer.err


def test_a_wrong_passphrase_is_one_line(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong"

    answer = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert answer.err.endswith(
        "error: getting stack configuration: get stack secrets manager: incorrect passphrase\n"
    )


def test_no_passphrase_is_one_line(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    del place.environment["PULUMI_CONFIG_PASSPHRASE"]

    answer = place.run(monkeypatch, "preview", "--non-interactive")

    assert answer.code == 1
    assert "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE" in answer.err


@pytest.mark.parametrize("url", ["https://api.pulumi.com", "s3://bucket", "azblob://x", "nonsense"])
def test_other_backends_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    place.environment["PULUMI_BACKEND_URL"] = url

    answer = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert "is not supported by the embedded engine (only file://)" in answer.err


def test_the_login_of_the_user_is_respected(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    del place.environment["PULUMI_BACKEND_URL"]
    home = Path(place.environment["PULUMI_HOME"])
    (home / "credentials.json").write_text(json.dumps({"current": f"file://{place.backend}"}))

    answer = place.run(monkeypatch, "stack", "ls", "--json")

    assert [stack["name"] for stack in json.loads(answer.out)] == ["dev"]


def test_a_held_lock_stops_an_up_and_names_its_holder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked(FileBackend(place.backend).stack("sample", "dev")):
        answer = place.run(monkeypatch, "up", "--yes", "--skip-preview")
        reading = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert "error: the stack is currently locked by 1 lock(s)" in answer.err
    assert "(pid " in answer.err
    assert reading.code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["up", "--nonsense"], 1, "error: unknown flag: --nonsense"),
        (["nonsense"], 1, 'error: unknown command "nonsense"'),
        (["preview", "--stack"], 1, "error: flag needs an argument: --stack"),
        (["preview", "--stack", "nope"], 6, "error: no stack named 'nope' found"),
        (["up"], 2, "error: --yes or --skip-preview or --preview-only must be passed in"),
        (["stack", "init", "dev"], 1, "error: stack 'organization/sample/dev' already exists"),
        (["stack", "output", "nope"], 1, "error: current stack does not have output property 'nope'"),
        (["config", "get", "nope"], 1, "error: configuration key 'nope' not found for stack 'dev'"),
    ],
)
def test_bad_command_lines_get_the_words_of_the_real_one(
    place: Place, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    answer = place.run(monkeypatch, *arguments)

    assert answer.code == code
    assert message in answer.err
    assert answer.out == ""


def test_export_and_import_give_the_same_state_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run(monkeypatch, "up", "--yes", "--skip-preview")
    resources = place.state()["checkpoint"]["latest"]["resources"]
    file = place.project / "export.json"

    assert place.run(monkeypatch, "stack", "export", "--file", str(file)).code == 0
    place.state_file.write_text("damaged")
    failed = place.run(monkeypatch, "stack", "import", "--file", str(file))
    place.state_file.unlink()
    place.run(monkeypatch, "stack", "init", "dev")
    answer = place.run(monkeypatch, "stack", "import", "--file", str(file))

    assert failed.code == 1
    assert answer.code == 0, answer.err
    assert [entry["urn"] for entry in place.state()["checkpoint"]["latest"]["resources"]] == [
        entry["urn"] for entry in resources
    ]


def test_an_export_without_plain_texts_needs_no_passphrase(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(monkeypatch, "up", "--yes", "--skip-preview")
    place.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"

    sealed = place.run(monkeypatch, "stack", "export")
    opened = place.run(monkeypatch, "stack", "export", "--show-secrets")

    assert sealed.code == 0
    assert json.loads(sealed.out)["deployment"] == place.state()["checkpoint"]["latest"]
    assert (opened.code, opened.out) == (1, "")
    assert "incorrect passphrase" in opened.err


def test_an_empty_stack_is_removed_and_one_with_resources_is_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(monkeypatch, "up", "--yes", "--skip-preview")

    refused = place.run(monkeypatch, "stack", "rm", "--yes")
    place.run(monkeypatch, "destroy", "--yes", "--skip-preview")
    removed = place.run(monkeypatch, "stack", "rm", "--yes")

    assert (refused.code, removed.code) == (1, 0)
    assert "still has resources; removal rejected" in refused.err
    assert not place.state_file.exists()
