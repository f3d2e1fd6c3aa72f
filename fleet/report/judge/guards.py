"""What a stack's settings allow, held against the plan: pass, warn, block, or not provable.

What is not known is never a pass: a limit that an unknown value could break is "not provable".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fleet.report.judge import limits, protection
from fleet.report.judge.building import Facts
from fleet.report.judge.end_of_life import end_of_life
from fleet.report.judge.protection import Acknowledgement
from fleet.report.judge.without_state import unproven
from fleet.report.model import GuardResult
from fleet.report.read.files import Guards


def results(facts: Facts, acknowledged: Acknowledgement) -> tuple[GuardResult, ...]:
    """Every guard that is set, in the order of `Guards`; to a look at drift the horizon of images alone applies."""
    guards = facts.bundle.guards
    if guards is None:
        return ()
    if facts.drift:
        return tuple(_warning(found) for found in end_of_life(facts, guards))
    checks: list[Iterator[GuardResult]] = [check(facts, guards) for check in _CHECKS]
    found = (*protection.data_loss(facts, guards, acknowledged), *(one for each in checks for one in each))
    return tuple(unproven(found)) if facts.bundle.meta.offline else found


def _warning(guard: GuardResult) -> GuardResult:
    """A look plans nothing, so there is nothing to block."""
    return guard.model_copy(update={"state": "warn"}) if guard.state == "block" else guard


_CHECKS: tuple[Callable[[Facts, Guards], Iterator[GuardResult]], ...] = (
    protection.protect,
    limits.max_monthly,
    limits.max_increase,
    limits.max_servers,
    limits.allowed_regions,
    limits.allowed_types,
    limits.max_power_off,
    end_of_life,
)
