"""Settings say what stands around servers, without a line of Python: what the story of two tiers leaves out."""

from __future__ import annotations

import base64
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import requests
import yaml

from tests.checkout import Checkout

HTTPS = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {"ipv4": ["0.0.0.0/0"]}}


@pytest.fixture(autouse=True)
def plain(checkout: Checkout) -> None:
    """Stack local without what its own settings show."""
    checkout.settings.write_text("config: {fleet:servers: {web: {count: 3}, db: {count: 0}}}\n")


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


KEYS = {
    name: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43} {name}"
    for name, letter in (("ops", "A"), ("dev", "B"), ("all", "C"))
}
PRIVATE = ip_network("192.168.128.0/17")
USER_DATA = """#cloud-config
hostname: ${fleet.name}
runcmd: [echo ${fleet.project} ${fleet.stack} ${fleet.group} ${fleet.n} ${fleet.region} ${fleet.type} ${HOME} $$]
"""
HANDED = """#cloud-config
hostname: web-2
runcmd: [echo fleet local web 2 de-fra-2 g6-standard-1 ${HOME} $$]
"""


def servers(checkout: Checkout) -> dict[str, Any]:
    return {label: row for label, row in checkout.linodes().items() if "web" in row["tags"]}  # type: ignore[operator]  # a list


def handed(checkout: Checkout, linode_id: int) -> tuple[str, list[str]]:
    """User data, and root's keys."""
    told = requests.get(f"{checkout.api}/_local/linodes/{linode_id}", timeout=10).json()
    return base64.b64decode(told["user_data"]).decode(), told["root_keys"]


def done(checkout: Checkout) -> None:
    made, again = checkout.run("up", "--yes"), checkout.run("preview", "--refresh", "--expect-no-changes")
    assert (made.code, again.code) == (0, 0), made.said + again.said


def disk_mb(checkout: Checkout, linode_id: int) -> int:
    rows: Any = checkout.call("GET", f"/linode/instances/{linode_id}/disks")["data"]
    return sum(row["size"] for row in rows)


def test_what_a_group_says_of_its_servers_themselves_is_so_in_the_account(checkout: Checkout) -> None:
    file = checkout.root / "stacks" / "web.yaml"
    file.write_text(USER_DATA)
    group: dict[str, object] = {
        "count": 2,
        "label": "srv-{n}.{stack}",
        "running": False,
        "private_ip": True,
        "reserved_ip": True,
        "ssh_keys": ["ops"],
        "user_data_file": "web.yaml",
        "type": {"ids": ["g6-standard-1"]},
        "resize_disk": False,
        "final_snapshot": True,
    }
    say(checkout, group, ssh_keys=KEYS, authorized_keys=[KEYS["all"]])
    done(checkout)

    made = servers(checkout)
    one, two = made["srv-1.local"], made["srv-2.local"]
    assert {row["status"] for row in made.values()} == {"offline"}
    for row in made.values():
        public, private = row["ipv4"]
        assert ip_address(private) in PRIVATE
        assert reserved(checkout)[public] == row["id"]
    assert handed(checkout, two["id"]) == (HANDED, [KEYS["all"], KEYS["ops"]])

    # in place: labels, power, a larger type whose disk stays
    say(
        checkout,
        {
            "label": "{stack}-{name}",
            "running": True,
            "type": {"ids": ["g6-standard-2"], "max_monthly_usd": None},
        },
    )
    done(checkout)

    grown = servers(checkout)
    assert {label: row["id"] for label, row in grown.items()} == {
        "local-web-1": one["id"],
        "local-web-2": two["id"],
    }
    assert {(row["status"], row["type"]) for row in grown.values()} == {("running", "g6-standard-2")}
    assert disk_mb(checkout, two["id"]) == one["specs"]["disk"] < grown["local-web-2"]["specs"]["disk"]
    assert {row["id"]: row["ipv4"] for row in grown.values()} == {
        row["id"]: row["ipv4"] for row in made.values()
    }

    # recreated for another file: an image of each disk is kept, and each address
    file.write_text(USER_DATA + "# two\n")
    say(checkout, {"on_user_data_change": "replace", "private_ip": False})
    done(checkout)

    new = servers(checkout)["local-web-2"]
    assert new["id"] != two["id"]
    assert new["ipv4"] == two["ipv4"][:1]
    assert handed(checkout, new["id"])[0].endswith("# two\n")
    assert handed(checkout, new["id"])[1] == [KEYS["all"], KEYS["ops"]]
    assert len(images(checkout)) == 2

    # one less, of which an image is kept, too; the other is rebuilt with another key, its address an ordinary one
    kept = servers(checkout)["local-web-1"]
    say(checkout, {"count": 1, "reserved_ip": False, "ssh_keys": ["dev"], "on_access_change": "rebuild"})
    done(checkout)

    assert {label: (row["id"], row["ipv4"]) for label, row in servers(checkout).items()} == {
        "local-web-1": (kept["id"], one["ipv4"][:1])
    }
    assert (reserved(checkout), len(images(checkout))) == ({}, 3)
    data, keys = handed(checkout, kept["id"])
    assert "hostname: web-1\n" in data
    assert keys == [KEYS["all"], KEYS["dev"]]


def reserved(checkout: Checkout) -> dict[str, int]:
    """Which Linode has it, by address."""
    found: Any = checkout.call("GET", "/networking/reserved/ips")["data"]
    return {row["address"]: row["linode_id"] for row in found}


def images(checkout: Checkout) -> list[str]:
    """Labels of the account's own."""
    found: Any = checkout.call("GET", "/images?page_size=500")["data"]
    return sorted(row["label"] for row in found if not row["is_public"])
