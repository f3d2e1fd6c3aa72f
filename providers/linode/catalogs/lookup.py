"""The catalogs of one API, each downloaded once a process and kept as frozen records.

catalogs = Catalogs(client)
catalogs.types((LinodeTypes.gpus > 0) & (LinodeTypes.memory_mb >= 32768))
catalogs.kernels(Kernels.label == "6.2.9-x86_64-linode160")      # asks the API for that one alone
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from providers.linode.api.errors import ApiRefused, BadFilter
from providers.linode.catalogs.attributes import Attribute
from providers.linode.catalogs.endpoints import ENDPOINTS
from providers.linode.catalogs.field import Row
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Record, Region, parse
from providers.linode.catalogs.tree import Filter, Order
from providers.linode.catalogs.xfilter import split

RecordT = TypeVar("RecordT", bound=Record)


class ListsRows(Protocol):
    """What a catalog needs of a client: every row of a list, over all its pages."""

    def list_rows(
        self, path: str, x_filter: Mapping[str, object] | None = None
    ) -> Sequence[Mapping[str, object]]: ...


class Catalogs:
    """Types, regions, availability, images and kernels. Safe to share between threads.

    Each catalog is downloaded when it is first needed, and once. A filter that the API can do in full is
    sent as X-Filter instead when the catalog is not here yet; the second such question to a catalog fetches
    all of it. `narrow=False` never does that, for clients that keep whole lists. Whatever the API answers
    is filtered again here, and an API that refuses the filter is asked for the whole list.

    Every method takes a filter and an order (else: the API's order, for which there is no promise); they
    raise BadFilter when those are of another catalog, and what the client raises.
    """

    def __init__(self, client: ListsRows, *, narrow: bool = True) -> None:
        self._types = _Shelf(client, "LinodeTypes", LinodeType, narrow)
        self._regions = _Shelf(client, "Regions", Region, narrow)
        self._availability = _Shelf(client, "Availabilities", Availability, narrow)
        self._images = _Shelf(client, "Images", Image, narrow)
        self._kernels = _Shelf(client, "Kernels", Kernel, narrow)
        self._shelves: dict[str, _Shelf[Any]] = {
            shelf.name: shelf for shelf in (self._types, self._regions, self._images, self._kernels)
        }

    def has(self, name: str, id_: str) -> bool:
        """Whether the catalog of that name (LinodeTypes, Regions, Images, Kernels) has the id."""
        return any(record.id == id_ for record in self._shelves[name].find(None, None))

    def forget(self, name: str) -> None:
        """Ask for a catalog again when it is next needed."""
        self._shelves[name].forget()

    def types(
        self, where: Filter[LinodeType] | None = None, order: Order[LinodeType] | None = None
    ) -> tuple[LinodeType, ...]:
        """The plans. Source: GET /linode/types, no token needed."""
        return self._types.find(where, order)

    def regions(
        self, where: Filter[Region] | None = None, order: Order[Region] | None = None
    ) -> tuple[Region, ...]:
        """The regions that the account sees. Source: GET /regions, no token needed."""
        return self._regions.find(where, order)

    def availability(
        self, where: Filter[Availability] | None = None, order: Order[Availability] | None = None
    ) -> tuple[Availability, ...]:
        """Which plans of limited supply are to be had where. Source: GET /regions/availability, no token needed."""
        return self._availability.find(where, order)

    def images(
        self, where: Filter[Image] | None = None, order: Order[Image] | None = None
    ) -> tuple[Image, ...]:
        """The public images, and with a token the account's own. Source: GET /images."""
        return self._images.find(where, order)

    def kernels(
        self, where: Filter[Kernel] | None = None, order: Order[Kernel] | None = None
    ) -> tuple[Kernel, ...]:
        """The kernels; two ids come twice. Source: GET /linode/kernels, no token needed."""
        return self._kernels.find(where, order)


@dataclass
class _Shelf(Generic[RecordT]):
    """One catalog: its rows as they came, once they are here, and the one narrow answer before that."""

    client: ListsRows
    name: str
    model: type[RecordT]
    narrow: bool
    lock: threading.Lock = field(default_factory=threading.Lock)
    rows: Sequence[Row] | None = None
    narrow_answers: dict[str, Sequence[Row]] = field(default_factory=dict)
    records: dict[int, RecordT | None] = field(default_factory=dict)

    def find(self, where: Filter[RecordT] | None, order: Order[RecordT] | None) -> tuple[RecordT, ...]:
        """The records that the filter holds for, in the order wanted."""
        self._check(where, order)
        with self.lock:
            rows: Sequence[Row] = self._rows_for(where)
            if where is not None:
                rows = [row for row in rows if where.holds(row)]
            if order is not None:
                rows = order.sort(rows)
            found = [self._record(row) for row in rows]
        return tuple(record for record in found if record is not None)

    def forget(self) -> None:
        """Drop the rows, the records made of them, and the narrow answers."""
        with self.lock:
            self.rows = None
            self.narrow_answers.clear()
            self.records.clear()

    def _check(self, where: Filter[RecordT] | None, order: Order[RecordT] | None) -> None:
        if isinstance(where, Attribute):
            raise BadFilter(f"{where!r} alone is no filter. Next: compare it, such as {where!r} == ….")
        if isinstance(order, Attribute):
            raise BadFilter(f"{order!r} alone is no order. Next: write {order!r}.ascending().")
        if where is not None and not isinstance(where, Filter):
            raise BadFilter(f"{where!r} is not a filter. Next: compare an attribute of {self.name}.")
        named = [compare.field for compare in where.comparisons()] if where is not None else []
        for each in [*named, *([order.field] if order is not None else [])]:
            if each.catalog != self.name:
                raise BadFilter(
                    f"{each.catalog}.{each.name} is no attribute of {self.name}. "
                    f"Next: name one of {self.name}, or ask the other catalog."
                )

    def _rows_for(self, where: Filter[RecordT] | None) -> Sequence[Row]:
        """All rows, or at least those that the filter holds for. The lock is held."""
        asked = split(where, None, ENDPOINTS[self.name])
        if self.rows is None and self.narrow and asked.sent is not None and asked.complete:
            found = self._ask(asked.sent)
            if found is not None:
                return found
        if self.rows is None:
            self.rows = self.client.list_rows(ENDPOINTS[self.name].path)
            self.records.clear()
        return self.rows

    def _ask(self, sent: Mapping[str, object]) -> Sequence[Row] | None:
        """The API's answer to a filter; None when the whole list is the better question."""
        key = json.dumps(sent, sort_keys=True)
        if self.narrow_answers:
            return self.narrow_answers.get(key)
        try:
            self.narrow_answers[key] = self.client.list_rows(ENDPOINTS[self.name].path, sent)
        except ApiRefused as refused:
            if refused.status != 400:
                raise
            return None
        return self.narrow_answers[key]

    def _record(self, row: Row) -> RecordT | None:
        """The row's record, made once. Rows stay on the shelf, so their identity is a safe key."""
        if id(row) not in self.records:
            self.records[id(row)] = parse(self.model, row)
        return self.records[id(row)]
