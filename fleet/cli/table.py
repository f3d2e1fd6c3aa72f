"""The stack's outputs as a table for people: what runs, where, at what monthly cost."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

PICKED = ("region", "type", "image", "kernel")
"""In the order in which they are picked."""

COLUMNS = ("server", "id", "status", "region", "type", "ipv4", "USD/month")


def show(outputs: Mapping[str, object], console: Console) -> None:
    """Print the servers, the total, and why each type, region and image was picked."""
    servers = _mapping(outputs.get("servers"))
    if not servers:
        console.print("no servers run in this stack")
        return
    table = Table(*COLUMNS, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in sorted(servers):
        table.add_row(*_row(name, _mapping(servers[name])))
    table.columns[-1].justify = "right"
    console.print(table)
    console.print(f"{len(servers)} servers, {_usd(outputs.get('monthly_usd'))} USD a month")
    picks = _mapping(outputs.get("picks"))
    for group in sorted(picks):
        reasons = _mapping(picks[group])
        for what in (kind for kind in PICKED if kind in reasons):
            console.print(Text.assemble((f"{group} {what}", "bold"), f" {reasons[what]}"), soft_wrap=True)


def _row(name: str, server: Mapping[str, object]) -> list[str]:
    addresses = server.get("ipv4")
    first = str(addresses[0]) if isinstance(addresses, list) and addresses else ""
    plain = [str(server.get(key, "")) for key in ("id", "status", "region", "type")]
    return [name, *plain, first, _usd(server.get("monthly_usd"))]


def _usd(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, (int, float)) else "?"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
