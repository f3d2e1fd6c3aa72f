from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.judge.certainty import judge
from fleet.report.model import Likelihood
from fleet.report.phrases import plain
from fleet.report.read.steps import State, Step
from tests.unit.report.making import (
    UNKNOWN,
    Act,
    change_of,
    created,
    replaced,
    server,
    stack_of,
    updated,
    urn,
)

FED = {"user_data": UNKNOWN}
DEPS = {"user_data": ["db"]}


def test_a_known_new_value_makes_a_replacement_certain(tmp_path: Path) -> None:
    db = change_of(tmp_path, [replaced("db", {"image": "linode/debian13"})], "db")

    assert (db.op, db.certainty, db.erased) == ("replace", "certain", True)


@pytest.mark.parametrize(
    ("source", "likely", "word"),
    [
        (updated("db", {"tags": ["x"]}), "unlikely", "in place"),
        (replaced("db", {"image": "linode/debian13"}), "likely", "replaced"),
        (created("db"), "likely", "new"),
    ],
)
def test_a_replacement_on_unknowns_hangs_on_its_source(
    tmp_path: Path, source: Act, likely: Likelihood, word: str
) -> None:
    api = replaced("api", FED, DEPS, user_data="DB=192.0.2.1")

    change = change_of(tmp_path, [source, api], "api", form="digest")

    assert (change.certainty, change.likely, change.source_changes) == ("perhaps", likely, word)
    assert change.sources == ("db",)
    assert not change.erased
    assert change.perhaps_erased


def test_one_known_reason_beside_an_unknown_one_makes_it_certain(tmp_path: Path) -> None:
    api = replaced("api", {**FED, "image": "linode/debian13"}, DEPS, user_data="x")

    assert change_of(tmp_path, [api], "api").certainty == "certain"


def test_without_dependencies_the_source_is_known_by_its_address(tmp_path: Path) -> None:
    db = Act("update", "db", server(), server(tags=["x"]), outputs={"ipv4": ["192.0.2.12"]})
    api = replaced("api", FED, user_data="DB_HOST=192.0.2.12:5432")
    other = replaced("other", FED, user_data="DB_HOST=192.0.2.120")

    told = stack_of(tmp_path, [db, api, other], form="events")

    found = {change.name: change for change in told.changes}
    assert (found["api"].sources, found["api"].likely) == (("db",), "unlikely")
    assert (found["other"].sources, found["other"].likely) == ((), "open")


def test_an_address_of_two_resources_names_neither(tmp_path: Path) -> None:
    one = Act("update", "one", server(), server(tags=["x"]), outputs={"ipv4": "192.0.2.12"})
    two = Act("update", "two", server(), server(tags=["x"]), outputs={"ipv4": "192.0.2.12"})
    api = replaced("api", FED, user_data="192.0.2.12")

    assert change_of(tmp_path, [one, two, api], "api", form="events").sources == ()


def test_a_perhaps_that_hangs_on_an_unlikely_one_is_unlikely(tmp_path: Path) -> None:
    acts = [
        updated("db", {"tags": ["x"]}),
        replaced("api", FED, DEPS, user_data="a"),
        replaced("front", FED, {"user_data": ["api"]}, user_data="b"),
    ]

    assert change_of(tmp_path, acts, "front", form="digest").likely == "unlikely"


def test_two_that_hang_on_each_other_end(tmp_path: Path) -> None:
    acts = [
        replaced("a", FED, {"user_data": ["b"]}, user_data="a"),
        replaced("b", FED, {"user_data": ["a"]}, user_data="b"),
    ]

    assert change_of(tmp_path, acts, "a", form="digest").certainty == "perhaps"


def test_a_replacement_without_reasons_is_dragged_along(tmp_path: Path) -> None:
    db = replaced("db", {"image": "linode/debian13"})
    app = Act("replace", "app", server(user_data="x"), server(user_data=UNKNOWN), deps={"user_data": ["db"]})

    change = change_of(tmp_path, [db, app], "app", form="digest")

    assert (change.certainty, change.dragged_by, change.erased) == ("certain", "db", True)
    assert plain(change.effects[0].what).startswith("recreated with db, which is deleted first")


def test_one_deleted_before_its_source_is_dragged_along() -> None:
    old, new = State(inputs={"user_data": "x"}), State(inputs={"user_data": UNKNOWN},
                                                      property_dependencies={"user_data": (urn("db"),)})  # fmt: skip
    app = Step("replace", urn("app"), old, new, ("user_data",), delete_first=True, deleted_at=1)
    known = State(inputs={"image": "b"})
    db = Step(
        "replace", urn("db"), State(inputs={"image": "a"}), known, ("image",), delete_first=True, deleted_at=2
    )

    judged = judge([app, db])

    assert judged[urn("app")].dragged_by == urn("db")
    assert judged[urn("db")].dragged_by is None


def test_an_update_of_only_unknown_values_perhaps_changes(tmp_path: Path) -> None:
    act = Act("update", "web", server(label="a"), server(label=UNKNOWN), detailed={"label": "update"})

    told = stack_of(tmp_path, [act])

    assert told.changes[0].certainty == "perhaps"
    assert told.verdict == "look"


def test_a_false_and_a_dragged_replacement_are_told_apart(tmp_path: Path) -> None:
    false = [updated("db", {"tags": ["x"]}), replaced("app", FED, DEPS, user_data="x")]
    dragged = [
        replaced("db", {"image": "linode/debian13"}),
        Act("replace", "app", server(user_data="x"), server(user_data=UNKNOWN), deps=DEPS),
    ]

    one = change_of(tmp_path / "1", false, "app", form="digest")
    other = change_of(tmp_path / "2", dragged, "app", form="digest")

    assert (one.certainty, other.certainty) == ("perhaps", "certain")
