"""What a cut-off create is taken to have made."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fleet.engine.run import Run
from fleet.engine.unlock import Unlock
from providers.linode.resources import domain_record, reverse_dns, ssh_key
from tests import sessions

RECORD = {"domain_id": 5, "type": "A", "name": "www", "target": "192.0.2.1"}
NAMED = {"address": "198.18.0.5", "rdns": "www.a.example"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
INPUTS = {"label": "web", "ssh_key": KEY, "owner": sessions.OWNER.as_props()}
TOKEN = "pulumi-python:dynamic/linode:SSHKey"


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, *ids: int) -> int | str | None:
    """The key that `web`'s create made, of those in the account; another stack of the folder has key 7."""
    states = folder / ".pulumi" / "stacks" / "p"
    states.mkdir(parents=True)
    resources = [{"urn": "urn:pulumi:other::p::k::web", "type": TOKEN, "id": "7"}]
    (states / "other.json").write_text(
        json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}})
    )
    env = {"PULUMI_BACKEND_URL": f"file://{folder}"}
    unlock = Unlock(cast(Run, SimpleNamespace(stack="s", engine=SimpleNamespace(project=folder), env=env)))
    keys: list[dict[str, Any]] = [{"id": id_, "label": "web", "ssh_key": KEY} for id_ in ids]
    session = sessions.prepared({"/profile/sshkeys": keys})
    monkeypatch.setattr(Unlock, "_session", lambda *_: session)
    found = unlock.made(ssh_key.SPEC, INPUTS, frozenset())
    return None if found is None else found.id


def test_a_key_that_another_stack_has_is_not_what_a_cut_off_create_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made(tmp_path, monkeypatch, 7) is None


def test_a_key_that_no_stack_has_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(tmp_path, monkeypatch, 7, 8) == 8


@pytest.mark.parametrize(
    ("spec", "inputs", "rows", "found"),
    [
        (
            domain_record.SPEC,
            RECORD,
            [{**RECORD, "id": 7, "name": "mail"}, {**RECORD, "id": 8, "priority": 0}],
            8,
        ),
        (domain_record.SPEC, RECORD, [{**RECORD, "id": 7, "target": "192.0.2.2"}], None),
        (reverse_dns.SPEC, NAMED, [NAMED], "198.18.0.5"),
        (reverse_dns.SPEC, NAMED, [{**NAMED, "rdns": "198-18-0-5.ip.linodeusercontent.com"}], None),
    ],
)
def test_what_has_no_label_is_known_by_its_content(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spec: Any,
    inputs: dict[str, object],
    rows: list[dict[str, object]],
    found: object,
) -> None:
    given = {**inputs, "owner": sessions.OWNER.as_props()}
    place = spec.within(given)
    env = {"PULUMI_BACKEND_URL": f"file://{tmp_path}"}
    unlock = Unlock(cast(Run, SimpleNamespace(stack="s", engine=SimpleNamespace(project=tmp_path), env=env)))
    monkeypatch.setattr(Unlock, "_session", lambda *_: sessions.prepared({place.path: rows}))

    made = unlock.made(place, given, frozenset())

    assert (None if made is None else made.id) == found
