"""What there is once for each client of the API, for as long as the client lives: sessions make one a connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from providers.linode.api.client import LinodeClient

T = TypeVar("T")


class PerClient(Generic[T]):
    """Makes one for a client that has none yet. Safe to share between threads."""

    def __init__(self, make: Callable[[LinodeClient], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[LinodeClient, T] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def __call__(self, client: LinodeClient) -> T:
        with self._lock:
            if client not in self._made:
                self._made[client] = self._make(client)
            return self._made[client]
