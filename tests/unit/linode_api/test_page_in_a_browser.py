"""The page in headless Chromium: live, by keyboard, on a phone; and pages from elsewhere, which get nothing.

PICTURES=write makes the pictures of the documents anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.pictures import LARGEST_BYTES, browser_here, place_of
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made, settled
from tests.until import until

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 860}
EVIL = "<img src=x onerror=alert(1)>"
LONG = "a-server-with-the-longest-label-that-the-api-takes-which-are-64"

expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = browser_here()
    if path is None:
        pytest.skip("no Chromium on this machine: `chromium` is not on PATH")
    with sync_playwright() as playwright:
        names = "--host-resolver-rules=MAP evil.example 127.0.0.1"
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", names])
        yield opened
        opened.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalApi]:
    with LocalApi(tmp_path / "api.db", clock=HeldClock()) as opened:
        yield opened


@contextmanager
def opened(browser: Browser, url: str, *, dark: bool = False, phone: bool = False) -> Iterator[Page]:
    """A page whose complaints, if there are any, fail the test."""
    context = browser.new_context(
        viewport=PHONE if phone else DESK,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    expect(page.locator("#connection")).to_have_text("live")
    yield page
    context.close()
    assert complaints == []


def press(control: Locator, key: str = "Enter") -> None:
    """By keyboard alone: what can't have the focus isn't pressed."""
    control.focus()
    expect(control).to_be_focused()
    control.page.keyboard.press(key)


def row_of(page: Page, label: str) -> Locator:
    return page.locator("#linode-table tbody tr").filter(has_text=label)


def wider_than_the_window(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_create_shows_its_progress_live_and_its_cost(
    chromium: Browser, own: LocalApi, local: Caller
) -> None:
    with opened(chromium, own.url) as page:
        expect(page.get_by_text("No Linodes yet.")).to_be_visible()
        local.create(**FROM_IMAGE, label="web-1", tags=["web"])
        row = row_of(page, "web-1")
        expect(row.get_by_role("progressbar")).to_have_attribute("value", "0")
        expect(row).to_contain_text("provisioning")
        own.clock.advance(20)
        expect(row).to_contain_text("linode_create 50 %, ")
        expect(row).to_contain_text(" left, then linode_boot")
        own.clock.advance(200)
        expect(row).to_contain_text("running")
        expect(row.get_by_role("progressbar")).to_have_count(0)
        expect(page.locator("#figure-cost")).to_have_text("$5.00")
        expect(page.locator("#event-table")).to_contain_text("linode_boot")
        expect(page.locator("#news")).to_contain_text("linode_boot of web-1: finished")
        expect(page.get_by_role("region", name="Linodes").first).to_be_visible()


def test_a_request_opens_by_keyboard_and_hides_its_secrets(
    chromium: Browser, own: LocalApi, local: Caller
) -> None:
    local.create(**FROM_IMAGE, label="web-1", tags=[EVIL])
    local.post("/linode/instances", EMPTY | {"region": "moon"})
    with opened(chromium, own.url) as page:
        first = page.get_by_role("button", name="POST /v4/linode/instances").last
        expect(first).to_have_attribute("aria-expanded", "false")
        press(first)
        sent = page.locator("#request-table").get_by_role("region", name="Sent").first
        expect(sent).to_contain_text('"label": "web-1"')
        expect(sent).to_contain_text('"root_pass": "••••••"')
        expect(first).to_have_attribute("aria-expanded", "true")
        press(first, "Space")
        expect(sent).to_be_hidden()
        expect(row_of(page, "web-1")).to_contain_text(EVIL)
        assert page.locator("img[src=x]").count() == 0
        assert PASSWORD not in page.content()


def test_switches_and_time_work_by_keyboard(chromium: Browser, own: LocalApi, local: Caller) -> None:
    local.create(**FROM_IMAGE, label="web-1")
    faults, clock = own.api.faults, own.clock
    with opened(chromium, own.url) as page:
        hold = page.get_by_role("switch", name="Hold time")
        expect(hold).to_be_checked()

        press(page.get_by_role("switch", name="Maintenance"))
        until(lambda: faults.maintenance)
        press(page.get_by_role("switch", name="Maintenance", checked=True), "Space")
        until(lambda: not faults.maintenance)
        press(page.get_by_role("switch", name="Rate limits", checked=True))
        until(lambda: not own.api.limiter.enabled)
        expect(page.get_by_role("switch", name="Rate limits", checked=False)).to_be_focused()

        before = clock.now()
        press(page.get_by_role("button", name="+1 min"))
        until(lambda: clock.now() == before + clock.shrink(60))
        press(page.get_by_role("button", name="Finish all jobs"))
        expect(row_of(page, "web-1")).to_contain_text("running")

        press(page.locator(".adder summary"))
        page.get_by_label("Path").fill("/linode/instances/*/boot")
        page.get_by_label("Times at most").fill("2")
        page.get_by_label("Fault", exact=True).select_option("503")
        press(page.get_by_role("button", name="Add fault"))
        row = page.locator("#fault-table tbody tr")
        expect(row).to_contain_text("0 of 2")
        press(row.get_by_role("switch"))
        expect(row.get_by_role("switch")).not_to_be_checked()
        press(page.get_by_role("button", name="Remove fault 503"))
        until(lambda: not faults.report())
        press(hold)
        expect(hold).not_to_be_checked()
        assert not clock.held


def test_tab_goes_through_the_page_in_its_order_and_focus_shows(
    chromium: Browser, own: LocalApi, local: Caller
) -> None:
    local.create(**EMPTY, label="web-1")
    with opened(chromium, own.url) as page:
        expect(page.locator("#request-table tbody tr").first).to_be_visible()
        reached, unmarked = [], []
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break
            name = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
            reached.append(name)
            if page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "solid":
                unmarked.append(name)

        order = [
            "Skip to the Linodes",
            "Linodes",
            "Costs",
            "find",
            "forget",
            "hold",
            "speed",
            "maintenance",
            "latency",
        ]
        places = [reached.index(name) for name in order]
        assert places == sorted(places), reached
        assert unmarked == []
        page.evaluate("document.activeElement.blur()")
        page.locator(".skip").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#linodes")).to_be_focused()


def test_linodes_are_filtered_and_large_accounts_stay_usable(chromium: Browser, own: LocalApi) -> None:
    web = {"post": "/linode/instances", "count": 200, "body": {**EMPTY, "label": "web-{n}", "tags": ["web"]}}
    own.seed(
        {
            "things": [
                web,
                {"post": "/linode/instances", "body": {**EMPTY, "label": LONG, "region": "eu-west"}},
            ]
        }
    )
    with opened(chromium, own.url) as page:
        expect(page.locator("#figure-linodes")).to_have_text("201")
        expect(page.locator("#linode-table tbody tr")).to_have_count(201)
        page.get_by_label("Filter Linodes").fill("eu-west")
        expect(page.locator("#linode-table tbody tr:visible")).to_have_count(1)
        expect(page.get_by_text("1 of 201 Linodes match.")).to_be_visible()
        assert wider_than_the_window(page) <= 0
        assert page.evaluate("document.body.scrollHeight") < 4_000


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_nothing_is_wider_than_the_window(
    chromium: Browser, own: LocalApi, local: Caller, width: int
) -> None:
    with opened(chromium, own.url) as page:
        page.set_viewport_size({"width": width, "height": 844})
        empty = wider_than_the_window(page)
        furnish(own, local)
        expect(page.locator("#linode-table")).to_contain_text(LONG)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.locator("#request-table button").first.click()
        expect(page.locator("#request-table pre").first).to_be_visible()

        assert (empty, wider_than_the_window(page)) == (0, 0)


CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    chromium: Browser, own: LocalApi, local: Caller, *, dark: bool
) -> None:
    furnish(own, local)
    with opened(chromium, own.url, dark=dark) as page:
        expect(page.locator("#linode-table")).to_contain_text(LONG)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

        assert page.evaluate(CONTRASTS) == []


def test_the_page_says_when_the_server_is_gone_and_comes_back_with_it(
    chromium: Browser, tmp_path: Path
) -> None:
    with LocalApi(tmp_path / "api.db") as first:
        context = chromium.new_context()
        page = context.new_page()  # a lost connection is one of the console's complaints
        page.goto(first.url)
        expect(page.locator("#connection")).to_have_text("live")
        port = first.port
    expect(page.locator("#connection")).to_have_text("not connected, trying again")
    with LocalApi(tmp_path / "api.db", port=port):
        expect(page.locator("#connection")).to_have_text("live")
        context.close()


ATTACK = (Path(__file__).parent / "attack.js").read_text(encoding="utf-8")


@contextmanager
def elsewhere() -> Iterator[int]:
    """The port of a web server of somebody else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>elsewhere</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.example"])
def test_a_page_of_another_origin_changes_nothing_and_reads_nothing(
    chromium: Browser, own: LocalApi, local: Caller, host: str
) -> None:
    linode = local.create(**FROM_IMAGE, label="mine")
    before = len(own.requests())
    context = chromium.new_context()
    page = context.new_page()
    with elsewhere() as port:
        page.goto(f"http://{host}:{port}/")
        tried: dict[str, str] = page.evaluate(ATTACK, own.url)
        framed = page.evaluate(
            "(target) => new Promise((done) => { const one = document.createElement('iframe');"
            " one.onload = () => done(String(one.contentDocument)); one.src = target; document.body.append(one); })",
            own.url,
        )
    context.close()

    loaded = {
        name: what
        for name, what in tried.items()
        if what not in ("TypeError", "nothing", "refused", "opaque", "sent")
    }
    assert loaded == {}
    assert framed == "null"
    assert "opaque" not in {tried[name] for name in tried if name.startswith("blind")}
    assert [row["label"] for row in local.rows("/linode/instances")] == ["mine"]
    assert (own.api.faults.maintenance, len(own.requests())) == (False, before + 1)
    assert local.linode(linode["id"])["label"] == "mine"


def test_a_name_that_was_pointed_at_this_machine_gets_nothing(chromium: Browser, own: LocalApi) -> None:
    context = chromium.new_context()
    page = context.new_page()

    answer = page.goto(f"http://evil.example:{own.port}/")
    stream = page.evaluate("fetch('/_local/stream').then((answer) => answer.status)")
    reset = page.evaluate(
        "fetch('/_local/reset', {method: 'POST', body: '{\"account\": \"local\"}',"
        " headers: {'Content-Type': 'application/json'}}).then((answer) => answer.status)"
    )
    context.close()

    assert answer is not None
    assert (answer.status, stream, reset) == (403, 403, 403)


def furnish(api: LocalApi, caller: Caller) -> None:
    """An account in the middle of a day's work: most of it runs, some things happen, some go wrong."""
    clock = api.clock
    vpc = made(caller.post("/vpcs", {"label": "inner", "region": "us-ord"}))
    made(caller.post(f"/vpcs/{vpc['id']}/subnets", {"label": "front", "ipv4": "10.0.0.0/24"}))
    group = {
        "label": "apart",
        "region": "us-ord",
        "placement_group_type": "anti_affinity:local",
        "placement_group_policy": "strict",
    }
    made(caller.post("/placement/groups", group))
    web = [caller.create(**FROM_IMAGE, label=f"web-{n}", tags=["web", "prod"]) for n in range(1, 5)]
    database = caller.create(
        **{**FROM_IMAGE, "type": "g6-standard-2"}, label="db-1", tags=["prod"], backups_enabled=True
    )
    worker = settled(
        caller, clock, **{**FROM_IMAGE, "region": "eu-central", "type": "g6-standard-1"}, label="worker-1"
    )
    idle = settled(caller, clock, **EMPTY, label="idle-1")
    made(caller.post("/volumes", {"label": "db-data", "size": 80, "linode_id": database["id"]}))
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "outbound": []}
    https = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {"ipv4": ["0.0.0.0/0"]}}
    devices = {"linodes": [one["id"] for one in web]}
    made(
        caller.post(
            "/networking/firewalls",
            {"label": "web", "rules": {**rules, "inbound": [https]}, "devices": devices},
        )
    )
    balancer = made(caller.post("/nodebalancers", {"region": "us-ord", "label": "front", "tags": ["prod"]}))
    made(caller.post(f"/nodebalancers/{balancer['id']}/configs", {"port": 443, "protocol": "tcp"}))
    zone = {"domain": "example.com", "type": "master", "soa_email": "admin@example.com"}
    domain = made(caller.post("/domains", zone))
    made(
        caller.post(
            f"/domains/{domain['id']}/records", {"type": "A", "name": "www", "target": balancer["ipv4"]}
        )
    )
    clock.advance(240)
    api.set_faults(
        {"kind": "503", "path": "/linode/instances/*/boot", "times": 3}, {"kind": "slow", "path": "/volumes"}
    )
    api.api.faults.switch(api.api.faults.report()[1]["id"], on=False)
    made(caller.put(f"/linode/instances/{web[0]['id']}", {"label": LONG}))
    made(caller.post(f"/linode/instances/{worker['id']}/resize", {"type": "g6-standard-2"}))
    made(caller.post(f"/linode/instances/{web[3]['id']}/reboot"))
    clock.advance(12)
    caller.post(f"/linode/instances/{idle['id']}/boot")
    caller.create(**FROM_IMAGE, label="web-5", tags=["web", "prod"])
    clock.advance(14)
    caller.create(**FROM_IMAGE, label="web-6", tags=["web", "prod"])
    caller.post("/linode/instances", {**FROM_IMAGE, "region": "moon"})
    caller.get("/linode/instances", where={"tags": "web"})


@pytest.mark.parametrize(
    ("name", "dark", "phone"),
    [("local-api-light.png", False, False), ("local-api-dark.png", True, False), ("local-api-phone.png", False, True)],
)  # fmt: skip
def test_pictures_of_it(
    chromium: Browser, own: LocalApi, local: Caller, tmp_path: Path, name: str, *, dark: bool, phone: bool
) -> None:
    furnish(own, local)
    with opened(chromium, own.url, dark=dark, phone=phone) as page:
        expect(page.locator("#linode-table")).to_contain_text("web-6")
        expect(page.locator("#request-table tbody tr")).not_to_have_count(0)
        if not phone:
            page.set_viewport_size({"width": 1280, "height": 1080})
            page.get_by_role("button", name="POST /v4/linode/instances").first.click()
            expect(page.locator("#request-table pre").first).to_be_visible()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        picture = place_of(name, tmp_path)
        page.screenshot(path=picture)

    assert 10_000 < picture.stat().st_size < LARGEST_BYTES
