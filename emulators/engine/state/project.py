"""The project: Pulumi.yaml, which stack is selected, and where the program's Python is.

Read: ``name``, ``main``, ``runtime`` (python, ``virtualenv``), ``stackConfigDir`` (or ``config``, a folder),
``config`` with defaults, ``backend.url``. ``requiredPulumiVersion`` is about the real command line: ignored.
Source: Pulumi's project file reference and ``pkg/workspace``.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.state.files import home, read_json_object, write_atomically
from emulators.engine.values import Json


@dataclass(frozen=True)
class Project:
    """What Pulumi.yaml says."""

    name: str
    file: Path
    main: str
    options: Json
    config_folder: Path
    config: Json
    backend_url: str | None

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def program_folder(self) -> Path:
        """Where program and provider run."""
        return self.program.parent if self.program.is_file() else self.program

    @property
    def program(self) -> Path:
        """What is run: a folder with ``__main__.py``, or a file."""
        return (self.folder / self.main).resolve()

    def stack_file(self, stack: str) -> Path:
        return self.config_folder / f"Pulumi.{stack}.yaml"

    def python(self) -> str:
        """The virtualenv's Python if there is one, else the one that runs this engine."""
        folder = self.options.get("virtualenv")
        candidates = [self.folder / str(folder) / name for name in ("bin/python", "Scripts/python.exe")]
        return next((str(path) for path in candidates if folder and path.exists()), sys.executable)


def find(start: Path) -> Project:
    """The project of a folder or of one above it. Raises EngineError."""
    for folder in (start, *start.parents):
        for name in ("Pulumi.yaml", "Pulumi.yml"):
            if (folder / name).is_file():
                return load(folder / name)
    raise EngineError(
        f"no Pulumi.yaml project file found (searching upwards from {start}). "
        "Next: run this in the project's folder, or pass --cwd"
    )


def load(file: Path) -> Project:
    document = read_yaml(file)
    name, options = document.get("name"), _runtime_options(file, document.get("runtime"))
    if not name:
        raise EngineError(f"{file}: project is missing a 'name' attribute")
    config = document.get("config") or {}
    config_folder = document.get("stackConfigDir") or (config if isinstance(config, str) else "")
    return Project(
        name=str(name),
        file=file,
        main=str(document.get("main") or "."),
        options=options,
        config_folder=file.parent / str(config_folder),
        config=config if isinstance(config, dict) else {},
        backend_url=(document.get("backend") or {}).get("url"),
    )


def _runtime_options(file: Path, runtime: Any) -> Json:
    name = runtime.get("name") if isinstance(runtime, dict) else runtime
    if name != "python":
        raise NotSupported(f"{file}: runtime '{name}'", "python")
    return dict(runtime.get("options") or {}) if isinstance(runtime, dict) else {}


class _Yaml(yaml.SafeLoader):
    """As the real engine reads it: ``yes``, ``=`` and ``12:30`` are words, ``1e3`` is a number, a date Go's text of a
    time.
    """


TAG = "tag:yaml.org,2002:"
PLAIN = {
    "bool": "true|True|TRUE|false|False|FALSE",
    "int": "[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)",
    "float": r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?",
    "timestamp": (
        r"(\d{4}-\d\d?-\d\d?)"
        r"([Tt](\d\d?:\d\d?:\d\d?)(\.\d+)?(Z|[-+]\d\d:\d\d)| (\d\d?:\d\d?:\d\d?)(\.\d+)?)?"
    ),
}
_Yaml.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if tag.removeprefix(TAG) not in (*PLAIN, "value")]
    for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for kind, pattern in PLAIN.items():
    _Yaml.add_implicit_resolver(TAG + kind, re.compile(f"({pattern})$"), list("tTfF-+.0123456789"))


def _integer(loader: _Yaml, node: yaml.ScalarNode) -> int | float | str:
    """As a float where it is larger than 64 bits; the text where it is no number after all."""
    text = str(node.value).replace("_", "").replace("0o", "0")
    try:
        found = int(loader.construct_yaml_int(yaml.ScalarNode(node.tag, text)))
    except ValueError:  # 089 is not octal, and 0x_ is none at all
        if not text.lstrip("+-").isdigit():
            return str(node.value)
        found = int(text)
    return found if -(2**63) <= found < 2**64 else float(found)


def _float(loader: _Yaml, node: yaml.ScalarNode) -> float | str:
    """A number, or the text where it is larger than any."""
    found = float(loader.construct_yaml_float(node))
    return str(node.value) if math.isinf(found) else found


def _time(_: _Yaml, node: yaml.ScalarNode) -> str:
    """What only looks like a moment stays as it is."""
    text = str(node.value)
    found = re.fullmatch(PLAIN["timestamp"], text)
    assert found is not None  # noqa: S101 - for the type checker: it was resolved by this pattern
    day, _rest, with_zone, of_second, zone, in_utc, of_utc = found.groups()
    try:
        moment = datetime.strptime(f"{day} {with_zone or in_utc or '0:0:0'}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text
    fraction = (of_second or of_utc or "").rstrip("0").rstrip(".")
    offset = (zone or "Z").replace("Z", "+0000").replace(":", "")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {offset} {'UTC' if offset == '+0000' else offset}"


_Yaml.add_constructor(TAG + "int", _integer)
_Yaml.add_constructor(TAG + "float", _float)
_Yaml.add_constructor(TAG + "timestamp", _time)

MOST_VALUES = 100_000
"""Of one file, with what its aliases repeat."""


def read_yaml(file: Path) -> Json:
    """The mapping in a YAML file, empty if there is none. Raises EngineError with the place of a mistake."""
    if not file.exists():
        return {}
    try:
        loader = _Yaml(file.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        _check(root, file)
        document = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, RecursionError) as error:
        raise EngineError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise EngineError(f"{file} is not a mapping")
    return document


def _check(root: yaml.Node | None, file: Path) -> None:
    """Raise EngineError for what the real engine refuses: a key that a map has twice, aliases that repeat too much."""
    waiting, seen = [root] if root else [], 0
    while waiting:
        node, seen = waiting.pop(), seen + 1
        if seen > MOST_VALUES:
            raise EngineError(f"{file} is not YAML: document contains excessive aliasing")
        if isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode):
                    if first := lines.get(key.value):
                        twice = f'mapping key "{key.value}" already defined at line {first}'
                        raise EngineError(f"{file} is not YAML: line {line}: {twice}")
                    lines[key.value] = line
                waiting += (key, value)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def plain_name(stack: str, project: Project) -> str:
    """The stack's own name, of ``dev``, ``<project>/dev`` or ``organization/<project>/dev``."""
    parts = stack.split("/")
    if len(parts) > 3 or (len(parts) == 3 and parts[0] != "organization"):
        raise EngineError(f"could not parse stack name '{stack}'; the organization here is 'organization'")
    if len(parts) > 1 and parts[-2] != project.name:
        raise EngineError(f"stack '{stack}' is of another project than '{project.name}'")
    name = parts[-1]
    if not name or not all(c.isalnum() or c in "-_." for c in name):
        raise EngineError(
            f"invalid stack name '{name}': only letters, digits, hyphens, underscores and periods are allowed"
        )
    return name


def _workspace_file(project: Project) -> Path:
    digest = hashlib.sha1(str(project.file).encode(), usedforsecurity=False).hexdigest()
    return home() / "workspaces" / f"{project.name}-{digest}-workspace.json"


def selected_stack(project: Project, backend_url: str) -> str | None:
    """PULUMI_STACK, else what ``stack select`` wrote for this project and backend, by either engine."""
    if stack := os.environ.get("PULUMI_STACK"):
        return plain_name(stack, project)
    workspace = read_json_object(_workspace_file(project))
    name = (workspace.get("stacks") or {}).get(backend_url) or workspace.get("stack")
    return plain_name(name, project) if name else None


def select_stack(project: Project, backend_url: str, stack: str | None) -> None:
    workspace = read_json_object(_workspace_file(project))
    stacks = {key: value for key, value in (workspace.get("stacks") or {}).items() if key != backend_url}
    if stack is not None:
        stacks[backend_url] = f"organization/{project.name}/{stack}"
    workspace.pop("stack", None)
    workspace["stacks"] = stacks
    text = json.dumps(workspace, indent=4)
    write_atomically(_workspace_file(project), text.encode(), durable=False)
