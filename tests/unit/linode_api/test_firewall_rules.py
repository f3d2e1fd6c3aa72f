"""Firewall templates, rule sets, and the rules that a firewall had before."""

from __future__ import annotations

from tests.unit.linode_api.serving import Caller, made, reasons

RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
SSH = {
    "action": "ACCEPT",
    "protocol": "TCP",
    "ports": "22",
    "label": "ssh",
    "addresses": {"ipv4": ["0.0.0.0/0"]},
}


def test_a_rule_set_is_made_changed_listed_and_deleted(caller: Caller) -> None:
    rule_set = made(
        caller.post("/networking/firewalls/rulesets", {"label": "ssh", "type": "inbound", "rules": [SSH]})
    )
    path = f"/networking/firewalls/rulesets/{rule_set['id']}"

    changed = made(caller.put(path, {"rules": []}))

    assert (rule_set["version"], changed["version"], changed["rules"]) == (1, 2, [])
    assert caller.rows("/networking/firewalls/rulesets", where={"label": "ssh"}) == [changed]
    assert caller.delete(path).status_code == 200
    assert caller.get(path).status_code == 404


def test_a_rule_set_needs_a_kind_and_rules(caller: Caller) -> None:
    refused = caller.post("/networking/firewalls/rulesets", {"label": "ssh"})

    assert {field for field, _ in reasons(refused)} == {"rules", "type"}


def test_templates_come_by_their_names(caller: Caller) -> None:
    rows = caller.session.get(f"{caller.api.url}/v4beta/networking/firewalls/templates", timeout=5).json()[
        "data"
    ]
    one = caller.session.get(
        f"{caller.api.url}/v4beta/networking/firewalls/templates/public", timeout=5
    ).json()

    assert [row["slug"] for row in rows] == ["vpc", "public"]
    assert one == rows[1]
    assert one["rules"]["inbound"][0]["ports"] == "22"


def test_rules_of_every_version_are_still_told(caller: Caller) -> None:
    wall = made(caller.post("/networking/firewalls", {"label": "wall", "rules": RULES}))
    path = f"/networking/firewalls/{wall['id']}"
    caller.put(f"{path}/rules", {"inbound": [SSH]})

    versions = [made(caller.get(f"{path}/history/rules/{version}")) for version in (1, 2)]
    history = caller.rows(f"{path}/history")

    assert [one["inbound"] for one in versions] == [None, [SSH]]
    assert [one["rules"]["version"] for one in history] == [one["version"] for one in versions] == [1, 2]
    assert caller.get(f"{path}/history/rules/3").status_code == 404


def test_protocols_go_by_number_too(caller: Caller) -> None:
    """linodego's recording TestFirewallRules_ExtendedProtocols."""
    rules = [{**SSH, "protocol": "6"}, *({**SSH, "protocol": name} for name in ("ALL", "50", "255"))]
    for rule in rules[1:]:
        del rule["ports"]
    wrong = [{**SSH, "protocol": name} for name in ("256", "06", "all", "ALL", 6)]

    guard = made(
        caller.post("/networking/firewalls", {"label": "guard", "rules": {**RULES, "inbound": rules}})
    )
    path = f"/networking/firewalls/{guard['id']}/rules"
    refused = caller.put(path, {**RULES, "inbound": wrong})

    assert guard["rules"]["inbound"] == rules
    assert [field for field, _ in reasons(refused)] == [
        *(f"rules.inbound[{number}].protocol" for number in range(3)),
        "rules.inbound[3].ports",
        "rules.inbound[4].protocol",
    ]
