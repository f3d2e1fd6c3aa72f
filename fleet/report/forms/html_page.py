"""The report as one HTML page: no script, nothing fetched, pictures as SVG inside."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.report.escaping import cut_end, html_text
from fleet.report.forms import chart, picture, words
from fleet.report.forms.catalog_moves import moves
from fleet.report.forms.html_style import STYLE
from fleet.report.forms.redacting import redacted
from fleet.report.masking import swept
from fleet.report.model import Change, Finding, Report, StackReport, Verdict
from fleet.report.phrases import Phrase, code, listed, phrase, plain

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Whatever the branch puts into a name, a browser fetches and runs nothing."""

MOST_MOVES = 200


def html_page(report: Report, secrets: Sequence[str] = ()) -> str:
    report = redacted(report, secrets)
    head = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{swept(html_text(plain(report.heading), 120), secrets)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
    ]
    return "\n".join([*head, swept(_body(report), secrets), "</html>"]) + "\n"


def _body(report: Report) -> str:
    parts = [
        "<body>",
        f'<header class="{report.verdict}">',
        f"<h1>{dot(report.verdict)}{inline(report.heading[1:])}</h1><p>{inline(report.sentence)}</p></header>",
        "<main>",
        _table(report),
        _findings("Needs a decision", report.findings, ("failed", "blocked")),
        _findings("Worth a look", report.findings, ("danger", "look")),
        _catalog(report.stacks),
        "<section><h2>Cost a month</h2>" + chart.cost_chart(report.stacks) + "</section>",
        *(_stack(stack) for stack in report.stacks),
        "</main>",
        f"<footer><p>{_footer(report)}</p></footer>",
        "</body>",
    ]
    return "\n".join(part for part in parts if part)


def dot(verdict: Verdict) -> str:
    """The verdict's sign as a coloured dot: fonts without the sign would show an empty box."""
    return f'<span class="dot {verdict}" role="img" aria-label="{verdict}"></span> '


def inline(pieces: Phrase) -> str:
    """A phrase as HTML: data in <code>, nothing of it as markup."""
    found = []
    for piece in pieces:
        if piece.kind in ("code", "said"):
            text = piece.text if piece.kind == "code" else cut_end(piece.text, 200)
            found.append(f"<code>{html_text(text, 200)}</code>")
        elif piece.kind == "strong":
            found.append(f"<strong>{html_text(piece.text)}</strong>")
        elif piece.kind == "unknown":
            found.append("<em>known after apply</em>")
        else:
            found.append("[secret]" if piece.kind == "secret" else html_text(piece.text))
    return "".join(found)


def _table(report: Report) -> str:
    heads = ("Stack", "Verdict", "Plan", "Disks erased", "Powered off", "Now", "Then", "Change")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    rows = "".join(map(_row, report.stacks)) + (_sum_row(report) if len(report.stacks) > 1 else "")
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(stack: StackReport) -> str:
    cells = [
        f"{dot(stack.verdict)}{inline(stack.word)}",
        html_text(words.plan(stack)),
        inline(_erased(stack)) or "–",
        inline(words.off(stack)) or "–",
    ]
    money = [words.now(stack), words.then(stack), words.change(stack)]
    texts = "".join(f"<td>{cell}</td>" for cell in cells)
    amounts = "".join(f'<td class="money">{html_text(item)}</td>' for item in money)
    name = html_text(stack.stack, 80)
    return f'<tr class="{stack.verdict}"><th scope="row"><code>{name}</code></th>{texts}{amounts}</tr>'


def _sum_row(report: Report) -> str:
    found = words.all_stacks(report)
    texts = "".join(f"<td>{html_text(cell)}</td>" for cell in ("", found.plan, found.erased, found.off))
    money = (found.now, found.then, found.change)
    amounts = "".join(f'<td class="money"><strong>{html_text(item)}</strong></td>' for item in money)
    return f'<tr><th scope="row">all</th>{texts}{amounts}</tr>'


def _catalog(stacks: Sequence[StackReport]) -> str:
    found = moves(stacks)
    names = ["Choice", *(f"Pinned in {stack}" for stack in found.stacks), "Best match today"]
    head = "".join(f'<th scope="col">{html_text(name, 80)}</th>' for name in names)
    rows = "".join(
        f"<tr><td>{inline(move.choice)}</td>{''.join(map(_pin, move.pins))}"
        f"<td>{inline(phrase(code(move.newest))) if move.newest else '–'}</td></tr>"
        for move in found.rows[:MOST_MOVES]
    )
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f"<section><h2>Catalog</h2>{table}</section>" if rows else ""


def _pin(pin: tuple[str | None, str | None] | None) -> str:
    before, after = (phrase(code(item)) if item else phrase("none") for item in pin or (None, None))
    if pin is None or before == after:
        return f"<td>{inline(after) if pin else '–'}</td>"
    return f"<td>{inline(before)} → <strong>{inline(after)}</strong></td>"


def _erased(stack: StackReport) -> Phrase:
    disks, backups = words.erased(stack), words.backups_lost(stack)
    also = phrase("; " if disks else "", "backups of ", listed(backups)) if backups else phrase()
    return phrase(listed(disks), also)


def _findings(title: str, findings: Sequence[Finding], verdicts: Sequence[str]) -> str:
    found = [item for item in findings if item.verdict in verdicts]
    items = [
        f"<li>{dot(item.verdict)}<strong>{inline(item.title)}.</strong> {inline(item.text)}</li>"
        for item in found
    ]
    start = 1 + sum(item.verdict in ("failed", "blocked") for item in findings) if "look" in verdicts else 1
    return f"<section><h2>{title}</h2><ol start='{start}'>{''.join(items)}</ol></section>" if found else ""


def _stack(stack: StackReport) -> str:
    """The picture of a stack, and the same as a table."""
    name = html_text(stack.stack, 80)
    changed = [change for change in stack.changes if change.changed]
    rows = "".join(_change(change) for change in changed)
    heads = "".join(f'<th scope="col">{item}</th>' for item in ("", "Resource", "What", "Effect", "A month"))
    table = (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        if changed
        else "<p>Nothing changes.</p>"
    )
    messages = "".join(
        f"<li>{item.severity}: <code>{html_text(cut_end(item.text, 400))}</code></li>"
        for item in stack.messages[:20]
    )
    return (
        f'<section class="stack"><h2>{dot(stack.verdict)}<code>{name}</code></h2>'
        f"<p>{html_text(words.plan(stack))}, {html_text(words.unchanged(stack))}</p>"
        f'<div class="wide">{picture.stack_picture(stack)}</div>'
        f'<details><summary>The changes as a table</summary><div class="wide">{table}</div></details>'
        + (f"<ul>{messages}</ul>" if messages else "")
        + "</section>"
    )


def _change(change: Change) -> str:
    cells = [words.name(change), words.what(change), words.effect(change)]
    texts = "".join(f"<td>{inline(cell)}</td>" for cell in cells)
    verdict = words.row_verdict(change)
    money = f'<td class="money">{words.month(change)}</td>'
    return f'<tr class="{verdict}"><td>{words.sign(change)}</td>{texts}{money}</tr>'


def _footer(report: Report) -> str:
    told = [
        phrase("Commit ", code(report.commit[:12])) if report.commit else phrase(),
        phrase("run ", code(report.run)) if report.run else phrase(),
        phrase("engine ", code(report.engine)) if report.engine else phrase(),
        phrase("plan ", code(report.plan)),
        phrase("monthly caps by type and region plus backups; no traffic, volumes or tax"),
        phrase(words.LEGEND),
    ]
    return ". ".join(inline(item) for item in told if item) + "."
