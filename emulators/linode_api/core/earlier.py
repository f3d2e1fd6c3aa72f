"""The API as it was on an earlier day, for a clock that is set to one: what rows did not have yet, and smaller limits.

So a recording is held against the API of its own day. The days are chosen between the last recording that lacks
something and the first that has it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


GENERATIONS = ("site_type", "disk_encryption", "interface_generation", "maintenance_policy", "capabilities")
SINCE = (  # a key that tells a kind of row, what it has, and since when
    ("hypervisor", ("placement_group", "lke_cluster_id"), day("2024-03-01")),
    ("hypervisor", GENERATIONS, day("2025-01-01")),
    ("gpus", ("accelerated_devices",), day("2025-01-01")),
    ("hypervisor", ("locks",), day("2025-10-01")),
    ("network_in", ("system_alerts", "user_alerts"), day("2026-01-01")),
    ("percent_complete", ("details",), day("2025-01-01")),
    ("filesystem_path", ("io_ready", "locks"), day("2026-01-01")),
    ("subnet_mask", ("tags",), day("2026-01-01")),
    ("subnets", ("ipv4",), day("2026-01-01")),
    ("subnets", ("vpc_type",), day("2026-06-01")),
    ("databases", ("vpc_type",), day("2026-06-01")),
    ("vendor", ("regions",), day("2025-01-01")),
    ("vendor", ("is_shared", "image_sharing"), day("2026-01-01")),
)
LIMITS = {  # until which day it was how many, by budget
    "general": ((day("2024-10-01"), 400), (day("2024-11-20"), 800), (day("2025-01-01"), 1600)),
    "create": ((day("2025-01-01"), 10),),
}
TODAY = max(since for _, _, since in SINCE)


def shown(body: Any, now: float) -> Any:
    """An answer, without what it did not have at that moment."""
    if now >= TODAY:
        return body
    if isinstance(body, list):
        return [shown(one, now) for one in body]
    if not isinstance(body, dict):
        return body
    lacks = {name for key, names, since in SINCE if key in body and now < since for name in names}
    return {name: shown(value, now) for name, value in body.items() if name not in lacks}


def limit(budget: str, today: int, now: float) -> int:
    return next((most for until, most in LIMITS.get(budget, ()) if now < until), today)
