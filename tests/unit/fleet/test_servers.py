"""A stack's servers, from its state and its last outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.engine import servers
from fleet.engine.servers import monthly_usd, of_state, picks, shared, unlike
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.pins import PinFile
from providers.linode.pins.pin import Pin

DECLARED = {"id": "7", "status": "running", "type": "g6-nanode-1", "running": True}


def instance(name: str, **changed: Any) -> dict[str, Any]:
    made = {"urn": f"urn:pulumi:dev::fleet::pulumi-python:dynamic/linode:Instance::{name}",
            "type": "pulumi-python:dynamic/linode:Instance", "id": "7",
            "outputs": {"status": "running", "ipv4": ["198.51.100.7"], "root_pass": {"ciphertext": "x"}}}  # fmt: skip
    return {**made, **changed}


def test_what_is_there_costs_what_its_resources_say() -> None:
    there = [
        {"type": f"{TYPE_TOKENS}Instance", "outputs": {"monthly_usd": 12.0}},
        {"type": f"{TYPE_TOKENS}Volume", "outputs": {"monthly_usd": 2.5}},
        {"type": f"{TYPE_TOKENS}Firewall"},
        {"type": f"{TYPE_TOKENS}Instance", "outputs": {"monthly_usd": 12.0}, "external": True},
        {"type": "pulumi:pulumi:Stack", "outputs": {"monthly_usd": 14.5}},
    ]

    assert monthly_usd({"resources": there}) == 14.5
    assert monthly_usd({}) == 0


def test_a_refresh_is_newer_than_the_outputs_of_the_last_update() -> None:
    state = {"resources": [instance("web-1", outputs={"status": "offline"})]}

    assert of_state(state, {"web-1": DECLARED}) == {"web-1": {**DECLARED, "status": "offline"}}


def test_what_a_refresh_took_out_of_the_state_is_gone_and_not_running() -> None:
    found = of_state({"resources": []}, {"web-1": DECLARED})

    assert found["web-1"]["status"] == "gone"


def test_servers_of_a_program_without_outputs_are_there_too_and_no_secret_is() -> None:
    found = of_state({"resources": [instance("one")]}, {})

    assert found == {"one": {"id": "7", "status": "running", "ipv4": ["198.51.100.7"]}}


def test_what_is_only_read_or_on_its_way_out_is_no_server_of_the_stack() -> None:
    other = {"urn": "urn:pulumi:dev::fleet::t:m:T::x", "type": "t:m:T"}
    rows = [instance("read", external=True), instance("old", delete=True), other]

    assert of_state({"resources": rows}, {}) == {}


def test_a_power_state_that_nobody_declared_is_nobodys_business() -> None:
    off: dict[str, object] = {"status": "offline"}
    on: dict[str, object] = {"status": "running"}
    servers: dict[str, dict[str, object]] = {
        "a": {**off, "running": True},
        "b": {**on, "running": False},
        "c": {**off, "running": None},
        "d": off,
        "e": {**on, "running": True},
        "f": {"status": "booting", "running": True},
        "g": {"status": "gone", "running": True},
    }

    assert list(unlike(servers)) == [
        "a is off, but declared running",
        "b runs, but is declared off",
        "g is gone",
    ]


def other(kind: str, name: str, **outputs: object) -> dict[str, Any]:
    token = f"pulumi-python:dynamic/linode:{kind}"
    return {"urn": f"urn:pulumi:dev::fleet::{token}::{name}", "type": token, "id": "9", "outputs": outputs}


def test_what_servers_share_is_read_from_the_state() -> None:
    rows = [
        other("Firewall", "web", label="x"),
        other("NodeBalancer", "web", ipv4="198.51.100.9", monthly_usd=10.0),
        other("ReservedIP", "web-1-address", address="198.51.100.8", monthly_usd=2.0),
        other("Subnet", "back", ipv4="10.0.0.0/24"),
        other("Account", "account", uuid="x"),
        instance("web-1"),
    ]

    assert shared({"resources": rows}) == {
        "firewall web": {"id": "9"},
        "load balancer web": {"id": "9", "ipv4": "198.51.100.9", "monthly_usd": 10.0},
        "reserved address web-1-address": {"id": "9", "ipv4": "198.51.100.8", "monthly_usd": 2.0},
        "subnet back": {"id": "9"},
    }


def test_why_a_group_was_picked_is_told_where_it_has_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "pins_file", lambda _: tmp_path / "pins.json")
    common: dict[str, Any] = {"picked_at": "2026-11-23T09:00:00Z", "criteria": {}, "criteria_hash": "x"}
    pins = {
        f"{group}/image": Pin(kind="image", chosen="linode/debian13", why=f"newest for {group}", **common)
        for group in ("web", "web-api", "empty")
    }
    PinFile(tmp_path / "pins.json").write(pins)

    assert picks("dev", ["web-1", "web-2"]) == {"web": {"image": "newest for web"}}
    assert picks("dev", ["web-api-7"]) == {"web-api": {"image": "newest for web-api"}}
    assert picks("dev", []) == {}


def test_without_pins_that_can_be_read_no_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "pins_file", lambda _: tmp_path / "pins.json")
    assert picks("dev", ["web-1"]) == {}

    (tmp_path / "pins.json").write_text("no pins")
    assert picks("dev", ["web-1"]) == {}
