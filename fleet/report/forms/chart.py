"""What each environment costs a month, now and then, as bars in SVG; a dashed line where its budget ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from fleet.report.escaping import html_text
from fleet.report.forms import words
from fleet.report.model import StackReport

LABEL_W, BAR_W, AMOUNT_W = 150, 620, 200
BAR, ROW, TOP, LEGEND = 16, 56, 8, 28
WIDTH = LABEL_W + BAR_W + AMOUNT_W


def cost_chart(stacks: Sequence[StackReport]) -> str:
    """One pair of bars per stack, all to one scale; an amount that is not known has no bar."""
    limits = [_budget(stack) for stack in stacks]
    amounts = [stack.now.amount for stack in stacks] + [stack.then.amount for stack in stacks]
    largest = max([*amounts, *(limit for limit in limits if limit is not None), Decimal(1)])
    height = TOP + LEGEND + len(stacks) * ROW
    told = "; ".join(f"{stack.stack}: now {words.now(stack)}, then {words.then(stack)}" for stack in stacks)
    parts = [
        f'<div class="wide"><svg role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'xmlns="http://www.w3.org/2000/svg">',
        "<title>Cost a month of every environment, now and then</title>",
        f"<desc>{html_text(told)}</desc>",
        f'<rect class="now" x="{LABEL_W}" y="{TOP}" width="12" height="12"/>'
        f'<text x="{LABEL_W + 18}" y="{TOP + 11}">now</text>'
        f'<rect class="then" x="{LABEL_W + 70}" y="{TOP}" width="12" height="12"/>'
        f'<text x="{LABEL_W + 88}" y="{TOP + 11}">then</text>'
        f'<path class="limit" d="M{LABEL_W + 146} {TOP} v12"/>'
        f'<text x="{LABEL_W + 156}" y="{TOP + 11}">budget</text>',
    ]
    for index, (stack, limit) in enumerate(zip(stacks, limits, strict=True)):
        parts.append(_bars(stack, limit, TOP + LEGEND + index * ROW, largest))
    return "\n".join([*parts, "</svg></div>"])


def _bars(stack: StackReport, limit: Decimal | None, y: int, largest: Decimal) -> str:
    def width(amount: Decimal) -> int:
        return int(amount / largest * BAR_W)

    now = width(stack.now.amount) if stack.form != "none" else 0
    then = width(stack.then.amount) if stack.complete else 0
    parts = [
        f'<text class="mono" x="8" y="{y + 25}">{html_text(stack.stack, 16)}</text>',
        f'<rect class="now" x="{LABEL_W}" y="{y + 2}" width="{now}" height="{BAR}"/>',
        _amount(y + 15, words.now(stack)),
        f'<rect class="then" x="{LABEL_W}" y="{y + 22}" width="{then}" height="{BAR}"/>',
        _amount(y + 35, f"{words.then(stack)} ({words.change(stack)})"),
    ]
    if limit is not None:
        x = LABEL_W + width(limit)
        parts.append(f'<path class="limit" d="M{x} {y - 2} v{2 * BAR + 10}"/>')
    return "".join(parts)


def _amount(y: int, text: str) -> str:
    return f'<text x="{LABEL_W + BAR_W + 10}" y="{y}">{html_text(text)}</text>'


def _budget(stack: StackReport) -> Decimal | None:
    """The budget as the guard told it: the second amount of "$202.00 of $210.00 a month"."""
    for guard in stack.guards:
        if guard.name == "max_monthly":
            found = re.search(r" of \$([\d,]+\.\d\d)", "".join(piece.text for piece in guard.what))
            return Decimal(found.group(1).replace(",", "")) if found else None
    return None
