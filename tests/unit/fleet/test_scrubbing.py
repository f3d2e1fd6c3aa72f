from __future__ import annotations

import json
from typing import Any

from fleet.delivery.scrubbing import UNKNOWN, Scrubber, of_environment

SERVER = "urn:pulumi:dev::fleet::pulumi-python:dynamic/linode:Instance::web-1"
STACK = "urn:pulumi:dev::fleet::pulumi:pulumi:Stack::fleet-dev"


def event(**state: Any) -> str:
    return json.dumps({"resourcePreEvent": {"metadata": {"op": "update", "urn": SERVER, "new": state}}})


def new_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)["resourcePreEvent"]["metadata"]["new"]
    return found


def test_a_plain_output_made_from_a_secret_is_left_out() -> None:
    shown = {"ipv4": ["198.18.0.1"], "status": "running", "monthly_usd": 12.0}
    outputs = {"console": "root:FAKE-password@lish", **shown}

    text = Scrubber().events(event(urn=SERVER, outputs=outputs, inputs={"type": "g6-nanode-1"}))

    assert new_of(text)["outputs"] == shown
    assert new_of(text)["inputs"] == {"type": "g6-nanode-1"}


def test_secret_inputs_are_masked_by_name_and_unknown_ones_stay_unknown() -> None:
    inputs = {"root_pass": "FAKE-plain", "user_data": UNKNOWN, "stackscript_data": None, "label": "web"}

    text = Scrubber().events(event(urn=SERVER, inputs=inputs))

    assert new_of(text)["inputs"] == {**inputs, "root_pass": "[secret]"}


def test_the_stacks_outputs_only_tell_whether_they_differ() -> None:
    scrubber = Scrubber()

    def shown(**outputs: object) -> dict[str, Any]:
        state = {"urn": STACK, "type": "pulumi:pulumi:Stack", "outputs": outputs}
        found: dict[str, Any] = new_of(scrubber.events(event(**state)))["outputs"]
        return found

    before, after = (
        shown(address="FAKE-1", kept={"a": 1}),
        shown(address="FAKE-2", kept={"a": 1}, new=[UNKNOWN]),
    )

    assert before["kept"] == after["kept"]
    assert before["address"] != after["address"]
    assert after["new"] == UNKNOWN
    assert "FAKE" not in str(before) + str(after)
    assert Scrubber()._fingerprint("FAKE-1") != before["address"]


def test_settings_machine_paths_and_debug_lines_are_left_out() -> None:
    lines = [
        {"preludeEvent": {"config": {"fleet:servers": "plain"}}},
        {"diagnosticEvent": {"severity": "debug", "message": "registering"}},
        {"diagnosticEvent": {"severity": "error", "message": "no type fits"}},
        {"resourcePreEvent": {"metadata": {"new": {"urn": SERVER, "inputs": {}, "sourcePosition": "p"}}}},
    ]  # fmt: skip

    text = Scrubber().events("\n".join(map(json.dumps, lines)) + '\n{"cut off')

    assert [next(iter(json.loads(line))) for line in text.splitlines()] == [
        "preludeEvent",
        "diagnosticEvent",
        "resourcePreEvent",
    ]
    assert "plain" not in text
    assert "sourcePosition" not in text


def test_values_of_secret_variables_are_found_wherever_they_stand() -> None:
    umlaut = "FÄKE-umlaut"
    env = {
        "LINODE_TOKEN": 'FAKE"quoted',
        "DB_PASSWORD": umlaut,
        "PULUMI_CONFIG_PASSPHRASE": "short",
        "MAX_TOKENS": "200000",
        "X_FILE": "/a",
    }
    scrubber = of_environment(env)

    digest = scrubber.digest(json.dumps({"steps": [], "note": 'with FAKE"quoted inside'}))

    assert digest == '{"steps":[],"note":"with [secret] inside"}\n'
    assert scrubber.text(json.dumps([umlaut])) == '["[secret]"]'
    assert scrubber.text('FAKE"quoted short 200000') == "[secret] short 200000"


def test_what_is_no_digest_is_none() -> None:
    assert Scrubber().digest("error: no stack named 'dev' found") is None
    assert Scrubber().digest("[]") is None
    assert Scrubber().digest('{"other": 1}') is None
