"""The firewalls of a Linode: of the whole one with legacy interfaces, else of each interface.

An interface does not tell its own, and changing it needs no power cycle.

One enabled firewall at most guards an interface, so the old one has to go before the new one can come.
Scope firewall:read_write for a change. Source: GET, PUT /linode/instances/{linodeId}/firewalls;
GET /linode/instances/{linodeId}/interfaces/{interfaceId}/firewalls;
GET, POST, DELETE /networking/firewalls/{firewallId}/devices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.api.records import INTERFACE_DEVICE, Linode, Numbered
from providers.linode.api.refusals import if_allowed
from providers.linode.core.spec import Reading, Update
from providers.linode.resources.instance.account_records import Firewall, FirewallSettings
from providers.linode.resources.instance.interfaces import FIREWALL, Row, guard_of, id_of, pairs

WALLS = "/networking/firewalls"


def seen(reading: Reading[Any, Linode]) -> int:
    """The firewall of a Linode with legacy interfaces: the declared one if it guards it, 0 for none.

    Many Linodes are behind one, so its own list is asked first, where the Linode is of a list as old.
    """
    wanted, session = reading.declared.firewall_id, reading.session
    if wanted and reading.is_listed:
        rows = if_allowed(lambda: session.listing(WALLS)) or ()
        wall = next((row for row in map(Firewall.read, rows) if row.id == wanted), None)
        if wall is not None and ("linode", reading.record.id) in wall.guarded:
            return wall.id
    found = _ids(reading.session.client, f"/linode/instances/{reading.record.id}")
    return guard_of(found, reading.declared.firewall_id)


def put(update: Update[Any, Linode]) -> None:
    """Have exactly the declared one guard it."""
    body = {"firewall_ids": [update.wanted.firewall_id] if update.wanted.firewall_id else []}
    update.session.client.put(f"/linode/instances/{update.record.id}/firewalls", body)


def defaults(client: LinodeClient) -> Mapping[str, int | None] | None:
    """The account's, by linode, nodebalancer, public_interface and vpc_interface; None where it doesn't tell.

    Source: GET /networking/firewalls/settings.
    """
    found = if_allowed(lambda: client.read(FirewallSettings, f"{WALLS}/settings"))
    return None if found is None else found.default_firewall_ids


def held(
    client: LinodeClient, linode_id: int, there: Sequence[Row], wanted: Sequence[Row]
) -> dict[int, list[int]]:
    """Firewall ids by interface id, of those interfaces alone that declare a firewall."""
    return {
        id_of(match): _ids(client, f"/linode/instances/{linode_id}/interfaces/{id_of(match)}")
        for interface, match in pairs(there, wanted)
        if match is not None and FIREWALL in interface
    }


def guard(client: LinodeClient, linode_id: int, there: Sequence[Row], wanted: Sequence[Row]) -> None:
    """Give each interface that is there the firewall that is declared for it. Raises what the calls raise."""
    now = held(client, linode_id, there, wanted)
    for interface, match in pairs(there, wanted):
        if match is not None and id_of(match) in now:
            found = now[id_of(match)]
            if guard_of(found, interface[FIREWALL]) != interface[FIREWALL]:
                _exchange(client, id_of(match), found, int(str(interface[FIREWALL])))


def _exchange(client: LinodeClient, interface_id: int, old: Sequence[int], new: int) -> None:
    """One firewall for others, 0 for none; if the new one is refused, the old ones come back."""
    for firewall_id in old:
        _detach(client, interface_id, firewall_id)
    if not new:
        return
    try:
        client.attach(new, INTERFACE_DEVICE, interface_id)
    except LinodeError:
        for firewall_id in old:
            with suppress(LinodeError):  # the first error tells more
                client.attach(firewall_id, INTERFACE_DEVICE, interface_id)
        raise


def _ids(client: LinodeClient, path: str) -> list[int]:
    """The firewalls of the Linode or the interface at that path."""
    return [each.id for each in client.records(Numbered, f"{path}/firewalls")]


def _detach(client: LinodeClient, interface_id: int, firewall_id: int) -> None:
    for device in client.devices(firewall_id):
        if device.is_of(INTERFACE_DEVICE, interface_id):
            client.detach(firewall_id, device)
