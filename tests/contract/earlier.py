"""What the API did not have yet on the day of a recording: each thing once, with the day from which answers have it.

The local API is that of today. Before an answer of it is held against a recording, what is newer is left out, and a
limit is the one of that day. Each day lies between the last recording that lacks something and the first that has it
(test_earlier.py looks at all of them).
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from emulators.linode_api.core.limits import GENERAL


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


GENERATIONS = ("site_type", "disk_encryption", "interface_generation", "maintenance_policy", "capabilities")
APPEARED = (  # a key that tells a kind of row, what rows of it have, and since when
    ("hypervisor", ("placement_group", "lke_cluster_id"), day("2024-03-01")),
    ("hypervisor", GENERATIONS, day("2025-01-01")),
    ("gpus", ("accelerated_devices",), day("2025-01-01")),
    ("hypervisor", ("locks",), day("2025-10-01")),
    ("network_in", ("system_alerts", "user_alerts"), day("2026-01-01")),
    ("percent_complete", ("details",), day("2025-01-01")),
    ("client_conn_throttle", ("locks", "frontend_address_type", "frontend_vpc_subnet_id"), day("2026-07-01")),
    ("filesystem_path", ("io_ready", "locks"), day("2026-01-01")),
    ("rdns", ("tags",), day("2026-01-01")),
    ("subnets", ("ipv4",), day("2026-01-01")),
    ("subnets", ("vpc_type",), day("2026-06-01")),
    ("databases", ("vpc_type",), day("2026-06-01")),
    ("vendor", ("regions", "total_size"), day("2025-01-01")),
    ("vendor", ("is_shared", "image_sharing"), day("2026-01-01")),
)
CHANGED: tuple[
    tuple[str, str, Any, Any, float], ...
] = (  # a key as above, a name, what it says, what it said, until
    ("filesystem_path", "encryption", "enabled", "disabled", day("2026-01-01")),  # of volumes, by default
    ("range", "range", "192.168.0.0/17", "192.168.0.0/16", day("2026-06-01")),  # the last one of a VPC
    ("maximum_pgs_per_customer", "maximum_linodes_per_flexible_pg", 250, 5, day("2026-07-01")),
    ("vendor", "capabilities", ["cloud-init", "distributed-sites"], ["cloud-init"], day("2025-01-01")),
)
FINISHED_TELL_NO_TIME = day("2025-01-01")
"""Until then `time_remaining` of a finished job was 0."""

LIMITS = (  # operations (None: all without a limit of their own), the day of the change, what it was before
    (("POST /linode/instances", "POST /linode/instances/{}/clone"), day("2025-01-01"), "10"),
    (("POST /vpcs",), day("2026-06-01"), str(GENERAL.limit)),
    (None, day("2023-06-01"), "800"),
    (None, day("2024-10-01"), "400"),
    (None, day("2024-11-20"), "800"),
    (None, day("2025-01-01"), "1600"),
)


def as_of(body: Any, moment: float) -> Any:
    """A local answer, without what answers did not have at that moment, and with what they said instead."""
    if isinstance(body, list):
        return [as_of(one, moment) for one in body]
    if not isinstance(body, dict):
        return body
    changed = {
        name: before
        for key, name, now, before, until in CHANGED
        if key in body and body.get(name) == now and moment < until
    }
    if body.get("percent_complete") == 100 and moment < FINISHED_TELL_NO_TIME:
        changed["time_remaining"] = 0
    lacks = {name for key, names, since in APPEARED if key in body and moment < since for name in names}
    return {name: as_of(value, moment) for name, value in {**body, **changed}.items() if name not in lacks}


def limit_as_of(operation: str, today: str | None, moment: float) -> str | None:
    """`X-RateLimit-Limit` at that moment, where it is that many today."""
    for operations, until, before in LIMITS:
        concerns = today == str(GENERAL.limit) if operations is None else operation in operations
        if concerns and moment < until:
            return before
    return today
