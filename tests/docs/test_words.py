"""One word for one thing, in documents and in what the product says."""

from __future__ import annotations

import re

from providers.linode.project import PROJECT

FOREIGN = re.compile(r"\banew\b|changed outside|\bgoes through\b|makes it anew")
"""Recreated, rebuilt, drifted and passes are the words."""

SOURCES = ("*.md", "docs/*.md", "fleet/**/*", "stacks/**/*", "providers/**/*", ".github/**/*", "Makefile")
SUFFIXES = ("", ".py", ".md", ".yml", ".yaml", ".html", ".svg", ".css")


def test_what_is_recreated_rebuilt_or_drifted_is_called_so() -> None:
    files = {
        file
        for pattern in SOURCES
        for file in PROJECT.glob(pattern)
        if file.suffix in SUFFIXES and file.is_file()
    }
    found = {
        f"{file.relative_to(PROJECT)}: {word[0]}"
        for file in files
        for word in FOREIGN.finditer(file.read_text())
    }

    assert len(files) > 100
    assert not found
