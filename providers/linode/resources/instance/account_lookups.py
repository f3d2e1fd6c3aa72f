"""What an account holds beside its Linodes, as far as inputs name it: each list read once, and only when asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from providers.linode.api.cache import is_offline
from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import NotFound
from providers.linode.api.once import OnceEach, once
from providers.linode.api.records import Linode, Record
from providers.linode.api.refusals import if_allowed as _if_allowed
from providers.linode.core.runtime import Session
from providers.linode.resources.instance.account_records import (
    AccountSettings,
    Attached,
    Backup,
    Backups,
    Firewall,
    ReservedAddress,
    Subnet,
    User,
    Vpc,
)
from providers.linode.resources.placement_group import SPEC as GROUPS, PlacementGroupRecord
from providers.linode.resources.stackscript import StackScriptRecord

R = TypeVar("R", bound=Record)

MOST_LINODES_FOR_A_BACKUP = 20
"""A backup is found through its Linode only, by one request each: past so many it is left to the API to judge."""


MADE: Mapping[str, tuple[str, Callable[[Any], Iterable[object]]]] = {
    "firewalls": ("Firewall", lambda wall: [wall.id]),
    "groups": ("PlacementGroup", lambda group: [group.id]),
    "addresses": ("ReservedIP", lambda address: [address.address]),
    "holders": ("Instance", lambda linode: linode.ipv4),
}
"""By table, the kind whose records it has, and by what: what a run makes of these it need not ask for."""


class AccountLookups:
    """The account's things, by what names them; None wherever they can't be known: offline, or not for this token.

    `as_yet` has a list that others have read, where that is good still; `made_of` what this run has made of a kind.
    """

    def __init__(
        self,
        client: LinodeClient,
        as_yet: Callable[[str], Iterable[object] | None] = lambda _: None,
        made_of: Callable[[str], Iterable[Any]] = lambda _: (),
    ) -> None:
        self._client, self._as_yet, self._made_of = client, as_yet, made_of
        self._shared: set[str] = set()
        """What was taken from others once, and is asked for afresh after that."""

        self._locking = threading.Lock()
        self._missed: set[tuple[str, object]] = set()
        """What a list lacked, by table and key: it was asked for again, and is there by now or nowhere."""

        self._scripts = OnceEach(lambda id_: _if_allowed(lambda: self._read_script(id_)))
        self._volumes = OnceEach(lambda id_: _if_allowed(lambda: self._read_volumes(id_)))
        self._backups = OnceEach(lambda id_: _if_allowed(lambda: self._read_backups(id_)))

    def holding(self, table: str, keys: Iterable[object]) -> Any:
        """One of the tables below: what this run has made if it has all the keys, else what is there, asked for again
        once where that lacks one.
        """
        kind, names = MADE.get(table, ("", lambda _: ()))
        made, wanted = {key: each for each in self._made_of(kind) for key in names(each)}, {*keys}
        if wanted <= made.keys():
            return made
        found = getattr(self, table)
        if found is not None and (lacking := {(table, key) for key in wanted - found.keys() - made.keys()}):
            with self._locking:
                if not lacking <= self._missed:
                    self._missed |= lacking
                    once.forget(self, table)
            found = getattr(self, table)
        return None if found is None else {**found, **made}

    @once
    def groups(self) -> Mapping[int | str, PlacementGroupRecord] | None:
        """Placement groups. Scope linodes:read_only."""
        found = self._records(PlacementGroupRecord, GROUPS.path)
        return None if found is None else {each.id: each for each in found}

    @once
    def firewalls(self) -> Mapping[int, Firewall] | None:
        """Scope firewall:read_only. Source: GET /networking/firewalls."""
        found = self._records(Firewall, "/networking/firewalls")
        return None if found is None else {each.id: each for each in found}

    @once
    def generation_of_new(self) -> str | None:
        """The setting `interfaces_for_new_linodes`. Scope account:read_only. Source: GET /account/settings."""
        settings = _if_allowed(lambda: self._client.read(AccountSettings, "/account/settings"))
        return settings.interfaces_for_new_linodes if settings is not None else None

    @once
    def users(self) -> Mapping[str, User] | None:
        """By name. Scope account:read_only, for unrestricted users. Source: GET /account/users."""
        found = self._records(User, "/account/users")
        return None if found is None else {each.username: each for each in found}

    @once
    def addresses(self) -> Mapping[str, ReservedAddress] | None:
        """Scope ips:read_only. Source: GET /networking/reserved/ips."""
        found = self._records(ReservedAddress, "/networking/reserved/ips")
        return None if found is None else {each.address: each for each in found}

    @once
    def subnets(self) -> Mapping[int, Subnet] | None:
        """The subnets of all VPCs, which come with them. Source: GET /vpcs."""
        found = self._records(Vpc, "/vpcs")
        if found is None:
            return None
        return {
            each.id: each.model_copy(update={"region": vpc.region}) for vpc in found for each in vpc.subnets
        }

    @once
    def holders(self) -> Mapping[str, Linode] | None:
        """Linodes by each of their IPv4 addresses. Scope linodes:read_only. Source: GET /linode/instances."""
        found = self._records(Linode, "/linode/instances")
        return None if found is None else {address: each for each in found for address in each.ipv4}

    def volumes(self, linode_id: int) -> list[Attached]:
        """What is attached to a Linode. Scope volumes:read_only for all at once.

        Source: GET /volumes, GET /linode/instances/{linodeId}/volumes.
        """
        if (found := self._all_volumes) is None:
            return self._volumes(linode_id) or []
        return [each for each in found if each.linode_id == linode_id]

    @once
    def _all_volumes(self) -> list[Attached] | None:
        return self._records(Attached, "/volumes")

    def _read_volumes(self, linode_id: int) -> list[Attached]:
        return self._client.records(Attached, f"/linode/instances/{linode_id}/volumes")

    def stackscript(self, script_id: int) -> Mapping[int, StackScriptRecord] | None:
        """That one alone, empty where there is none. Scope stackscripts:read_only.

        Source: GET /linode/stackscripts/{stackscriptId}.
        """
        return self._scripts(script_id)

    def _read_script(self, script_id: int) -> Mapping[int, StackScriptRecord]:
        path = f"/linode/stackscripts/{script_id}"
        try:
            return {script_id: self._client.read(StackScriptRecord, path)}
        except NotFound:
            return {}

    def backup(
        self, backup_id: int, linodes: Iterable[Linode], region: object
    ) -> Mapping[int, Backup] | None:
        """That one alone, empty where none of the account's Linodes has it.

        Asked are the Linodes with the backup service, those of the region first: a backup can be restored there only.
        """
        able = sorted(
            (each for each in linodes if each.backups.enabled), key=lambda each: each.region != region
        )
        for linode in able[:MOST_LINODES_FOR_A_BACKUP]:
            held = self._backups(linode.id)
            if held is None:
                return None
            found = {backup.id: backup for backup in held if backup.id == backup_id}
            if found:
                return found
        return {} if len(able) <= MOST_LINODES_FOR_A_BACKUP and not is_offline() else None

    def _read_backups(self, linode_id: int) -> list[Backup]:
        """Scope linodes:read_only. Source: GET /linode/instances/{linodeId}/backups."""
        return self._client.read(Backups, f"/linode/instances/{linode_id}/backups").all()

    def _records(self, record: type[R], path: str) -> list[R] | None:
        return _if_allowed(lambda: self._read(record, path))

    def _read(self, record: type[R], path: str) -> list[R]:
        rows = None if path in self._shared else self._as_yet(path)
        self._shared.add(path)
        return self._client.records(record, path) if rows is None else [*map(record.read, rows)]


def lookups(session: Session) -> AccountLookups:
    def make() -> AccountLookups:
        return AccountLookups(session.client, session.as_yet, session.made_of)

    return session.asked(AccountLookups, make)
