"""The Linode API v4, one typed method an endpoint; lists come whole, over all their pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from providers.linode.api.errors import ApiUnreachable, NotAuthorized
from providers.linode.api.records import Config, Disk, Event, Linode, Profile
from providers.linode.api.transport import Json, Transport

PAGE_SIZE = 500
"""Rows a page: the most that the API gives, so that lists cost the fewest requests."""

LEAST_PAGE_SIZE = 25
"""Rows a page: the least that the API takes. Source: the introduction's part on pagination."""

MOST_RESTARTS = 3


class LinodeClient:
    """Calls for one account. Safe to share between threads. Every method raises the errors of Transport."""

    def __init__(self, transport: Transport, *, page_size: int = PAGE_SIZE) -> None:
        self.transport = transport
        self._page_size = page_size

    def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> list[Json]:
        """Every row of a list, in the API's order.

        A list that changes its length while its pages are read is read again, so that no row is lost or
        doubled by the shift. Source: https://techdocs.akamai.com/linode-api/reference/pagination
        """
        for _ in range(MOST_RESTARTS):
            rows, complete = self._read_pages(path, x_filter)
            if complete:
                return rows
        raise ApiUnreachable(
            f"GET {path}: the list kept changing while its pages were read. Next: try again.",
            did_nothing=True,
        )

    def _read_pages(self, path: str, x_filter: Mapping[str, object] | None) -> tuple[list[Json], bool]:
        rows: list[Json] = []
        page, results = 1, None
        while True:
            query = {"page": page, "page_size": self._page_size}
            body = self.transport.request("GET", path, query=query, x_filter=x_filter).body
            data = body.get("data")
            rows += [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
            if results is not None and body.get("results") != results:
                return rows, False
            results, pages = body.get("results"), body.get("pages")
            if not isinstance(pages, int) or page >= pages:
                return rows, not isinstance(results, int) or len(rows) == results
            page += 1

    def get(self, path: str) -> Json:
        return self.transport.request("GET", path).body

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Json:
        """Sent once: ApiUnreachable may leave it done or not."""
        return self.transport.request("POST", path, body=body).body

    def put(self, path: str, body: Mapping[str, object]) -> Json:
        return self.transport.request("PUT", path, body=body).body

    def delete(self, path: str) -> None:
        self.transport.request("DELETE", path)

    def linodes(self, x_filter: Mapping[str, object] | None = None) -> list[Linode]:
        """The account's instances. Scope linodes:read_only. Source: GET /linode/instances."""
        return [Linode.model_validate(row) for row in self.list_rows("/linode/instances", x_filter)]

    def linode(self, linode_id: int | str) -> Linode:
        """One instance; NotFound if there is none. Source: GET /linode/instances/{linodeId}."""
        return Linode.model_validate(self.get(_instance(linode_id)))

    def update_linode(self, linode_id: int | str, body: Mapping[str, object]) -> Linode:
        """The instance with the given keys changed; `tags` replaces them all.

        Source: PUT /linode/instances/{linodeId}.
        """
        return Linode.model_validate(self.put(_instance(linode_id), body))

    def delete_linode(self, linode_id: int | str) -> None:
        """Delete it, with its disks and backups. Source: DELETE /linode/instances/{linodeId}."""
        self.delete(_instance(linode_id))

    def boot(self, linode_id: int | str, config_id: int | None = None) -> None:
        """Boot, from the first configuration profile or the given one.

        Source: POST /linode/instances/{linodeId}/boot.
        """
        self._act(linode_id, "boot", {"config_id": config_id} if config_id else None)

    def reboot(self, linode_id: int | str, config_id: int | None = None) -> None:
        """Source: POST /linode/instances/{linodeId}/reboot."""
        self._act(linode_id, "reboot", {"config_id": config_id} if config_id else None)

    def shut_down(self, linode_id: int | str) -> None:
        """Source: POST /linode/instances/{linodeId}/shutdown."""
        self._act(linode_id, "shutdown")

    def resize(self, linode_id: int | str, type_id: str, *, migration_type: str, resize_disk: bool) -> None:
        """Move it to another plan. Source: POST /linode/instances/{linodeId}/resize."""
        body = {"type": type_id, "migration_type": migration_type, "allow_auto_disk_resize": resize_disk}
        self._act(linode_id, "resize", body)

    def migrate(self, linode_id: int | str, region_id: str, *, migration_type: str) -> None:
        """Move it to another region; its public addresses change.

        Source: POST /linode/instances/{linodeId}/migrate.
        """
        self._act(linode_id, "migrate", {"region": region_id, "type": migration_type})

    def rebuild(self, linode_id: int | str, body: Mapping[str, object]) -> None:
        """Erase all disks and deploy an image; id and addresses stay.

        Source: POST /linode/instances/{linodeId}/rebuild.
        """
        self._act(linode_id, "rebuild", body)

    def reset_password(self, linode_id: int | str, root_pass: str) -> None:
        """Set root's password; the Linode has to be off. Source: POST /linode/instances/{linodeId}/password."""
        self._act(linode_id, "password", {"root_pass": root_pass})

    def add_private_address(self, linode_id: int | str) -> None:
        """Source: POST /linode/instances/{linodeId}/ips."""
        self._act(linode_id, "ips", {"type": "ipv4", "public": False})

    def set_backups(self, linode_id: int | str, *, enabled: bool) -> None:
        """Turn the backup service on, or off: off deletes every backup.

        Source: POST /linode/instances/{linodeId}/backups/enable and …/cancel.
        """
        self._act(linode_id, "backups/enable" if enabled else "backups/cancel")

    def place(self, linode_id: int | str, group_id: int, *, assigned: bool) -> None:
        """Put a Linode into a placement group or take it out.

        Source: POST /placement/groups/{groupId}/assign and …/unassign.
        """
        action = "assign" if assigned else "unassign"
        body = {"linodes": [int(linode_id)]}
        self.post(f"/placement/groups/{group_id}/{action}", body)

    def placement_group_regions(self) -> dict[int, str]:
        """Region id by placement group id. Scope linodes:read_only. Source: GET /placement/groups."""
        return {int(str(row["id"])): str(row["region"]) for row in self.list_rows("/placement/groups")}

    def disks(self, linode_id: int | str) -> list[Disk]:
        """Source: GET /linode/instances/{linodeId}/disks."""
        return [Disk.model_validate(row) for row in self.list_rows(f"{_instance(linode_id)}/disks")]

    def resize_disk(self, linode_id: int | str, disk_id: int, size_mb: int) -> None:
        """Source: POST /linode/instances/{linodeId}/disks/{diskId}/resize."""
        self._act(linode_id, f"disks/{disk_id}/resize", {"size": size_mb})

    def configs(self, linode_id: int | str) -> list[Config]:
        """Source: GET /linode/instances/{linodeId}/configs."""
        return [Config.model_validate(row) for row in self.list_rows(f"{_instance(linode_id)}/configs")]

    def update_config(self, linode_id: int | str, config_id: int, body: Mapping[str, object]) -> None:
        """Source: PUT /linode/instances/{linodeId}/configs/{configId}."""
        self.put(f"{_instance(linode_id)}/configs/{config_id}", body)

    def interfaces(self, linode_id: int | str) -> list[Json]:
        """The interfaces of a Linode of the `linode` generation.

        Source: GET /linode/instances/{linodeId}/interfaces.
        """
        found = self.get(f"{_instance(linode_id)}/interfaces").get("interfaces")
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def add_interface(self, linode_id: int | str, interface: Mapping[str, object]) -> None:
        """Source: POST /linode/instances/{linodeId}/interfaces."""
        self._act(linode_id, "interfaces", interface)

    def delete_interface(self, linode_id: int | str, interface_id: int) -> None:
        """Source: DELETE /linode/instances/{linodeId}/interfaces/{interfaceId}."""
        self.delete(f"{_instance(linode_id)}/interfaces/{interface_id}")

    def set_network_helper(self, linode_id: int | str, *, enabled: bool) -> None:
        """Source: PUT /linode/instances/{linodeId}/interfaces/settings."""
        path = f"{_instance(linode_id)}/interfaces/settings"
        self.put(path, {"network_helper": enabled})

    def create_image(self, disk_id: int, label: str, description: str) -> str:
        """A private image of a disk, being made; its id. Scope images:read_write. Source: POST /images."""
        body = {"disk_id": disk_id, "label": label, "description": description}
        return str(self.post("/images", body)["id"])

    def _act(self, linode_id: int | str, action: str, body: Mapping[str, object] | None = None) -> None:
        self.post(f"{_instance(linode_id)}/{action}", body)

    def events(self, x_filter: Mapping[str, object]) -> list[Event]:
        """The account's events. Scope events:read_only. Source: GET /account/events."""
        return [Event.model_validate(row) for row in self.list_rows("/account/events", x_filter)]

    def newest_event(self) -> Event | None:
        """The account's newest event, None if it has none. One page. Source: GET /account/events."""
        query = {"page": 1, "page_size": LEAST_PAGE_SIZE}
        newest_first = {"+order_by": "id", "+order": "desc"}
        reply = self.transport.request("GET", "/account/events", query=query, x_filter=newest_first)
        rows = reply.body.get("data")
        return Event.model_validate(rows[0]) if isinstance(rows, list) and rows else None

    def profile(self) -> Profile:
        """The token's user. Any scope. Source: GET /profile."""
        return Profile.model_validate(self.get("/profile"))

    def account_id(self) -> str:
        """What identifies the token's account, whoever of its users the token belongs to.

        Every answer's header X-Customer-UUID names it, whatever the token's scopes; `euuid` of GET /account
        does where the header is missing. Raises NotAuthorized with the scope that is then needed.
        Source: the API's introduction (headers), GET /account.
        """
        header = self.transport.request("GET", "/profile").headers.get("X-Customer-UUID")
        if header:
            return header
        try:
            return str(self.get("/account")["euuid"])
        except NotAuthorized as error:
            raise NotAuthorized(
                "can't tell which account the token belongs to: the API did not say and the token may not ask. "
                "Next: make a token that has account:read_only too.",
                status=error.status,
                reasons=error.reasons,
            ) from None


def _instance(linode_id: int | str) -> str:
    return f"/linode/instances/{quote(str(linode_id), safe='')}"
