"""An account from a description, a state that is kept and brought back, and time by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.clock import Clock, HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller, made
from tests.unit.linode_api.test_restart import process, run
from tests.unit.linode_api.test_users_and_controls import control

WEB = {"post": "/linode/instances", "count": 3, "body": {**FROM_IMAGE, "label": "web-{n}"}}
DATA = {"post": "/volumes", "count": 3, "body": {"label": "data-{n}", "size": 20, "linode_id": "{web-{n}}"}}


def test_a_description_is_made_and_all_its_jobs_are_done(api: LocalApi, account: str) -> None:
    answer = control(api, "POST", "/seed", {"account": account, "things": [WEB, DATA]})
    caller = Caller(api, api.add_token(account))

    linodes, volumes = caller.rows("/linode/instances"), caller.rows("/volumes")

    assert made(answer) == {"account": account, "made": 6}
    assert [(row["label"], row["status"]) for row in linodes] == [(f"web-{n}", "running") for n in (1, 2, 3)]
    assert [row["linode_id"] for row in volumes] == [row["id"] for row in linodes]
    assert {event["status"] for event in caller.rows("/account/events")} <= {"finished", "notification"}
    caller.close()


@pytest.mark.parametrize(
    ("description", "why"),
    [
        ([], 'a description is {"account": NAME'),
        ({"things": [{"body": {}}]}, "things[0] is not"),
        ({"things": [{**WEB, "count": "3"}]}, "things[0] is not"),
        ({"things": [WEB, {"post": "/nothing"}]}, "things[1] (POST /nothing, n = 1): 404: Not found"),
        ({"things": [DATA]}, "things[0] (POST /volumes, n = 1): nothing before it has the label 'web-1'"),
        (
            {"things": [{**WEB, "body": {**EMPTY, "region": "moon"}}]},
            "things[0] (POST /linode/instances, n = 1): 400: region is not valid",
        ),
    ],
)
def test_a_description_that_is_wrong_is_refused_whole(
    api: LocalApi, account: str, description: Any, why: str
) -> None:
    if isinstance(description, dict):
        description = {**description, "account": account}

    answer = control(api, "POST", "/seed", description)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(why)
    assert api.accounts.is_empty(account)


def test_a_seed_is_planted_once_and_a_wrong_one_is_one_clear_line(tmp_path: Path) -> None:
    seed, database = tmp_path / "seed.json", tmp_path / "api.db"
    seed.write_text(json.dumps({"account": "team", "things": [WEB]}))
    counts = []
    for _ in range(2):
        with process(database, "--seed", str(seed)):
            with LocalApi(tmp_path / "reader.db"):
                pass
        with LocalApi(database) as api:
            counts.append(api.counts("team")["created"])
    seed.write_text('{"things": 5}')

    refused = run("serve", "--port", "0", "--database", str(tmp_path / "other.db"), "--seed", str(seed))

    assert counts == [3, 3]
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        refused.stderr
        == f'local API: --seed {seed}: things[0] is not {{"post": PATH, "body": {{}}, "count": 1}}\n'
    )


def test_a_snapshot_brings_everything_back_and_the_time_too(tmp_path: Path) -> None:
    clock = HeldClock()
    with LocalApi(tmp_path / "api.db", clock=clock, limits=False) as api:
        caller = Caller(api, api.add_token())
        linode = caller.create(**FROM_IMAGE, label="before")
        kept = control(api, "PUT", "/snapshots/young")
        clock.advance(500)
        caller.create(**EMPTY, label="after")
        control(api, "PUT", "/availability", {"region": "us-ord", "plan": "g6-nanode-1", "available": False})
        was = caller.status(linode["id"])

        brought = control(api, "POST", "/snapshots/young")

        assert (made(kept), made(brought)) == ({"snapshots": ["young"]}, {"snapshots": ["young"]})
        assert (was, caller.status(linode["id"])) == ("running", "provisioning")
        assert [row["label"] for row in caller.rows("/linode/instances")] == ["before"]
        assert made(control(api, "GET", "/catalog")) == {"edits": []}
        assert caller.post("/linode/instances", EMPTY).status_code == 200
        clock.advance(500)
        assert caller.status(linode["id"]) == "running"
        caller.close()


@pytest.mark.parametrize("name", ["latest", "second-one"])
def test_a_fixture_can_begin_each_test_at_the_same_state(tmp_path: Path, name: str) -> None:
    with LocalApi(tmp_path / "api.db", limits=False) as api:
        caller = Caller(api, api.add_token())
        caller.create(**EMPTY, label="kept")
        api.snapshot(name)
        for _ in range(2):
            caller.create(**EMPTY, label="gone")
            api.restore(name)
        assert [row["label"] for row in caller.rows("/linode/instances")] == ["kept"]
        caller.close()


def test_a_snapshot_that_is_not_there_is_404_and_its_name_no_path(api: LocalApi) -> None:
    control(api, "PUT", "/snapshots/one")

    assert control(api, "POST", "/snapshots/other").json() == {"error": "no snapshot 'other'"}
    assert control(api, "PUT", "/snapshots/a.b").status_code == 400
    assert control(api, "DELETE", "/snapshots/one").json() == {"snapshots": []}
    assert control(api, "DELETE", "/snapshots/one").status_code == 404


def test_time_is_held_and_moved_over_the_control_address(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db", speed=10, limits=False) as api:
        caller = Caller(api, api.add_token())
        held = made(control(api, "PUT", "/time", {"held": True}))
        linode = caller.create(**FROM_IMAGE)
        statuses = [caller.status(linode["id"])]
        made(control(api, "PUT", "/time", {"advance_s": 200}))
        statuses.append(caller.status(linode["id"]))
        moved = made(control(api, "GET", "/time"))
        caller.close()

    assert (held["held"], held["speed"]) == (True, 10)
    assert statuses == ["provisioning", "running"]
    assert moved["now"] > held["now"]


def test_time_that_is_let_go_runs_on_from_where_it_stood_and_at_another_speed() -> None:
    clock = Clock(speed=2)
    clock.hold()
    stood = clock.now()
    clock.advance(1e6)
    clock.release()
    clock.speed = 100

    assert not clock.held
    assert stood + 1e6 <= clock.now() < stood + 2e6
    assert clock.shrink(100) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"held": 1},
        {"speed": 0},
        {"speed": "fast"},
        {"advance_s": -1},
        {"advance_s": 1e30},
        {"stop": 1},
        5,
    ],
)
def test_nonsense_about_time_is_refused(api: LocalApi, wanted: Any) -> None:
    before = made(control(api, "GET", "/time"))

    assert control(api, "PUT", "/time", wanted).status_code == 400
    assert made(control(api, "GET", "/time")) == before


def test_the_description_in_the_document_is_made(api: LocalApi, account: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / "local-api.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    things = [{**thing, "count": min(3, thing.get("count", 1))} for thing in json.loads(block)["things"]]

    assert made(control(api, "POST", "/seed", {"account": account, "things": things}))["made"] == 8
