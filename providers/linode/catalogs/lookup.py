"""Look-ups in the lists of one API: what the API can filter is asked of it, the rest is done here.

    find(client, Firewalls, Firewall, Firewalls.label == "web")          # any list of the account
    catalogs.types((LinodeTypes.gpus > 0) & (LinodeTypes.memory_mb >= 32768))

A catalog is asked for with the filter while it is not here (`images --vendor Debian` on a cold cache), and
taken whole, once, where its funnel is to be told or where it is kept on disk already.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from providers.linode.api.errors import ApiRefused
from providers.linode.catalogs.attributes import Table
from providers.linode.catalogs.filter import Filter, Order, Row
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Record, Region, parse
from providers.linode.catalogs.tables import Availabilities, Images, Kernels, LinodeTypes, Regions
from providers.linode.catalogs.x_filter import split

RecordT = TypeVar("RecordT", bound=BaseModel)
Rows = Sequence[Row]


class ListsRows(Protocol):
    """What a look-up needs of a client: every row of a list, over all its pages."""

    def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Rows: ...


def find(
    client: ListsRows,
    table: Table,
    record: type[RecordT],
    where: Filter[RecordT] | None = None,
    order: Order[RecordT] | None = None,
    *,
    path: str = "",
) -> tuple[RecordT, ...]:
    """The records of a list that the filter holds for, in that order or else the API's.

    `path` is that of another list with the same rows, such as a Linode's own firewalls. Rows that can't be read as
    the record are left out. Raises BadFilter when filter or order are of another table, and what the client raises.
    """
    table.check(where, order)
    path = path or table.path
    rows = _narrowed(client, path, split(where, order).sent)
    rows = client.list_rows(path) if rows is None else rows
    return tuple(each for _, each in _chosen([(row, parse(record, row)) for row in rows], where, order))


def _narrowed(client: ListsRows, path: str, sent: Mapping[str, object] | None) -> Rows | None:
    """The API's answer to a filter; None without one, and from an API that refuses it: then all is to be asked for."""
    try:
        return client.list_rows(path, sent) if sent is not None else None
    except ApiRefused as refused:
        if refused.status != 400:
            raise
        return None


def _chosen(
    found: Sequence[tuple[Row, RecordT | None]], where: Filter[RecordT] | None, order: Order[RecordT] | None
) -> list[tuple[Row, RecordT]]:
    """The rows that the filter holds for, each with its record, in order."""
    known = [(row, record) for row, record in found if record is not None]
    if where is not None:
        known = [(row, record) for row, record in known if where.holds(row, record)]
    if order is None:
        return known
    by_row = {id(row): record for row, record in known}
    return [(row, by_row[id(row)]) for row in order.sort(row for row, _ in known)]


class Catalogs:
    """Types, regions, availability, images and kernels. Safe to share between threads.

    Each catalog is downloaded when it is first needed, and once. A filter that the API can do at least in part
    is sent as X-Filter instead while the catalog is not here; the second such question to a catalog fetches
    all of it. `narrow` says whether to do that, or tells it of each path: a catalog that is kept on disk is read
    from there. Whatever the API answers is filtered again here.

    Every method takes a filter and an order (else: the API's order, for which there is no promise); they
    raise BadFilter when those are of another catalog, and what the client raises.
    """

    def __init__(self, client: ListsRows, *, narrow: bool | Callable[[str], bool] = True) -> None:
        asks = narrow if callable(narrow) else lambda _path: bool(narrow)
        self._shelves = {
            table.path: _Shelf(client, table, record, asks)
            for table, record in (
                (LinodeTypes, LinodeType),
                (Regions, Region),
                (Availabilities, Availability),
                (Images, Image),
                (Kernels, Kernel),
            )
        }

    def has(self, table: Table, id_: str) -> bool:
        """Whether one of the catalogs (LinodeTypes, Regions, Images, Kernels) has the id; asks for all of it."""
        return any(row.get("id") == id_ for row, _ in self.candidates(table))

    def forget(self, table: Table) -> None:
        """Ask for a catalog again when it is next needed."""
        self._shelves[table.path].forget()

    def candidates(
        self, table: Table, where: Filter[Any] | None = None, order: Order[Any] | None = None
    ) -> list[tuple[Row, Any]]:
        """The rows of a catalog that the filter holds for, as the API sent them, each with its record."""
        table.check(where, order)
        return self._shelves[table.path].find(where, order)

    def types(
        self, where: Filter[LinodeType] | None = None, order: Order[LinodeType] | None = None
    ) -> tuple[LinodeType, ...]:
        """The plans. Source: GET /linode/types, no token needed."""
        return self._find(LinodeTypes, where, order)

    def regions(
        self, where: Filter[Region] | None = None, order: Order[Region] | None = None
    ) -> tuple[Region, ...]:
        """The regions that the account sees. Source: GET /regions, no token needed."""
        return self._find(Regions, where, order)

    def availability(
        self, where: Filter[Availability] | None = None, order: Order[Availability] | None = None
    ) -> tuple[Availability, ...]:
        """Which plans of limited supply are on sale where. Source: GET /regions/availability, no token needed."""
        return self._find(Availabilities, where, order)

    def images(
        self, where: Filter[Image] | None = None, order: Order[Image] | None = None
    ) -> tuple[Image, ...]:
        """The public images, and with a token the account's own. Source: GET /images."""
        return self._find(Images, where, order)

    def kernels(
        self, where: Filter[Kernel] | None = None, order: Order[Kernel] | None = None
    ) -> tuple[Kernel, ...]:
        """The kernels; two ids come twice. Source: GET /linode/kernels, no token needed."""
        return self._find(Kernels, where, order)

    def _find(self, table: Table, where: Filter[Any] | None, order: Order[Any] | None) -> tuple[Any, ...]:
        return tuple(record for _, record in self.candidates(table, where, order))


@dataclass
class _Shelf:
    """One catalog: its rows as they came, once they are here, and the one narrow answer before that."""

    client: ListsRows
    table: Table
    model: type[Record]
    narrow: Callable[[str], bool]
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: Rows | None = None
    narrow_answers: dict[str, Rows] = field(default_factory=dict)
    records: dict[int, Record | None] = field(default_factory=dict)

    def find(self, where: Filter[Any] | None, order: Order[Any] | None) -> list[tuple[Row, Record]]:
        """The rows that the filter holds for, with their records, in the order wanted."""
        with self.lock:
            found = [(row, self._record(row)) for row in self._rows_for(where)]
        return _chosen(found, where, order)

    def forget(self) -> None:
        """Drop the rows, the records made of them, and the narrow answers."""
        with self.lock:
            self.rows = None
            self.narrow_answers.clear()
            self.records.clear()

    def _rows_for(self, where: Filter[Any] | None) -> Rows:
        """All rows, or at least those that the filter holds for. The lock is held."""
        if self.rows is None:
            sent = split(where).sent
            key = json.dumps(sent, sort_keys=True)
            if not self.narrow_answers and self.narrow(self.table.path):
                found = _narrowed(self.client, self.table.path, sent)
                if found is not None:
                    self.narrow_answers[key] = found
            if key in self.narrow_answers:
                return self.narrow_answers[key]
            self.rows = self.client.list_rows(self.table.path)
            self.records.clear()
        return self.rows

    def _record(self, row: Row) -> Record | None:
        """The row's record, made once. Rows stay on the shelf, so their identity is a safe key."""
        if id(row) not in self.records:
            self.records[id(row)] = parse(self.model, row)
        return self.records[id(row)]
