"""Encryption against recorded vectors, and what a wrong passphrase gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulators.engine.errors import EngineError
from emulators.engine.state.secrets import WrongPassphrase, new_stack, open_stack, passphrase_from_environment
from tests.engine_programs import SALT

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "engine-oracle" / "00-secrets" / "vectors.json"


@pytest.mark.skipif(not VECTORS.exists(), reason="no recordings in ../shared/engine-oracle")
def test_every_recorded_ciphertext_is_opened() -> None:
    for stack in json.loads(VECTORS.read_text())["stacks"]:
        crypter = open_stack(stack["encryptionsalt"], stack["passphrase"])

        opened = [crypter.decrypt(entry["ciphertext"]) for entry in stack["config"]]

        assert opened == [entry["plaintext"] for entry in stack["config"]]


def test_a_salt_made_by_the_real_engine_is_opened() -> None:
    crypter = open_stack(SALT, "x")

    assert crypter.decrypt("v1:O2jc1hc4uINKOFnr:vir9ZCW3zFTOJvf165rifIxVXxk=") == "hush"


@pytest.mark.parametrize("text", ["", "a", "two\nlines", "snow ☃", '{"json": [1, 2]}'])
def test_what_a_new_stack_encrypts_it_decrypts(text: str) -> None:
    salt, crypter = new_stack("pass")

    assert open_stack(salt, "pass").decrypt(crypter.encrypt(text)) == text


def test_the_same_text_is_never_encrypted_alike() -> None:
    crypter = open_stack(SALT, "x")

    assert crypter.encrypt("a") != crypter.encrypt("a")


def test_a_wrong_passphrase_is_said() -> None:
    with pytest.raises(WrongPassphrase, match="incorrect passphrase"):
        open_stack(SALT, "y")


@pytest.mark.parametrize("salt", ["", "v1", "v1:!!:v1:a:b", "nonsense", "v2:/U2fBdMRHPg=:v1:a:b"])
def test_a_malformed_salt_is_an_error_of_ours(salt: str) -> None:
    with pytest.raises(EngineError):
        open_stack(salt, "x")


@pytest.mark.parametrize(
    "text", ["", "v1:a", "v1:AAAA:AAAA", "v1:O2jc1hc4uINKOFnr:AAAAZCW3zFTOJvf165rifIxVXxk="]
)
def test_a_damaged_ciphertext_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(EngineError, match="failed to decrypt"):
        open_stack(SALT, "x").decrypt(text)


def test_an_empty_passphrase_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("from a file\n")

    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(file))
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    from_file = passphrase_from_environment()
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")

    assert from_file == "from a file"
    assert passphrase_from_environment() == ""
