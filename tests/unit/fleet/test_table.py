from __future__ import annotations

import io

from rich.console import Console

from fleet.cli.stack import show_outputs

SERVER = {
    "id": "7",
    "status": "running",
    "region": "de-fra-2",
    "type": "g6-standard-1",
    "image": "linode/debian13",
}
OUTPUTS: dict[str, object] = {
    "servers": {"web-1": {**SERVER, "ipv4": ["198.51.100.7"], "monthly_usd": 12.0}},
    "monthly_usd": 12.0,
    "picks": {"web": {"type": "g6-standard-1: cheapest of 3 [in de-fra-2]"}},
}


def shown(outputs: dict[str, object]) -> str:
    file = io.StringIO()
    show_outputs(outputs, Console(file=file, width=80))
    return file.getvalue()


def test_the_table_has_a_row_per_server_and_the_total() -> None:
    text = shown(OUTPUTS)

    row = next(line for line in text.splitlines() if "web-1" in line)
    for part in ("7", "running", "de-fra-2", "g6-standard-1", "198.51.100.7", "12.00"):
        assert part in row
    assert "1 server, 12.00 USD a month" in text


def test_what_is_gone_costs_nothing_and_is_told_with_what_to_do() -> None:
    servers = {
        "web-1": {"status": "gone", "monthly_usd": 12.0, "running": True},
        "web-2": {**SERVER, "status": "offline", "monthly_usd": 5.0, "running": True},
    }

    text = " ".join(shown({"servers": servers, "monthly_usd": 17.0}).split())

    assert "1 server, 5.00 USD a month" in text
    assert "web-1 is gone; web-2 is off, but declared running. Next: `fleet up`." in text


def test_reasons_are_shown_as_they_are() -> None:
    assert "web type g6-standard-1: cheapest of 3 [in de-fra-2]" in shown(OUTPUTS)


def test_the_tenth_server_comes_after_the_second() -> None:
    servers = {f"web-{number}": {**SERVER, "ipv4": [], "monthly_usd": 1.0} for number in (1, 10, 2)}

    rows = shown({"servers": servers}).splitlines()[1:4]

    assert [row.split()[0] for row in rows] == ["web-1", "web-2", "web-10"]


def test_a_terminal_that_is_too_narrow_has_what_is_alike_below_and_breaks_lines_between_words() -> None:
    each = {**SERVER, "monthly_usd": 12.0}
    servers = {
        f"web-{n}": {**each, "id": str(n), "ipv4": [f"203.0.113.12{n}"], "host": f"web-{n}.example.org"}
        for n in (1, 2)
    }
    why = "g6-standard-1: cheapest of 3 in de-fra-2 with memory of 4096 MB or more and 50 USD a month or less"
    wide, narrow = io.StringIO(), io.StringIO()
    for file, width in ((wide, 100), (narrow, 62)):
        console = Console(file=file, width=width, force_terminal=True, color_system=None)
        show_outputs({"servers": servers, "picks": {"web": {"type": why}}}, console)

    lines = narrow.getvalue().splitlines()

    assert "region: " not in wide.getvalue()
    assert max(map(len, lines)) <= 62
    assert lines[0].split() == ["server", "id", "status", "ipv4", "USD/month"]
    assert lines[5:7] == ["region: de-fra-2", "type: g6-standard-1"]
    assert set(" ".join(lines).split()) >= set(why.split())


def test_an_empty_stack_says_so() -> None:
    assert "no servers" in shown({})


def test_what_belongs_to_a_server_stands_below_it_and_what_they_share_at_the_end() -> None:
    volumes = {"data": {"id": "9", "size": 30, "path": "/dev/x", "monthly_usd": 3.0}}
    server = {**SERVER, "ipv4": [], "monthly_usd": 12.0, "host": "web-1.example.org", "volumes": volumes}

    text = shown({"servers": {"web-1": server, "web-2": SERVER}, "shared": {"firewall web": {"id": "4"}}})

    rows = [line.split() for line in text.splitlines()]
    assert rows[2] == ["web-1.example.org"]
    assert rows[3] == ["data", "9", "30", "GB", "3.00"]
    assert rows[4][:2] == ["web-2", "7"]
    assert rows[5] == ["firewall", "web", "4"]
    assert "2 servers, ? USD a month" in text, "the price of web-2 is not known"


def test_what_costs_by_itself_is_in_the_total() -> None:
    balancer = {"id": "5", "ipv4": "198.51.100.9", "monthly_usd": 10.0}

    text = shown({**OUTPUTS, "shared": {"load balancer web": balancer, "firewall web": {"id": "4"}}})

    assert "1 server, 22.00 USD a month" in text
    assert any(
        line.split() == ["load", "balancer", "web", "5", "198.51.100.9", "10.00"]
        for line in text.splitlines()
    )
