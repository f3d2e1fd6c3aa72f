"""The report as it may leave: every text in it masked by itself, and then cut if it is very long.

This is where values enter the outputs. The hash of a plan is made before, so it does not hang on what is masked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import get_args

from pydantic_core import PydanticSerializationError

from fleet.report import model
from fleet.report.forms.once import once
from fleet.report.judge.paths import LONGEST, shortened
from fleet.report.masking import holds_any, mask
from fleet.report.model import LABEL_NAMES, Report
from fleet.report.phrases import Kind
from fleet.report.read import files, steps

_TEXTS = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
OUR_WORDS = frozenset(
    word
    for choice in (
        model.Op, model.Certainty, model.Likelihood, model.SourceChange, files.Level, files.Destroyed, model.Verdict,
        model.GuardState, model.ValueKind, model.PathKind, model.Form, model.OutputState, steps.Severity, Kind,
    )
    for word in get_args(choice)
) | frozenset(LABEL_NAMES)  # fmt: skip
"""Words that the records themselves are made of. A secret that is one of them can't be told from it."""


def redacted(report: Report, secrets: Sequence[str] = ()) -> Report:
    """The report itself where nothing has to be masked or cut. Every form asks; each report is looked through once."""
    return _redacted(report, tuple(secrets))


@once
def _redacted(report: Report, secrets: tuple[str, ...]) -> Report:
    """Its JSON, which is quick to make, tells whether there is anything."""
    try:
        told = set(_TEXTS.findall(report.model_dump_json()))
        if max(map(len, told)) <= LONGEST and not holds_any('"'.join(told), secrets):
            return report
    except PydanticSerializationError:  # half a character, which no JSON can hold
        pass
    content = report.model_dump()
    found = _texts(content) - OUR_WORDS
    shown = {text: new for text in found if (new := shortened(mask(text, secrets))) != text}
    return Report.model_validate(_replaced(content, shown), strict=False) if shown else report


def _texts(content: object) -> set[str]:
    found: set[str] = set()
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
    return found


def _replaced(value: object, shown: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return shown.get(value, value)
    if isinstance(value, Mapping):
        return {key: _replaced(part, shown) for key, part in value.items()}
    return [_replaced(part, shown) for part in value] if isinstance(value, (list, tuple)) else value
