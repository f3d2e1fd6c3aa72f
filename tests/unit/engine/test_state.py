"""The checkpoint: every recorded state goes through, and what does not fit is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from emulators.engine.errors import NotSupported, StateCorrupt
from emulators.engine.state.checkpoint import check_secrets_provider, check_version, parse, resource_to_json
from emulators.engine.state.secrets import open_stack
from tests.contract.engine_oracle import ORACLE, comparable_state, needs_oracle
from tests.engine_programs import SALT

STATES = sorted(ORACLE.glob("[0-9]*/state-*.json"))
CRYPTER = open_stack(SALT, "x")
STACK = {
    "urn": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev",
    "custom": False,
    "type": "pulumi:pulumi:Stack",
}
THING = {"urn": "urn:pulumi:dev::p::t::a", "custom": True, "id": "1", "type": "t"}


@needs_oracle
def test_every_recorded_state_is_written_as_it_was_read() -> None:
    for file in STATES:
        document = json.loads(file.read_text())
        latest = document["checkpoint"]["latest"]

        deployment = parse(latest, CRYPTER)

        written = {
            **latest,
            "resources": [resource_to_json(resource, CRYPTER) for resource in deployment.resources],
            "pending_operations": [
                {"resource": resource_to_json(op.resource, CRYPTER), "type": op.type}
                for op in deployment.pending_operations
            ],
        }
        assert comparable_state({"checkpoint": {"latest": written}}) == comparable_state(document), file
        for ours, theirs in zip(written["resources"], latest.get("resources", []), strict=True):
            assert ours.keys() == theirs.keys(), file


@pytest.mark.parametrize(
    ("resources", "what"),
    [
        ([{**THING, "parent": STACK["urn"]}], "does not stand before it"),
        ([{**THING, "dependencies": ["urn:pulumi:dev::p::t::b"]}], "does not stand before it"),
        ([{**THING, "propertyDependencies": {"x": ["urn:pulumi:dev::p::t::b"]}}], "does not stand before it"),
        ([{**THING, "deletedWith": "urn:pulumi:dev::p::t::b"}], "does not stand before it"),
        ([{**THING, "provider": "urn:pulumi:dev::p::pulumi:providers:x::default::1"}], "unknown provider"),
        ([THING, THING], "duplicate resource"),
        ([{**THING, "custom": False}], "non-empty id"),
        ([{**THING, "urn": ""}], "lacks its 'urn'"),
        (
            [
                {
                    **THING,
                    "inputs": {"a": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}},
                }
            ],
            "KeyError",
        ),
        ("text", "not a deployment"),
    ],
)
def test_a_state_that_cannot_be_trusted_is_corrupt(resources: Any, what: str) -> None:
    with pytest.raises(StateCorrupt, match=what):
        parse({"manifest": {}, "resources": resources}, CRYPTER)


def test_a_replaced_entry_may_stand_beside_its_successor() -> None:
    deployment = parse({"resources": [STACK, THING, {**THING, "delete": True, "id": "0"}]}, CRYPTER)

    assert [entry.delete for entry in deployment.resources] == [False, False, True]


@pytest.mark.parametrize(
    ("version", "magic", "fits"),
    [
        ("", "", True),
        ("v3.1.0", hashlib.sha256(b"v3.1.0").hexdigest(), True),
        ("v3.1.0", "", False),
        ("", "ff", False),
    ],
)
def test_the_manifest_is_checked(version: str, magic: str, fits: bool) -> None:
    manifest = {"version": version, "magic": magic}

    if fits:
        parse({"manifest": manifest}, CRYPTER)
    else:
        with pytest.raises(StateCorrupt, match="magic cookie mismatch"):
            parse({"manifest": manifest}, CRYPTER)


@pytest.mark.parametrize("field", ["taint", "replaceWith", "viewOf", "resourceHooks", "somethingNew"])
def test_a_field_that_is_not_known_is_refused_not_dropped(field: str) -> None:
    with pytest.raises(NotSupported, match=field):
        parse({"resources": [{**THING, field: ["x"]}]}, CRYPTER)


@pytest.mark.parametrize(
    "document", [{"version": 2}, {"version": 5}, {"version": 4, "features": ["taint"]}, {}]
)
def test_other_versions_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(NotSupported):
        check_version(document)


def test_version_4_without_features_is_read() -> None:
    check_version({"version": 4, "features": []})


def test_only_the_passphrase_provider_is_known() -> None:
    assert (
        check_secrets_provider({"secrets_providers": {"type": "passphrase", "state": {"salt": "s"}}}) == "s"
    )
    with pytest.raises(NotSupported, match="cloud"):
        check_secrets_provider({"secrets_providers": {"type": "cloud"}})


def test_the_recordings_are_found_where_they_are_expected() -> None:
    assert Path(__file__).resolve().parents[4] == ORACLE.parent.parent
