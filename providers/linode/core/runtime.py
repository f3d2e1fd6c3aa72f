"""What one process knows: its configuration, a session per connection, and what the engine has told it.

Pulumi stores provider objects, so they hold nothing; this does, for as long as the process lives. What is asked is
asked once, however many threads want to know (`api.once`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from providers.linode.api import rotation
from providers.linode.api.cache import is_offline
from providers.linode.api.catalog_transport import CatalogTransport, OnPage
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection, connect_for_lookups
from providers.linode.api.errors import ApiRefused, NotAuthorized, NotFound, WrongAccount
from providers.linode.api.once import OnceEach, once
from providers.linode.api.records import Numbered, Owned
from providers.linode.api.refusals import NOT_FOR_US, if_allowed
from providers.linode.api.transport import Reply
from providers.linode.catalogs import Availabilities, Catalogs, Images, LinodeTypes, Regions, Table
from providers.linode.core import engine, state_files
from providers.linode.core.owner import Owner
from providers.linode.core.waiting.looks import Looks
from providers.linode.core.waiting.poller import Poller

if TYPE_CHECKING:
    from providers.linode.core.spec import A, Checking, R, Spec

T = TypeVar("T")
OwnedT = TypeVar("OwnedT", bound=Owned)

CONFIG_KEYS = ("linode:token", "linode:url", "linode:account")

NOWHERE = "http://127.0.0.1:9/v4"
"""An address where nothing is, and of which no catalogs are kept."""

CATALOGS_OF: Mapping[str, tuple[Table, ...]] = {
    "type": (LinodeTypes, Availabilities),
    "region": (Regions,),
    "image": (Images,),
}
"""Where an id stands, and what else is asked about it."""


class GetsValues(Protocol):
    """What pulumi.dynamic.Config offers."""

    def get(self, key: str) -> object: ...


@dataclass(frozen=True)
class Index(Generic[OwnedT]):
    """All of a kind in an account, by what every check looks for: walking them would cost more with each."""

    by_id: Mapping[str, OwnedT]
    by_label: Mapping[str, OwnedT]
    by_tag: Mapping[str, OwnedT]

    @classmethod
    def of(cls, rows: Sequence[OwnedT]) -> Index[OwnedT]:
        """Of several with the same label or tag the first, as the API lists them."""
        first = rows[::-1]
        return cls(
            {str(row.id): row for row in rows},
            {row.label.casefold(): row for row in first},
            {tag.casefold(): row for row in first for tag in row.tags},
        )


class Session:
    """One connection and what was learnt over it."""

    def __init__(
        self,
        connection: Connection,
        on_page: OnPage | None = None,
        transport: CatalogTransport | None = None,
    ) -> None:
        self._transport = transport or CatalogTransport(
            connection, on_page=on_page, tell=engine.tell_who_waits
        )
        self.client = LinodeClient(self._transport)
        self.catalogs = Catalogs(self.client, narrow=lambda path: not self._transport.keeps(path))
        self._lists = OnceEach(lambda path: [] if is_offline() else self.client.list_rows(path))
        self._listed = OnceEach(lambda spec: Index.of(self._read(spec)))
        self._labels = OnceEach(lambda path: if_allowed(lambda: self._list_labels(path)))
        self._asked: OnceEach[Any] = OnceEach(lambda ask: ask())
        self._looks = OnceEach(lambda spec: Looks(partial(spec.list, self), partial(spec.get, self)))
        self.planned: dict[tuple[str, str], Checking[Any]] = {}
        """The checks so far, by kind and id: the old one of what is recreated, and `new <name>` of what isn't there."""
        self._found: set[str] = set()
        """The paths of what was asked for and was there."""
        self._made: dict[tuple[str, str], Any] = {}
        """Records as this run made them, by kind and path."""
        self._new: set[str] = set()
        """The paths of those that were not there before."""
        self._came: set[str] = set()
        """The paths of these, and of what came with them."""
        self._gone: set[tuple[str, str]] = set()
        """Kind and path of what this run deletes."""
        self.freed: set[str] = set()
        """The addresses that this had."""
        self._locks: dict[object, threading.Lock] = {}
        self._locking = threading.Lock()

    @once
    def uncached(self) -> LinodeClient:
        """For lists that are catalogs, which a session's own keeps on disk for a while."""
        if not isinstance(transport := self.client.transport, CatalogTransport):
            return self.client
        without = {**os.environ, "LINODE_CACHE": "off"}
        return LinodeClient(CatalogTransport(transport.connection, without, tell=engine.tell_who_waits))

    @once
    def account_id(self) -> str:
        return self.client.account_id()

    @once
    def poller(self) -> Poller:
        """The one poller that all waits of this connection share."""
        return Poller(self.client)

    def asked(self, what: object, ask: Callable[[], T]) -> T:
        """The answer to a question that is asked once a session, whoever asks."""
        found: T = self._asked(what, ask)
        return found

    def rows(self, spec: Spec[A, R]) -> Sequence[R]:
        """All of a kind in the account when they were first asked for: good for previews, not before a write.

        Offline there are none, and what only the account knows is not judged.
        """
        return tuple(self.by_id(spec).values())

    def by_id(self, spec: Spec[A, R]) -> Mapping[str, R]:
        """The same by id, as texts."""
        return self._of(spec).by_id

    def listed(self, spec: Spec[A, R], id_: str) -> R | None:
        """One of a kind as the list has it."""
        return self._of(spec).by_id.get(id_)

    def labelled(self, spec: Spec[A, R], label: str) -> R | None:
        """The first of a kind with that label; case does not matter."""
        return self._of(spec).by_label.get(label.casefold())

    def tagged(self, spec: Spec[A, R], tag: str) -> R | None:
        """The first of a kind with that tag; case does not matter."""
        return self._of(spec).by_tag.get(tag.casefold())

    def _of(self, spec: Spec[A, R]) -> Index[R]:
        found: Index[R] = self._listed((spec.kind, spec.path), spec)
        return found

    def _read(self, spec: Spec[A, R]) -> list[R]:
        return [record for record in map(spec.read, self._rows_of(spec)) if spec.is_one(record)]

    def listing(self, path: str) -> list[dict[str, Any]]:
        """A list as the API writes it, as it was when it was first asked for."""
        return self._lists(path)

    def as_yet(self, path: str) -> list[dict[str, Any]] | None:
        """The same where that is as good as now: None once this run has written anything."""
        return None if self.client.transport.has_written else self._lists(path)

    def _rows_of(self, spec: Spec[A, R]) -> list[dict[str, Any]]:
        """None where the parent isn't known, isn't there, or is new itself."""
        if spec.parents and any(f"{spec.parents.path}/{id_}" in self._new for id_ in spec.known.values()):
            return []
        try:
            if spec.only and not is_offline():
                return spec.client(self).list_rows(spec.path, spec.only)
            return [] if spec.is_nowhere else self._lists(spec.path)
        except NotFound:
            if not spec.known:
                raise
            return []

    def looks(self, spec: Spec[A, R]) -> Looks[R]:
        """What all that wait for something of a kind share."""
        found: Looks[R] = self._looks((spec.kind, spec.path), spec)
        return found

    def labels(self, path: str) -> Mapping[int, str] | None:
        """The label of everything in a list, by id; None offline, and where the token may not read it."""
        return self._labels(path)

    def made(self, spec: Spec[A, R], record: R, *, is_new: bool = True) -> None:
        """Note what this run has made, or adopted, so that no check has to ask for it."""
        path = spec.record_path(record.id)
        self._made[spec.kind, path] = record
        if is_new:
            self._new.add(path)
        self._came.update(spec.paths(record))

    def planned_of(self, kind: str) -> list[Checking[Any]]:
        """The checks of a kind that this run has made so far."""
        return [each for (its, _), each in [*self.planned.items()] if its == kind]

    def made_of(self, kind: str) -> list[Any]:
        """The records of a kind as this run made them, of those that it has not deleted."""
        return [record for (its, _), record in [*self._made.items()] if its == kind]

    def gone(self, spec: Spec[A, R], id_: str) -> None:
        """Note what this run deletes, or has tried to: what was asked for before may have gone with it."""
        key = spec.kind, spec.record_path(id_)
        if (made := self._made.pop(key, None)) is not None:
            self._came.difference_update(spec.paths(made))
        self._gone.add(key)
        self._asked.forget(key)
        self._found.clear()

    def has_deleted_in(self, path: str) -> bool:
        """Whether this run has deleted a part of what is there."""
        return any(its.startswith(f"{path}/") for _, its in [*self._gone])

    def has_deleted(self, spec: Spec[A, R], id_: int | str) -> bool:
        """Whether this run has, or has tried to."""
        return (spec.kind, spec.record_path(id_)) in self._gone

    def known(self, spec: Spec[A, R], id_: int | str | None) -> R | None:
        """One of a kind as this run made it, as the list has it, or as it was when it was first asked for; what the
        run deletes is asked for again.

        Good for checks, not before a write.
        """
        if not id_:
            return None
        path = spec.record_path(id_)
        key = spec.kind, path
        find = spec.find_now if self.has_deleted(spec, id_) else spec.find
        found: R | None = self._made.get(key) or self.asked(key, lambda: find(self, str(id_)))
        if found is not None:
            self._found.add(path)
        return found

    def lacks(self, path: str) -> bool:
        """Whether there is no such thing even now: somebody may have made it since a list was read.

        False where the token may not ask. What is there is asked for once, however many name it.
        """
        with self.alone(path):
            if path in self._came or path in self._found:
                return False
            try:
                self.client.get(path)
            except ApiRefused as refused:
                if refused.status not in NOT_FOR_US:
                    raise
                return isinstance(refused, NotFound)
            self._found.add(path)
            return False

    def _list_labels(self, path: str) -> dict[int, str]:
        return {
            Numbered.read(row).id: str(row.get("label") or row.get("domain") or "")
            for row in self._lists(path)
        }

    def catalogs_with(self, *, afresh: bool = False, **wanted: str) -> Catalogs:
        """The catalogs; one that came from disk and lacks the `type`, `region` or `image` is downloaded before.

        afresh: all that are asked for these, whatever they have, unless this process has downloaded them.
        """
        if (cache := self._transport.cache) is None:
            return self.catalogs
        for key, id_ in wanted.items():
            for table in CATALOGS_OF[key] if isinstance(id_, str) and id_ else ():
                with self.alone(table.path):
                    lacks = table is CATALOGS_OF[key][0] and not self.catalogs.has(table, id_)
                    if (lacks or afresh) and cache.renew(table.path, if_new=lacks):
                        self.catalogs.forget(table)
        return self.catalogs

    def changed(self, table: Table) -> None:
        """Note that this run has changed a catalog: who looks there from then on, in later runs too, sees it."""
        if (cache := self._transport.cache) is not None:
            cache.expire(table.path)
        self.catalogs.forget(table)

    @contextmanager
    def alone(self, key: object) -> Iterator[None]:
        """Whoever comes with the same key waits until this is over."""
        with self._locking:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            yield


class _Silent(CatalogTransport):
    """Sends nothing, and tells what the API tells a token that may read nothing."""

    def request(self, method: str, path: str, **_: object) -> Reply:
        raise NotAuthorized(f"{method} {path}: nobody is asked", status=401)


def unasked() -> Session:
    """A session for what needs no account: nobody is asked, so that nothing is judged by what an account has."""
    nobody = Connection(NOWHERE, "", "nobody")
    return Session(nobody, transport=_Silent(nobody))


class Runtime:
    """All state of a process. One lock for its maps; what takes a request is asked outside of it, by `Once`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._config: dict[str, str] = {}
        self._sessions: dict[Connection, Session] = {}
        self._chosen: dict[tuple[str | Connection, ...], Connection] = {}
        self._named: set[tuple[str, str]] = set()
        self.checked: dict[str, Any] = {}
        """By URN, what a check with old inputs knew: a diff comes next, and tells what the change does."""
        self.not_ours: set[str] = set()
        """What the account's check has found to be another backend's, before the state says so."""
        self._cut_off = OnceEach(lambda where: state_files.cut_off(*where))
        self.told: dict[str, bool] = {}
        """By URN, whether a diff has told of a replacement: an engine checks that a second time."""
        self._olds: dict[str, Mapping[str, object]] = {}
        self._ids: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._claimed: dict[tuple[str, str], str] = {}

    def learn(self, read: GetsValues | Mapping[str, object]) -> None:
        """Take the stack's configuration, as the engine hands it to the provider or to the program."""
        with self._lock:
            found = {key: read.get(key) for key in CONFIG_KEYS}
            self._config = {key: str(value) for key, value in found.items() if value is not None}

    @property
    def expected_account(self) -> str | None:
        """The account that the stack's settings demand (linode:account), if they do."""
        return self._config.get("linode:account")

    def of_stack(self, stack: str, account: str | None = None) -> Session:
        """The session of a stack's connection; of its several tokens, one that is valid, and of its account.

        Raises BadConnection.
        """
        with self._lock:
            account = account or self.expected_account
            found = rotation.candidates(stack, self._config, account)
            key: tuple[str | Connection, ...] = (stack, *found)
            if key not in self._chosen:
                self._chosen[key] = rotation.choose(found, account, lambda each: self.over(each).account_id)
            return self.over(self._chosen[key])

    def over(self, connection: Connection, on_page: OnPage | None = None) -> Session:
        with self._lock:
            if connection not in self._sessions:
                self._sessions[connection] = Session(connection, on_page)
            return self._sessions[connection]

    def name(self, kind: str, id_: str) -> None:
        """Note an id that came with diff, read, update or delete: the state has, or had, an entry for it."""
        call = engine.current_call()
        with self._lock:
            self._named.add((kind, str(id_)))
            if call is not None:
                self._ids[call.urn] = str(id_)

    def is_named(self, kind: str, id_: str) -> bool:
        with self._lock:
            return (kind, str(id_)) in self._named

    def cut_off(self, project: str, stack: str) -> frozenset[tuple[str, str]]:
        """Kind (empty: any) and name of what an earlier run was making when it was killed, as the state has it at the
        first call: this run writes it after every step.
        """
        return self._cut_off((project, stack))

    def claim(self, kind: str, id_: int | str) -> str:
        """Give an id to the resource of this call, to be adopted or told of by it alone; where another one came first,
        the name of that, else empty.
        """
        call = engine.current_call()
        urn = call.urn if call else ""
        with self._lock:
            first = self._claimed.setdefault((kind, str(id_)), urn)
        return "" if first == urn else first.rpartition("::")[2]

    def old_inputs(self, olds: Mapping[str, object]) -> Mapping[str, object]:
        """Those of the check that this thread is answering; of the first one where it is a replacement's second."""
        if (call := engine.current_call()) is None:
            return olds
        with self._lock:
            if olds:
                self._olds[call.urn] = olds
            return self._olds.get(call.urn, olds)

    def own_id(self) -> str | None:
        """The id that the engine has named for the resource whose call this thread is answering."""
        call = engine.current_call()
        return self._ids.get(call.urn) if call is not None else None

    def reason(self, why: str) -> str:
        """Why a resource can't be checked: told in full of the first one, for the rest there is no more to say."""
        call = engine.current_call()
        name = call.name if call else ""
        with self._lock:
            first = self._first.setdefault(why, name)
        return why if first == name else f"can't be checked, for the reason that is told of {first}"

    def close(self) -> None:
        with self._lock:
            for session in self._sessions.values():
                session.client.transport.close()
                session.uncached.transport.close()


_current = Runtime()


def current() -> Runtime:
    return _current


def begin(config: GetsValues) -> None:
    """What every provider does when the engine has made it: learn the configuration, and settle in."""
    if os.environ.get("LINODE_DEBUG"):
        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s", stream=sys.stderr)
        logging.getLogger("linode").setLevel(logging.DEBUG)
        logging.getLogger("urllib3").setLevel(logging.WARNING)
    _current.learn(config)
    engine.settle_in()


def learn(read: GetsValues | Mapping[str, object]) -> None:
    """See Runtime.learn."""
    _current.learn(read)


def of_stack(stack: str, account: str | None = None) -> Session:
    """See Runtime.of_stack."""
    return _current.of_stack(stack, account)


def of_environment(on_page: OnPage | None = None) -> Session:
    """A session for look-ups outside any stack: LINODE_URL, and LINODE_TOKEN if there is one. Raises BadConnection."""
    return _current.over(connect_for_lookups(os.environ), on_page)


def of_owner(owner: Owner) -> Session:
    """The session of an owner's stack, after a look that its token belongs to the owner's account.

    Raises BadConnection, WrongAccount and what GET /profile raises.
    """
    session = of_stack(owner.stack, owner.account or None)
    require_account(session, owner.account, owner.stack)
    return session


def require_account(session: Session, account: str, stack: str) -> None:
    """Raises WrongAccount unless the session's token belongs to that account."""
    if session.account_id != account:
        connection = session.client.transport.connection
        raise WrongAccount(
            f"stack '{stack}' belongs to account {account}, and the token in use (from "
            f"{connection.token_source}) belongs to account {session.account_id}. "
            "Nothing was done. Next: use a token of the stack's account."
        )


def expected_account() -> str | None:
    """See Runtime.expected_account."""
    return _current.expected_account


def forget() -> None:
    """Close everything, as if the process had just begun."""
    global _current
    _current.close()
    _current = Runtime()
