"""The firewalls of a Linode's interfaces, which do not tell their own; changing them needs no power cycle.

Source: GET /linode/instances/{linodeId}/interfaces/{interfaceId}/firewalls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from providers.linode.api.client import LinodeClient
from providers.linode.api.refusals import if_allowed
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking
from providers.linode.resources import guards
from providers.linode.resources.instance.interfaces import FIREWALL, Row, id_of, pairs


def held(
    client: LinodeClient, linode_id: int, there: Sequence[Row], wanted: Sequence[Row]
) -> dict[int, list[int]]:
    """Firewall ids by interface id, of those interfaces alone that declare a firewall."""
    return {
        id_of(match): guards.ids_at(client, f"/linode/instances/{linode_id}/interfaces/{id_of(match)}")
        for interface, match in pairs(there, wanted)
        if match is not None and FIREWALL in interface
    }


def interfaces_of(session: Session, linode_id: int) -> Sequence[Row]:
    """Those of the Linode generation, as they were when they were first asked for; none where the API doesn't tell."""
    ask = partial(if_allowed, partial(session.client.interfaces, linode_id))
    return session.asked(("interfaces", linode_id), ask) or ()


def declared(check: Checking[Any]) -> dict[int, int]:
    """The firewalls that an Instance declares for interfaces that are there, by their ids; 0 is none."""
    mine, wanted = check.mine, [row for row in check.args.interfaces or () if FIREWALL in row]
    if not wanted or mine is None or check.is_recreated or mine.interface_generation != "linode":
        return {}
    there = interfaces_of(check.session, mine.id)
    return {id_of(match): row[FIREWALL] for row, match in pairs(there, wanted) if match is not None}


def guard(client: LinodeClient, linode_id: int, there: Sequence[Row], wanted: Sequence[Row]) -> None:
    """Give each interface that is there the firewall that is declared for it. Raises what the calls raise."""
    now = held(client, linode_id, there, wanted)
    for interface, match in pairs(there, wanted):
        if match is not None and id_of(match) in now:
            found = now[id_of(match)]
            if guards.guard_of(found, interface[FIREWALL]) != interface[FIREWALL]:
                guards.exchange(client, id_of(match), found, int(str(interface[FIREWALL])))
