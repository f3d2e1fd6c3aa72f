"""What is attached to a Linode, and has to be in its region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from providers.linode.api.refusals import if_allowed
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import has_tag_from
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking, Refusal
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
    elif (linode := if_allowed(lambda: check.session.known(instance.SPEC, id_))) is not None:
        what, there = f"Linode {id_}", linode.region
    else:
        return
    stays = check.old is not None and (bool(here) or check.old.region == check.args.region)
    todo = bound.format(region=there) if stays else ANOTHER
    if there:
        yield from elsewhere(check, "linode_id", what, there, noun, todo, here)


def taken(check: Checking[Any], noun: str) -> Iterator[Refusal]:
    """From a Linode of another stack or of none, where somebody else has put it; a refresh lets the program know of it.

    From one of this stack it may be taken: a run that was cut off may have put it there, of which no state tells.
    """
    id_ = check.mine.linode_id if check.mine is not None and not check.replaces else None
    known = (each.linode_id for each in (check.old, check.args) if each is not None)
    if not id_ or "linode_id" not in check.takes or id_ in known:
        return
    holder = if_allowed(lambda: instance.SPEC.find(check.session, str(id_)))
    is_in_state = Evidence(instance.SPEC, check.owner).is_free(id_) is False
    if holder is not None and not is_in_state and not has_tag_from(check.owner.stack_tag(), holder.tags):
        why = f"can't change: the {noun} is on {holder}, which does not belong to this stack"
        todo = "take it off there in a run before, or leave linode_id out"
        yield Refusal(
            ["linode_id"], Problem("linode_id", f"{why}, nor does the state have it there. Next: {todo}.")
        )


def _linode(check: Checking[Any]) -> tuple[str, Checking[Any] | None]:
    """The id of its Linode, and the check of it if there was one; of one that is recreated, by the id that it had."""
    planned = check.session.planned
    if is_unknown(check.props.get("linode_id")) and check.old is not None:
        id_ = str(check.old.linode_id or "")
        found = planned.get((instance.SPEC.kind, id_))
        return (id_, found) if found is not None and found.is_recreated else ("", None)
    id_ = str(check.args.linode_id or "")
    return id_, planned.get((instance.SPEC.kind, id_))
