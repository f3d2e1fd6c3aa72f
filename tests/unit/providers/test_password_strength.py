"""Which root passwords the API is known to take and to refuse."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import zxcvbn

from providers.linode.resources.instance.password_strength import is_guessable
from providers.linode.resources.root_password import make_password


@pytest.mark.parametrize(
    "password",
    [
        "aComplex@Password123",
        "r34!_b4d_p455",
        "myr00tp@ssw0rd!!!",
        "long-enough-1",
    ],
)
def test_what_the_api_took_is_strong(password: str) -> None:
    assert not is_guessable(password)


@pytest.mark.parametrize(
    "password",
    ["b4d_p4s5w0rd!!", "myc00lp@ss!", "aaaaaaaaaaaa", "Password1234", "qwertyuiop12", "aA1!aA1!aA1!"],
)
def test_what_the_api_refused_or_anybody_guesses_is_weak(password: str) -> None:
    assert is_guessable(password)


def test_passwords_that_we_make_are_strong_whatever_their_length() -> None:
    assert not any(is_guessable(make_password(length)) for length in (12, 32, 128))


def test_a_password_of_many_instances_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Mock(return_value={"score": 4})
    monkeypatch.setattr(zxcvbn, "zxcvbn", judge)

    assert not any(is_guessable("one-password-for-all-of-them") for _ in range(40))

    judge.assert_called_once()
    is_guessable.cache_clear()
