"""The names that a filter is written with: typed attributes, gathered in one class per catalog.

    LinodeTypes.memory_mb >= 4096
    (Images.vendor == "Debian") & ~Images.label.contains("Kubernetes")

Each attribute offers only the comparisons that its kind of value has, so an editor and mypy refuse the
others; values from settings are checked again when the comparison is made. A wrong name or a wrong kind of
value is BadFilter, one line that names the nearest.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs.field import Field, Kind, Value
from providers.linode.catalogs.tree import All, AnyOf, Compare, Filter, Operator, Order
from providers.linode.nearest import did_you_mean

RecordT = TypeVar("RecordT")
ValueT = TypeVar("ValueT")


class Catalog(type):
    """The class of the classes of attributes: knows the names, refuses others."""

    def attribute(cls, name: str) -> Any:
        """The attribute of that name, for names that come from outside, such as a command line.

        Its kind is known at run time only, so what it is compared with is checked then. Raises BadFilter.
        """
        found = vars(cls).get(name)
        if isinstance(found, Attribute):
            return found
        raise UnknownAttribute(
            f"{cls.__name__} has no attribute {name!r}{did_you_mean(name, cls.names())}. "
            f"Next: use one of {', '.join(cls.names())}."
        )

    def names(cls) -> list[str]:
        """Every attribute's name, in the order in which they are declared."""
        return [name for name, value in vars(cls).items() if isinstance(value, Attribute)]

    if not TYPE_CHECKING:  # so that mypy and editors refuse a wrong name

        def __getattr__(cls, name: str) -> Attribute[Any, Any]:
            if name.startswith("__"):
                raise AttributeError(name)
            return cls.attribute(name)


class UnknownAttribute(BadFilter, AttributeError):
    """The catalog has no attribute of that name; also an AttributeError, so that `hasattr` works."""


INSTEAD: dict[Kind, str] = {
    "text": "compare it by ==, != or contains(…)",
    "word": "compare it by ==, != or contains(…)",
    "flag": "compare it by == or !=",
    "words": "ask for it by contains(…)",
}
"""What to write where there is no order."""


class Attribute(Generic[RecordT, ValueT]):
    """An attribute of a record: what filters and orders are made from."""

    kind: Kind = "text"

    def __init__(self, api_name: str = "", *, nullable: bool = False) -> None:
        self.field = Field("", "", api_name, self.kind, nullable)

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = Field(owner.__name__, name, self.field.api_name or name, self.kind, self.field.nullable)

    def __hash__(self) -> int:
        return hash(self.field)

    def __repr__(self) -> str:
        return f"{self.field.catalog}.{self.field.name}"

    if not TYPE_CHECKING:  # so that mypy and editors refuse an order that there is not

        def __lt__(self, _value: object) -> NoReturn:
            raise BadFilter(f"{self!r} has no order. Next: {INSTEAD[self.kind]}.")

        __le__ = __gt__ = __ge__ = __lt__

    def ascending(self) -> Order[RecordT]:
        """Sorted by this attribute, the least first."""
        return Order(self.field)

    def descending(self) -> Order[RecordT]:
        """Sorted by this attribute, the greatest first."""
        return Order(self.field, descending=True)

    def _compare(self, operator: Operator, value: object) -> Compare[RecordT]:
        return Compare(self.field, operator, checked(self.field, value))


class _Single(Attribute[RecordT, ValueT]):
    """One value a row, which can be equal to another."""

    __hash__ = Attribute.__hash__

    # These build a filter instead of comparing, which `object` does not foresee.
    def __eq__(self, value: ValueT | None) -> Filter[RecordT]:  # type: ignore[override]  # see above
        return self._compare("==", value)

    def __ne__(self, value: ValueT | None) -> Filter[RecordT]:  # type: ignore[override]  # see above
        return self._compare("!=", value)

    def one_of(self, *values: ValueT) -> Filter[RecordT]:
        """Equal to one of the values."""
        return AnyOf(tuple(self._compare("==", value) for value in values))


class _Ordered(_Single[RecordT, ValueT]):
    """A value that comes before or after another."""

    def __lt__(self, value: ValueT) -> Filter[RecordT]:
        return self._compare("<", value)

    def __le__(self, value: ValueT) -> Filter[RecordT]:
        return self._compare("<=", value)

    def __gt__(self, value: ValueT) -> Filter[RecordT]:
        return self._compare(">", value)

    def __ge__(self, value: ValueT) -> Filter[RecordT]:
        return self._compare(">=", value)


class Whole(_Ordered[RecordT, float]):
    """An integer, such as a size in MB."""

    kind = "whole"


class Number(_Ordered[RecordT, float]):
    """A number with a fraction, such as a price in USD."""

    kind = "number"


class Moment(_Ordered[RecordT, "datetime | date"]):
    """A time in UTC; a date stands for its first moment."""

    kind = "moment"


class Flag(_Single[RecordT, bool]):
    """True or false."""

    kind = "flag"


class Text(_Single[RecordT, str]):
    """Any string, compared exactly."""

    def contains(self, part: str) -> Filter[RecordT]:
        """The part occurs in it, case and all."""
        return self._compare("contains", part)


class Word(Text[RecordT]):
    """One of a few lower-case words, such as a class or a country."""

    kind = "word"


class Version(_Ordered[RecordT, str]):
    """A version: ordered as numbers are (5.9 before 5.10), equal only when written the same."""

    kind = "version"


class Words(Attribute[RecordT, str]):
    """A list of strings, such as capabilities."""

    kind = "words"
    __hash__ = Attribute.__hash__

    def __eq__(self, value: object) -> NoReturn:
        raise BadFilter(
            f"{self.field.catalog}.{self.field.name} is a list, so it is not equal to {value!r}. "
            f"Next: write {self.field.catalog}.{self.field.name}.contains({value!r})."
        )

    __ne__ = __eq__

    def contains(self, word: str) -> Filter[RecordT]:
        """The word is in the list, exactly as written."""
        return self._compare("contains", word)

    def contains_all(self, *words: str) -> Filter[RecordT]:
        """Every one of the words is in the list."""
        return All(tuple(self._compare("contains", word) for word in words))


EXPECTED: dict[Kind, str] = {
    "whole": "a number",
    "number": "a number",
    "flag": "True or False",
    "text": "a string",
    "word": "a string",
    "words": "a string",
    "version": "a string",
    "moment": "a datetime or a date",
}


def checked(field: Field, value: object) -> Value:
    """The value as the field compares it, or BadFilter in one line when it is of another kind."""
    if value is None and field.kind != "words":
        return None
    found = _as_value(field.kind, value)
    if found is None:
        raise BadFilter(
            f"{field.catalog}.{field.name} is compared with {value!r}, a {type(value).__name__}. "
            f"Next: compare it with {EXPECTED[field.kind]}."
        )
    return found


def _as_value(kind: Kind, value: object) -> Value:
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind in ("whole", "number"):
        return _as_number(value)
    if kind == "moment":
        return _as_moment(value)
    return value if isinstance(value, str) else None


def _as_number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def _as_moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    return None
