"""What the reaper found, as a table for people and as JSON for programs; what was done, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from rich.console import Console
from rich.table import Table

from fleet.delivery.reaping import Verdict
from providers.linode.api.records import Linode
from stacks.expiry import stack_tag

COLUMNS = ("what", "stack", "machines", "ends (UTC)", "USD/month", "verdict")


@dataclass(frozen=True)
class Row:
    """A verdict with the machines that it is about. `monthly_usd` None: the catalog has no price for one."""

    verdict: Verdict
    machines: Sequence[Linode]
    monthly_usd: float | None

    def what(self) -> str:
        linode = self.verdict.linode
        return f"Linode {linode.id} ({linode.label})" if linode else f"stack {self.verdict.stack}"

    def as_json(self) -> dict[str, object]:
        linode = self.verdict.linode
        return {
            "action": self.verdict.action,
            "stack": self.verdict.stack,
            "linode": linode.id if linode else None,
            "machines": [machine.id for machine in self.machines],
            "ends": stack_tag(self.verdict.ends) if self.verdict.ends else None,
            "monthly_usd": self.monthly_usd,
            "why": self.verdict.why,
        }


def rows(
    verdicts: Iterable[Verdict], in_stack: Mapping[str, Sequence[Linode]], price: Mapping[int, float | None]
) -> list[Row]:
    """What is deleted first; by stack, then by machine."""
    made = []
    for verdict in verdicts:
        machines = [verdict.linode] if verdict.linode else list(in_stack.get(verdict.stack, ()))
        prices = [price.get(machine.id) for machine in machines]
        known = [one for one in prices if one is not None]
        made.append(Row(verdict, machines, round(sum(known), 2) if len(known) == len(prices) else None))
    return sorted(made, key=_order)


def _order(row: Row) -> tuple[bool, str, int]:
    return (
        row.verdict.action != "delete",
        row.verdict.stack,
        row.verdict.linode.id if row.verdict.linode else 0,
    )


def show(found: Sequence[Row], others: int, console: Console) -> None:
    """The table, the sum, and how many machines with an owner's tag were none of this project's."""
    if found:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in COLUMNS:
            table.add_column(name, justify="right" if name == "USD/month" else "left", overflow="fold")
        for row in found:
            verdict = row.verdict
            table.add_row(
                row.what(), verdict.stack, str(len(row.machines)), _time(verdict.ends), _usd(row.monthly_usd),
                f"{verdict.action}: {verdict.why}",
            )  # fmt: skip
        console.print(table)
    console.print(total(found), soft_wrap=True)
    if others:
        console.print(f"{others} Linodes belong to other projects or stacks: left alone", soft_wrap=True)


def total(found: Iterable[Row]) -> str:
    """`2 to delete: 3 Linodes, 21.00 USD a month`."""
    doomed = [row for row in found if row.verdict.action == "delete"]
    if not doomed:
        return "nothing to delete"
    prices = [row.monthly_usd for row in doomed]
    known = sum(price for price in prices if price is not None)
    more = ", and some without a known price" if None in prices else ""
    count = sum(len(row.machines) for row in doomed)
    return f"{len(doomed)} to delete: {count} Linodes, {known:.2f} USD a month{more}"


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M}" if moment else "–"


def _usd(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"
