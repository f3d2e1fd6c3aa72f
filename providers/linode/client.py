"""The Linode API v4, one typed method an endpoint; lists come whole, over all their pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from providers.linode.errors import ApiUnreachable, NotAuthorized
from providers.linode.records import Event, Linode, Profile
from providers.linode.transport import Json, Transport

PAGE_SIZE = 500
"""Rows a page: the most that the API gives, so that lists cost the fewest requests."""

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

    def linodes(self, x_filter: Mapping[str, object] | None = None) -> list[Linode]:
        """The account's instances. Scope linodes:read_only. Source: GET /linode/instances."""
        return [Linode.model_validate(row) for row in self.list_rows("/linode/instances", x_filter)]

    def linode(self, linode_id: int | str) -> Linode:
        """One instance; NotFound if there is none. Source: GET /linode/instances/{linodeId}."""
        return Linode.model_validate(self.transport.request("GET", _instance(linode_id)).body)

    def create_linode(self, body: Mapping[str, object]) -> Linode:
        """A new instance, status `provisioning`. Sent once: ApiUnreachable may leave it made or not.

        Scope linodes:read_write. Source: POST /linode/instances.
        """
        return Linode.model_validate(self.transport.request("POST", "/linode/instances", body=body).body)

    def update_linode(self, linode_id: int | str, body: Mapping[str, object]) -> Linode:
        """The instance with the given keys changed; `tags` replaces them all.

        Source: PUT /linode/instances/{linodeId}.
        """
        return Linode.model_validate(self.transport.request("PUT", _instance(linode_id), body=body).body)

    def delete_linode(self, linode_id: int | str) -> None:
        """Delete it, with its disks and backups. Source: DELETE /linode/instances/{linodeId}."""
        self.transport.request("DELETE", _instance(linode_id))

    def boot(self, linode_id: int | str) -> None:
        """Source: POST /linode/instances/{linodeId}/boot."""
        self.transport.request("POST", f"{_instance(linode_id)}/boot")

    def shut_down(self, linode_id: int | str) -> None:
        """Source: POST /linode/instances/{linodeId}/shutdown."""
        self.transport.request("POST", f"{_instance(linode_id)}/shutdown")

    def resize(self, linode_id: int | str, type_id: str) -> None:
        """Move it to another plan: off for some minutes, then as before.

        Source: POST /linode/instances/{linodeId}/resize.
        """
        body = {"type": type_id, "allow_auto_disk_resize": True}
        self.transport.request("POST", f"{_instance(linode_id)}/resize", body=body)

    def set_backups(self, linode_id: int | str, *, enabled: bool) -> None:
        """Turn the backup service on, or off: off deletes every backup.

        Source: POST /linode/instances/{linodeId}/backups/enable and …/cancel.
        """
        action = "enable" if enabled else "cancel"
        self.transport.request("POST", f"{_instance(linode_id)}/backups/{action}")

    def events(self, x_filter: Mapping[str, object]) -> list[Event]:
        """The account's events. Scope events:read_only. Source: GET /account/events."""
        return [Event.model_validate(row) for row in self.list_rows("/account/events", x_filter)]

    def profile(self) -> Profile:
        """The token's user. Any scope. Source: GET /profile."""
        return Profile.model_validate(self.transport.request("GET", "/profile").body)

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
            return str(self.transport.request("GET", "/account").body["euuid"])
        except NotAuthorized as error:
            raise NotAuthorized(
                "can't tell which account the token belongs to: the API did not say and the token may not ask. "
                "Next: make a token that has account:read_only too.",
                status=error.status,
                reasons=error.reasons,
            ) from None


def _instance(linode_id: int | str) -> str:
    return f"/linode/instances/{quote(str(linode_id), safe='')}"
