"""Look-ups in the lists of one API: what the API can filter is asked of it, the rest is done here.

    find(client, Firewalls, Firewall, Firewalls.label == "web")          # any list of the account
    catalogs.types((LinodeTypes.gpus > 0) & (LinodeTypes.memory_mb >= 32768))

A catalog is asked for with the filter while it is not here (`images --vendor Debian` on a cold cache), and
taken whole, once, where its funnel is to be told or where it is kept on disk already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from providers.linode.api.errors import ApiRefused, BadFilter
from providers.linode.api.once import Once
from providers.linode.catalogs.attributes import Table
from providers.linode.catalogs.filter import By, Row, Where
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Region, parse
from providers.linode.catalogs.tables import Availabilities, Images, Kernels, LinodeTypes, Regions
from providers.linode.catalogs.x_filter import XFilter, split

RecordT = TypeVar("RecordT", bound=BaseModel)
Pairs = list[tuple[Row, Any]]
"""Rows as the API sent them, each with the record that was made of it."""


class ListsRows(Protocol):
    """What a look-up needs of a client: every row of a list, over all its pages."""

    def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]: ...


def find(
    client: ListsRows,
    table: Table,
    record: type[RecordT],
    where: Where[Any] = None,
    order: By[Any] = None,
    *,
    path: str = "",
) -> tuple[RecordT, ...]:
    """The records of a list that the filter holds for, in that order or else the API's.

    `record` is any model with the fields that are wanted; rows that can't be read as it are left out. `path` is that
    of another list with the same rows, such as a Linode's own firewalls, or of the one that is meant where a table is
    of parts: `path="/domains/7/records"`. Raises BadFilter when filter or order are of another table, and without
    that path, and what the client raises.
    """
    table.check(where, order)
    path = path or table.path
    if "{" in path:
        raise BadFilter(f"{table.__name__} has the list of one parent at a time. Next: give path, as {path}.")
    found = _narrowed(client, path, record, split(where, order).sent)
    pairs = _read(client.list_rows(path), record) if found is None else found
    return tuple(each for _, each in _chosen(pairs, where, order))


def _narrowed(client: ListsRows, path: str, record: type[BaseModel], sent: XFilter | None) -> Pairs | None:
    """The API's answer to a filter; None without one, and from an API that refuses it: then all is to be asked for."""
    try:
        return _read(client.list_rows(path, sent), record) if sent is not None else None
    except ApiRefused as refused:
        if refused.status != 400:
            raise
        return None


def _read(rows: Sequence[Row], record: type[BaseModel]) -> Pairs:
    """Each row with its record; without those that can't be read."""
    return [(row, found) for row in rows if (found := parse(record, row)) is not None]


def _chosen(pairs: Pairs, where: Where[Any], order: By[Any]) -> Pairs:
    """The rows that the filter holds for, in order."""
    if where is not None:
        pairs = [(row, record) for row, record in pairs if where.holds(row, record)]
    return order.sort(pairs) if order is not None else pairs


class Catalogs:
    """Types, regions, availability, images and kernels. Safe to share between threads.

    Each catalog is downloaded when it is first needed, and once. A filter that the API can do at least in part
    is sent as X-Filter instead while the catalog is not here; the second such question to a catalog fetches
    all of it. `narrow` says whether to do that, or tells it of each path: a catalog that is kept on disk is read
    from there. Whatever the API answers is filtered again here. Where it can't be reached, everybody who asks
    within a few seconds is told so at once.

    Every method takes a filter and an order (else: the API's order, for which there is no promise); they
    raise BadFilter when those are of another catalog, and what the client raises.
    """

    def __init__(self, client: ListsRows, *, narrow: bool | Callable[[str], bool] = True) -> None:
        asks = narrow if callable(narrow) else lambda _path: bool(narrow)
        self._shelves = {
            table.path: _Shelf(client, table, asks)
            for table in (LinodeTypes, Regions, Availabilities, Images, Kernels)
        }

    def has(self, table: Table, id_: str) -> bool:
        """Whether one of the catalogs (LinodeTypes, Regions, Images, Kernels) has the id; asks for all of it."""
        return any(row.get("id") == id_ for row, _ in self.candidates(table))

    def forget(self, table: Table) -> None:
        """Ask for a catalog again when it is next needed."""
        self._shelves[table.path].forget()

    def candidates(self, table: Table, where: Where[Any] = None, order: By[Any] = None) -> Pairs:
        """The rows of a catalog that the filter holds for, as the API sent them, each with its record."""
        table.check(where, order)
        return self._shelves[table.path].find(where, order)

    def types(self, where: Where[LinodeType] = None, order: By[LinodeType] = None) -> tuple[LinodeType, ...]:
        """The plans. Source: GET /linode/types, no token needed."""
        return self._find(LinodeTypes, where, order)

    def regions(self, where: Where[Region] = None, order: By[Region] = None) -> tuple[Region, ...]:
        """The regions that the account sees. Source: GET /regions, no token needed."""
        return self._find(Regions, where, order)

    def availability(
        self, where: Where[Availability] = None, order: By[Availability] = None
    ) -> tuple[Availability, ...]:
        """Which plans of limited supply are on sale where. Source: GET /regions/availability, no token needed."""
        return self._find(Availabilities, where, order)

    def images(self, where: Where[Image] = None, order: By[Image] = None) -> tuple[Image, ...]:
        """The public images, and with a token the account's own. Source: GET /images."""
        return self._find(Images, where, order)

    def kernels(self, where: Where[Kernel] = None, order: By[Kernel] = None) -> tuple[Kernel, ...]:
        """The kernels; two ids come twice. Source: GET /linode/kernels, no token needed."""
        return self._find(Kernels, where, order)

    def _find(self, table: Table, where: Where[Any], order: By[Any]) -> tuple[Any, ...]:
        if where is None and order is None:
            return self._shelves[table.path].records()
        return tuple(record for _, record in self.candidates(table, where, order))


class _Shelf:
    """One catalog: all of it, once it is here, and before that the answer to the first filter that was asked with."""

    def __init__(self, client: ListsRows, table: Table, narrow: Callable[[str], bool]) -> None:
        self._client = client
        self._path, self._record = table.path, table.record
        self._narrow = narrow
        self._lock = threading.Lock()
        self._is_here = False
        self._whole = Once(self._download)
        self.records = Once(lambda: tuple(record for _, record in self._whole()))
        """Of the whole catalog, which every check asks for."""
        self._first: tuple[XFilter, Once[Pairs | None]] | None = None

    def find(self, where: Where[Any], order: By[Any]) -> Pairs:
        """The rows that the filter holds for, with their records, in the order wanted."""
        found = self._narrowly(split(where).sent)
        return _chosen(self._whole() if found is None else found, where, order)

    def forget(self) -> None:
        """Ask again when it is next needed."""
        with self._lock:
            self._whole.forget()
            self.records.forget()
            self._first, self._is_here = None, False

    def _narrowly(self, sent: XFilter | None) -> Pairs | None:
        """The API's answer to the filter; None where the whole catalog is the better question, or at hand."""
        if sent is None or self._is_here:
            return None
        with self._lock:
            if self._first is None and self._narrow(self._path):
                self._first = sent, Once(lambda: _narrowed(self._client, self._path, self._record, sent))
            first = self._first
        return first[1]() if first is not None and first[0] == sent else None

    def _download(self) -> Pairs:
        found = _read(self._client.list_rows(self._path), self._record)
        self._is_here = True
        return found
