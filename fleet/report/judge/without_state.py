"""What guards say of an offline preview: everything shows as new there, so what needs the state is not proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleet.report.model import GuardResult
from fleet.report.phrases import phrase

OF_THE_CHANGE = frozenset({"data_loss", "protect", "max_monthly_increase", "max_power_off"})
"""Guards on what an update does to what runs now."""

OF_NEW_SERVERS = frozenset({"allowed_regions", "allowed_types", "end_of_life_days"})
"""Guards that block a new server, and only warn of one that stays as it is: offline nobody knows which it is."""


def unproven(results: Iterable[GuardResult]) -> Iterator[GuardResult]:
    """The results without what an empty state made of them; totals and numbers of servers hold as they are."""
    for guard in results:
        if guard.name in OF_THE_CHANGE:
            why = phrase("it needs the stack's state")
            yield guard.model_copy(update={"state": "not provable", "what": why, "short": why, "about": ()})
        elif guard.name in OF_NEW_SERVERS and guard.state == "block":
            what = phrase(guard.what, ", and whether it runs already is not known offline")
            yield guard.model_copy(update={"state": "not provable", "what": what})
        else:
            yield guard
