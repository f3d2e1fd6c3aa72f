"""What is in a copy of a state, and what never is."""

from __future__ import annotations

import json
from typing import Any

from fleet.delivery.state_copy import SECRET_SIGNATURE, without_secrets
from fleet.engine.run import SECRET_KEY
from providers.linode.core import fingerprints

KIND = "pulumi-python:dynamic/linode:"


def secret(value: object) -> dict[str, str]:
    return {SECRET_KEY: SECRET_SIGNATURE, "plaintext": json.dumps(value)}


def copied(*resources: dict[str, Any]) -> list[dict[str, Any]]:
    deployment = {
        "manifest": {"time": "2026-11-23T10:00:00Z"},
        "secrets_providers": {"type": "cloud", "state": {"encryptedkey": "FAKE"}},
        "resources": list(resources),
        "pending_operations": [{"type": "creating", "resource": resources[0]}],
    }
    found = without_secrets(deployment, "v1:salt")
    assert "FAKE" not in json.dumps(found)
    assert found["secrets_providers"] == {"type": "passphrase", "state": {"salt": "v1:salt"}}
    assert found["manifest"] == deployment["manifest"]
    return list(found["resources"])


def test_every_secret_is_a_fingerprint_and_equal_ones_stay_equal() -> None:
    password = {"urn": "p", "type": f"{KIND}RootPassword", "outputs": {"result": secret("FAKE-pass")}}
    server = {
        "urn": "s",
        "type": f"{KIND}Instance",
        "id": "7",
        "inputs": {"root_pass": secret("FAKE-pass"), "user_data": "FAKE, and not marked", "label": "web-1"},
        "outputs": {"root_pass": secret("FAKE-pass"), "ipv4": ["198.18.0.1"]},
    }

    made, found = copied(password, server)

    assert made["outputs"]["result"].startswith(fingerprints.PREFIX)
    assert made["outputs"]["result"] == found["inputs"]["root_pass"] == found["outputs"]["root_pass"]
    assert found["inputs"]["user_data"].startswith(fingerprints.PREFIX)
    assert (found["id"], found["inputs"]["label"], found["outputs"]["ipv4"]) == ("7", "web-1", ["198.18.0.1"])


def test_of_a_load_balancer_the_key_alone_is_hidden() -> None:
    configs = [
        {"port": 443.0, "protocol": "https", "ssl_key": "FAKE-key", "nodes": [{"address": "192.0.2.1:80"}]}
    ]
    balancer = {"urn": "b", "type": f"{KIND}NodeBalancer", "inputs": {"configs": secret(configs)}}

    (found,) = copied(balancer)

    assert found["inputs"]["configs"] == [{**configs[0], "ssl_key": found["inputs"]["configs"][0]["ssl_key"]}]


def test_secrets_of_others_kinds_are_hidden_too_wherever_they_are() -> None:
    other = {
        "urn": "o",
        "type": "random:index:Password",
        "outputs": {"deep": [{"result": secret({"a": "FAKE"})}]},
    }

    (found,) = copied(other)

    assert found["outputs"]["deep"][0]["result"]["a"].startswith(fingerprints.PREFIX)


def test_of_the_settings_our_own_are_kept_and_others_hidden() -> None:
    """An engine keeps them as a provider's inputs; encrypted ones are marked, or were once plain."""
    inputs = {
        "fleet:servers": '{"web":{"count":1}}',
        "linode:token": "FAKE-token",
        "fleet:x": secret("FAKE"),
        "v": "1",
    }
    provider = {"urn": "d", "type": "pulumi:providers:pulumi-python", "inputs": inputs}

    (found,) = copied(provider)

    assert {key: found["inputs"][key] for key in ("fleet:servers", "v")} == {
        "fleet:servers": '{"web":{"count":1}}', "v": "1",
    }  # fmt: skip
    assert found["inputs"]["linode:token"].startswith(fingerprints.PREFIX)


def test_two_copies_of_one_secret_can_not_be_compared() -> None:
    one = {"urn": "p", "type": f"{KIND}RootPassword", "outputs": {"result": secret("FAKE-pass")}}

    first, second = copied(one), copied(one)

    assert first[0]["outputs"] != second[0]["outputs"]
