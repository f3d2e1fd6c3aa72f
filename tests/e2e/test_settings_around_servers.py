"""Settings say what stands around servers, without a line of Python: what the story of two tiers leaves out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.checkout import Checkout

HTTPS = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {"ipv4": ["0.0.0.0/0"]}}


@pytest.fixture(autouse=True)
def plain(checkout: Checkout) -> None:
    """Stack local without what its own settings show."""
    checkout.settings.write_text("config: {fleet:servers: {web: {count: 3}}}\n")


def say(checkout: Checkout, group: dict[str, object], **others: object) -> None:
    settings = yaml.safe_load(checkout.settings.read_text())
    settings["config"]["fleet:servers"]["web"] |= group
    settings["config"] |= {f"fleet:{key}": value for key, value in others.items()}
    checkout.settings.write_text(yaml.safe_dump(settings))


def rows(checkout: Checkout, path: str) -> dict[str, Any]:
    return {row["label"]: row for row in checkout.call("GET", path)["data"]}  # type: ignore[attr-defined]  # a page


@pytest.mark.parametrize("generation", ["legacy_config", "linode"])
def test_a_group_is_spread_over_hosts_behind_one_firewall_and_in_a_private_network(
    checkout: Checkout, generation: str
) -> None:
    wall: dict[str, object] = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [HTTPS]}
    around: dict[str, object] = {
        "count": 2,
        "interface_generation": generation,
        "firewall": "web",
        "private_network": "back",
        "placement": "spread",
    }
    say(checkout, around, firewalls={"web": wall}, private_networks={"back": {"ipv4": "10.0.0.0/24"}})

    made, again = checkout.run("up"), checkout.run("preview", "--expect-no-changes")

    assert (made.code, again.code) == (0, 0), made.said + again.said
    linodes = checkout.linodes()
    web = [linodes[f"fleet-local-web-{n}"] for n in (1, 2)]
    (vpc,) = rows(checkout, "/vpcs").values()
    (group,) = rows(checkout, "/placement/groups").values()
    assert {each["id"] for each in vpc["subnets"][0]["linodes"]} == {row["id"] for row in web}
    assert {each["linode_id"] for each in group["members"]} == {row["id"] for row in web}
    assert group["placement_group_policy"] == "strict"
    guarded = rows(checkout, "/networking/firewalls")["fleet-local-web"]["entities"]
    assert len(guarded) == (2 if generation == "legacy_config" else 4), "each Linode, or each interface"

    networks: dict[str, object] = {"back": {"ipv4": "10.0.1.0/24"}}
    say(checkout, {"placement": "spread_if_possible"}, private_networks=networks)
    moved = checkout.run("up")

    assert moved.code == 0, moved.said
    (vpc,) = rows(checkout, "/vpcs").values()
    (group,) = rows(checkout, "/placement/groups").values()
    assert [each["ipv4"] for each in vpc["subnets"]] == ["10.0.1.0/24"]
    assert (group["placement_group_policy"], len(group["members"])) == ("flexible", 2)

    say(checkout, {"placement": False, "private_network": False, "firewall": False})
    left = checkout.run("up")

    assert left.code == 0, left.said
    assert not [*rows(checkout, "/vpcs"), *rows(checkout, "/placement/groups")]
    assert "fleet-local-web" not in rows(checkout, "/networking/firewalls")
    assert {row["id"] for row in web} <= {row["id"] for row in checkout.linodes().values()}


def test_each_server_has_its_names_in_a_zone_of_the_stack_or_of_the_account(checkout: Checkout) -> None:
    dns = {"zone": "example.org", "name": "{n}.web", "ttl_sec": 300, "reverse": True}
    say(checkout, {"count": 2, "dns": dns}, zones={"example.org": {"soa_email": "ada@example.org"}})

    made, again = checkout.run("up"), checkout.run("preview", "--expect-no-changes")

    assert (made.code, again.code) == (0, 0), made.said + again.said
    zones: Any = checkout.call("GET", "/domains")["data"]
    records: Any = checkout.call("GET", f"/domains/{zones[0]['id']}/records")["data"]
    linodes = checkout.linodes()
    first, second = (linodes[f"fleet-local-web-{n}"] for n in (1, 2))
    addresses = [row["ipv6"].partition("/")[0] for row in (first, second)]  # type: ignore[attr-defined]  # a text
    assert {(row["type"], row["name"], row["target"]) for row in records if row["type"] in ("A", "AAAA")} == {
        ("A", "1.web", first["ipv4"][0]),  # type: ignore[index]  # a list
        ("A", "2.web", second["ipv4"][0]),  # type: ignore[index]
        ("AAAA", "1.web", addresses[0]),
        ("AAAA", "2.web", addresses[1]),
    }
    reverse: Any = checkout.call("GET", f"/networking/ips/{first['ipv4'][0]}")  # type: ignore[index]
    assert reverse["rdns"] == "1.web.example.org"

    say(checkout, {"tags": ["blue"]})
    tagged = checkout.run("preview")

    assert tagged.code == 0, tagged.said
    assert "~ 2 to update" in tagged.said
    assert "to replace" not in tagged.said

    say(checkout, {"dns": {**dns, "zone": "example.com"}})
    refused = checkout.run("up")
    checkout.call(
        "POST", "/domains", {"domain": "example.com", "type": "master", "soa_email": "a@example.com"}
    )
    moved = checkout.run("up")

    assert "the zone example.com is neither in fleet:zones nor a domain of this account" in refused.said
    assert moved.code == 0, moved.said
    renamed: Any = checkout.call("GET", f"/networking/ips/{first['ipv4'][0]}")  # type: ignore[index]
    assert renamed["rdns"] == "1.web.example.com"
