"""What a thing costs that has a list of prices of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from providers.linode.api.errors import LinodeError
from providers.linode.catalogs.records import Priced, parse
from providers.linode.core.runtime import Session


def monthly_usd(
    session: Session, path: str, region: str, is_it: Callable[[str], bool] = lambda _: True
) -> float | None:
    """That of the list's first row whose id is the one, in a region; None where it can't be known."""
    with suppress(LinodeError):
        rows = session.asked(path, lambda: session.client.list_rows(path))
        found = next((row for row in rows if is_it(str(row.get("id")))), None)
        if found is not None and (one := parse(Priced, found)) is not None:
            return one.monthly_usd(region)
    return None
