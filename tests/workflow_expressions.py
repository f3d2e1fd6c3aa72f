"""The expressions of workflow files, as far as ours go: paths, texts, == != ! && ||, and a few functions.

Source: GitHub's page on expressions. A path that is not in the table is an empty text, as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][\w.*\[\]-]*|==|!=|&&|\|\||[!(),])")
_HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def filled(text: str, table: Mapping[str, Any]) -> str:
    """A text with every `${{ … }}` replaced."""
    return _HOLE.sub(lambda match: shown(value_of(match.group(1), table)), text)


def evaluated(text: object, table: Mapping[str, Any]) -> Any:
    """A YAML value: the expression's own value where it is nothing else, a filled text elsewhere."""
    if not isinstance(text, str):
        return text
    whole = _HOLE.fullmatch(text.strip())
    return value_of(whole.group(1), table) if whole else filled(text, table)


def holds(condition: object, table: Mapping[str, Any]) -> bool:
    """An `if`; without a function of the status it also wants success, as there."""
    if condition is None:
        return bool(table["status"]["success"])
    text = str(condition).strip()
    whole = _HOLE.fullmatch(text)
    inner = whole.group(1) if whole else text
    value = bool(value_of(inner, table))
    asks = re.search(r"\b(always|failure|success|cancelled)\(\)", inner)
    return value and (bool(asks) or bool(table["status"]["success"]))


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def value_of(expression: str, table: Mapping[str, Any]) -> Any:
    tokens = _TOKEN.findall(expression)
    assert "".join(tokens) == re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", expression), expression
    value, rest = _either(tokens, table)
    assert not rest, f"{expression}: {rest} is left"
    return value


Tokens = Sequence[str]


def _either(tokens: Tokens, table: Mapping[str, Any]) -> tuple[Any, Tokens]:
    value, rest = _both(tokens, table)
    while rest and rest[0] == "||":
        other, rest = _both(rest[1:], table)
        value = value or other
    return value, rest


def _both(tokens: Tokens, table: Mapping[str, Any]) -> tuple[Any, Tokens]:
    value, rest = _compared(tokens, table)
    while rest and rest[0] == "&&":
        other, rest = _compared(rest[1:], table)
        value = value and other
    return value, rest


def _compared(tokens: Tokens, table: Mapping[str, Any]) -> tuple[Any, Tokens]:
    value, rest = _single(tokens, table)
    if rest and rest[0] in ("==", "!="):
        other, after = _single(rest[1:], table)
        return (value == other) == (rest[0] == "=="), after
    return value, rest


def _single(tokens: Tokens, table: Mapping[str, Any]) -> tuple[Any, Tokens]:
    first, rest = tokens[0], tokens[1:]
    if first == "!":
        value, rest = _single(rest, table)
        return not value, rest
    if first == "(":
        value, rest = _either(rest, table)
        return value, rest[1:]
    if first.startswith("'"):
        return first[1:-1].replace("''", "'"), rest
    if rest and rest[0] == "(":
        arguments, rest = _arguments(rest[1:], table)
        return _called(first, arguments, table), rest
    return _looked_up(first, table), rest


def _arguments(tokens: Tokens, table: Mapping[str, Any]) -> tuple[list[Any], Tokens]:
    found: list[Any] = []
    while tokens[0] != ")":
        value, tokens = _either(tokens, table)
        found.append(value)
        tokens = tokens[1:] if tokens[0] == "," else tokens
    return found, tokens[1:]


def _called(name: str, arguments: list[Any], table: Mapping[str, Any]) -> Any:
    if name == "fromJSON":
        return json.loads(arguments[0])
    if name == "contains":
        return arguments[1] in (arguments[0] or [])
    if name == "always":
        return True
    return table["status"][name]


def _looked_up(path: str, table: Mapping[str, Any]) -> Any:
    at: Any = table
    for part in re.findall(r"[^.\[\]]+", path):
        if part == "*":
            continue
        if isinstance(at, list) and part.isdigit():
            at = at[int(part)] if int(part) < len(at) else ""
        elif isinstance(at, list):
            at = [row.get(part) for row in at]
        else:
            at = at.get(part, "") if isinstance(at, Mapping) else ""
    return at
