"""What states, accounts and repositories hold since 0.1.0: whatever fails here breaks somebody's stack. Only add."""

from __future__ import annotations

import base64
from pathlib import Path

import dill
import pytest

from providers.linode import (
    VPC,
    Account,
    Domain,
    DomainRecord,
    Firewall,
    Image,
    Instance,
    IPv6Range,
    NodeBalancer,
    PlacementGroup,
    ReservedIP,
    ReverseDNS,
    RootPassword,
    SSHKey,
    StackScript,
    Subnet,
    Volume,
    VolumeAttachment,
)
from providers.linode.core import state_files
from providers.linode.core.owner import Owner
from providers.linode.core.provider import DynamicResource, _as_stored
from providers.linode.pins import PinFile
from providers.linode.pins.file import render

MODULE = "providers.linode.provider"
PROVIDERS = {
    ("LinodeProvider", "Instance"): (
        "gASVSQAAAAAAAACMGXByb3ZpZGVycy5saW5vZGUucHJvdmlkZXKUjA5MaW5vZGVQcm92aWRlcpSTlCmBlH2UjARraW5klIwISW5zdGFuY2WUc2Iu"
    ),
    ("LinodeProvider", "Firewall"): (
        "gASVSQAAAAAAAACMGXByb3ZpZGVycy5saW5vZGUucHJvdmlkZXKUjA5MaW5vZGVQcm92aWRlcpSTlCmBlH2UjARraW5klIwIRmlyZXdhbGyUc2Iu"
    ),
    ("LinodeProvider", "SSHKey"): (
        "gASVRwAAAAAAAACMGXByb3ZpZGVycy5saW5vZGUucHJvdmlkZXKUjA5MaW5vZGVQcm92aWRlcpSTlCmBlH2UjARraW5klIwGU1NIS2V5lHNiLg=="
    ),
    (
        "AccountProvider",
    ): "gASVNAAAAAAAAACMGXByb3ZpZGVycy5saW5vZGUucHJvdmlkZXKUjA9BY2NvdW50UHJvdmlkZXKUk5QpgZQu",
    ("RootPasswordProvider",): (
        "gASVOQAAAAAAAACMGXByb3ZpZGVycy5saW5vZGUucHJvdmlkZXKUjBRSb290UGFzc3dvcmRQcm92aWRlcpSTlCmBlC4="
    ),
}
"""`__provider` of every resource in a state."""

TOKENS: dict[type[DynamicResource], str] = {
    Instance: "dynamic/linode:Instance",
    Firewall: "dynamic/linode:Firewall",
    SSHKey: "dynamic/linode:SSHKey",
    Volume: "dynamic/linode:Volume",
    VPC: "dynamic/linode:VPC",
    PlacementGroup: "dynamic/linode:PlacementGroup",
    StackScript: "dynamic/linode:StackScript",
    NodeBalancer: "dynamic/linode:NodeBalancer",
    IPv6Range: "dynamic/linode:IPv6Range",
    ReservedIP: "dynamic/linode:ReservedIP",
    VolumeAttachment: "dynamic/linode:VolumeAttachment",
    Image: "dynamic/linode:Image",
    Subnet: "dynamic/linode:Subnet",
    Domain: "dynamic/linode:Domain",
    DomainRecord: "dynamic/linode:DomainRecord",
    ReverseDNS: "dynamic/linode:ReverseDNS",
    Account: "dynamic/linode:Account",
    RootPassword: "dynamic/linode:RootPassword",
}

PINS = """\
{
  "pins": {
    "web/image": {
      "catalog": {
        "candidates": 34,
        "fit": 2
      },
      "chosen": "linode/debian13",
      "criteria": {
        "vendor": "Debian"
      },
      "criteria_hash": "51699e4380089982",
      "explanation": [
        "34 images",
        "34 with public",
        "7 with vendor Debian (-27)",
        "3 with no variant (-4; nearest miss linode/debian12-kube-v1.33.10 (Kubernetes 1.33.10 on Debian 12))",
        "3 with status available",
        "2 with support on 2026-11-29 (-1; nearest miss linode/debian11 (ended 2026-08-31))",
        "2 with not deprecated"
      ],
      "facts": {
        "eol": "2030-06-30",
        "label": "Debian 13",
        "size_mb": 1800,
        "vendor": "Debian"
      },
      "kind": "image",
      "picked_at": "2026-11-29T19:24:29Z",
      "runner_up": "linode/debian12",
      "sum": "a43d15c4a30275a6",
      "why": "linode/debian13: newest of 2 with vendor Debian (Debian 13); next linode/debian12 (Debian 12)"
    }
  },
  "version": 1
}
"""


@pytest.mark.parametrize("words", sorted(PROVIDERS), ids=" ".join)
def test_a_state_holds_its_provider_as_it_always_did(words: tuple[str, ...]) -> None:
    stored = PROVIDERS[words]

    provider = dill.loads(base64.b64decode(stored))  # noqa: S301 - our own literal

    assert _as_stored(*words) == stored
    assert (type(provider).__module__, type(provider).__name__) == (MODULE, words[0])


def test_type_tokens_are_those_of_states() -> None:
    assert {kind: kind._resource_type_name for kind in TOKENS} == TOKENS


def test_the_owners_tag_is_the_one_that_linodes_carry() -> None:
    owner = Owner(account="A1", project="fleet", stack="dev", name="web-1")

    assert owner.tag() == "pulumi:f5fd44876e3b:c4719afa76fa:1"
    assert owner.as_props() == {"account": "A1", "project": "fleet", "stack": "dev", "name": "web-1"}


def test_what_another_backend_has_is_noted_as_states_hold_it() -> None:
    account = {"type": "pulumi-python:dynamic/linode:Account", "inputs": {"not_ours": ["Instance/98000001"]}}

    assert state_files.not_ours([{"type": "pulumi:pulumi:Stack"}, account]) == {"Instance/98000001"}


def test_a_file_of_pins_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "pins.dev.json"
    file.write_text(PINS)

    pins = PinFile.read(file).pins

    assert pins["web/image"].chosen == "linode/debian13"
    assert render(pins) == PINS
