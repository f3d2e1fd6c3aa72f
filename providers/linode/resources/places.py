"""What is wrong with where a resource is to be: the region, what it can do, and who else has to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from providers.linode.api.cache import is_offline
from providers.linode.catalogs.records import Region
from providers.linode.core import state_files
from providers.linode.core.args import NONE
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking, Rule
from providers.linode.nearest import did_you_mean, listed

ANOTHER = "use one in that region"
BALANCER = "NodeBalancer"


def unknown(check: Checking[Any], key: str, catalog: Collection[str]) -> Iterator[Problem]:
    """A new id, of a region or anything else, that its catalog lacks."""
    value = check.args.value(key)
    if value and check.is_new(key) and value not in catalog:
        hint = did_you_mean(str(value), catalog)
        yield Problem(
            key, f"is not among the {len(catalog)} {key}s of this account{hint}. Next: correct the id."
        )


def in_a_region_with(needs: Mapping[str, str]) -> Rule:
    """For a Spec: what is wrong with its region. `needs`: capabilities, with who needs each."""
    return lambda check: able(check, needs)


def able(check: Checking[Any], needs: Mapping[str, str], *, with_: Collection[str] = ()) -> Iterator[Problem]:
    """A new region that isn't there, or can't do something. with_: the inputs that decide what is needed."""
    if is_offline() or not check.is_new("region", *with_):
        return
    regions = {region.id: region for region in check.catalogs_with(region=check.args.region).regions()}
    yield from unknown(check, "region", regions)
    if (region := regions.get(check.args.region)) is not None:
        for way, what in needs.items():
            yield from unable(region, [way], what)


def unable(region: Region, ways: Collection[str], what: str) -> Iterator[Problem]:
    """A region that can do none of these, the first of which is what everybody calls it."""
    if not set(ways) & set(region.capabilities):
        first = next(iter(ways))
        yield Problem(
            "region", f"{region.id} has no '{first}', which {what} needs. Next: choose another region."
        )


def occupied(check: Checking[Any], noun: str, way: str) -> Iterator[Problem]:
    """One that is recreated goes first, and can't while Linodes stay in it, or what else is there. `way`: an Instance's
    input that does it.

    An engine changes what names it after that, and deletes what is declared no more at the end. Only those go before it
    that are recreated for its sake, as the state tells where it can be read: Linodes that have that input in
    `replace_on`, and the stack's own NodeBalancers.
    """
    if check.mine is None or not check.replaces:
        return
    where = check.owner.project, check.owner.stack
    going = {("Instance", id_) for id_ in state_files.ids_with(*where, "Instance", "replace_on", way)}
    going |= {(kind, id_) for (kind, _), id_ in state_files.ids_by_name(*where).items() if kind == BALANCER}

    def stays(kind: str, id_: str) -> bool:
        if (planned := check.session.planned.get((kind, id_))) is None:
            return (kind, id_) not in going
        return not (planned.is_recreated or way in planned.takes)

    found = {
        "Linode" if kind == "Instance" else kind: [str(id_) for id_ in sorted(ids) if stays(kind, str(id_))]
        for kind, ids in check.mine.inside.items()
    }
    if left := [f"{what}s ({listed(ids)})" for what, ids in found.items() if ids]:
        causes = [name for name, each in check.takes.items() if each.replaces]
        yield Problem(
            causes[0] if causes else "",
            f"can't change yet: {noun} {check.mine.id} is deleted before the new one is made, which the API refuses as "
            f"long as it has {listed(left)}. Next: take them out in a run before, or declare a second {noun} "
            "under another label and move them there.",
        )


def claimed(check: Checking[Any], address: str, kind: str, linode: int | None) -> dict[str, str]:
    """The resources of this program that give a reserved address to something else, and what they do with it.
    linode: its id, 0 for none, None for one that isn't there yet; of a NodeBalancer, which has it alone, 0.
    """
    claims = check.session.asked(("claims", address), dict[tuple[str, str], int | None])
    own = kind, check.owner.name
    claims[own] = linode
    return {
        claim[1]: _claim(*claim, its)
        for claim, its in [*claims.items()]
        if claim != own and (its != linode or claim[0] == kind)
    }


def _claim(kind: str, name: str, linode: int | None) -> str:
    to = "kept off every Linode" if linode == NONE else "given to another Linode"
    how = "given to a NodeBalancer" if kind == BALANCER else to
    return f"{how} by {name} ({'linode_id' if kind == 'ReservedIP' else 'reserved_ipv4'})"


def elsewhere(
    check: Checking[Any],
    field: str,
    what: object,
    region: str | None,
    noun: str = "Linode",
    todo: str = ANOTHER,
    here: str = "",
) -> Iterator[Problem]:
    """What an input names and the resource have to be in one region. `here`: that of one that declares none."""
    here = here or check.args.region
    if here not in ("", region):
        yield Problem(field, f"{what} is in {region}, and the {noun} in {here}. Next: {todo}.")
