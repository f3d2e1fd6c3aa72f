"""What `make bench ARGS=size` counts, on a small tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.size import Tree, arrows, floors, measured

FILES = {
    "providers/__init__.py": "",
    "providers/linode/__init__.py": "from providers.linode.provider import Provider\n",
    "providers/linode/__main__.py": "from providers.linode import provider\n",
    "providers/linode/provider.py": "import providers.linode.core.check\nfrom providers.linode.api import get\n",
    "providers/linode/api/__init__.py": "",
    "providers/linode/api/get.py": "import json\n",
    "providers/linode/core/__init__.py": "",
    "providers/linode/core/check.py": "from . import rules\nfrom ..api.get import fetch\n\nfirewall_id = 1\n",
    "providers/linode/core/rules.py": "def late():\n    from providers.linode.resources import ssh_key\n",
    "providers/linode/resources/__init__.py": "",
    "providers/linode/resources/ssh_key.py": "from providers.linode.core import check\n",
    "emulators/__init__.py": "",
    "emulators/api.py": "firewall_id = my_firewall_id = 2\n",
    "emulators/other.py": "my_firewall_id = 3\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_lines_are_counted_of_every_folder(root: Path) -> None:
    tree = Tree(root)

    assert {folder: tree.lines(folder) for folder in tree.folders()} == {
        "providers": 12,
        "providers/linode": 12,
        "emulators": 2,
    }


def test_an_arrow_is_an_import_however_it_is_written_and_wherever_it_stands(root: Path) -> None:
    graph = Tree(root).entries("providers/linode")

    assert graph == {
        "api": set(),
        "core": {"api", "resources"},
        "provider": {"api", "core"},
        "resources": {"core"},
    }
    assert arrows(graph) == 5


@pytest.mark.parametrize(
    ("graph", "count"),
    [
        ({}, 0),
        ({"a": set(), "b": set()}, 1),
        ({"a": {"b"}, "b": {"c"}, "c": set(), "d": {"c"}}, 3),
        ({"a": {"b"}, "b": {"a"}}, 1),
        ({"top": {"a"}, "a": {"b"}, "b": {"a", "low"}, "low": set()}, 3),
    ],
)
def test_floors_are_the_longest_chain_with_circles_taken_as_one(
    graph: dict[str, set[str]], count: int
) -> None:
    assert floors(graph) == count


def test_a_name_is_found_whole(root: Path) -> None:
    assert sorted(Tree(root).naming("firewall_id")) == ["emulators/api.py", "providers/linode/core/check.py"]


def test_a_small_module_with_one_sibling_as_its_only_user_is_found(root: Path) -> None:
    tree = Tree(root)

    assert [module.name for module in tree.split_off()] == ["providers.linode.core.rules"]
    assert tree.split_off(most_lines=2) == []


def test_the_measures_name_the_kinds_that_are_there(root: Path) -> None:
    said = "\n".join(measured(root))

    assert "product lines: 14 in 14 files" in said
    assert "4 entries side by side (12), 3 floors (8), 5 arrows (40)" in said
    assert "       1  providers/linode/resources/ssh_key.py" in said
