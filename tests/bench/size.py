"""How large the product is and how its parts depend on each other, read from its text.

An entry is a module or folder that lies directly in a package; an arrow says that one entry imports another; the floors
are the longest chain of arrows, with entries that import each other in a circle counted as one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PRODUCT = ("providers", "stacks", "fleet", "emulators")
PROVIDER = "providers/linode"
INPUT = "firewall_id"
SMALL = 80
"""Lines; a smaller module that one sibling alone imports was split off for its size."""
SIMPLE_KINDS = ("ssh_key", "firewall", "volume")

Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class Module:
    """A file of the product; `name` as Python imports it."""

    name: str
    path: str
    text: str

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def named_in_imports(self) -> Iterator[str]:
        """Every dotted name that an import could mean: `from a import b` is a.b or a."""
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = self.package.split(".")[: -(node.level - 1) or None] if node.level else []
                source = ".".join([*above, *filter(None, [node.module])])
                yield from (f"{source}.{alias.name}" for alias in node.names)


class Tree:
    """The modules of a project's product folders, and which of them imports which."""

    def __init__(self, root: Path) -> None:
        paths = sorted(path for folder in PRODUCT for path in (root / folder).rglob("*.py"))
        found = (_module(path, root) for path in paths)
        self.modules = {module.name: module for module in found}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """Module → the modules that it imports."""
        return {
            name: {target for word in module.named_in_imports() if (target := self._meant(word))} - {name}
            for name, module in self.modules.items()
        }

    @cached_property
    def importers(self) -> dict[str, set[str]]:
        """Module → the modules that import it."""
        return _turned(self.imports)

    def within(self, folder: str) -> list[Module]:
        """All modules in a folder, at any depth."""
        return [each for each in self.modules.values() if each.path.startswith(f"{folder}/")]

    def lines(self, folder: str) -> int:
        return sum(module.lines for module in self.within(folder))

    def folders(self) -> list[str]:
        """The product's folders and the folders directly in them."""
        parts = (module.path.split("/") for module in self.modules.values())
        return sorted({"/".join(part[:depth]) for part in parts for depth in (1, 2) if len(part) > depth})

    def entries(self, folder: str) -> Graph:
        """Entry of a package → the other entries that it imports; `__main__`, which nobody can import, is none."""
        prefix = folder.replace("/", ".") + "."

        def entry(name: str) -> str:
            return name.removeprefix(prefix).partition(".")[0]

        graph: dict[str, set[str]] = {}
        for name, targets in self.imports.items():
            if name.startswith(prefix) and entry(name) != "__main__":
                others = {entry(target) for target in targets if target.startswith(prefix)}
                graph.setdefault(entry(name), set()).update(others - {entry(name)})
        return graph

    def naming(self, word: str) -> list[str]:
        """The files in which a name occurs."""
        whole = re.compile(rf"\b{re.escape(word)}\b")
        return [module.path for module in self.modules.values() if whole.search(module.text)]

    def split_off(self, most_lines: int = SMALL) -> list[Module]:
        """Small modules that nobody imports but one module of the same folder."""
        return [
            module
            for name, module in self.modules.items()
            if module.lines < most_lines and not module.is_package and not name.endswith("__main__")
            if len(users := self.importers.get(name, set())) == 1
            if all(self.modules[user].package == module.package for user in users)
        ]

    def _meant(self, name: str) -> str | None:
        """The module that an imported name is, or lies in."""
        while name and name not in self.modules:
            name = name.rpartition(".")[0]
        return name or None


def floors(graph: Graph) -> int:
    """The longest chain, with circles taken as one."""
    reached = {start: _reachable(graph, start) for start in graph}
    heights: dict[str, int] = {}

    def height(node: str) -> int:
        if node not in heights:
            circle = {other for other in reached[node] if node in reached[other]} | {node}
            below = {target for each in circle for target in graph[each]} - circle
            found = 1 + max((height(each) for each in below), default=0)
            heights.update(dict.fromkeys(circle, found))
        return heights[node]

    return max((height(node) for node in graph), default=0)


def arrows(graph: Graph) -> int:
    return sum(map(len, graph.values()))


def measured(root: Path) -> list[str]:
    """The measures as lines of text, with what is to be reached."""
    tree = Tree(root)
    graph = tree.entries(PROVIDER)
    naming = tree.naming(INPUT)
    total = sum(module.lines for module in tree.modules.values())
    kinds = [
        f"  {module.lines:>6}  {module.path}"
        for module in tree.within(f"{PROVIDER}/resources")
        if module.path.rpartition("/")[2].removesuffix(".py") in SIMPLE_KINDS
    ]
    apart = tree.split_off()
    packages = sorted({module.package for module in apart})
    return [
        f"product lines: {total} in {len(tree.modules)} files (to reach: at most 31000)",
        *(
            f"  {tree.lines(folder):>6}  {'  ' * folder.count('/')}{folder.rpartition('/')[2]}"
            for folder in tree.folders()
        ),
        f"{PROVIDER}: {len(graph)} entries side by side (12), {floors(graph)} floors (8), {arrows(graph)} arrows (40)",
        *(f"  {name} → {', '.join(sorted(graph[name])) or '-'}" for name in sorted(graph)),
        f"product files that name {INPUT}: {sum(not path.startswith('emulators/') for path in naming)} (4), "
        f"with the emulators {len(naming)}",
        *(f"  {path}" for path in naming),
        "lines of a simple kind (SSHKey 60, Firewall and Volume 150):",
        *(kinds or ["  there is none yet"]),
        f"modules under {SMALL} lines that one sibling alone imports: {len(apart)}, "
        f"of these in {PROVIDER} {sum(module.path.startswith(PROVIDER) for module in apart)} (3)",
        *(
            f"  {package}: {', '.join(m.name.rpartition('.')[2] for m in apart if m.package == package)}"
            for package in packages
        ),
    ]


def run(root: Path) -> None:
    print("\n".join(measured(root)))


def _module(path: Path, root: Path) -> Module:
    relative = path.relative_to(root)
    parts = relative.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, relative.as_posix(), path.read_text(encoding="utf-8"))


def _turned(graph: Graph) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {}
    for source, targets in graph.items():
        for target in targets:
            turned.setdefault(target, set()).add(source)
    return turned


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    left = [start]
    while left:
        for target in graph[left.pop()] - found:
            found.add(target)
            left.append(target)
    return found
