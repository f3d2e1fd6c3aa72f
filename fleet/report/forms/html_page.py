"""The report as one HTML page: no script, nothing fetched, pictures as SVG inside."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fleet.report.escaping import MESSAGE, cut, cut_end, html_text, visible
from fleet.report.forms import pictures, words
from fleet.report.forms.redacting import redacted
from fleet.report.judge.heading import by_verdict
from fleet.report.masking import swept
from fleet.report.model import Report, StackReport
from fleet.report.phrases import Phrase, code, joined, phrase, plain

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Whatever the branch puts into a name, a browser fetches and runs nothing."""

WHOLE = 40
"""Characters of a name that is never broken in a table."""

TEMPLATES = Path(__file__).with_name("templates")
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")


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
        f"<style>\n{STYLE}</style>",
        "</head>",
    ]
    body = _environment().get_template("body.html").render(report=report, footer=_footer(report))
    return "\n".join([*head, swept(body, secrets), "</html>"]) + "\n"


def stack_picture(stack: StackReport) -> str:
    return str(_environment().get_template("pictures.svg").module.stack_picture(stack))  # type: ignore[attr-defined]  # a macro


def inline(pieces: Phrase) -> Markup:
    """A phrase as HTML: data in <code>, nothing of it as markup."""
    found = []
    for piece in pieces:
        if piece.kind in ("code", "said"):
            text = cut(piece.text, 200) if piece.kind == "code" else cut_end(piece.text, MESSAGE)
            kind = ' class="long"' if len(text) > WHOLE else ""
            found.append(f"<code{kind}>{html_text(text)}</code>")
        elif piece.kind == "strong":
            found.append(f"<strong>{html_text(piece.text)}</strong>")
        elif piece.kind == "break":
            found.append("<br>")
        elif piece.kind == "unknown":
            found.append("<em>known after apply</em>")
        else:
            text = html_text(piece.text).replace(" →", "\N{NO-BREAK SPACE}→")  # which begins no line
            found.append("[secret]" if piece.kind == "secret" else text)
    return Markup("".join(found))  # noqa: S704 - each part is escaped


def environment(finalize: Callable[[object], object]) -> Environment:
    """Templates that escape what they put out, after `finalize` had it; what is not there is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=finalize,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


@functools.cache
def _environment() -> Environment:
    found = environment(lambda value: visible(value) if type(value) is str else value)
    found.filters.update(inline=inline, cut=cut, cut_end=cut_end, code=lambda text: inline((code(text),)))
    found.globals.update(
        words=words, by_verdict=by_verdict, picture=pictures.picture, chart=pictures.chart, curves=pictures.curves,
        ROW=pictures.ROW, BARS=pictures.BARS, CURVE=pictures.CURVE,
    )  # fmt: skip
    return found


def _footer(report: Report) -> list[Phrase]:
    sources = (("commit ", report.commit[:7]), ("run ", report.run), ("engine ", report.engine))
    made = [phrase(what, code(name)) for what, name in sources if name]
    told = [
        phrase("Made from ", joined(made, ", ")) if made else phrase(),
        words.BY_THE_STATE if any(map(words.is_blind, report.stacks)) else phrase(),
        phrase("Prices are monthly caps by type and region plus backups; no traffic or tax"),
        phrase(words.legend(report)),
    ]
    return [item for item in told if item]
