from __future__ import annotations

import pytest

from providers.linode.api.cache import PLACEHOLDER
from providers.linode.core import fingerprints

SALT, OTHER = "0a" * 8, "0b" * 8
SECRET = fingerprints.of("FAKE-password", SALT)


def test_the_same_text_has_the_same_fingerprint_under_one_salt_alone() -> None:
    assert fingerprints.of("FAKE-password", SALT) == SECRET
    assert fingerprints.of("FAKE-password", OTHER) != SECRET
    assert "FAKE" not in SECRET


def test_texts_and_numbers_are_replaced_all_through() -> None:
    value = {"a": ["FAKE-1", 5.0, True, None], "b": {"c": "FAKE-2"}}

    found = fingerprints.instead(value, SALT)

    assert found == {
        "a": [fingerprints.of("FAKE-1", SALT), fingerprints.of("5", SALT), True, None],
        "b": {"c": fingerprints.of("FAKE-2", SALT)},
    }


def test_where_there_are_keys_they_alone_are_secret() -> None:
    value = [{"port": 443, "ssl_key": "FAKE-key", "nodes": ["192.0.2.1"]}]

    assert fingerprints.instead(value, SALT, ("ssl_key",)) == [
        {"port": 443, "ssl_key": fingerprints.of("FAKE-key", SALT), "nodes": ["192.0.2.1"]}
    ]


@pytest.mark.parametrize(
    ("new", "kept"),
    [("FAKE-password", SECRET), (SECRET, SECRET), (PLACEHOLDER, SECRET), ("FAKE-other", "FAKE-other")],
)
def test_a_secret_that_is_the_same_is_no_change(new: str, kept: str) -> None:
    olds = {"data": [{"password": SECRET}], "label": "web"}

    assert fingerprints.kept(olds, {"data": [{"password": new}], "label": "api"}) == {
        "data": [{"password": kept}],
        "label": "api",
    }


def test_what_only_looks_like_a_fingerprint_does_no_harm() -> None:
    olds = {"user_data": fingerprints.PREFIX + "é:"}

    assert fingerprints.kept(olds, {"user_data": "text"}) == {"user_data": "text"}
