from __future__ import annotations

import ast
import sys
from pathlib import Path

import fleet.report

FOLDER = Path(next(iter(fleet.report.__path__)))
FILES = sorted(FOLDER.rglob("*.py"))
LIBRARIES = {"click", "jinja2", "markupsafe", "pydantic_core", "pydantic", "requests", "rich"}


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_the_report_imports_itself_and_libraries_only() -> None:
    known = LIBRARIES | set(sys.stdlib_module_names)

    wrong = {
        f"{path.relative_to(FOLDER)}: {name}"
        for path in FILES
        for name in imported(path)
        if name.partition(".")[0] not in known and name.split(".")[:2] != ["fleet", "report"]
    }

    assert wrong == set()


def test_only_one_file_sends_requests() -> None:
    assert [path.stem for path in FILES if "requests" in imported(path)] == ["http"]
