"""What a firewall's spec says by itself: which requests it makes, what it refuses and what it warns of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from providers.linode.api.errors import ApiUnreachable
from providers.linode.core import check, diff, runtime
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Rule, Spec, Update
from providers.linode.resources import nodebalancer
from providers.linode.resources.firewall import SPEC, FirewallArgs, FirewallRecord
from providers.linode.resources.instance import spec as instance
from tests import sessions
from tests.wire import Answer, ScriptedServer

OWNER = Owner("A1", "fleet", "dev", "web")
RULES: dict[str, Any] = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
SSH = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["0.0.0.0/0"]}}
ROW: dict[str, Any] = {
    "id": 7,
    "label": "wall",
    "status": "enabled",
    "tags": [OWNER.tag()],
    "rules": {**RULES, "inbound": [], "outbound": [], "version": 1, "fingerprint": "x"},
    "entities": [
        {"id": 5, "type": "linode"},
        {"id": 6, "type": "linode_interface"},
        {"id": 4, "type": "interface"},
    ],
}


def page(*rows: Mapping[str, object]) -> Answer:
    return Answer(200, {"data": list(rows), "page": 1, "pages": 1, "results": len(rows)})


def linode(id_: int, label: str) -> dict[str, object]:
    return {"id": id_, "label": label, "region": "de-fra-2", "status": "running"}


NOTHING = page()


def session(server: ScriptedServer) -> Session:
    return runtime.Session(server.transport().connection)


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    runtime.forget()


def checked(
    monkeypatch: pytest.MonkeyPatch, *answers: Answer, **inputs: object
) -> tuple[list[str], list[str]]:
    """What is wrong with a new firewall, and what it is warned of."""
    told: list[str] = []
    monkeypatch.setattr("providers.linode.core.engine.tell", lambda line, **_: told.append(line))
    with ScriptedServer(*answers or (NOTHING,)) as server:
        props = {**RULES, "label": "wall", **inputs, "owner": OWNER.as_props()}
        _, wrong = check.check(SPEC, session(server), {}, props)
    return [f"{field} {reason}" for field, reason in wrong], told


def writes(server: ScriptedServer) -> list[tuple[str, str, object]]:
    return [(each.method, each.path, each.body) for each in server.seen if each.method != "GET"]


def updated(
    record: Mapping[str, object], *answers: Answer, **wanted: object
) -> list[tuple[str, str, object]]:
    """What is sent to bring a firewall to what is wanted."""
    found = FirewallRecord.model_validate(record)
    props = {**RULES, "label": "wall", **wanted}
    args = SPEC.args.read(props)
    with ScriptedServer(*answers or (Answer(200, dict(record)),)) as server:
        takes = diff.between(SPEC, SPEC.reported_inputs(found, args), props)
        SPEC.update(Update(session(server), found, args, takes, OWNER))
        return writes(server)


def test_another_status_is_one_put_of_the_status() -> None:
    assert updated(ROW, status="disabled") == [("PUT", "/v4/networking/firewalls/7", {"status": "disabled"})]


def test_the_create_request_has_rules_and_devices_but_no_status() -> None:
    args = FirewallArgs(**RULES, label="wall", inbound=[SSH], status="disabled", linodes=[5])  # type: ignore[list-item]  # as an engine has it

    assert SPEC.body(args, OWNER) == {
        "label": "wall",
        "tags": [OWNER.tag()],
        "rules": {**RULES, "inbound": [SSH]},
        "devices": {"linodes": [5]},
    }


def test_all_rules_are_put_at_once_when_one_changes() -> None:
    there = {**ROW, "rules": {**ROW["rules"], "outbound": [SSH]}}

    assert updated(there, inbound=[SSH]) == [
        ("PUT", "/v4/networking/firewalls/7/rules", {**RULES, "inbound": [SSH], "outbound": [SSH]})
    ]


def test_what_is_behind_it_no_more_goes_before_what_comes() -> None:
    device = {"id": 90, "entity": {"id": 5, "type": "linode"}}
    other = {"id": 91, "entity": {"id": 6, "type": "linode_interface"}}

    sent = updated(
        ROW, page(device, other), Answer(200, {}), page(), Answer(200, {}), Answer(200, ROW), linodes=[8]
    )

    assert sent == [
        ("DELETE", "/v4/networking/firewalls/7/devices/90", None),
        ("POST", "/v4/networking/firewalls/7/devices", {"type": "linode", "id": 8}),
    ]


def test_interfaces_behind_it_are_known_by_either_name_of_their_sort() -> None:
    devices = [
        {"id": 90, "entity": {"id": 6, "type": "linode_interface"}},
        {"id": 91, "entity": {"id": 4, "type": "interface"}},
        {"id": 92, "entity": {"id": 3, "type": "interface"}},
    ]

    sent = updated(
        ROW, page(*devices), Answer(200, {}), page(), Answer(200, {}), Answer(200, ROW), interfaces=[3, 6, 8]
    )

    assert sent == [
        ("DELETE", "/v4/networking/firewalls/7/devices/91", None),
        ("POST", "/v4/networking/firewalls/7/devices", {"type": "linode_interface", "id": 8}),
    ]


def wall(id_: int, status: str, *entities: tuple[str, int]) -> dict[str, object]:
    rows = [{"type": type_, "id": each} for type_, each in entities]
    return {"id": id_, "label": f"wall-{id_}", "status": status, "tags": [], "entities": rows}


WALLS = page(
    wall(7, "enabled", ("linode", 5)),
    wall(9, "enabled", ("linode", 8), ("nodebalancer", 8), ("linode_interface", 3)),
    wall(10, "disabled", ("linode", 8)),
)


@pytest.mark.parametrize(("key", "path", "ids"), [
    ("linodes", "/v4/linode/instances/8/firewalls", [7, 10]),
    ("nodebalancers", "/v4/nodebalancers/8/firewalls", [7]),
])  # fmt: skip
def test_what_another_one_guards_is_exchanged_at_once(key: str, path: str, ids: list[int]) -> None:
    sent = updated(ROW, page(), WALLS, Answer(200, {}), Answer(200, ROW), **{key: [8]})

    assert sent == [("PUT", path, {"firewall_ids": ids})]


def test_an_interface_leaves_the_other_one_before_it_comes() -> None:
    device = {"id": 90, "entity": {"id": 3, "type": "linode_interface"}}

    sent = updated(
        ROW, page(), WALLS, page(device), Answer(200, {}), Answer(200, {}), Answer(200, ROW), interfaces=[3]
    )

    assert sent == [
        ("DELETE", "/v4/networking/firewalls/9/devices/90", None),
        ("POST", "/v4/networking/firewalls/7/devices", {"type": "linode_interface", "id": 3}),
    ]


def test_the_create_request_leaves_out_what_another_one_guards() -> None:
    args = SPEC.args.read({**RULES, "label": "wall", "linodes": [6, 8], "interfaces": [3]})
    with ScriptedServer(WALLS, Answer(200, ROW)) as server:
        SPEC.create(session(server), args, SPEC.body(args, OWNER))
        [(_, _, body)] = writes(server)

    assert isinstance(body, dict)
    assert body["devices"] == {"linodes": [6], "interfaces": []}


def test_what_is_behind_it_is_read_by_its_sort() -> None:
    found = FirewallRecord.model_validate(ROW)
    args = FirewallArgs(**RULES, linodes=[1], interfaces=[1], nodebalancers=[1])

    seen = SPEC.reported_inputs(found, args)

    assert (seen["linodes"], seen["interfaces"], seen["nodebalancers"]) == ([5], [4, 6], [])


def test_a_family_without_networks_is_read_as_requests_have_it() -> None:
    """An imported firewall has in its state what its program is sent as."""
    there = {**SSH, "addresses": {"ipv4": ["0.0.0.0/0"], "ipv6": []}}
    found = FirewallRecord.model_validate({**ROW, "rules": {**ROW["rules"], "inbound": [there]}})

    assert SPEC.reported_inputs(found, FirewallArgs(**RULES, inbound=[SSH]))["inbound"] == [SSH]  # type: ignore[list-item]  # as an engine has it


def test_a_template_of_the_api_is_taken_as_it_is() -> None:
    """Its rules have both families, and one of them may be empty, which requests may not have."""
    inside = {**SSH, "addresses": {"ipv4": ["10.0.0.0/8"], "ipv6": []}}
    with ScriptedServer(NOTHING) as server:
        props = {**RULES, "label": "wall", "inbound": [inside], "owner": OWNER.as_props()}
        found, wrong = check.check(SPEC, session(server), {}, props)

    assert wrong == []
    assert found["inbound"] == [{**SSH, "addresses": {"ipv4": ["10.0.0.0/8"]}}]


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"inbound_policy": "DRP"}, "inbound_policy must be one of ACCEPT, DROP (did you mean DROP?)"),
        ({"status": "disable"}, "status must be one of enabled, disabled (did you mean disabled"),
        ({"inbound": [{**SSH, "protocol": "TCPP"}]}, "inbound [0].protocol must be TCP, UDP, ICMP"),
        ({"inbound": [{**SSH, "port": "22"}]}, "inbound [0] takes no 'port' (did you mean ports or protocol?)"),
        ({"inbound": [{**SSH, "addresses": {"ipv5": []}}]}, "inbound [0].addresses takes no 'ipv5' (did you mean"),
        ({"inbound": [{"protocol": "TCP", "addresses": SSH["addresses"]}]}, "inbound [0].action is required"),
        ({"inbound": [{**SSH, "ports": "22-"}]}, "inbound [0].ports must be a text of ports, such as"),
        ({"inbound": [{**SSH, "ports": "70000"}]}, "inbound [0].ports must be a text of ports, such as"),
        ({"inbound": [{**SSH, "ports": "90-80"}]}, "inbound [0].ports must be a text of ports, such as"),
        ({"inbound": [{**SSH, "ports": "080"}]}, "inbound [0].ports must be a text of ports, such as"),
        ({"inbound": [{**SSH, "ports": "80-80"}]}, "inbound [0].ports must be a text of ports, such as"),
        ({"inbound": [{**SSH, "ports": ", ".join(["1-2"] * 8)}]}, "inbound [0].ports must be"),
        ({"inbound": [{"action": "DROP", "protocol": "TCP"}]}, "inbound [0].addresses is required"),
        ({"inbound": [{**SSH, "addresses": {"ipv4": []}}]}, "inbound [0].addresses.ipv4 must name a network"),
        ({"inbound": [{**SSH, "label": "ab"}]}, "inbound [0].label must have 3 to 32 characters"),
        ({"inbound": [{**SSH, "description": "x" * 101}]}, "inbound [0].description must have 1 to 100 characters"),
        ({"inbound": [{**SSH, "addresses": {"ipv4": ["1.2.3.4"]}}]}, "inbound [0].addresses.ipv4[0] must be an IPv4"),
        ({"inbound": [{**SSH, "addresses": {"ipv4": ["::/0"]}}]}, "inbound [0].addresses.ipv4[0] must be an IPv4"),
        ({"inbound": [{**SSH, "protocol": "ICMP"}]}, "inbound [0].ports: protocol ICMP has none"),
        ({"inbound": [{**SSH, "protocol": "1"}]}, "inbound [0].ports: protocol ICMP has none"),
        ({"outbound": [{**SSH, "protocol": "4"}]}, "outbound [0].ports: protocol IPENCAP has none"),
        ({"inbound": [{**SSH, "protocol": "47"}]}, "inbound [0].ports: protocol 47 has none"),
        ({"inbound": [SSH] * 20, "outbound": [SSH] * 6}, "inbound and outbound are 26 rules, the API takes 25"),
        ({"label": "a--b"}, "label must have 3 to 32 letters"),
        ({"tags": "web"}, "tags must be a list"),
        ({"linodes": [0]}, "linodes [0] must be a whole number of 1 or more"),
    ],
)  # fmt: skip
def test_a_wrong_input_is_one_line_that_says_what_it_takes(
    inputs: dict[str, object], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, _ = checked(monkeypatch, **inputs)

    assert len(wrong) == 1
    assert wrong[0].startswith(problem)
    assert "Next: " in wrong[0]


OPEN = "SSH (port 22) is open to everybody"


@pytest.mark.parametrize(
    ("inputs", "warned"),
    [
        ({"inbound": [SSH]}, True),
        ({"inbound": [{**SSH, "ports": "20-25"}]}, True),
        ({"inbound": [{**SSH, "ports": "80, 22"}]}, True),
        ({"inbound": [{key: value for key, value in SSH.items() if key != "ports"}]}, True),
        ({"inbound": [{**SSH, "addresses": {"ipv6": ["::/0"]}}]}, True),
        ({"inbound_policy": "ACCEPT"}, True),
        ({"inbound_policy": "ACCEPT", "inbound": [{**SSH, "action": "DROP"}]}, True),  # of IPv4 alone
        ({"inbound": [{**SSH, "protocol": "UDP"}]}, False),
        ({"inbound": [{**SSH, "ports": "80, 443"}]}, False),
        ({"inbound": [{**SSH, "ports": "8022-8122"}]}, False),
        ({"inbound": [{**SSH, "addresses": {"ipv4": ["192.0.2.0/24"]}}]}, False),
        ({"inbound": [{**SSH, "action": "DROP"}, SSH]}, False),
        ({"inbound_policy": "ACCEPT",
          "inbound": [{**SSH, "action": "DROP", "addresses": {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}}]}, False),
    ],
)  # fmt: skip
def test_ssh_that_is_open_to_everybody_is_warned_of(
    inputs: dict[str, object], warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, told = checked(monkeypatch, **inputs)

    assert wrong == []
    doubts = [line for line in told if not line.startswith("created")]
    assert [line for line in doubts if line.startswith(OPEN)] == doubts
    assert bool(doubts) is warned


def test_a_linode_that_the_account_does_not_have_is_told_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linodes = page(linode(98000001, "web-1"), linode(55, "db-1"))
    gone = Answer(404, {"errors": [{"reason": "Not found"}]})

    wrong, _ = checked(monkeypatch, NOTHING, linodes, gone, linodes=[98000002, 55])

    assert wrong == [
        "linodes has 98000002, which is no Linode of this account (did you mean 98000001?). Next: correct the id."
    ]


def test_without_a_near_one_those_that_are_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    balancers = page({"id": 12, "label": "front"})

    gone = Answer(404, {"errors": [{"reason": "Not found"}]})

    wrong, _ = checked(monkeypatch, NOTHING, balancers, gone, nodebalancers=[987654])

    assert "987654, which is no NodeBalancer of this account (there are 12 front)" in wrong[0]


def test_a_list_that_the_token_may_not_read_leaves_the_judgement_to_the_api(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong, _ = checked(monkeypatch, NOTHING, Answer(403, {"errors": [{"reason": "no"}]}), linodes=[98000002])

    assert wrong == []


@pytest.mark.parametrize("status", [401, 403])
def test_one_that_the_token_may_not_look_at_is_left_to_the_api_too(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    refused = Answer(status, {"errors": [{"reason": "no"}]})

    wrong, _ = checked(monkeypatch, NOTHING, page(), refused, linodes=[98000002])

    assert wrong == []


def test_ids_come_as_texts_too_for_that_is_what_a_resources_id_is(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, _ = checked(monkeypatch, NOTHING, page(linode(55, "db-1")), linodes=["55"])

    assert wrong == []
    assert SPEC.args.normal({"linodes": ["55", 7.0]}) == {"linodes": [7, 55]}


def test_what_is_missing_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, _ = checked(monkeypatch, inbound_policy=None)

    assert wrong == ["inbound_policy is required. Next: give it."]


def test_a_linode_that_was_made_since_the_list_was_read_is_no_unknown_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Answer(200, {"id": 98000002, "label": "web-2"})

    wrong, _ = checked(monkeypatch, NOTHING, page(linode(98000001, "web-1")), made, linodes=[98000002])

    assert wrong == []


@pytest.mark.parametrize("lost", ["rules", "entities"])
def test_an_answer_without_what_a_firewall_consists_of_is_no_firewall(lost: str) -> None:
    with pytest.raises(ApiUnreachable, match=f"is no FirewallRecord: {lost} is missing"):
        FirewallRecord.read({key: value for key, value in ROW.items() if key != lost})


@pytest.mark.parametrize(("rules", "reported"), [({}, [SSH]), ({"inbound": None}, []), ({"inbound": []}, [])])
def test_rules_that_an_answer_does_not_tell_are_not_gone(
    rules: dict[str, Any], reported: list[object]
) -> None:
    record = FirewallRecord.read({**ROW, "rules": {**RULES, **rules}})

    assert SPEC.reported_inputs(record, SPEC.args.read({**RULES, "inbound": [SSH]}))["inbound"] == reported


PLACE: dict[str, Any] = {"label": "web-1", "region": "de-fra-2", "owner": sessions.OWNER.as_props()}
LINODE: dict[str, Any] = {**PLACE, "type": "g6-nanode-1", "firewall_id": 9}
FACES: dict[str, Any] = {"interface_generation": "linode", "interfaces": [{"public": {}, "firewall_id": 9}]}
THINGS: dict[str, tuple[Spec[Any, Any], dict[str, Any], int, str, str]] = {
    "linodes": (instance.SPEC, LINODE, 31, "Linode", "firewall_id is"),
    "nodebalancers": (nodebalancer.SPEC, {**PLACE, "firewall_id": 9}, 12, "NodeBalancer", "firewall_id is"),
    "interfaces": (
        instance.SPEC, {**LINODE, "firewall_id": None, **FACES}, 6, "interface", "interfaces have firewall_id",
    ),
}  # fmt: skip
"""By the input of a firewall that lists it: what declares firewall 9 itself, its id, and how the line begins."""


def told_of_both(
    key: str,
    order: str,
    *,
    other: Mapping[str, object] = {},
    own: int = 9,
    at_once: bool = False,
    **wall: object,
) -> list[str]:
    """What is wrong with one that declares its firewall and with firewall 7, which lists it, in that order."""
    spec, inputs, id_, *_ = THINGS[key]
    generation = inputs.get("interface_generation", "legacy_config")
    linode = {**LINODE, "id": 31, "status": "running", "interface_generation": generation}
    mine = {"tags": [sessions.OWNER.tag()]}
    session = sessions.prepared(
        {
            "/linode/instances": [{**linode, **mine}],
            "/linode/instances/31/interfaces": {"interfaces": [{"id": 6, "public": {}, "default_route": {}}]},
            "/nodebalancers": [{**PLACE, "id": 12, **mine}],
            "/networking/firewalls": [ROW, {**ROW, "id": 9, "label": "other", "tags": [], **other}],
        }
    )
    if own != 9:
        faces = [{"public": {}, "firewall_id": own}] if key == "interfaces" else None
        inputs = {**inputs, **({"interfaces": faces} if faces else {"firewall_id": own})}
    lists = {**RULES, "label": "wall", "owner": OWNER.as_props(), key: [id_], **wall}
    wrong: list[Problem] = []

    def judge(which: str, rules: tuple[Rule, ...] = ()) -> None:
        judged, props = (SPEC, lists) if which == "f" else (spec, inputs)
        judged = replace(judged, rules=(*judged.rules, *rules))
        wrong.extend(check.check(judged, session, props, props)[1])

    def meanwhile(_: object) -> Iterator[Problem]:
        judge(order[0])
        yield from ()

    if at_once:
        judge(order[1], (meanwhile,))
    else:
        judge(order[0])
        judge(order[1])
    return [" ".join(each) for each in wrong]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("own", [9, 0])
@pytest.mark.parametrize("order", ["ft", "tf"])
@pytest.mark.parametrize("key", list(THINGS))
def test_what_declares_its_firewall_is_not_in_the_list_of_another_one(
    key: str, order: str, own: int, at_once: bool
) -> None:
    id_, noun, said = THINGS[key][2:]

    wrong = told_of_both(key, order, own=own, at_once=at_once)

    told = (
        f"{key} has {id_}, for which 'web-1' in this program declares firewall_id {own}"
        if order == "tf"
        else f"{said} {own}, and 'web' in this program has {noun} {id_} in {key}"
    )
    assert wrong == [f"{told}: one firewall guards it. Next: leave it to one of them."]


@pytest.mark.parametrize("order", ["ft", "tf"])
@pytest.mark.parametrize("key", list(THINGS))
def test_it_may_be_in_the_list_of_its_own_one_and_beside_one_that_is_disabled(key: str, order: str) -> None:
    assert told_of_both(key, order, own=7) == []
    assert told_of_both(key, order, status="disabled") == []
    assert told_of_both(key, order, other={"status": "disabled"}) == []
