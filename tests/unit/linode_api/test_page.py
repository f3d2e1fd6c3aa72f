"""The page at /: its files, what guards them, and the controls that it has beside those of programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api import page
from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.html_tags import Tags
from tests.unit.linode_api.serving import EMPTY, Caller
from tests.unit.linode_api.test_users_and_controls import control

FOLDER = Path(page.__file__).parent


@pytest.mark.parametrize("path", page.FILES)
def test_each_file_is_served_and_guarded(caller: Caller, api: LocalApi, path: str) -> None:
    answer = caller.session.get(api.url + path, timeout=10)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(page.FILES[path][1])
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer.headers


CROSS = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Host": "evil.example"}, 403),
        ("/_local/page.js", {"Host": "evil.example"}, 403),
        ("/_local/stream", {"Host": "evil.example"}, 403),
        ("/", {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
        ("/", {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403),
        ("/", {**CROSS, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403),
        ("/_local/page.js", {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 403),
        ("/_local/stream", CROSS, 403),
        ("/_local/stream", {"Origin": "http://localhost:1"}, 403),
        ("/_local/requests/1", {"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_other_pages_get_neither_the_page_nor_what_it_reads(
    caller: Caller, api: LocalApi, path: str, headers: dict[str, str], status: int
) -> None:
    answer = caller.session.get(api.url + path, headers=headers, timeout=10)

    assert answer.status_code == status


def test_the_page_names_files_of_its_own_and_no_other() -> None:
    tags = Tags((FOLDER / "page.html").read_text(encoding="utf-8")).found

    named = {str(attrs[name]) for _, attrs in tags for name in ("src", "href", "action") if name in attrs}
    assert {one for one in named if not one.startswith("#")} == set(page.FILES) - {"/"}
    assert not [attrs for _, attrs in tags if any(name.startswith("on") or name == "style" for name in attrs)]
    assert "style" not in {tag for tag, _ in tags}
    assert not re.search(r"url\(|@import", (FOLDER / "page.css").read_text(encoding="utf-8"))


def test_the_script_makes_no_markup_of_what_it_is_told() -> None:
    script = (FOLDER / "page.js").read_text(encoding="utf-8")

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\b|Function\(",
        script,
    )
    assert re.findall(r"https?://", script) == []


def test_everything_that_is_asked_for_has_a_name_and_every_table_a_caption() -> None:
    text = (FOLDER / "page.html").read_text(encoding="utf-8")
    tags = Tags(text).found
    labelled = {attrs.get("for") for tag, attrs in tags if tag == "label"}

    fields = [attrs for tag, attrs in tags if tag in ("input", "select")]
    switches = [attrs for _, attrs in tags if attrs.get("role") == "switch"]
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert [attrs for attrs in fields if attrs.get("id") not in labelled] == []
    assert [attrs for attrs in switches if attrs.get("aria-labelledby") not in ids] == []
    assert text.count("<table") == text.count("<caption")
    assert len(ids) == len(set(ids))
    assert [tag for tag, _ in tags if tag in ("header", "nav", "main", "aside", "footer", "h1")] == [
        "header", "h1", "nav", "main", "aside", "footer",
    ]  # fmt: skip
    assert any(attrs.get("aria-live") == "polite" for _, attrs in tags)


def test_a_fault_is_added_switched_and_removed_while_others_go_on(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "500", "times": 2, "path": "/profile"})
    caller.get("/profile")

    rules = control(api, "POST", "/faults", {"kind": "503", "path": "/regions"}).json()["rules"]
    first, second = (f"/faults/{rule['id']}" for rule in rules)
    control(api, "PUT", first, {"on": False})
    control(api, "PUT", second, {"on": False})
    while_off = [caller.get("/profile").status_code, caller.get("/regions").status_code]
    again = control(api, "PUT", first, {"on": True}).json()["rules"]
    left = control(api, "DELETE", second).json()["rules"]
    after = [caller.get("/profile").status_code for _ in range(2)]

    assert [rule["fired"] for rule in rules] == [1, 0]
    assert while_off == [200, 200]
    assert [(rule["on"], rule["fired"]) for rule in again] == [(True, 1), (False, 0)]
    assert [rule["kind"] for rule in left] == ["500"]
    assert after == [500, 200]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/faults", {"kind": "nope"}, 400),
        ("POST", "/faults", {"kind": "503", "times": "3"}, 400),
        ("POST", "/faults", {"kind": "503", "probability": True}, 400),
        ("PUT", "/faults/0", {"on": True}, 404),
        ("PUT", "/faults/0", {"on": 1}, 400),
        ("DELETE", "/faults/0", None, 404),
        ("PUT", "/limits", {}, 400),
        ("PUT", "/limits", {"on": "yes"}, 400),
        ("PUT", "/limits", {"latency_s": -1}, 400),
        ("PUT", "/limits", {"latency_s": 1e9}, 400),
    ],
)
def test_a_control_that_makes_no_sense_changes_nothing(
    api: LocalApi, method: str, path: str, body: Any, status: int
) -> None:
    before = control(api, "GET", "/faults").json(), control(api, "GET", "/limits").json()

    refused = control(api, method, path, body)

    assert (refused.status_code, list(refused.json())) == (status, ["error"])
    assert (control(api, "GET", "/faults").json(), control(api, "GET", "/limits").json()) == before


def test_limits_are_switched_shown_and_started_anew(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db", clock=HeldClock()) as api:
        caller = Caller(api, api.add_token())
        for _ in range(21):
            last = caller.post("/linode/instances", {**EMPTY, "region": "moon"})
        shown = control(api, "GET", "/limits").json()
        off = control(api, "PUT", "/limits", {"on": False}).json()
        free = caller.post("/linode/instances", {**EMPTY, "region": "moon"})
        control(api, "PUT", "/limits", {"on": True})
        anew = control(api, "DELETE", "/limits").json()
        health = control(api, "GET", "/health").json()
        caller.close()

    windows = {one["budget"]: (one["caller"], one["used"], one["limit"]) for one in shown["windows"]}
    assert (last.status_code, free.status_code) == (429, 400)
    assert (shown["on"], windows["create"]) == (True, ("local, token", 21, 20))
    assert (off["on"], anew["windows"], health["limits"]) == (False, [], True)
