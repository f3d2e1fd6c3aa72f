"""Which records a server of a group gets in DNS: those of the public addresses that it will have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from providers.linode import InstanceArgs
from stacks import inputs
from stacks.layers import Layer
from stacks.servers import Members
from stacks.settings import parse
from tests.unit.providers.test_base import run

GROUP = {
    "count": 1, "region": {}, "type": {}, "image": {"vendor": "Debian"},
    "dns": {"zone": "example.org", "name": "www", "reverse": True},
}  # fmt: skip
ZONES = {"example.org": {"soa_email": "ada@example.org"}}
IN_VPC = {"vpc": {"subnet_id": 5}}
WITH_NAT = {"vpc": {"subnet_id": 5, "ipv4": {"addresses": [{"nat_1_1_address": "auto"}]}}}


@pytest.mark.parametrize(
    ("interfaces", "records"),
    [
        (None, ("A", "AAAA")),
        ([{"public": {}}, IN_VPC], ("A", "AAAA")),
        ([{"purpose": "vpc", "subnet_id": 5}], ("A", "AAAA")),
        ([WITH_NAT], ("A",)),
        ([IN_VPC, {"public": None, "vlan": {"vlan_label": "back"}}], ()),
    ],
)
def test_a_server_has_a_record_for_each_public_address(interfaces: object, records: tuple[str, ...]) -> None:
    assert inputs.address_records(interfaces) == records


def test_a_server_without_ipv6_gets_neither_an_aaaa_record_nor_its_reverse_name() -> None:
    settings = parse(Layer({"fleet:servers": {"web": GROUP}, "fleet:zones": ZONES}), "dev")
    chosen: Any = SimpleNamespace(
        region=SimpleNamespace(id="de-fra-2"), type=SimpleNamespace(id="g6-nanode-1"), monthly_usd=5.0
    )
    pinned: Any = SimpleNamespace(former={})
    shared: Any = SimpleNamespace(zone=lambda _: 7)

    def program() -> None:
        interfaces: Any = [WITH_NAT]
        args = InstanceArgs(type="g6-nanode-1", region="de-fra-2", interfaces=interfaces)
        Members("web", settings.servers["web"], chosen, args, pinned, shared).declare()

    assert {name for name in run(program).types if name.startswith("web-1")} == {"web-1", "web-1-a"}
