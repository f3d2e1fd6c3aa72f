"""A page's tags, for what has to be in it and what must not."""

from __future__ import annotations

from html.parser import HTMLParser


class Tags(HTMLParser):
    """`found`: each with its attributes, in the order of the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
