"""What the stack of a pull request may cost: nobody approves its plan, so its guards hold in the program itself. Pure.

Other stacks have their guards judged in the report that is approved.
"""

from __future__ import annotations

from stacks.errors import BadSettings
from stacks.settings import Settings


def require_within(settings: Settings, monthly_usd: float, stack: str) -> None:
    """Raises BadSettings if the stack of a pull request would be larger or dearer than its guards allow."""
    if settings.ends_at is None:
        return
    guards = settings.guards
    count = sum(group.count for group in settings.servers.values())
    if guards.max_monthly is not None and monthly_usd > guards.max_monthly:
        raise BadSettings(
            f"stack '{stack}' would cost {monthly_usd:.2f} USD a month, and fleet:guards.max_monthly allows "
            f"{guards.max_monthly:.2f}. Nothing was changed. Next: ask for less, or raise it in stacks/Pulumi.pr.yaml."
        )
    if guards.max_servers is not None and count > guards.max_servers:
        raise BadSettings(
            f"stack '{stack}' would have {count} servers, and fleet:guards.max_servers allows "
            f"{guards.max_servers}. Nothing was changed. Next: ask for fewer, or raise it in stacks/Pulumi.pr.yaml."
        )
