"""What is attached to a Linode, and has to be in its region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from providers.linode.api.refusals import if_allowed
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking
from providers.linode.core.values import is_unknown
from providers.linode.resources.instance import spec as instance
from providers.linode.resources.places import ANOTHER, elsewhere


def apart(check: Checking[Any], noun: str, bound: str, *with_: str, here: str = "") -> Iterator[Problem]:
    """Where the Linode is, or where this run moves it or recreates it. `bound`: what can be done about a `noun` in
    another region; with_: the inputs whose change asks for a look; here: its region, where it declares none.
    """
    id_, planned = _linode(check)
    goes = planned is not None and (planned.is_recreated or "region" in planned.takes)
    if not id_ or not (goes or check.is_new("linode_id", *with_)):
        return
    if planned is not None and goes:
        how = "is recreated" if planned.is_recreated else "moves"
        what, there = f"Linode {id_}, which {how},", planned.args.region
    elif (linode := if_allowed(lambda: instance.SPEC.find(check.session, id_))) is not None:
        what, there = f"Linode {id_}", linode.region
    else:
        return
    stays = check.old is not None and (bool(here) or check.old.region == check.args.region)
    todo = bound.format(region=there) if stays else ANOTHER
    if there:
        yield from elsewhere(check, "linode_id", what, there, noun, todo, here)


def _linode(check: Checking[Any]) -> tuple[str, Checking[Any] | None]:
    """The id of its Linode, and the check of it if there was one; of one that is recreated, by the id that it had."""
    planned = check.session.planned
    if is_unknown(check.props.get("linode_id")) and check.old is not None:
        id_ = str(check.old.linode_id or "")
        found = planned.get((instance.SPEC.kind, id_))
        return (id_, found) if found is not None and found.is_recreated else ("", None)
    id_ = str(check.args.linode_id or "")
    return id_, planned.get((instance.SPEC.kind, id_))
