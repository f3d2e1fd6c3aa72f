"""One thing wrong with an input, and how a pydantic model comes to say it in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pulumi.output import Unknown
from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import ErrorDetails, PydanticCustomError

from providers.linode.nearest import did_you_mean

TOLD, MISSING, EXTRA, LITERAL = "told", "missing", "extra_forbidden", "literal_error"
SHAPES = {"dict_type": "must be a map", "list_type": "must be a list"}
IN_OUR_WORDS = frozenset({TOLD, MISSING, EXTRA})
REQUIRED = "is required. Next: give it."
KEY = "[key]"
"""The last part of an error's place where a key of a map is wrong."""


class Problem(NamedTuple):
    """One thing wrong with one input: why, and what to do next."""

    field: str
    reason: str


def said(problems: Iterable[Problem]) -> str:
    """In one line, where there is no place for each."""
    return "; ".join(" ".join(problem) for problem in problems)


def wrong(reason: str) -> PydanticCustomError:
    """The error that stands in a model's answer with just this reason."""
    return PydanticCustomError(TOLD, "{reason}", {"reason": reason})


def told(reason: str) -> WrapValidator:
    """For Annotated: whatever is wrong with the value is told so; what stands deeper keeps its own reason.

    A value that is not known yet passes: nothing can be said of it.
    """

    def judge(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, Unknown):
            return value
        try:
            return handler(value)
        except ValidationError as error:
            if all(each["type"] in IN_OUR_WORDS for each in error.errors(include_input=False)):
                raise
            raise wrong(reason) from None

    return WrapValidator(judge)


def problem_of(error: ErrorDetails, words: Mapping[str, frozenset[str]]) -> Problem:
    """An error of a model as a problem. `words`: by input, the names that a misspelt one deep inside may mean."""
    field, *inner = error["loc"]
    place = _place(inner[:-1] if error["type"] == EXTRA else inner)
    return Problem(str(field), f"{place} {_reason(error, words)}".strip())


def _reason(error: ErrorDetails, words: Mapping[str, frozenset[str]]) -> str:
    if error["type"] == TOLD:
        return error["msg"]
    if error["type"] in SHAPES:
        return f"{SHAPES[error['type']]}. Next: correct it."
    if error["type"] == LITERAL:
        allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        near = did_you_mean(str(error.get("input")), allowed)
        return f"must be one of {', '.join(allowed)}{near}. Next: correct it."
    if error["type"] == MISSING:
        return REQUIRED
    if error["type"] == EXTRA:
        field, name = str(error["loc"][0]), str(error["loc"][-1])
        return takes_no(name, words[field])
    return "has not the form that the API takes. Next: correct it."


def takes_no(name: str, known: Iterable[str]) -> str:
    near = did_you_mean(name, {*known} - {name})
    return f"takes no {name!r}{near}. Next: correct the name, or leave it out."


def _place(inner: list[int | str]) -> str:
    """`[0].vpc.subnet_id`; the names of a union's members have a space and belong to no place."""
    if inner[-1:] == [KEY]:
        inner = inner[:-2]
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner if " " not in str(part)]
    return "".join(parts).removeprefix(".")
