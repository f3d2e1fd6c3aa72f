"""What an SSH key's spec says by itself."""

from __future__ import annotations

import pytest

from providers.linode.core import diff
from providers.linode.core.owner import Owner
from providers.linode.resources.ssh_key import SPEC, SSHKeyArgs, SSHKeyRecord

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
OWNER = Owner("A1", "fleet", "dev", "web")


def test_the_create_request_has_label_and_key_and_no_tags() -> None:
    assert SPEC.body(SSHKeyArgs(label="web", ssh_key=KEY), OWNER) == {"label": "web", "ssh_key": KEY}


def test_a_key_read_from_a_file_is_the_same_without_its_line_end() -> None:
    found = SSHKeyRecord.model_validate({"id": 7, "label": "web", "ssh_key": KEY})
    declared = {"label": "web", "ssh_key": f"{KEY}\n"}

    assert SPEC.args.problems(declared) == []
    assert diff.between(SPEC, SPEC.described(None, found), declared) == {}  # type: ignore[arg-type]  # asks nothing


def test_another_label_is_changed_in_place_and_another_key_is_another_one() -> None:
    olds = {"label": "web", "ssh_key": KEY}

    assert diff.replacing(diff.between(SPEC, olds, {**olds, "label": "db"})) == []
    assert diff.replacing(diff.between(SPEC, olds, {**olds, "ssh_key": f"{KEY}2"})) == ["ssh_key"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("label", ""),
        ("label", "x" * 65),
        ("ssh_key", "ssh-ed25519"),
        ("ssh_key", "ssh-ed25519 AAAA"),
        ("ssh_key", KEY[:52]),
        ("ssh_key", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII"),
        ("ssh_key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
    ],
)
def test_what_the_api_would_refuse_is_told_of_its_input(key: str, value: str) -> None:
    [problem] = SPEC.args.problems({"label": "web", "ssh_key": KEY, key: value})

    assert problem.field == key
    assert "Next: " in problem.reason
    assert "PRIVATE" not in problem.reason
