"""A report's Markdown, parsed as the code host does it."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token


def parsed(text: str) -> list[Token]:
    return (
        MarkdownIt("commonmark", {"html": True, "linkify": False})
        .enable(["table", "strikethrough"])
        .parse(text)
    )


def tables(text: str, *, raw: bool = False) -> list[list[list[str]]]:
    """Each table as rows of cells, a cell as its inline source; blanks and line ends are one space unless it is raw."""
    found: list[list[list[str]]] = []
    in_cell = False
    for token in parsed(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("td_open", "th_open"):
            in_cell = True
        elif token.type in ("td_close", "th_close"):
            in_cell = False
        elif token.type == "inline" and in_cell:
            found[-1][-1].append(token.content if raw else spaced(token.content))
    return found


def spaced(text: str) -> str:
    """Without what only keeps columns wide and lines whole."""
    return re.sub(r"(?:\u2007|&numsp;)+", "", text.replace("\u00a0", " ").replace("<br>", " "))


def flat(text: str) -> list[Token]:
    tokens: list[Token] = []
    for token in parsed(text):
        tokens.append(token)
        tokens += token.children or []
    return tokens


def outside_code(text: str) -> str:
    """All texts that are neither in a code span nor HTML: where a mention would count."""
    return "\n".join(token.content for token in flat(text) if token.type == "text")


def html(text: str) -> list[str]:
    return [token.content for token in flat(text) if token.type in ("html_block", "html_inline")]
