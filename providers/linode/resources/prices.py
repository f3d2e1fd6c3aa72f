"""What a thing costs that has a list of prices of its own."""

from __future__ import annotations

from contextlib import suppress

from providers.linode.api.errors import LinodeError
from providers.linode.catalogs.records import Priced, parse
from providers.linode.core.runtime import Session


def monthly_usd(session: Session, path: str, region: str) -> float | None:
    """That of the list's first row in a region, None where it can't be known."""
    with suppress(LinodeError):
        rows = session.asked(path, lambda: session.client.list_rows(path))
        if rows and (one := parse(Priced, rows[0])) is not None:
            return one.monthly_usd(region)
    return None
