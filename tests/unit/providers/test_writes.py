"""A request that something on the way sends twice: the answer to the second is what arrives."""

from __future__ import annotations

import pytest

from providers.linode.api.errors import ApiRefused, ApiUnreachable, Busy, LinodeError, WaitFailed
from providers.linode.api.writes import Write

REFUSED = ApiRefused("Linode already booted.", status=400)


def write(refusal: LinodeError, look: object) -> tuple[object, int]:
    """What comes of a write that is refused, and how often it was sent. `look`: what is seen, or why nothing is."""
    sent: list[int] = []

    def send() -> str:
        sent.append(1)
        raise refusal

    def looked() -> object:
        if isinstance(look, Exception):
            raise look
        return look

    try:
        return Write("POST /x", send, looked, sleep=lambda _: None).run(), len(sent)
    except LinodeError as error:
        return error, len(sent)


@pytest.mark.parametrize("refusal", [REFUSED, Busy("Linode busy.", status=400)])
def test_what_is_refused_because_it_has_been_done_is_done(refusal: LinodeError) -> None:
    assert write(refusal, "done") == ("done", 1)


@pytest.mark.parametrize(
    "look", [None, WaitFailed("its job failed"), ApiUnreachable("no route", did_nothing=True), REFUSED]
)
def test_a_refusal_of_what_was_not_done_is_told_as_it_is(look: object) -> None:
    assert write(REFUSED, look) == (REFUSED, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_what_is_refused_before_it_is_looked_at_was_not_done(status: int) -> None:
    refusal = ApiRefused("no", status=status)

    assert write(refusal, "done") == (refusal, 1)
