"""The names that a filter is written with: typed attributes, gathered in one table for each list of the API.

    LinodeTypes.memory_mb >= 4096
    (Images.vendor == "Debian") & ~Images.label.contains("Kubernetes")

Each attribute offers only the comparisons that its kind of value has, so an editor and mypy refuse the
others; values from settings are checked again when the comparison is made. A wrong name or a wrong kind of
value is BadFilter, one line that names the nearest.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs.filter import (
    All,
    AnyOf,
    By,
    Compare,
    Field,
    Filter,
    Kind,
    Operator,
    Order,
    Value,
    Where,
    as_kind,
)
from providers.linode.nearest import did_you_mean

RecordT = TypeVar("RecordT")
ValueT = TypeVar("ValueT")


class Table(type):
    """The class of the tables: one list of the API, by its path, with the attributes that filters can name.

        class Firewalls(metaclass=Table, path="/networking/firewalls"):
            id = Number[Firewall](unique=True)
            label = Text[Firewall](filterable=True)

    `record`: the model whose aliases and defaults the attributes of the same names have.
    """

    path: str
    record: type[BaseModel]

    def __new__(cls, name: str, bases: tuple[type, ...], names: dict[str, Any], **options: Any) -> Table:
        made = super().__new__(cls, name, bases, names)
        made.path, made.record = options["path"], options.get("record", BaseModel)
        for each in made.names():
            names[each].settle(name, each, made.record.model_fields.get(each))
        return made

    @property
    def filterable(cls) -> frozenset[str]:
        """What the API calls the attributes that it filters on."""
        fields = [cls.attribute(name).field for name in cls.names()]
        return frozenset(field.api_name for field in fields if field.filterable)

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

    def check(cls, where: Where[Any], order: By[Any]) -> None:
        """Raises BadFilter, in one line, for what is no filter or order, or is one of another table."""
        if isinstance(where, Attribute):
            raise BadFilter(f"{where!r} alone is no filter. Next: compare it, such as {where!r} == ….")
        if isinstance(order, Attribute):
            raise BadFilter(f"{order!r} alone is no order. Next: write {order!r}.ascending().")
        if where is not None and not isinstance(where, Filter):
            raise BadFilter(f"{where!r} is not a filter. Next: compare an attribute of {cls.__name__}.")
        named = [compare.field for compare in where.comparisons()] if where is not None else []
        for each in [*named, *([order.field] if order is not None else [])]:
            if each.table != cls.__name__:
                raise BadFilter(
                    f"{each.table}.{each.name} is no attribute of {cls.__name__}. "
                    f"Next: name one of {cls.__name__}, or ask the other catalog."
                )

    if not TYPE_CHECKING:  # so that mypy and editors refuse a wrong name

        def __getattr__(cls, name: str) -> Attribute[Any, Any]:
            if name.startswith("__"):
                raise AttributeError(name)
            return cls.attribute(name)


class UnknownAttribute(BadFilter, AttributeError):
    """The table has no attribute of that name; also an AttributeError, so that `hasattr` works."""


INSTEAD: dict[Kind, str] = {
    "text": "compare it by ==, != or contains(…)",
    "word": "compare it by ==, != or contains(…)",
    "flag": "compare it by == or !=",
    "words": "ask for it by contains(…)",
}
"""What to write where there is no order."""


class Attribute(Generic[RecordT, ValueT]):
    """An attribute of a record: what filters and orders are made from.

    `api_name`: what the API calls it, where no alias of the record says so. `nullable`: the API may send null.
    `filterable`: the API filters on it. `unique`: it does, and rows can be sorted by it without ties (any other order
    could show a row twice, or not at all, where one page ends and the next begins).
    """

    kind: Kind = "text"

    def __init__(
        self, api_name: str = "", *, nullable: bool = False, filterable: bool = False, unique: bool = False
    ) -> None:
        self.field = Field("", "", api_name, self.kind, nullable, filterable or unique, unique)

    def settle(self, table: str, name: str, model: FieldInfo | None) -> None:
        """Take its place in a table; `model` is the field of that name in the table's record."""
        alias = model.validation_alias if model is not None else None
        api_name = self.field.api_name or (alias if isinstance(alias, str) else name)
        default = as_kind(model.default, self.kind) if model is not None and not self.field.nullable else None
        self.field = replace(self.field, table=table, name=name, api_name=api_name, default=default)

    def __hash__(self) -> int:
        return hash(self.field)

    def __repr__(self) -> str:
        return f"{self.field.table}.{self.field.name}"

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

    def is_(self, value: ValueT | None) -> Filter[RecordT]:
        """Equal to it: for True, False and None, which linters want no `==` with."""
        return self._compare("==", value)

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


class Number(_Ordered[RecordT, float]):
    """A number, such as a size in MB or a price in USD."""

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
            f"{self!r} is a list, so it is not equal to {value!r}. Next: write {self!r}.contains({value!r})."
        )

    __ne__ = __eq__

    def contains(self, word: str) -> Filter[RecordT]:
        """The word is in the list, exactly as written."""
        return self._compare("contains", word)

    def contains_all(self, *words: str) -> Filter[RecordT]:
        """Every one of the words is in the list."""
        return All(tuple(self._compare("contains", word) for word in words))


EXPECTED: dict[Kind, str] = {
    "number": "a number", "flag": "True or False", "moment": "a datetime or a date"
}  # fmt: skip
"""What a value has to be; for all other kinds a string."""


def checked(field: Field, value: object) -> Value:
    """The value as the field compares it, or BadFilter in one line when it is of another kind."""
    if value is None and field.kind != "words":
        return None
    kind: Kind = "text" if field.kind == "words" else field.kind
    found = _as_moment(value) if kind == "moment" else as_kind(value, kind)
    if found is None:
        raise BadFilter(
            f"{field.table}.{field.name} is compared with {value!r}, a {type(value).__name__}. "
            f"Next: compare it with {EXPECTED.get(field.kind, 'a string')}."
        )
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _as_moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    day = value if isinstance(value, date) else None
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) if day else None
