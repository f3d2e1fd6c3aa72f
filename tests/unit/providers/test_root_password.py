from __future__ import annotations

import pytest

from providers.linode.resources.root_password import ALPHABETS, RootPasswordProvider, make_password


@pytest.mark.parametrize("length", [11, 32, 128])
def test_a_password_has_every_kind_of_character(length: int) -> None:
    password = make_password(length)

    assert len(password) == length
    assert all(set(password) & set(alphabet) for alphabet in ALPHABETS)


def test_two_passwords_differ() -> None:
    assert make_password() != make_password()


def test_a_password_never_changes_once_made() -> None:
    made = RootPasswordProvider().create({})

    assert RootPasswordProvider().diff(made.id, dict(made.outs or {}), {}).changes is False
    assert RootPasswordProvider().read(made.id, dict(made.outs or {})).outs == made.outs
