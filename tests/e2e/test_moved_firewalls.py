"""A Linode, a NodeBalancer and an interface go from one firewall to another in one run, by either engine, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

pytestmark = pytest.mark.all

PROGRAM = """
import json

from providers.linode import Firewall

with open("wanted.json") as file:
    wanted = json.load(file)
for name, inputs in wanted.items():
    Firewall(name, inbound_policy="DROP", outbound_policy="ACCEPT", **inputs)
"""
PLACE = {"type": "g6-nanode-1", "region": "de-fra-2"}
RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
SORTS = ("linode", "nodebalancer", "public_interface")
NONE: dict[str, list[int]] = {"linodes": [], "nodebalancers": [], "interfaces": []}


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="dev")


def want(project: Project, a: object, b: object) -> None:
    (project.folder / "wanted.json").write_text(json.dumps({"a": a, "b": b}))


def made_behind(project: Project, default: int) -> dict[str, list[int]]:
    """One thing of each sort, which the account puts behind its default firewall."""
    settings = {"default_firewall_ids": dict.fromkeys(SORTS, default)}
    project.call("PUT", "/networking/firewalls/settings", settings)
    old = {**PLACE, "label": "old", "interface_generation": "legacy_config"}
    new = {**PLACE, "label": "new", "interface_generation": "linode", "interfaces": [{"public": {}}]}
    linode = project.call("POST", "/linode/instances", new)["id"]
    faces = project.call("GET", f"/linode/instances/{linode}/interfaces")["interfaces"]
    return {
        "linodes": [project.call("POST", "/linode/instances", old)["id"]],
        "nodebalancers": [project.call("POST", "/nodebalancers", {"region": "de-fra-2"})["id"]],
        "interfaces": [faces[0]["id"]],
    }


def behind(project: Project) -> dict[str, int]:
    """How much each firewall guards, by its label."""
    rows: Any = project.call("GET", "/networking/firewalls")["data"]
    return {row["label"].removeprefix("fleet-dev-"): len(row["entities"]) for row in rows}


def test_what_a_firewall_guards_goes_to_another_one_and_back(project: Project, api: LocalApi) -> None:
    default = project.call("POST", "/networking/firewalls", {"label": "default", "rules": RULES})["id"]
    all_ = made_behind(project, default)
    want(project, all_, NONE)
    told = project.preview()
    made = project.up()
    first = behind(project)
    want(project, NONE, all_)
    moved = project.up()
    second = behind(project)
    again = project.preview("--expect-no-changes")
    refreshed = project.preview("--refresh", "--expect-no-changes")

    writes = (
        ("PUT", "/*/*/firewalls"),
        ("PUT", "/*/*/*/firewalls"),
        ("POST", "/*/*/*/devices"),
        ("DELETE", "/*/*/*/devices/*"),
    )
    cut = {"kind": "cut", "after_commit": True, "times": 1}
    api.set_faults(*({**cut, "method": method, "path": path} for method, path in writes))
    want(project, all_, NONE)
    back = project.up()
    lost = [rule["path"] for rule in api.api.faults.report() if rule["fired"]]
    api.set_faults()
    third = behind(project)
    unchanged = project.preview("--refresh", "--expect-no-changes")
    want(project, all_, all_)
    both = project.preview()
    gone = project.destroy()

    done = (told, made, moved, again, refreshed, back, unchanged, gone)
    assert [each.code for each in done] == [0] * len(done), [each.said for each in done if each.code]
    assert f"takes Linode {all_['linodes'][0]} from behind firewall {default} (default)" in told.said
    assert first == {"default": 0, "a": 3, "b": 0}
    assert second == {"default": 0, "a": 0, "b": 3}
    assert third == {"default": 0, "a": 3, "b": 0}
    assert lost
    assert both.code != 0
    assert "in this program has: one enabled firewall guards it" in both.said


ONE = """
import json

from providers.linode import Firewall, Instance

with open("wanted.json") as file:
    wanted = json.load(file)
one = Instance("one", type="g6-nanode-1", region="de-fra-2", interface_generation="legacy_config")
called = {"one": one, "its id": one.id}
for name, inputs in wanted.items():
    lists = {key: [called.get(each, each) for each in rows] for key, rows in inputs.items()}
    Firewall(name, inbound_policy="DROP", outbound_policy="ACCEPT", **lists)
"""


@pytest.mark.parametrize("words", [(), ("--parallel", "1")], ids=["together", "one after the other"])
def test_it_is_never_without_rules_on_its_way(
    engine: str, tmp_path: Path, api: LocalApi, words: tuple[str, ...]
) -> None:
    project = Project(tmp_path / "project", engine, api, ONE, stack="dev")
    balancer = project.call("POST", "/nodebalancers", {"region": "de-fra-2"})["id"]
    none: dict[str, list[object]] = {"linodes": [], "nodebalancers": []}
    want(project, {"linodes": ["one"], "nodebalancers": [balancer]}, none)
    made = project.up()
    linode = project.linodes()["fleet-dev-one"]["id"]
    before = max(int(row["id"]) for row in api.api.newest_requests())

    want(project, none, {"linodes": ["its id"], "nodebalancers": [balancer]})
    moved = project.up(*words)
    second = behind(project)
    want(project, {"linodes": ["one"], "nodebalancers": [balancer]}, none)
    back = project.up(*words)
    sent = [
        f"{row['method']} {row['path']}" for row in api.api.newest_requests(before) if row["method"] != "GET"
    ]
    unchanged = project.preview("--refresh", "--expect-no-changes")

    done = (made, moved, back, unchanged)
    assert [each.code for each in done] == [0] * len(done), [each.said for each in done if each.code]
    assert (second, behind(project)) == ({"a": 0, "b": 2}, {"a": 2, "b": 0})
    puts = [f"PUT /v4/linode/instances/{linode}/firewalls", f"PUT /v4/nodebalancers/{balancer}/firewalls"]
    assert sorted(sent) == sorted(puts * 2)


OF_ITS_OWN = """
import json

from providers.linode import Firewall, Instance

with open("wanted.json") as file:
    wanted = json.load(file)
rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
where = {"type": "g6-nanode-1", "region": "de-fra-2", "interface_generation": "legacy_config"}
if wanted["a"]:
    Firewall("a", linodes=[Instance("one", **where)], **rules)
    Firewall("b", **rules)
else:
    Firewall("a", linodes=[], **rules)
    Instance("one", firewall_id=Firewall("b", **rules), **where)
"""


def test_what_comes_to_name_its_firewall_itself_is_never_without_rules(
    engine: str, tmp_path: Path, api: LocalApi
) -> None:
    project = Project(tmp_path / "project", engine, api, OF_ITS_OWN, stack="dev")
    want(project, "one", None)
    made = project.up()
    linode = project.linodes()["fleet-dev-one"]["id"]
    before = max(int(row["id"]) for row in api.api.newest_requests())

    want(project, None, "one")
    moved = project.up("--parallel", "1")

    rows = [row for row in api.api.newest_requests(before) if row["method"] != "GET"]
    assert (made.code, moved.code) == (0, 0), made.said + moved.said
    assert behind(project) == {"a": 0, "b": 1}
    assert [f"{row['method']} {row['path']}" for row in rows] == [
        f"PUT /v4/linode/instances/{linode}/firewalls"
    ]


CONTRADICTIONS = """
from providers.linode import Firewall, Instance

rules = {{"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}}
where = {{"type": "g6-nanode-1", "region": "de-fra-2", "interface_generation": "legacy_config"}}
other = Firewall("other", **rules)
one = Instance("one", **where, {input})
Firewall("wall", linodes=[{named}], **rules)
{last}
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            {"input": "", "named": "one", "last": "Firewall('twin', linodes=[one.id], **rules)"},
            "' in this program has: one enabled firewall guards it.",  # either of them is asked first
        ),
        (
            {"input": "firewall_id=other", "named": "one.id", "last": ""},
            "has Instance 'one', which declares firewall_id 'other' itself: one firewall guards it.",
        ),
        (
            {"input": "firewall_id=0", "named": "one", "last": ""},
            "has Instance 'one', which declares firewall_id 0 itself: one firewall guards it.",
        ),
    ],
    ids=["two lists", "a list and a firewall_id", "a list and none"],
)
def test_what_contradicts_itself_is_told_before_anything_is_made(
    engine: str, tmp_path: Path, api: LocalApi, program: dict[str, str], said: str
) -> None:
    project = Project(tmp_path / "project", engine, api, CONTRADICTIONS.format(**program), stack="dev")

    told = project.preview()

    assert told.code != 0
    assert said in " ".join(told.said.split())


@pytest.mark.parametrize(
    "program",
    [
        {"input": "", "named": "one", "last": "Firewall('twin', status='disabled', linodes=[], **rules)"},
        {"input": "firewall_id=other", "named": "", "last": ""},
    ],
    ids=["one of them is off", "another thing"],
)
def test_what_does_not_contradict_itself_is_made(
    engine: str, tmp_path: Path, api: LocalApi, program: dict[str, str]
) -> None:
    project = Project(tmp_path / "project", engine, api, CONTRADICTIONS.format(**program), stack="dev")

    done = project.up()

    assert done.code == 0, done.said


LISTED_TOO = """
import json

from providers.linode import Firewall, Instance

with open("wanted.json") as file:
    wanted = json.load(file)
where = {"type": "g6-nanode-1", "region": "de-fra-2", "interface_generation": "legacy_config"}
walls = [
    Firewall("wall", linodes=[linode], inbound_policy="DROP", outbound_policy="ACCEPT") for linode in wanted["b"]
]
Instance("one", firewall_id=walls[0] if walls else None, **where)
"""


def test_a_new_firewall_may_list_what_names_it(engine: str, tmp_path: Path, api: LocalApi) -> None:
    project = Project(tmp_path / "project", engine, api, LISTED_TOO, stack="dev")
    want(project, None, [])
    made = project.up()

    want(project, None, [project.linodes()["fleet-dev-one"]["id"]])
    told, done = project.preview(), project.up()

    assert (made.code, told.code, done.code) == (0, 0, 0), told.said + done.said
    assert behind(project) == {"wall": 1}


IGNORING = """
import json

from pulumi import ResourceOptions

from providers.linode import Firewall, Instance, NodeBalancer

with open("wanted.json") as file:
    is_taken = json.load(file)["b"]
where = {"type": "g6-nanode-1", "region": "de-fra-2", "interface_generation": "legacy_config"}
rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
b = Firewall("b", linodes=[], **rules) if not is_taken else None
one = Instance("one", **where)
own = {"firewall_id": Firewall("c", **rules)} if is_taken else {}
two = NodeBalancer("two", region="de-fra-2", **own, opts=ResourceOptions(ignore_changes=["firewall_id"]))
Firewall("a", linodes=[] if is_taken else [one], nodebalancers=[] if is_taken else [two], **rules)
if is_taken:
    Firewall("b", linodes=[one], **rules, opts=ResourceOptions(ignore_changes=["linodes"]))
"""


def test_what_ignores_that_it_takes_something_takes_nothing(
    engine: str, tmp_path: Path, api: LocalApi
) -> None:
    project = Project(tmp_path / "project", engine, api, IGNORING, stack="dev")
    want(project, None, None)
    made = project.up()
    first = behind(project)

    want(project, None, "taken")
    given_up = project.up()
    unchanged = project.preview("--refresh", "--expect-no-changes")

    done = (made, given_up, unchanged)
    assert [each.code for each in done] == [0] * len(done), [each.said for each in done if each.code]
    assert (first, behind(project)) == ({"a": 2, "b": 0}, {"a": 0, "b": 0, "c": 0})
