from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.linode.api import interruption
from providers.linode.api.errors import Interrupted
from providers.linode.api.writes import Write


@pytest.fixture(autouse=True)
def asked() -> Iterator[None]:
    interruption.ask()
    yield
    interruption.forget()


def test_what_only_waits_ends_without_its_pause() -> None:
    with interruption.ends_when_asked(), pytest.raises(Interrupted, match=r"Next: run it again"):
        interruption.sleep(10_000)


def test_what_has_to_come_to_its_end_waits_on() -> None:
    interruption.sleep(0.001)
    with interruption.ends_when_asked():
        pass
    interruption.check()


def test_a_write_that_was_interrupted_is_not_sent_again() -> None:
    sent = []

    def send() -> None:
        sent.append(1)
        interruption.check()

    with interruption.ends_when_asked(), pytest.raises(Interrupted):
        Write("a create", send, lambda: None).run()
    assert sent == [1]
