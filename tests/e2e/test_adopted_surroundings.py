"""A zone, a firewall and volumes that were there before are those of the settings; who forgets a line loses none."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.checkout import Checkout

ZONE = "example.org"
WEB = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {"ipv4": ["0.0.0.0/0"]}}
SSH = {**WEB, "ports": "22"}
POLICIES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}

Json = dict[str, Any]


class Account:
    """What somebody has made by hand, by its API."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        wall = {"label": "front", "rules": {**POLICIES, "inbound": [SSH]}, "tags": ["theirs"]}
        self.wall = self._new("/networking/firewalls", wall)
        self.zone = self._new("/domains", {"domain": ZONE, "type": "master", "soa_email": f"ada@{ZONE}"})
        self._new(
            f"/domains/{self.zone}/records", {"type": "MX", "target": "mail.example.net", "priority": 10}
        )
        made = ({"label": f"old-data-{n}", "region": "de-fra-2", "size": 20} for n in (1, 2))
        self.volumes = [self._new("/volumes", body) for body in made]

    def _new(self, path: str, body: Json) -> int:
        answer = self.checkout.call("POST", path, body)
        assert not answer.get("errors"), answer
        return int(str(answer["id"]))

    def rows(self, path: str) -> list[Json]:
        found: Any = self.checkout.call("GET", path)["data"]
        return list(found)

    def mail(self) -> list[str]:
        return [row["target"] for row in self.rows(f"/domains/{self.zone}/records") if row["type"] == "MX"]


def say(
    checkout: Checkout, *, wall: str = "front", count: int = 2, adopts: bool = True, **web: object
) -> None:
    data = {"size": 30, **({"adopt": "old-data-{n}"} if adopts else {})}
    own = {"firewall": "web", "volumes": {"data": data}, "dns": {"zone": ZONE, "name": "{n}.web"}}
    settings: Json = {
        "fleet:firewalls": {"web": {**POLICIES, "inbound": [WEB]}},
        "fleet:zones": {ZONE: {"soa_email": f"ops@{ZONE}"}},
        "fleet:servers": {"web": {"count": count, **own, **web}, "db": {"count": 0}},
    }
    if adopts:
        settings["fleet:firewalls"]["web"]["adopt"] = wall
        settings["fleet:zones"][ZONE]["adopt"] = ZONE
    checkout.settings.write_text(yaml.safe_dump({"config": settings}))


@pytest.fixture
def account(previewed: Checkout) -> Account:
    return Account(previewed)


def test_what_was_there_is_adopted_by_the_settings_as_an_update_that_the_preview_tells(
    account: Account,
) -> None:
    checkout = account.checkout
    say(checkout, wall="frnt")
    no_wall = checkout.run("preview")
    say(checkout, count=3)
    no_volume = checkout.run("preview")

    say(checkout)
    shown, up = checkout.run("preview"), checkout.run("up")
    again = checkout.run("preview", "--refresh", "--expect-no-changes")

    assert no_wall.code != 0
    assert "frnt is no firewall of this account (did you mean front" in " ".join(no_wall.said.split())
    assert no_volume.code != 0
    assert "old-data-3 is no volume of this account (did you mean old-data-" in " ".join(
        no_volume.said.split()
    )
    assert (shown.code, up.code, again.code) == (0, 0, 0), shown.said + up.said + again.said
    said = " ".join(shown.said.split())
    assert f"adopts firewall {account.wall} (front); inbound changed in place" in said
    assert f"adopts domain {account.zone} ({ZONE}); soa_email changed in place" in said
    assert f"adopts volume {account.volumes[0]} (old-data-1)" in said
    assert "grown from 20 to 30 GB" in said

    [wall], [zone] = account.rows("/networking/firewalls"), account.rows("/domains")
    assert (wall["id"], wall["label"], wall["rules"]["inbound"]) == (account.wall, "front", [WEB])
    assert "theirs" in wall["tags"]
    assert (zone["id"], zone["soa_email"], account.mail()) == (
        account.zone,
        f"ops@{ZONE}",
        ["mail.example.net"],
    )
    linodes = checkout.linodes()
    holders = {row["id"]: (row["label"], row["size"], row["linode_id"]) for row in account.rows("/volumes")}
    assert holders == {
        id_: (f"old-data-{n}", 30, linodes[f"fleet-local-web-{n}"]["id"])
        for n, id_ in enumerate(account.volumes, start=1)
    }


def test_who_forgets_a_line_loses_none_of_it_and_who_means_it_may(account: Account) -> None:
    checkout = account.checkout
    say(checkout)
    up = checkout.run("up")
    say(checkout, firewall=None, volumes={}, dns=None)
    forgotten = checkout.run("up")

    assert up.code == 0, up.said
    assert forgotten.code != 0
    assert "protect" in forgotten.said
    assert {row["id"] for row in account.rows("/volumes")} == {*account.volumes}
    assert account.mail() == ["mail.example.net"]

    say(checkout, protect=False)
    released = checkout.run("up")
    say(checkout, protect=False, volumes={})
    meant = checkout.run("up", "--yes")

    assert (released.code, meant.code) == (0, 0), released.said + meant.said
    assert account.rows("/volumes") == []
    assert [row["id"] for row in account.rows("/networking/firewalls")] == [account.wall]
