"""`python -m fleet settings check|explain|diff|schema`: look at settings without Pulumi, a token or a network."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from providers.linode.nearest import did_you_mean
from stacks import sources
from stacks.errors import BadSettings
from stacks.layers import LINODE_SPACE, PROJECT_SPACE, Layer, Path_, dotted, leaves
from stacks.settings import Guards, Settings, parse

SCHEMA = sources.FOLDER / "settings.schema.json"


def main(arguments: tuple[str, ...]) -> int:
    """Run one of the commands. Raises BadSettings."""
    parser = argparse.ArgumentParser(prog="python -m fleet settings")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in COMMANDS.items():
        command = commands.add_parser(name, help=run.__doc__)
        command.add_argument("stacks", nargs="*", help="environments; all where none is named")
        command.set_defaults(run=run)
    options = parser.parse_args(list(arguments))
    known = sources.environments()
    for stack in options.stacks:
        if stack not in known:
            raise BadSettings(
                f"there is no environment '{stack}'{did_you_mean(stack, known)}. Next: use one of {', '.join(known)}."
            )
    options.run(options.stacks or known)
    return 0


def check(stacks: list[str]) -> None:
    """Say everything that is wrong with the settings of these environments."""
    found = {stack: problem_of(stack) for stack in stacks}
    for stack, problem in found.items():
        if problem is None:
            print(f"{stack}: valid")
    if problems := [problem for problem in found.values() if problem]:
        raise BadSettings("\n".join(problems))


def problem_of(stack: str) -> str | None:
    """What is wrong with an environment's settings, a line each; None if nothing."""
    try:
        parse(sources.of_files(stack), stack)
    except BadSettings as error:
        return str(error)
    return None


def explain(stacks: list[str]) -> None:
    """Show every value and where it comes from."""
    for stack in stacks:
        table = _table(stack, "value", "from")
        for path, value, origin in explained(stack, sources.of_files(stack)):
            table.add_row(dotted(path), _plain(value), origin)
        _print(table)


def explained(stack: str, layer: Layer) -> list[tuple[Path_, object, str]]:
    """(key path, value, place or "default") of everything that holds for a stack. Raises BadSettings."""
    return [
        (
            path,
            value,
            str(layer.places.get(path) or layer.place_of(path) if _is_set(path, layer) else "default"),
        )
        for path, value in sorted(resolved(stack, layer).items(), key=lambda item: dotted(item[0]))
    ]


def resolved(stack: str, layer: Layer) -> dict[Path_, object]:
    """Every single value that holds for a stack, by key path, with the model's defaults. Raises BadSettings."""
    dumped = parse(layer, stack).model_dump(mode="json", by_alias=True, exclude_none=True)
    spaces: dict[str, object] = {f"{PROJECT_SPACE}{key}": value for key, value in dumped.items()}
    spaces |= {key: value for key, value in layer.values.items() if key.startswith(LINODE_SPACE)}
    return {path: value for path, value in leaves(spaces) if value not in ([], {})}


def _is_set(path: Path_, layer: Layer) -> bool:
    at: object = layer.values
    for part in path:
        if not isinstance(at, Mapping) or part not in at:
            return False
        at = at[part]
    return True


def diff(stacks: list[str]) -> None:
    """Show what differs between two environments."""
    if len(stacks) != 2:
        raise BadSettings("settings diff takes two environments. Next: settings diff dev prod.")
    one, other = stacks
    table = _table("setting", one, other)
    for path, left, right in differences(
        resolved(one, sources.of_files(one)), resolved(other, sources.of_files(other))
    ):
        table.add_row(dotted(path), _plain(left), _plain(right))
    _print(table)


def differences(
    one: Mapping[Path_, object], other: Mapping[Path_, object]
) -> list[tuple[Path_, object, object]]:
    """(key path, value here, value there) where they differ; None where a value is missing."""
    paths = sorted({*one, *other}, key=dotted)
    return [(path, one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)]


def schema(_: list[str]) -> None:
    """Write the JSON schema that editors check the files with."""
    SCHEMA.write_text(schema_text())
    print(f"{SCHEMA.name}: written")


def schema_text() -> str:
    """The JSON schema of a stack's file: common.yaml's values may be left out, so nothing is required."""
    made = Settings.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    for definition in definitions.values():
        definition.pop("required", None)
    spaces = {f"{PROJECT_SPACE}{key}": value for key, value in made["properties"].items()}
    text = {"type": "string"}
    secret = {"anyOf": [text, {"type": "object", "properties": {"secure": text}}]}
    spaces |= {"linode:token": secret, "linode:url": text, "linode:account": text}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of a stack",
        "type": "object",
        "properties": {
            "config": {"type": "object", "properties": spaces, "additionalProperties": False},
            "encryptionsalt": text,
        },
        "$defs": definitions,
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def guards_json(stack: str, layer: Layer) -> dict[str, object]:
    """The guards with the place of each, as the report reads them. Raises BadSettings."""
    guards: Guards = parse(layer, stack).guards
    found: dict[str, object] = {}
    for key, value in guards.model_dump(mode="json", exclude_none=True).items():
        place = layer.place_of((f"{PROJECT_SPACE}guards", key))
        found[key] = {"value": value, **({"file": place.file, "line": place.line} if place else {})}
    return found


def _print(table: Table) -> None:
    """Whole values, however narrow the terminal: it wraps them better than a table can."""
    console = Console()
    Console(width=max(console.width, 140)).print(table)


def _table(first: str, *others: str) -> Table:
    """Columns for a terminal; the first is never cut, so that it can be copied."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, overflow="fold")
    return table


def _plain(value: object) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)


COMMANDS: Mapping[str, Callable[[list[str]], None]] = {
    "check": check,
    "diff": diff,
    "explain": explain,
    "schema": schema,
}
