"""docs/README.md leads to every document, once."""

from __future__ import annotations

import re

from providers.linode.project import PROJECT


def test_every_document_is_in_the_contents() -> None:
    docs = PROJECT / "docs"

    links = re.findall(r"\]\(([\w-]+\.md)\)", (docs / "README.md").read_text())

    assert sorted(links) == sorted(file.name for file in docs.glob("*.md") if file.name != "README.md")
