"""What one process knows of the API: a client per connection, its account and its catalogs, each asked once.

Pulumi stores provider objects, so they hold nothing; this module does, for as long as the process lives.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from functools import cached_property
from threading import RLock
from typing import Protocol

from providers.linode.api import rotation
from providers.linode.api.cache import is_offline, open_cache
from providers.linode.api.catalog_transport import CatalogTransport, OnPage
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection, connect_for_lookups
from providers.linode.api.errors import WrongAccount
from providers.linode.api.records import Linode
from providers.linode.catalogs.endpoints import ENDPOINTS
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.core import engine as engine_contact
from providers.linode.core.account_lookups import Holdings
from providers.linode.core.owner import Owner

CONFIG_KEYS = ("linode:token", "linode:url", "linode:account")

_lock = RLock()
_config: dict[str, str] = {}
_sessions: dict[Connection, Session] = {}
_chosen: dict[tuple[str | Connection, ...], Connection] = {}


class GetsValues(Protocol):
    """What pulumi.dynamic.Config offers."""

    def get(self, key: str) -> object: ...


class Session:
    """One connection and what was learnt over it."""

    def __init__(self, connection: Connection, on_page: OnPage | None = None) -> None:
        self._cache = open_cache(connection)
        self.client = LinodeClient(CatalogTransport(connection, self._cache, on_page))
        self.catalogs = Catalogs(self.client, narrow=self._cache is None)

    @cached_property
    def account_id(self) -> str:
        return self.client.account_id()

    @cached_property
    def linodes(self) -> list[Linode]:
        """The account's instances when they were first asked for: good for previews, not before a write.

        Offline there are none, and what only the account knows is not judged.
        """
        return [] if is_offline() else self.client.linodes()

    def catalogs_with(self, inputs: Mapping[str, object]) -> Catalogs:
        """The catalogs; one that came from disk and lacks the type, region or image is downloaded anew before."""
        if self._cache is not None:
            wanted = (("type", "LinodeTypes"), ("region", "Regions"), ("image", "Images"))
            for key, name in wanted:
                id_, path = inputs.get(key), ENDPOINTS[name].path
                if isinstance(id_, str) and not self.catalogs.has(name, id_) and self._cache.renew(path):
                    self.catalogs.forget(name)
        return self.catalogs

    def listed(self, linode_id: str) -> Linode | None:
        """The instance as the list has it, so that a refresh of many asks once for all of them."""
        return self._by_id.get(linode_id)

    @cached_property
    def _by_id(self) -> dict[str, Linode]:
        return {str(linode.id): linode for linode in self.linodes}

    @cached_property
    def holdings(self) -> Holdings:
        """What else the account has, as far as inputs name it."""
        return Holdings(self.client)


def learn(read: GetsValues | Mapping[str, object]) -> None:
    """Take the stack's configuration, as the engine hands it to the provider or to the program."""
    with _lock:
        _config.clear()
        for key in CONFIG_KEYS:
            value = read.get(key)
            if value is not None:
                _config[key] = str(value)


def begin(config: GetsValues) -> None:
    """What every provider does when the engine has made it: learn the configuration, and settle in."""
    if os.environ.get("LINODE_DEBUG"):
        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s", stream=sys.stderr)
        logging.getLogger("linode").setLevel(logging.DEBUG)
        logging.getLogger("urllib3").setLevel(logging.WARNING)
    learn(config)
    engine_contact.settle_in()


def of_stack(stack: str, account: str | None = None) -> Session:
    """The session of a stack's connection; of its several tokens, one that is valid, and of its account.

    Raises BadConnection.
    """
    with _lock:
        account = account or expected_account()
        found = rotation.candidates(stack, _config, account)
        key: tuple[str | Connection, ...] = (stack, *found)
        if key not in _chosen:
            _chosen[key] = rotation.choose(found, account, lambda each: _session_of(each).account_id)
        return _session_of(_chosen[key])


def _session_of(connection: Connection) -> Session:
    if connection not in _sessions:
        _sessions[connection] = Session(connection)
    return _sessions[connection]


def of_environment(on_page: OnPage | None = None) -> Session:
    """A session for look-ups outside any stack: LINODE_URL, and LINODE_TOKEN if there is one. Raises BadConnection."""
    with _lock:
        connection = connect_for_lookups(os.environ)
        if connection not in _sessions:
            _sessions[connection] = Session(connection, on_page)
        return _sessions[connection]


def of_owner(owner: Owner) -> Session:
    """The session of an owner's stack, after a look that its token belongs to the owner's account.

    Raises BadConnection, WrongAccount and what GET /profile raises.
    """
    session = of_stack(owner.stack, owner.account or None)
    with _lock:
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
    """The account that the stack's settings demand (linode:account), if they do."""
    return _config.get("linode:account")


def forget() -> None:
    """Close everything, as if the process had just begun."""
    with _lock:
        for session in _sessions.values():
            session.client.transport.close()
        _sessions.clear()
        _chosen.clear()
        _config.clear()
