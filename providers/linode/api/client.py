"""The Linode API v4, one typed method an endpoint; lists come whole, over all their pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from providers.linode.api.errors import ApiUnreachable, NotAuthorized, NotFound
from providers.linode.api.once import once
from providers.linode.api.records import (
    Account,
    Addresses,
    Config,
    Device,
    Disk,
    Event,
    Interfaces,
    InterfaceSettings,
    Linode,
    Profile,
    Record,
    is_private,
)
from providers.linode.api.transport import Json, Reply, Transport
from providers.linode.api.writes import IsDone, Write

PAGE_SIZE = 500
"""Rows a page: the most that the API gives, so that lists cost the fewest requests."""

LEAST_PAGE_SIZE = 25
"""Rows a page: the least that the API takes. Source: the introduction's part on pagination."""

NOTHING: Mapping[str, object] = {}
MOST_READS = 5
"""Of one list that changes while it is read, and of one object that has another shape."""

R = TypeVar("R", bound=Record)
T = TypeVar("T")
A = TypeVar("A")


class LinodeClient:
    """Calls for one account. Safe to share between threads. Every method raises the errors of Transport."""

    def __init__(self, transport: Transport, *, page_size: int = PAGE_SIZE) -> None:
        self.transport = transport
        self._page_size = page_size

    def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> list[Json]:
        """Every row of a list, each once, in the API's order.

        A row that goes or comes while several pages are read shifts others from page to page. So all but the last
        page are read a second time, and where they differ the list is read again.
        Source: https://techdocs.akamai.com/linode-api/reference/pagination
        """
        for _ in range(MOST_READS):
            pages, complete = self._read_pages(path, x_filter)
            if complete and self._stood_still(path, x_filter, pages):
                return [row for page in pages for row in page]
        raise ApiUnreachable(
            f"GET {path}: the list kept changing while its pages were read. Next: try again.",
            did_nothing=True,
        )

    def _stood_still(
        self, path: str, x_filter: Mapping[str, object] | None, pages: Sequence[Sequence[Json]]
    ) -> bool:
        return all(
            list(map(_key, self._page(path, x_filter, number)[0])) == list(map(_key, rows))
            for number, rows in enumerate(pages[:-1], 1)
        )

    def _read_pages(self, path: str, x_filter: Mapping[str, object] | None) -> tuple[list[list[Json]], bool]:
        """The rows by page, and whether they are as many as the list says, each once."""
        pages: list[list[Json]] = []
        seen: set[object] = set()
        while True:
            rows, results, last = self._page(path, x_filter, len(pages) + 1)
            pages.append(rows)
            count = sum(map(len, pages))
            seen.update(map(_key, rows))
            if len(seen) < count:
                return pages, False
            if not rows or len(pages) >= last or (results is not None and count >= results):
                return pages, results in (None, count)

    def _page(
        self, path: str, x_filter: Mapping[str, object] | None, number: int
    ) -> tuple[list[Json], int | None, int]:
        """The rows of a page, how many the list says that it has, and the number of its last page."""
        query = {"page": number, "page_size": self._page_size}
        return _until_readable(
            lambda: self.transport.request("GET", path, query=query, x_filter=x_filter).body,
            partial(_page_in, path, is_first=number == 1),
        )

    def get(self, path: str) -> Json:
        return self.transport.request("GET", path).body

    def records(
        self,
        record: type[R],
        path: str,
        x_filter: Mapping[str, object] | None = None,
        known: Mapping[str, object] = NOTHING,
    ) -> list[R]:
        """A list's rows, each with what is `known` of it. Raises ApiUnreachable where one keeps another shape."""
        return _until_readable(
            lambda: self.list_rows(path, x_filter),
            lambda rows: [record.read({**row, **known}) for row in rows],
        )

    def read(self, record: type[R], path: str, known: Mapping[str, object] = NOTHING) -> R:
        """One object. Raises ApiUnreachable for one that keeps another shape."""
        return _until_readable(lambda: self.get(path), lambda body: record.read({**body, **known}))

    def post_once(self, path: str, body: Mapping[str, object] | None = None) -> Json:
        """Sent once, for a `Write`: ApiUnreachable may leave it done or not."""
        return self.transport.request("POST", path, body=body).body

    def act(self, path: str, body: Mapping[str, object] | None, is_done: IsDone) -> None:
        """A POST that does something; `is_done` looks whether one whose answer was lost did it."""
        Write(f"POST {path}", lambda: self.post_once(path, body), lambda: {} if is_done() else None).run()

    def put(self, path: str, body: Mapping[str, object]) -> Json:
        return self.transport.request("PUT", path, body=body).body

    def delete(self, path: str) -> None:
        """Gone is success: a request that is repeated after a lost answer meets that."""
        with suppress(NotFound):
            self.transport.request("DELETE", path)

    def linodes(self, x_filter: Mapping[str, object] | None = None) -> list[Linode]:
        """The account's instances. Scope linodes:read_only. Source: GET /linode/instances."""
        return self.records(Linode, "/linode/instances", x_filter)

    def linode(self, linode_id: int | str) -> Linode:
        """One instance; NotFound if there is none. Source: GET /linode/instances/{linodeId}."""
        return self.read(Linode, _instance(linode_id))

    def update_linode(self, linode_id: int | str, body: Mapping[str, object]) -> None:
        """Change the given keys; `tags` replaces them all. Source: PUT /linode/instances/{linodeId}."""
        self.put(_instance(linode_id), body)

    def delete_linode(self, linode_id: int | str) -> None:
        """Delete it, with its disks and backups. Source: DELETE /linode/instances/{linodeId}."""
        self.delete(_instance(linode_id))

    def boot(self, linode_id: int | str, config_id: int | None, is_done: IsDone) -> None:
        """Boot, from the first configuration profile or the given one.

        Source: POST /linode/instances/{linodeId}/boot.
        """
        self._act(linode_id, "boot", {"config_id": config_id} if config_id else None, is_done)

    def reboot(self, linode_id: int | str, config_id: int | None, is_done: IsDone) -> None:
        """Source: POST /linode/instances/{linodeId}/reboot."""
        self._act(linode_id, "reboot", {"config_id": config_id} if config_id else None, is_done)

    def shut_down(self, linode_id: int | str, is_done: IsDone) -> None:
        """Source: POST /linode/instances/{linodeId}/shutdown."""
        self._act(linode_id, "shutdown", None, is_done)

    def resize(
        self, linode_id: int | str, type_id: str, is_done: IsDone, *, migration_type: str, resize_disk: bool
    ) -> None:
        """Move it to another plan. Source: POST /linode/instances/{linodeId}/resize."""
        body = {"type": type_id, "migration_type": migration_type, "allow_auto_disk_resize": resize_disk}
        self._act(linode_id, "resize", body, is_done)

    def migrate(self, linode_id: int | str, region_id: str, is_done: IsDone, *, migration_type: str) -> None:
        """Move it to another region; its public addresses change.

        Source: POST /linode/instances/{linodeId}/migrate.
        """
        self._act(linode_id, "migrate", {"region": region_id, "type": migration_type}, is_done)

    def rebuild(self, linode_id: int | str, body: Mapping[str, object], is_done: IsDone) -> None:
        """Erase all disks and deploy an image; id and addresses stay.

        Source: POST /linode/instances/{linodeId}/rebuild.
        """
        self._act(linode_id, "rebuild", body, is_done)

    def reset_password(self, linode_id: int | str, root_pass: str, is_done: IsDone) -> None:
        """Set root's password; the Linode has to be off. Source: POST /linode/instances/{linodeId}/password."""
        self._act(linode_id, "password", {"root_pass": root_pass}, is_done)

    def add_address(self, linode_id: int | str, reserved: str | None = None) -> None:
        """One more address: a reserved one, else a private one. Source: POST /linode/instances/{linodeId}/ips."""

        def is_there() -> bool:
            return any(
                each == reserved if reserved else is_private(each) for each in self.linode(linode_id).ipv4
            )

        address = {"public": True, "address": reserved} if reserved else {"public": False}
        self._act(linode_id, "ips", {"type": "ipv4", **address}, is_there)

    def shared_ipv4(self, linode_id: int | str) -> list[str]:
        """The IPv4 addresses of others that a Linode may use. Source: GET /linode/instances/{linodeId}/ips."""
        found = self.read(Addresses, f"/linode/instances/{linode_id}/ips")
        return sorted(each.address for each in found.ipv4.shared)

    def share(self, linode_id: int, addresses: Sequence[str]) -> None:
        """Have a Linode use these, in place of all that it shared. Source: POST /networking/ips/share."""
        body = {"linode_id": linode_id, "ips": list(addresses)}
        self.act("/networking/ips/share", body, lambda: self.shared_ipv4(linode_id) == sorted(addresses))

    def set_backups(self, linode_id: int | str, *, enabled: bool) -> None:
        """Turn the backup service on, or off: off deletes every backup.

        Source: POST /linode/instances/{linodeId}/backups/enable and …/cancel.
        """
        action = "backups/enable" if enabled else "backups/cancel"
        self._act(linode_id, action, None, lambda: self.linode(linode_id).backups.enabled is enabled)

    def place(self, linode_id: int | str, group_id: int, *, assigned: bool) -> None:
        """Put a Linode into a placement group or take it out.

        Source: POST /placement/groups/{groupId}/assign and …/unassign.
        """

        def is_done() -> bool:
            group = self.linode(linode_id).placement_group
            return (group is not None and group.id == group_id) is assigned

        action = "assign" if assigned else "unassign"
        body = {"linodes": [int(linode_id)]}
        self.act(f"/placement/groups/{group_id}/{action}", body, is_done)

    def disks(self, linode_id: int | str) -> list[Disk]:
        """Source: GET /linode/instances/{linodeId}/disks."""
        return self.records(Disk, f"{_instance(linode_id)}/disks")

    def resize_disk(self, linode_id: int | str, disk_id: int, size_mb: int, is_done: IsDone) -> None:
        """Source: POST /linode/instances/{linodeId}/disks/{diskId}/resize."""
        self._act(linode_id, f"disks/{disk_id}/resize", {"size": size_mb}, is_done)

    def configs(self, linode_id: int | str) -> list[Config]:
        """Source: GET /linode/instances/{linodeId}/configs."""
        return self.records(Config, f"{_instance(linode_id)}/configs")

    def update_config(self, linode_id: int | str, config_id: int, body: Mapping[str, object]) -> None:
        """Source: PUT /linode/instances/{linodeId}/configs/{configId}."""
        self.put(f"{_instance(linode_id)}/configs/{config_id}", body)

    def interfaces(self, linode_id: int | str) -> list[Json]:
        """The interfaces of a Linode of the `linode` generation.

        Source: GET /linode/instances/{linodeId}/interfaces.
        """
        found = self.read(Interfaces, f"{_instance(linode_id)}/interfaces").interfaces
        return [row.model_dump() for row in found]

    def add_interface(self, linode_id: int | str, interface: Mapping[str, object]) -> None:
        """One more interface. Source: POST /linode/instances/{linodeId}/interfaces."""
        before = self._interface_ids(linode_id)
        self._act(linode_id, "interfaces", interface, lambda: self._interface_ids(linode_id) != before)

    def _interface_ids(self, linode_id: int | str) -> set[object]:
        return {row.get("id") for row in self.interfaces(linode_id)}

    def delete_interface(self, linode_id: int | str, interface_id: int) -> None:
        """Source: DELETE /linode/instances/{linodeId}/interfaces/{interfaceId}."""
        self.delete(f"{_instance(linode_id)}/interfaces/{interface_id}")

    def network_helper(self, linode_id: int | str) -> bool:
        """Source: GET /linode/instances/{linodeId}/interfaces/settings."""
        return self.read(InterfaceSettings, f"{_instance(linode_id)}/interfaces/settings").network_helper

    def set_network_helper(self, linode_id: int | str, *, enabled: bool) -> None:
        """Source: PUT /linode/instances/{linodeId}/interfaces/settings."""
        path = f"{_instance(linode_id)}/interfaces/settings"
        self.put(path, {"network_helper": enabled})

    def devices(self, wall_id: int | str) -> list[Device]:
        """What is behind a firewall. Source: GET /networking/firewalls/{firewallId}/devices."""
        return self.records(Device, _devices(wall_id))

    def attach(self, wall_id: int | str, types: Sequence[str], entity_id: int) -> None:
        """Put something behind a firewall; the first of its types' names is sent.

        Source: POST /networking/firewalls/{firewallId}/devices.
        """
        self.act(
            _devices(wall_id),
            {"type": types[0], "id": entity_id},
            lambda: any(each.is_of(types, entity_id) for each in self.devices(wall_id)),
        )

    def detach(self, wall_id: int | str, device: Device) -> None:
        """Source: DELETE /networking/firewalls/{firewallId}/devices/{deviceId}."""
        self.delete(f"{_devices(wall_id)}/{device.id}")

    def _act(
        self, linode_id: int | str, action: str, body: Mapping[str, object] | None, is_done: IsDone
    ) -> None:
        self.act(f"{_instance(linode_id)}/{action}", body, is_done)

    def events(self, x_filter: Mapping[str, object]) -> list[Event]:
        """The account's events. Scope events:read_only. Source: GET /account/events."""
        return self.records(Event, "/account/events", x_filter)

    def newest_event(self, about: Mapping[str, object] | None = None) -> Event | None:
        """The newest event of the account, or of what a filter names, None if it has none. One page.

        Source: GET /account/events.
        """
        query = {"page": 1, "page_size": LEAST_PAGE_SIZE}
        newest_first = {**(about or {}), "+order_by": "id", "+order": "desc"}
        path = "/account/events"
        rows = _until_readable(
            lambda: self.transport.request("GET", path, query=query, x_filter=newest_first).body,
            lambda body: [Event.read(row) for row in _page_in(path, body)[0][:1]],
        )
        return next(iter(rows), None)

    @once
    def _who(self) -> Reply:
        """What tells both the token's user and its account. Any scope. Source: GET /profile."""
        return self.transport.request("GET", "/profile")

    def profile(self) -> Profile:
        """The token's user."""
        return Profile.read(self._who.body)

    def account_id(self) -> str:
        """What identifies the token's account, whoever of its users the token belongs to.

        Every answer's header X-Customer-UUID names it, whatever the token's scopes; `euuid` of GET /account
        does where the header is missing. Raises NotAuthorized with the scope that is then needed.
        Source: the API's introduction (headers), GET /account.
        """
        header = self._who.headers.get("X-Customer-UUID")
        if header:
            return header
        try:
            return Account.read(self.get("/account")).euuid
        except NotAuthorized as error:
            raise NotAuthorized(
                "can't tell which account the token belongs to: the API did not say and the token may not ask. "
                "Next: make a token that has account:read_only too.",
                status=error.status,
                reasons=error.reasons,
            ) from None


def _until_readable(ask: Callable[[], A], read: Callable[[A], T]) -> T:
    """What an answer holds; one of another shape is asked for again, as an answer that can't be read is."""
    for _ in range(MOST_READS - 1):
        answer = ask()
        with suppress(ApiUnreachable):
            return read(answer)
    return read(ask())


def _page_in(path: str, body: Json, *, is_first: bool = True) -> tuple[list[Json], int | None, int]:
    """As `_page`. Raises ApiUnreachable: what is no list, or contradicts itself, must not count as an empty one."""
    data, results, pages = body.get("data"), body.get("results"), body.get("pages", 1)
    if isinstance(data, list) and isinstance(results, int | None) and isinstance(pages, int):
        rows = [row for row in data if isinstance(row, dict)]
        if is_first and pages <= 1:
            adds_up = results in (None, len(rows))
        else:
            adds_up = (results or 0) >= 0 and bool(rows or not is_first)
        if len(rows) == len(data) and adds_up:
            return rows, results, pages
    raise ApiUnreachable(
        f"the API's answer to GET {path} is no list. Next: try again; if it stays so, check LINODE_URL or linode:url.",
        did_nothing=True,
    )


def _instance(linode_id: int | str) -> str:
    return f"/linode/instances/{quote(str(linode_id), safe='')}"


def _devices(wall_id: int | str) -> str:
    return f"/networking/firewalls/{wall_id}/devices"


def _key(row: Json) -> object:
    """What tells a row from others: id and label, as two kernels have one id; all of it where it has none."""
    id_ = row.get("id")
    return (id_, str(row.get("label"))) if isinstance(id_, (int, str)) else json.dumps(row, sort_keys=True)
