"""A firewall's rules are judged alike by a preview and by the local API, as the API's description has it.

Source: schema FirewallRuleConfig, and what of it was recorded: networks with bits outside of their prefix.
"""

from __future__ import annotations

from typing import Any

import pytest

from providers.linode.core.check import by_itself
from providers.linode.resources.firewall import SPEC
from tests.unit.linode_api.serving import Caller, reasons

Rules = list[dict[str, Any]]

POLICIES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
ALL = {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}


def rule(**changed: object) -> dict[str, Any]:
    """An ordinary rule with some keys changed; what is None is left out."""
    whole = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": ALL, **changed}
    return {key: value for key, value in whole.items() if value is not None}


def of_4(*networks: object) -> dict[str, Any]:
    return rule(addresses={"ipv4": [*networks]})


def of_6(*networks: object) -> dict[str, Any]:
    return rule(addresses={"ipv6": [*networks]})


TAKEN: list[dict[str, Any]] = [
    rule(), rule(action="DROP"), rule(ports=None), rule(label="abc"), rule(label="x" * 32), rule(label="any: text, é"),
    *(rule(protocol=name, ports=None) for name in ("UDP", "ICMP", "IPENCAP", "ALL", "0", "47", "255")),
    rule(protocol="UDP"), rule(protocol="6"), rule(protocol="17"),
    rule(description="d"), rule(description="d" * 100),
    *(rule(ports=text) for text in ("1", "65535", "1-65535", "22,80", "22, 80-81", "1" + ",1" * 14, "1-2," * 7 + "9")),
    of_4("192.0.2.1/32"), of_4("192.0.2.1/24"), of_4("1.2.3.4/0"), of_4(*["192.0.2.0/24"] * 255),
    of_6("2001:db8::1/128"), of_6("1234::5678/0"), of_6("2001:DB8::/32"),
    rule(addresses={"ipv4": ["192.0.2.0/24"] * 128, "ipv6": ["::/0"] * 127}),
]  # fmt: skip
REFUSED: list[dict[str, Any]] = [
    rule(action=None), rule(action="REJECT"), rule(protocol=None), rule(protocol="SCTP"), rule(protocol="tcp"),
    rule(addresses=None), rule(addresses={}), rule(addresses=[]), rule(addresses={"ipv5": ["0.0.0.0/0"]}),
    rule(label=""), rule(label="ab"), rule(label="x" * 33), rule(label=7), rule(description=""),
    rule(description="d" * 101), rule(port="443"), rule(protocol="ICMP"), rule(protocol="IPENCAP", ports="22"),
    *(rule(protocol=name) for name in ("ALL", "1", "4", "47")),
    *(rule(protocol=name, ports=None) for name in ("256", "-1", "047", "", "all", "TCP\n", 47)),
    *(rule(ports=text) for text in (
        "", "0", "080", "65536", "22;80", "22,  80", "22 ,80", " 22", "22-", "-22", "80-22", "22-22", "1-2-3", "http",
        "\uff18\uff10", "1" + ",1" * 15, "1-2," * 7 + "8,9", 443, ["443"],
    )),
    of_4(), of_4("192.0.2.1"), of_4("192.0.2.0/33"), of_4("192.0.2.0/024"), of_4("192.0.2.0/255.255.255.0"),
    of_4("192.0.2.0/"), of_4("192.0.2/24"), of_4("::/0"), of_4("any"), of_4(7), of_4("192.0.2.0 /24"),
    of_4(*["192.0.2.0/24"] * 256), of_6(), of_6("2001:db8::1"), of_6("::/129"), of_6("fe80::1%eth0/64"),
    of_6("0.0.0.0/0"),
    rule(addresses={"ipv4": "0.0.0.0/0"}), rule(addresses={"ipv4": ["0.0.0.0/0"], "ipv6": []}),
    rule(addresses={"ipv4": ["192.0.2.0/24"] * 128, "ipv6": ["::/0"] * 128}),
]  # fmt: skip


def takes(caller: Caller, **rules: Rules) -> tuple[bool, bool]:
    """Whether a preview takes them, and whether the local API does."""
    label = f"wall-{len(caller.rows('/networking/firewalls', page_size=500))}"
    wrong = [*by_itself(SPEC, {**POLICIES, "label": label, **rules})]
    answer = caller.post("/networking/firewalls", {"label": label, "rules": {**POLICIES, **rules}})
    assert answer.status_code in (200, 400)
    assert answer.ok or all(str(field).startswith("rules") for field, _ in reasons(answer))
    return not wrong, answer.ok


@pytest.mark.parametrize("side", ["inbound", "outbound"])
@pytest.mark.parametrize(("is_taken", "rules"), [(True, TAKEN), (False, REFUSED)], ids=["taken", "refused"])
def test_a_rule_is_judged_alike(caller: Caller, side: str, is_taken: bool, rules: Rules) -> None:
    wrong = [each for each in rules if takes(caller, **{side: [each]}) != (is_taken, is_taken)]

    assert wrong == []


@pytest.mark.parametrize(
    ("inbound", "outbound", "is_taken"), [(25, 0, True), (20, 5, True), (26, 0, False), (20, 6, False)]
)
def test_so_is_their_number(caller: Caller, inbound: int, outbound: int, is_taken: bool) -> None:
    assert takes(caller, inbound=[rule()] * inbound, outbound=[rule()] * outbound) == (is_taken, is_taken)


def test_a_change_of_rules_is_judged_as_a_new_firewall_is(caller: Caller) -> None:
    made = caller.post("/networking/firewalls", {"label": "changed", "rules": POLICIES}).json()
    path = f"/networking/firewalls/{made['id']}/rules"

    refused = caller.put(path, {"inbound": [rule(), rule(ports="0"), rule(addresses={})]})

    assert reasons(refused) == [
        ("rules.inbound[1].ports", "Ports are not valid"),
        ("rules.inbound[2].addresses", "Must contain ipv4, ipv6, or both"),
    ]
