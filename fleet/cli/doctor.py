"""Whether the repository's settings keep what docs/hardening.md says."""

from __future__ import annotations

from typing import Any

import click

from fleet.cli.options import Command, table
from fleet.report.cli import host_of, of_host

MISSING = 1
SIGNS = {True: "yes", False: "NO", None: "not visible"}


@click.command(cls=Command)
@of_host
def doctor(**given: Any) -> int:
    """Say what is missing on the code host to keep a branch from approving or deploying itself.

    Asks GitHub with GITHUB_TOKEN, which has to read administration, environments and secrets' names. Ends with 0:
    nothing is missing, 1: something is, or is not visible.
    """
    from fleet.delivery.affected import environments
    from fleet.report.hosts.doctor import checks
    from fleet.report.hosts.github import GitHub

    host = host_of(**given)
    if not isinstance(host, GitHub):
        raise click.UsageError("doctor asks GitHub alone; docs/hardening.md says what to look at on GitLab")
    found = list(checks(host, environments()[0]))
    rows = [(check.what, SIGNS[check.good], "" if check.good else check.without) for check in found]
    table(("what", "set up?", "without it"), rows)
    missing, hidden = (sum(check.good is good for check in found) for good in (False, None))
    if not (missing or hidden):
        click.echo("nothing is missing")
        return 0
    click.echo(f"{missing} missing, {hidden} not visible, of {len(found)}. Next: docs/hardening.md")
    return MISSING
