from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import fleet.report

FILES = sorted(Path(next(iter(fleet.report.__path__))).rglob("*.py"))
LIBRARIES = {"pydantic", "requests", "rich", "fleet"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_report_imports_itself_and_libraries_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip

    assert names - set(sys.stdlib_module_names) <= LIBRARIES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_one_file_sends_requests(path: Path) -> None:
    assert ("import requests" in path.read_text(encoding="utf-8")) == (path.stem == "http")
