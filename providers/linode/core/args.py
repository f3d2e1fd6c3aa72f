"""What a program declares of a resource: each input once, with its type and everything that the machinery reads.

    class SSHKeyArgs(Args):
        label: In[Label] = arg(PUT)

For a type checker `In[str]` takes a `pulumi.Input[str]` where the arguments are made and is a `str` where the provider
reads them (a descriptor, which both mypy and pyright know from dataclasses). At run time it is the type itself, of
which the validation is made; nested TypedDicts say `Of[str]` for the same.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import itertools
import textwrap
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    SupportsIndex,
    TypeVar,
    Union,
    get_args,
    get_type_hints,
    overload,
)

import pulumi
import pydantic
from pulumi.output import Unknown
from pydantic import BaseModel, ConfigDict, StrictInt, ValidationError, create_model
from pydantic_core import ErrorDetails
from typing_extensions import Self, dataclass_transform, is_typeddict

from providers.linode.core.effects import OURS, Takes
from providers.linode.core.problems import REQUIRED, Problem, problem_of, takes_no, told
from providers.linode.core.values import LARGEST, as_id, is_unknown, whole_numbers, with_ids

__all__ = [
    "NONE",
    "AnyId",
    "AnyIdOrNone",
    "AnyRef",
    "Args",
    "BadCall",
    "Field",
    "Id",
    "IdOrNone",
    "In",
    "InId",
    "InIdOrNone",
    "InIds",
    "InList",
    "InRef",
    "InRefs",
    "InRows",
    "Listed",
    "Names",
    "Of",
    "Step",
    "arg",
    "by_name",
    "ids",
    "ours",
]

Step = Callable[[Any], None]
"""Gets the core's Update."""

Read = Callable[[Any], object]
"""Gets the core's Reading."""

T = TypeVar("T")
K = TypeVar("K", bound=pulumi.CustomResource)
T_co = TypeVar("T_co", covariant=True)
P = ParamSpec("P")

Id = Annotated[
    StrictInt,
    pydantic.Field(ge=1, le=LARGEST),
    told("must be a whole number of 1 or more. Next: correct it."),
]

NONE = 0
"""Declares, in place of an id, that there is none. An API says null, which engines drop from a program's values."""

IdOrLabel = Annotated[
    Annotated[StrictInt, pydantic.Field(ge=1)] | Annotated[str, pydantic.Field(min_length=1)],
    told("must be an id or a label. Next: correct it."),
]

IdOrNone = Annotated[
    StrictInt,
    pydantic.Field(ge=NONE),
    told("must be a whole number of 1 or more, or 0 for none. Next: correct it."),
]

if TYPE_CHECKING:
    from pulumi import Input as Of

    class In(Generic[T]):
        """An input: made from a `pulumi.Input[T]`, read as a `T`."""

        def __get__(self, instance: object, owner: object) -> T: ...
        def __set__(self, instance: object, value: pulumi.Input[T]) -> None: ...

    class NoText(Protocol[T_co]):
        """A list or tuple: a text is a sequence of texts, too, but contains nothing but texts."""

        def __contains__(self, value: object, /) -> bool: ...
        def __iter__(self) -> Iterator[T_co]: ...
        def __len__(self) -> int: ...
        @overload
        def __getitem__(self, index: SupportsIndex, /) -> T_co: ...
        @overload
        def __getitem__(self, index: slice, /) -> Sequence[T_co]: ...

    class InList(Generic[T]):
        """A list of inputs, no text: made from a list or tuple of `pulumi.Input[T]`, read as a list of `T`."""

        def __get__(self, instance: object, owner: object) -> list[T] | None: ...
        def __set__(
            self,
            instance: object,
            value: NoText[pulumi.Input[T]] | Awaitable[Sequence[T]] | pulumi.Output[Sequence[T]] | None,
        ) -> None: ...

    AnyId = Union[Of[int], Of[str], K]  # noqa: UP007 - an alias of a type variable
    """An id in a map: a number, what another resource's `id` is, or that resource, a `K`: read as a number."""

    AnyIdOrNone = Union[Of[int], Of[str], K]  # noqa: UP007 - as above
    AnyRef = Union[Of[T], K]  # noqa: UP007 - as above
    """A text in a map that names a resource, or that resource: a reserved address."""

    class InRef(Generic[T, K]):
        """What names a resource by a text, or that resource: an image, a reserved address. Read as a `T`."""

        def __get__(self, instance: object, owner: object) -> T: ...
        def __set__(self, instance: object, value: pulumi.Input[T] | K) -> None: ...

    class InRefs(Generic[T, K]):
        """A list of these, read as a list of `T`."""

        def __get__(self, instance: object, owner: object) -> list[T] | None: ...
        def __set__(
            self,
            instance: object,
            value: NoText[pulumi.Input[T] | K] | Awaitable[Sequence[T]] | pulumi.Output[Sequence[T]] | None,
        ) -> None: ...

    class InId(Generic[K]):
        """An id: a number, what another resource's `id` is, or that resource, a `K`: read as a number."""

        def __get__(self, instance: object, owner: object) -> int | None: ...
        def __set__(
            self, instance: object, value: pulumi.Input[int] | pulumi.Input[str] | K | None
        ) -> None: ...

    InIdOrNone = InId

    class InIds(Generic[K]):
        """A list of ids, each a number, what another resource's `id` is, or that resource: read as numbers."""

        def __get__(self, instance: object, owner: object) -> list[int] | None: ...
        def __set__(
            self,
            instance: object,
            value: NoText[pulumi.Input[int | str] | K]
            | Awaitable[Sequence[int | str]]
            | pulumi.Output[Sequence[int | str]]
            | None,
        ) -> None: ...

    class InRows(Generic[T]):
        """A list of maps: made from any sequence of them, read as a list of `T`."""

        def __get__(self, instance: object, owner: object) -> list[T] | None: ...
        def __set__(
            self, instance: object, value: pulumi.Input[Sequence[pulumi.Input[T]] | None]
        ) -> None: ...
else:

    class Of:
        def __class_getitem__(cls, item: object) -> object:
            return item

    In = Of

    class InList:
        def __class_getitem__(cls, item: object) -> object:
            return list[item] | None

    class _IdOf:
        """`InId["Volume"]` at run time: the type of what is read, with the kind."""

        def __init__(self, hint: object) -> None:
            self.hint = hint

        def __getitem__(self, kinds: object) -> object:
            return Annotated[self.hint, Names.of(kinds, is_id=True)]

    class InRef:
        def __class_getitem__(cls, item: tuple[object, object]) -> object:
            return Annotated[item[0], Names.of(item[1])]

    class InRefs:
        def __class_getitem__(cls, item: tuple[object, object]) -> object:
            return Annotated[InList[item[0]], Names.of(item[1])]

    InRows, AnyRef = InList, InRef
    AnyId, AnyIdOrNone, InIds = _IdOf(Id), _IdOf(IdOrNone), _IdOf(InList[Id])
    InId, InIdOrNone = _IdOf(Id | None), _IdOf(IdOrNone | None)


@dataclasses.dataclass(frozen=True)
class Names:
    """In the type of an input or of a key in a map: the kinds of resources that it may name, by id or by a text. None
    for what no program declares, such as a disk.
    """

    kinds: tuple[str, ...]
    is_id: bool = False

    @classmethod
    def of(cls, kinds: object, *, is_id: bool = False) -> Self:
        """As types write it: "Volume", "ReservedIP | IPv6Range", Never."""
        return cls(tuple(kinds.split(" | ")) if isinstance(kinds, str) else (), is_id)


@dataclasses.dataclass(frozen=True)
class Listed:
    """Where the account lists what an id names: "Linode", "/linode/instances"."""

    noun: str
    path: str


@dataclasses.dataclass(frozen=True)
class Field:
    """One input.

    `takes`: what a change of it takes, unless the kind decides. `wire`: its key in the create body, with dots where
    that is nested, "" where it isn't sent there. `seen`: the attribute of the record that reports it, where it is
    another one, "" where the API doesn't tell. `policy`: the input that decides about a change. `once`: counts when
    the resource is made; another value later is no change. `text`: gives a text, or each of a list, its normal form;
    `rounded`: a number its. `ids`, which types of ids say: a text such as a resource's `id` is read as a number;
    `ids_of`: what they name, looked up at preview. `step`: carries out a change that takes a call of its own.
    `read`: asks for it at a refresh, where the record doesn't tell. `none`: what declares that there is none, and
    stands for the API's null; where a change recreates the resource, leaving the input out says the same. `default`
    and `note` are for the documentation. A `secret` one is never named in a failure, for the engine would print its
    value; of one with `secret_keys` they alone are secret, and it is shown without them. `covers`: whether the old
    value of a map or list says all that the new one does: what it says less is left as it is.
    """

    takes: Takes
    default: str = "none"
    note: str = ""
    wire: str | None = None
    seen: str | None = None
    policy: str = ""
    once: bool = False
    secret: bool = False
    secret_keys: tuple[str, ...] = ()
    unordered: bool = False
    text: Callable[[str], str] | None = None
    rounded: Callable[[int], int] | None = None
    ids: bool = False
    ids_of: Listed | None = None
    body: Callable[[Any], object] | None = None
    step: Step | None = None
    read: Read | None = None
    none: object = None
    covers: Callable[[Any, Any], bool] | None = None
    name: str = ""
    doc: str = ""
    required: bool = False

    @property
    def key(self) -> str:
        """The key in the create body."""
        return self.name if self.wire is None else self.wire

    @property
    def attribute(self) -> str:
        """The record's attribute that reports it."""
        return (self.wire or self.name) if self.seen is None else self.seen

    def hides(self, value: object) -> bool:
        """Whether a program's value is a secret as a whole: a list of maps only if one of them has such a key."""
        if self.secret_keys and isinstance(value, (list, tuple)):
            return any(not isinstance(row, Mapping) or bool({*self.secret_keys} & {*row}) for row in value)
        return self.secret

    def on_the_wire(self, value: object) -> object:
        """The value as the API takes it, None for none."""
        if value in (None, self.none):
            return None
        return self.body(value) if self.body else value


def arg(takes: Takes, *, default: Any = dataclasses.MISSING, else_: str = "", **facts: Any) -> Any:
    """Declare an input of `Args`: what a change of it takes, and what else `Field` has.

    `default=None` makes it optional; `else_` says for the documentation what happens without it.
    """
    required = default is dataclasses.MISSING
    told = Field(takes, else_ or ("required" if required else "none"), required=required, **facts)
    return dataclasses.field(default=default, metadata={"field": told}, kw_only=True)


def ours(*, default: Any, else_: str = "", **facts: Any) -> Any:
    """Declare an input that only says how things are done: a change of it does nothing at the API."""
    return arg(OURS, default=default, else_=else_, wire="", seen="", **facts)


def ids(takes: Takes, *, step: Step, default: None, wire: str = "", of: Listed | None = None) -> Any:
    """Declare a list of ids, which has no order. `of` is what they name."""
    seen = wire.rpartition(".")[2]
    return arg(takes, step=step, default=default, wire=wire, seen=seen, unordered=True, ids_of=of)


def plain(*, default: Any) -> Any:
    """A part of `Args` that is no input."""
    return dataclasses.field(default=default, kw_only=True, repr=False)


class BadCall(pulumi.RunError, TypeError):
    """Arguments that are none of a kind's: engines tell it in one line."""


@dataclass_transform(kw_only_default=True, field_specifiers=(arg, ours, ids, plain))
class _Transformed:
    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(kw_only=True, eq=False)(cls)


class Args(_Transformed):
    """The arguments of a resource: an input that every kind has, and what is none, three things that all take.

    `opts`: Pulumi's options, where the arguments are given by name. `account`: the stack's, if not found by itself.
    Another `generation` has the resource recreated.
    """

    if not TYPE_CHECKING:  # which judges calls by the fields

        def __new__(cls, **given):
            """Raises BadCall where a name is not one of theirs, or one is missing."""
            there = {each.name: each for each in dataclasses.fields(cls)}
            for name in given:
                if name not in there:
                    raise BadCall(takes_no(name, there))
            for name, each in there.items():
                if name not in given and each.default is dataclasses.MISSING:
                    raise BadCall(f"{name} {REQUIRED}")
            return super().__new__(cls)

    opts: pulumi.ResourceOptions | None = plain(default=None)
    account: Any = plain(default=None)
    generation: int = plain(default=1)

    adopt: In[IdOrLabel | None] = ours(default=None, ids=True, once=True)
    """Adopt the one with this id or label, as an update of it, instead of making one. Counts when one would be made."""

    @classmethod
    @functools.cache
    def fields(cls) -> Mapping[str, Field]:
        """By name, in the order of declaration: the kind's own first."""
        found, hints = {}, get_type_hints(cls, include_extras=True)
        for each in sorted(dataclasses.fields(cls), key=lambda each: each.name in Args.__annotations__):
            if (field := each.metadata.get("field")) is not None:
                names = named(hints[each.name])
                is_id = field.ids or (names is not None and names.is_id)
                found[each.name] = dataclasses.replace(field, name=each.name, ids=is_id)
        return found

    @classmethod
    def documented(cls) -> list[Field]:
        """The fields with their docstrings, read from the source: for documents, not for runs."""
        parts = [
            part
            for source in (cls, Args)
            for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(source))))
            for part in _body(node)
        ]
        docs = {
            statement.target.id: inspect.cleandoc(str(after.value.value))
            for statement, after in itertools.pairwise(parts)
            if isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        }
        return [dataclasses.replace(f, doc=docs.get(name, "")) for name, f in cls.fields().items()]

    @classmethod
    @functools.cache
    def _model(cls) -> type[BaseModel]:
        hints = get_type_hints(cls, include_extras=True)
        config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, regex_engine="python-re")
        shapes: dict[str, Any] = {
            name: (hints[name], ...) if field.required else (hints[name] | None, None)
            for name, field in cls.fields().items()
        }
        return create_model(cls.__name__, __config__=config, **shapes)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The inputs as a JSON schema, for editors."""
        return cls._model().model_json_schema()

    @classmethod
    def problems(cls, props: Mapping[str, object]) -> list[Problem]:
        """Everything wrong with the inputs one by one; what is not known yet, whole or in part, is passed over."""
        return cls.told(cls.errors(props))

    @classmethod
    def told(cls, errors: Sequence[ErrorDetails]) -> list[Problem]:
        return [problem_of(each, cls.nested_names()) for each in errors]

    @classmethod
    def sound(cls, props: Mapping[str, object], errors: Sequence[ErrorDetails]) -> dict[str, object]:
        """The inputs in normal form, less what is wrong by itself; of a list of maps the wrong one is left empty."""
        found = cls.normal(props)
        for error in errors:
            field, *place = error["loc"]
            rows = found.get(str(field))
            if (
                place
                and isinstance(place[0], int)
                and isinstance(rows, list)
                and isinstance(rows[place[0]], Mapping)
                and cls.nested_names()[str(field)]
            ):
                found[str(field)] = [{} if number == place[0] else row for number, row in enumerate(rows)]
            else:
                found.pop(str(field), None)
        return found

    @classmethod
    def errors(cls, props: Mapping[str, object]) -> list[ErrorDetails]:
        """What pydantic says of them, one by one: as `problems`."""
        given = {key: value for key, value in cls.normal(props).items() if not isinstance(value, Unknown)}
        try:
            cls._model().model_validate(given)
        except ValidationError as error:
            return [
                each
                for each in error.errors(include_url=False)
                if not isinstance(each["input"], Unknown)
                and not isinstance(props.get(str(each["loc"][0])), Unknown)
            ]
        return []

    @classmethod
    @functools.cache
    def nested_names(cls) -> Mapping[str, frozenset[str]]:
        """By input, every key that stands somewhere in its maps: what a misspelt one may mean."""
        hints = get_type_hints(cls, include_extras=True)
        return {
            field: frozenset(_last(path) for path, _ in places(hints[field], field) if path != field)
            for field in cls.fields()
        }

    @classmethod
    @functools.cache
    def references(cls) -> Mapping[str, Mapping[str, Names]]:
        """By input, what may be named: by the input's own name, or by the key of a map in it."""
        hints = get_type_hints(cls, include_extras=True)
        return {
            field: {
                _last(path): names for path, hint in places(hints[field], field) if (names := named(hint))
            }
            for field in cls.fields()
        }

    @classmethod
    @functools.cache
    def naming(cls, kind: str) -> list[tuple[str, str]]:
        """Where a resource of that kind may be named: in which input, and by which key: its own name, or a map's."""
        return [
            (field, key)
            for field, keys in cls.references().items()
            for key, names in keys.items()
            if kind in names.kinds
        ]

    @classmethod
    def normal(cls, props: Mapping[str, object]) -> dict[str, object]:
        """The declared inputs that are there, each in its normal form; of unknown ones only numbers and ids have it."""
        found: dict[str, object] = {}
        for key, field in cls.fields().items():
            if (value := props.get(key)) is None:
                continue
            if type(value) in (str, bool) and field.text is None and not field.ids:
                found[key] = value  # as most are, and a check asks some twenty times
            else:
                found[key] = cls._in_part(key, value) if is_unknown(value) else cls.normalised(key, value)
        return found

    @classmethod
    def _in_part(cls, key: str, value: object) -> object:
        value = whole_numbers(value)
        if cls.fields()[key].ids:
            return as_id(value)
        return with_ids(value) if cls.nested_names()[key] else value

    @classmethod
    def normalised(cls, key: str, value: object) -> object:
        """What means the same compares the same: 3.0 is 3, a list without an order is sorted. Not asked for texts."""
        value, field = whole_numbers(value), cls.fields()[key]
        if (text := field.text) is not None:
            value = (
                [_formed(text, each) for each in value] if isinstance(value, list) else _formed(text, value)
            )
        if field.rounded and type(value) is int:
            value = field.rounded(value)
        if field.ids:
            value = as_id(value)
        elif cls.nested_names()[key]:
            value = with_ids(value)
        if field.unordered and isinstance(value, list):
            return [item for _, item in sorted({_rank(item): item for item in value}.items())]
        return value

    @classmethod
    def read(cls, props: Mapping[str, object]) -> Self:
        """The arguments among a resource's properties. What is missing or not known yet is None, and "" if required."""
        known = {key: value for key, value in cls.normal(props).items() if not is_unknown(value)}
        blank = {key: "" for key, field in cls.fields().items() if field.required}
        values: dict[str, Any] = {**blank, **known}
        return cls(**values)

    def value(self, name: str) -> object:
        return getattr(self, name)

    def names(self) -> Iterator[tuple[str, str, object]]:
        """The resources that it goes on naming: by which input, of which kind, and the id."""
        for name, keys in self.references().items():
            if keys and not self.fields()[name].once:
                for key, value in _leaves(name, self.value(name)):
                    for kind in keys[key].kinds if key in keys else ():
                        yield name, kind, value

    def declared(self) -> dict[str, object]:
        """The inputs that are there, and known."""
        return {
            key: value
            for key, field in self.fields().items()
            if (value := getattr(self, key)) is not None and not (field.required and value == "")
        }


def _formed(text: Callable[[str], str], value: object) -> object:
    return text(value) if isinstance(value, str) else value


def _rank(item: object) -> tuple[int, str, str]:
    """Numbers by size, texts by the alphabet."""
    return item if isinstance(item, int) else 0, str(item).casefold(), str(item)


def places(hint: object, place: str) -> Iterator[tuple[str, object]]:
    """Every type in a type, by its path through the keys of maps: `interfaces.vpc.subnet_id`."""
    yield place, hint
    if is_typeddict(hint):
        for key, inner in get_type_hints(hint, include_extras=True).items():
            yield from places(inner, f"{place}.{key}")
    for part in get_args(hint):
        yield from places(part, place)


def named(hint: object) -> Names | None:
    """What a type itself may name."""
    return next((each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Names)), None)


def _leaves(key: str, value: object) -> Iterator[tuple[str, object]]:
    """What stands in a value, with the key that it has in its map."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(str(name), part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(key, part)
    elif value is not None:
        yield key, value


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _body(node: ast.AST) -> list[ast.stmt]:
    return node.body if isinstance(node, ast.ClassDef) else []


def by_name(
    args: Callable[P, Any],  # noqa: ARG001 - for its signature alone
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, str, P], None]]:
    """For an overload of a resource's `__init__`: a name, and the arguments of this class by their names."""

    def decorate(init: Callable[..., None]) -> Callable[Concatenate[Any, str, P], None]:
        return init

    return decorate
