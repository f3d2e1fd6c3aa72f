"""Check one Instance's inputs: put them in normal form, judge them, and add what a preview should show."""

from __future__ import annotations

import logging
from typing import Any

from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.resources.instance import changes, grants, inputs, making, preflight
from providers.linode.resources.instance.account_fits import doubts
from providers.linode.resources.instance.changes import Changes, Outcome
from providers.linode.resources.instance.checks import problems
from providers.linode.resources.instance.fits import Facts
from providers.linode.resources.instance.outputs import addresses
from providers.linode.resources.instance.planned import AS_ASKED, planned

log = logging.getLogger("linode.check")

Props = dict[str, Any]


def check(session: Session, olds: Props, news: Props) -> tuple[Props, list[Problem]]:
    """The checked inputs and everything wrong with them. `olds` are the inputs in the state, {} for a new one.

    Raises what the calls for the catalogs and the list of instances raise.
    """
    facts = preflight.gather(session, news, olds)
    checked = {**news, **inputs.declared(news)}
    if isinstance(checked.get("region"), str):
        checked["region"] = preflight.canonical_region(checked["region"], facts.regions)
    if move := preflight.region_move(checked, olds, facts):
        checked["region_move"] = move
    found = changes.between(olds, checked) if olds else Changes({})
    wrong = [*problems(checked, olds, facts, found), *grants.problems(session, checked, olds, found)]
    for doubt in doubts(inputs.known(checked), facts.held):
        log.warning("%s: %s", checked.get("label"), doubt)
    if not wrong:
        checked |= _shown(session, checked, olds, facts, found)
    return checked, wrong


def _shown(session: Session, checked: Props, olds: Props, facts: Facts, found: Changes) -> Props:
    """The cost, what is going to happen, and the addresses that stay as they are."""
    shown: Props = {"planned": _planned(session, checked, olds, found)}
    plan, region = facts.types.get(str(checked.get("type"))), checked.get("region")
    if plan is not None and isinstance(region, str):
        shown["monthly_usd"] = plan.monthly_usd(region, backups=bool(checked.get("backups_enabled")))
    if facts.mine is not None and not found.of(Outcome.REPLACE, Outcome.MIGRATE):
        shown |= addresses(facts.mine)
    return {key: value for key, value in shown.items() if value is not None}


_replacing: dict[str, str] = {}
"""What a second check is to say is planned, by owner's tag without its generation.

An engine checks a replacement a second time, without old inputs: it would look like a new Linode.
"""


def _planned(session: Session, checked: Props, olds: Props, found: Changes) -> str:
    owner = Owner.from_props(checked)
    resource = owner.tag().rpartition(":")[0]
    if not olds:
        return _replacing.pop(resource, None) or making.planned(session, owner)
    said = planned(found, olds, checked)
    _replacing[resource] = said if found.replaces else AS_ASKED
    return said
