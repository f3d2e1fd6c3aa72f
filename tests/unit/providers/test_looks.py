"""Many that wait for something of a kind ask for one list; one that waits by itself asks for its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock, get_ident

import pytest

from providers.linode.api.errors import WaitExpired
from providers.linode.api.records import Owned
from providers.linode.core.waiting.looks import FRESH_S, Looks
from providers.linode.core.waiting.until import Pace

MADE = [Owned(id=number) for number in range(20)]


def ready(record: Owned) -> bool:
    return record.label == "ready"


class Account:
    """Whose things are ready from the second look on. All of `count` waits begin before anything is asked."""

    def __init__(self, count: int, *, late: bool = False, list_s: float = 0.0) -> None:
        self.late, self.list_s, self.lists, self.gets, self.seconds = late, list_s, 0, 0, 100.0
        self.count = count
        self.looks = Looks(self.list, self.get, Pace(sleep=self.sleep, now=lambda: self.seconds))
        self._all, self._came, self._lock = Barrier(count), set[int](), Lock()

    def wait(self, record: Owned) -> Owned:
        return self.looks.until(record, ready, "it is to be ready", 60.0)

    def sleep(self, seconds: float) -> None:
        self._arrive()
        with self._lock:
            self.seconds += seconds / self.count

    def _arrive(self) -> None:
        if get_ident() not in self._came:
            self._came.add(get_ident())
            self._all.wait(20)

    def list(self) -> list[Owned]:
        self._arrive()
        with self._lock:
            self.lists += 1
            self.seconds += self.list_s
        return [] if self.late else [Owned(id=one.id, label="ready") for one in MADE]

    def get(self, id_: str) -> Owned:
        self._arrive()
        with self._lock:
            self.gets += 1
        return Owned(id=int(id_), label="ready")


@pytest.mark.parametrize("list_s", [0.0, 2 * FRESH_S])
def test_twenty_that_begin_together_ask_for_one_list(list_s: float) -> None:
    account = Account(20, list_s=list_s)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(account.wait, MADE))

    assert [each.id for each in found] == [each.id for each in MADE]
    assert account.lists == 1
    assert account.gets <= 1, "the first one may have been alone when it looked"


def test_what_a_list_lacks_is_asked_for_by_its_id() -> None:
    account = Account(2, late=True)

    with account.looks._counted(), ThreadPoolExecutor(2) as pool:
        found = list(pool.map(account.wait, MADE[:2]))

    assert all(map(ready, found))
    assert account.lists == 1
    assert account.gets == 2


def test_one_that_waits_by_itself_asks_for_no_list() -> None:
    account = Account(1)

    account.wait(MADE[0])

    assert (account.lists, account.gets) == (0, 1)


def test_what_is_so_already_costs_no_request() -> None:
    account = Account(1)

    account.wait(Owned(id=1, label="ready"))

    assert (account.lists, account.gets) == (0, 0)


def test_a_list_from_before_a_wait_began_tells_nothing_of_it() -> None:
    account = Account(1)
    looks = account.looks
    began, made = account.seconds, MADE[1]
    with looks._counted(), looks._counted():
        assert ready(looks._look(made, began))
        assert ready(looks._look(made, began))
        account.seconds += FRESH_S / 2
        assert ready(looks._look(made, began))
        later = account.seconds
        assert looks._look(made, later) is made, "which the next list will tell of"
        assert account.lists == 1
        account.seconds += FRESH_S
        assert ready(looks._look(made, later))
        assert account.lists == 2


def test_a_wait_that_is_in_vain_says_so() -> None:
    pace = Pace(sleep=lambda _: None, now=iter(range(100)).__next__)
    never = Looks[Owned](list, lambda id_: Owned(id=int(id_)), pace)

    with pytest.raises(WaitExpired, match="it is to be ready: not so after 9 s"):
        never.until(MADE[0], ready, "it is to be ready", 9.0)
