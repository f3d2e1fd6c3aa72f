"""What is sent to the API loses no row, whatever the API makes of the questions that nobody has answered."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
from hypothesis import given, strategies as st

from providers.linode import catalogs
from providers.linode.catalogs import Catalogs, Events, Images, Kernels, LinodeTypes
from providers.linode.catalogs.attributes import Attribute, Table
from providers.linode.catalogs.filter import All, AnyOf, Filter, Not, Operator
from providers.linode.catalogs.x_filter import split
from tests.catalog_rows import Row
from tests.pessimistic_api import READINGS, Reading, api_holds

WORDS = ("gpu", "standard", "premium", "available", "creating", "x86_64")
TEXTS = (
    "Debian",
    "debian",
    "Debian ",
    "Debian 12",
    "bian",
    "",
    "Ünix",
    "unix",
    "a\\b",
    "5.9",
    "5.10",
    *WORDS,
)
NUMBERS = (0, 1, 2, 2.5, 1024, 2048, 4096, 2**31, -1)
SECONDS = st.integers(0, 6).map(lambda n: datetime(2026, 5, 4, 12, 0, n, tzinfo=timezone.utc))


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


TIMES = SECONDS.map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S"))
PLACES: dict[str, tuple[Any, st.SearchStrategy[Row]]] = {
    "LinodeTypes": (
        LinodeTypes,
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(["a-1", "a-2", "b"]),
                "label": st.sampled_from(TEXTS),
                "class": st.sampled_from(WORDS),
                "memory": st.integers(0, 4096),
                "vcpus": st.integers(0, 3),
                "gpus": st.integers(0, 2),
                "disk": st.integers(0, 2),
                "transfer": st.integers(0, 2),
                "network_out": st.integers(0, 2),
                "price": st.fixed_dictionaries({"monthly": optional(st.sampled_from([5.0, 2.5, 12.0]))}),
            }
        ),
    ),
    "Images": (
        Images,
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(["linode/a", "private/1"]),
                "label": st.sampled_from(TEXTS),
                "vendor": optional(st.sampled_from(TEXTS)),
                "deprecated": st.booleans(),
                "is_public": st.booleans(),
                "size": optional(st.integers(0, 3)),
                "status": st.sampled_from(WORDS),
                "type": st.sampled_from(WORDS),
                "tags": optional(st.lists(st.sampled_from(TEXTS), max_size=3)),
                "created": optional(TIMES),
            }
        ),
    ),
    "Kernels": (
        Kernels,
        st.fixed_dictionaries(
            {
                "id": st.just("linode/a"),
                "label": st.sampled_from(TEXTS),
                "version": st.sampled_from(["5.9", "5.10", "5.10.1", "6"]),
                "architecture": st.sampled_from(WORDS),
                "kvm": st.booleans(),
                "pvops": st.booleans(),
                "deprecated": st.booleans(),
                "built": optional(TIMES),
            }
        ),
    ),
    "Events": (
        Events,
        st.fixed_dictionaries(
            {
                "id": st.integers(0, 4),
                "action": st.sampled_from(WORDS),
                "created": TIMES,
                "read": st.booleans(),
                "entity": optional(
                    st.fixed_dictionaries({"id": st.integers(0, 3), "type": st.sampled_from(WORDS)})
                ),
            }
        ),
    ),
}
OPERATORS: dict[str, tuple[Operator, ...]] = {
    "number": ("==", "!=", "<", "<=", ">", ">="),
    "moment": ("==", "!=", "<", "<=", ">", ">="),
    "version": ("==", "!=", "<", "<=", ">", ">="),
    "flag": ("==", "!="),
    "text": ("==", "!=", "contains"),
    "word": ("==", "!=", "contains"),
    "words": ("contains",),
}


def values_of(kind: str) -> st.SearchStrategy[Any]:
    if kind == "number":
        return st.sampled_from(NUMBERS)
    if kind == "flag":
        return st.booleans()
    if kind == "moment":
        return SECONDS
    return st.sampled_from(["5.9", "5.10", "6"] if kind == "version" else TEXTS)


def compared(attribute: Attribute[Any, Any], sign: Operator, value: Any) -> Filter[Any]:
    """The comparison; with None, which only equality has, an equality."""
    sign = sign if value is not None or sign == "!=" else "=="
    return attribute._compare(sign, value)


def comparisons_of(catalog: Any) -> st.SearchStrategy[Filter[Any]]:
    def compare(name: str) -> st.SearchStrategy[Filter[Any]]:
        attribute: Attribute[Any, Any] = catalog.attribute(name)
        kind = attribute.field.kind
        values = values_of(kind)
        if kind != "words":
            values = values | st.none()
        return st.builds(partial(compared, attribute), st.sampled_from(OPERATORS[kind]), values)

    sent = [name for name in catalog.names() if catalog.attribute(name).field.filterable]
    return st.sampled_from([*sent, *sent, *catalog.names()]).flatmap(compare)


def filters_of(catalog: Any) -> st.SearchStrategy[Filter[Any]]:
    return st.recursive(
        comparisons_of(catalog),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
            st.builds(lambda one, two: one & two, inner, inner),
            st.builds(lambda one, two: one | ~two, inner, inner),
        ),
        max_leaves=6,
    )


FILTERS = {name: filters_of(catalog) for name, (catalog, _) in PLACES.items()}
VALUES: dict[str, tuple[Any, ...]] = {
    "number": NUMBERS,
    "flag": (True, False),
    "text": TEXTS,
    "word": TEXTS,
    "words": TEXTS,
    "version": ("5.9", "5.10", "6"),
    "moment": tuple(datetime(2026, 5, 4, 12, 0, second, tzinfo=timezone.utc) for second in range(5)),
}
HELD: dict[str, tuple[Any, ...]] = {
    "number": (0, 1, 2, 3, 2048, 4096),
    "flag": (True, False),
    "text": TEXTS,
    "word": WORDS,
    "words": ([], ["Debian"], ["debian", "gpu"], ["bian", "Debian 12"], ["Ünix"]),
    "version": ("5.9", "5.10", "5.10.1", "6"),
    "moment": tuple(moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in VALUES["moment"]),
}


def rows_that_differ_in(attribute: Attribute[Any, Any]) -> list[Row]:
    """A row for every value that the attribute can have, null among them where the API may send it."""
    held = (*HELD[attribute.field.kind], *((None,) if attribute.field.nullable else ()))
    rows = []
    for value in held:
        row: Any = value
        for step in reversed(attribute.field.api_name.split(".")):
            row = {step: row}
        rows.append(row)
    return rows


TABLES = [found for found in vars(catalogs).values() if isinstance(found, Table)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_no_comparison_that_is_sent_loses_a_row_however_it_is_read(table: Table) -> None:
    attributes = [found for each in table.names() if (found := table.attribute(each)).field.filterable]
    sent_at_all = 0
    for attribute in attributes:
        kind, rows = attribute.field.kind, rows_that_differ_in(attribute)
        for sign, value, negated in itertools.product(OPERATORS[kind], VALUES[kind], (False, True)):
            where = ~compared(attribute, sign, value) if negated else compared(attribute, sign, value)
            sent = split(where).sent
            if sent is None:
                continue
            sent_at_all += 1
            wanted = [row for row in rows if where.holds(row)]
            for reading in READINGS:
                assert all(api_holds(sent, row, reading) for row in wanted), (sent, reading)

    assert sent_at_all > 10 or not attributes  # the API filters keys of a profile by nothing


@pytest.mark.parametrize("name", sorted(PLACES))
@given(data=st.data())
def test_the_api_and_then_here_is_the_same_as_all_of_it_here(name: str, data: st.DataObject) -> None:
    _, rows_of = PLACES[name]
    where: Filter[Any] = data.draw(FILTERS[name])
    rows = data.draw(st.lists(rows_of, min_size=1, max_size=6))

    sent = split(where).sent

    here = [row for row in rows if where.holds(row)]
    for reading in READINGS:
        answered = rows if sent is None else [row for row in rows if api_holds(sent, row, reading)]
        assert [row for row in answered if where.holds(row)] == here


@pytest.mark.parametrize("name", ["Images", "Kernels", "LinodeTypes"])
@given(data=st.data())
def test_a_catalog_answers_the_same_with_and_without_asking_narrowly(name: str, data: st.DataObject) -> None:
    _, rows_of = PLACES[name]
    where: Filter[Any] = data.draw(FILTERS[name])
    rows = data.draw(st.lists(rows_of, max_size=5))
    reading = data.draw(st.sampled_from(READINGS))

    class Api:
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> list[Row]:
            assert path == getattr(catalogs, name).path
            return [row for row in rows if x_filter is None or api_holds(x_filter, row, reading)]

    def ask(asked: Catalogs) -> object:
        find: Any = {"Images": asked.images, "Kernels": asked.kernels, "LinodeTypes": asked.types}[name]
        return find(where)

    assert ask(Catalogs(Api())) == ask(Catalogs(Api(), narrow=False))


@given(data=st.data())
def test_what_is_sent_is_json_and_names_only_what_the_endpoint_filters_on(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PLACES)))
    where: Filter[Any] = data.draw(FILTERS[name])

    sent = split(where).sent

    text = json.dumps(sent)
    assert len(text) <= 4000
    assert json.loads(text) == sent
    assert names_in(sent or {}) <= getattr(catalogs, name).filterable


def names_in(node: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for key, value in node.items():
        if key in ("+and", "+or"):
            found = found.union(*(names_in(each) for each in value))
        else:
            found.add(key)
    return found


@given(data=st.data())
def test_negation_turns_every_answer_round(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PLACES)))
    _, rows_of = PLACES[name]
    where: Filter[Any] = data.draw(FILTERS[name])
    row = data.draw(rows_of)

    assert (~where).holds(row) is not where.holds(row)
    assert (where & ~where).holds(row) is False
    assert (where | ~where).holds(row) is True


def test_the_readings_do_lose_rows_of_a_filter_that_is_sent_carelessly() -> None:
    """The properties above would be worth nothing if the pessimistic API lost nothing."""
    worst = Reading(True, True, True, False, "text", "cut", True, True)

    assert not api_holds({"vendor": {"+neq": "debian"}}, {"vendor": None}, worst)
    assert not api_holds({"label": {"+neq": "debian"}}, {"label": "Debian"}, worst)
    assert not api_holds({"tags": "web"}, {"tags": ["web", "db"]}, worst)
    assert not api_holds(
        {"created": {"+lte": "2026-05-04T12:00:00"}}, {"created": "2026-05-04T12:00:00"}, worst
    )
