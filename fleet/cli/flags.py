"""Options of the commands that are criteria: declared once, read from the call, printed as code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from fleet.cli.asking import Completer
from providers.linode.api.errors import BadFilter
from providers.linode.catalogs import Criteria

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
CriteriaT = TypeVar("CriteriaT", bound=Criteria)


class Usd(click.ParamType[float]):
    """US dollars: 40, $40, 40USD. Another currency is refused, because nobody converts it."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        amount = re.fullmatch(
            r"(?:USD|US\$|\$)?\s*(\d+(?:\.\d+)?)\s*(?:USD|\$)?", str(value).strip(), re.IGNORECASE
        )
        if amount is None:
            self.fail(f"{value!r} is no price in US dollars: give a number, such as 40", param, ctx)
        return float(amount[1])


class Megabytes(click.ParamType[int]):
    """MB, or GB if it says so: 4096, 4GB."""

    name = "mb"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        size = re.fullmatch(r"(\d+)\s*(MB?|GB?)?", str(value).strip(), re.IGNORECASE)
        if size is None:
            self.fail(f"{value!r} is no size: give MB, such as 4096, or 4GB", param, ctx)
        return int(size[1]) * (1024 if (size[2] or "").upper().startswith("G") else 1)


class Point(click.ParamType[tuple[float, float]]):
    """Latitude and longitude in degrees: 52.5,13.4."""

    name = "lat,lon"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        point = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", str(value))
        if point is None:
            self.fail(f"{value!r} is no place: give latitude and longitude, such as 52.5,13.4", param, ctx)
        return float(point[1]), float(point[2])


@dataclass(frozen=True)
class Flag:
    """An option that sets one criterion. Its `kind` is a click type, or bool for one without a value."""

    name: str
    criterion: str
    help: str
    kind: Any = str
    many: bool = False
    complete: Completer | None = field(default=None, compare=False)

    def add_to(self, command: CommandT) -> CommandT:
        more: dict[str, Any] = (
            {"is_flag": True, "default": None} if self.kind is bool else {"type": self.kind}
        )
        if self.complete is not None:
            more["shell_complete"] = self.complete
        return click.option(self.name, self.criterion, help=self.help, multiple=self.many, **more)(command)


def criteria_options(flags: Sequence[Flag]) -> Callable[[CommandT], CommandT]:
    """Adds the options to a command, which gets their values by the names of the criteria."""

    def add(command: CommandT) -> CommandT:
        for flag in reversed(flags):
            command = flag.add_to(command)
        return command

    return add


def criteria_of(
    model: type[CriteriaT], flags: Sequence[Flag], given: Mapping[str, object], **always: object
) -> CriteriaT:
    """The criteria from an invocation's values. Raises BadFilter, in one line."""
    wanted = {
        flag.criterion: given[flag.criterion] for flag in flags if given.get(flag.criterion) not in (None, ())
    }
    try:
        return model.read({**wanted, **always})
    except BadFilter as error:
        raise BadFilter(_of_options(str(error), model, flags)) from None


def _of_options(line: str, model: type[Criteria], flags: Sequence[Flag]) -> str:
    """The line with the names of the options instead of those of the class and its criteria."""
    names = {flag.criterion: flag.name for flag in flags}
    line = re.sub(rf"^{model.__name__}: (\w+)(\.\d+)*", lambda found: names.get(found[1], found[0]), line)
    return re.sub(r"`(\w+)`", lambda found: names.get(found[1], found[0]), line)


def as_code(criteria: Criteria) -> str:
    """The criteria as Python: TypeCriteria(min_memory_mb=4096)."""
    given = criteria.model_dump(exclude_defaults=True)
    return f"{type(criteria).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"
