"""What carries a stack's tag although the stack has nothing any more: what a failed run made, or was told to retain.

Both look alike, so what is found is named and never deleted here: `fleet reap` does that, after showing it. Of what
stands alone and has no tags, a label or the Linodes in it tell whose it may be, which proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from providers.linode.api.errors import ApiRefused, LinodeError, NotFound
from providers.linode.api.records import Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core import state_files
from providers.linode.core.forms import canonical_address
from providers.linode.core.owner import Owner, has_tag_from
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Spec

AnySpec = Spec[Any, Any]

ADDRESSES = ("ipv4", "ipv6", "address")
"""Outputs that are addresses, or lists of them."""

MOST_DOMAINS = 50
"""Of those that the end of a destroy looks into, by a request each."""

AT_ONCE = 8
"""Lists that are asked for at the same time: all else waits for them."""


@dataclass(frozen=True)
class Tagged:
    """Something in the account, and its kind. `of`: kind and id of what has the address that it names."""

    spec: AnySpec
    record: Owned
    of: tuple[str, str] | None = None

    def __str__(self) -> str:
        """`Linode 123 (web-1)`, `domain record 12 (web-1-A) of domain 7`."""
        place = [
            f" of {self.spec.parents.noun} {id_}" for id_ in self.spec.known.values() if self.spec.parents
        ]
        return f"{self.spec.name} {self.record}{''.join(place)}"

    @property
    def key(self) -> tuple[str, str]:
        """Kind and id, as a state has them."""
        return self.spec.kind, str(self.record.id)

    def monthly_usd(self, session: Session) -> float | None:
        """What it costs a month, 0 for a kind without a price, None where it is not known."""
        if type(self.spec).monthly_usd is Spec.monthly_usd:
            return 0.0
        return self.spec.monthly_usd(session, self.spec.args.read(self.spec.imported(self.record)))


def tagged(specs: Iterable[AnySpec], session: Session, stem: str) -> list[Tagged]:
    """All in the account with a tag that begins so, by kind and id; nothing of a kind that the token may not list.

    Raises what the calls for lists raise.
    """
    return _with_stem(_of_each(_with_tags(specs), lambda spec: spec.list(session)), stem)


def _with_stem(lists: Iterable[tuple[AnySpec, Sequence[Any]]], stem: str) -> list[Tagged]:
    found = [Tagged(spec, row) for spec, rows in lists for row in rows if has_tag_from(stem, row.tags)]
    return sorted(found, key=lambda each: (each.spec.kind, each.record.id))


def untagged(
    specs: Iterable[AnySpec], session: Session, prefix: str, linodes: Collection[int]
) -> list[Tagged]:
    """What stands alone in the account and has no tags, by kind and id: with a label that begins so, or with Linodes in
    it, and none but these. Nothing that a state in the backend's folder has.

    Raises what the calls for lists raise.
    """
    found = []
    for spec, rows in _of_each(filter(stands_alone, specs), lambda spec: spec.list(session)):
        known = state_files.ids_in_all_states(spec.kind)
        ours = (
            row
            for row in rows
            if row.label.startswith(prefix) or (row.linodes_inside and row.linodes_inside <= {*linodes})
        )
        found += [Tagged(spec, row) for row in ours if str(row.id) not in known]
    return sorted(found, key=lambda each: each.key)


def stands_alone(spec: AnySpec) -> bool:
    """Whether a kind has no tags and hangs on nothing: by their labels alone its resources tell whose they are."""
    return not spec.identity.tagged and not spec.parents and "label" in spec.fields


def held(found: Iterable[Tagged]) -> dict[str, tuple[str, str]]:
    """The addresses that these have, and which of them has each."""
    return {
        address: each.key
        for each in found
        for address in addresses_in({key: getattr(each.record, key, None) for key in ADDRESSES})
    }


def addresses_in(outs: Mapping[str, object]) -> Iterator[str]:
    """Those that a resource has, by its outputs."""
    for value in map(outs.get, ADDRESSES):
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(each, str):
                yield canonical_address(each)


def naming(
    records: AnySpec,
    session: Session,
    domains: Iterable[Owned],
    addresses: Mapping[str, tuple[str, str] | None],
) -> list[Tagged]:
    """The records of these domains that name one of the addresses, and that no state in the backend's folder has. As
    they have no tags, and their domain stays, nothing else tells whose they may be.
    """
    known = state_files.ids_in_all_states(records.kind)
    parts = [records.within({records.parent: domain.id}) for domain in domains]
    return [
        Tagged(part, row, addresses[row.target])
        for part, rows in _of_each(parts, lambda part: part.list(session))
        for row in rows
        if row.target in addresses and str(row.id) not in known
    ]


def of_another_backend(specs: Iterable[AnySpec], session: Session, owner: Owner) -> list[str]:
    """What had the stack's tag before this backend had the stack, as `Instance/98000001`: nothing of it is left behind
    by a run of this one. Only a state in a folder can tell; with any other, nothing is adopted unasked.
    """
    if state_files.folder() is None:
        return []
    found = []
    for spec, rows in _of_each(_with_tags(specs), session.rows):
        known = state_files.ids_in_state(owner.project, owner.stack, spec.kind) or set()
        there = [row for row in rows if has_tag_from(owner.stack_tag(), row.tags)]
        found += [f"{spec.kind}/{row.id}" for row in there if str(row.id) not in known]
    return sorted(found)


def _of_each(
    specs: Iterable[AnySpec], ask: Callable[[AnySpec], Sequence[Any]]
) -> list[tuple[AnySpec, Sequence[Any]]]:
    """Of every kind what is asked, all at the same time; nothing where the token may not ask."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [(spec, pool.submit(copy_context().run, if_allowed, partial(ask, spec))) for spec in specs]
        return [(spec, each.result() or ()) for spec, each in asked]


def _with_tags(specs: Iterable[AnySpec]) -> Iterator[AnySpec]:
    return (spec for spec in specs if spec.identity.tagged)


def told(
    specs: Iterable[AnySpec], session: Session, owner: Owner, not_ours: Collection[str] = ()
) -> str | None:
    """The line for the end of a destroy: what is left of the stack, its cost, what to type. None: nothing is left."""
    try:
        lists = _of_each(_with_tags(specs), lambda spec: spec.list(session))
        found = [
            each
            for each in _with_stem(lists, owner.stack_tag())
            if "/".join(each.key) not in not_ours and _is_there(each, session)
        ]
        linodes = [int(each.record.id) for each in found if each.spec.kind == "Instance"]
        prefix = replace(owner, name="").default_label
        guessed = [each for each in untagged(specs, session, prefix, linodes) if _is_there(each, session)]
        records = [each for each in _records(specs, lists, session, owner, found) if _is_there(each, session)]
        lines = [_line(found, session, owner.stack)] if found else []
        lines += [_guess(guessed, owner.stack)] if guessed else []
        lines += [_by_address(records, owner.stack)] if records else []
        return f"{' '.join(lines)} Next: {reap(owner.stack)}." if lines else None
    except LinodeError as error:
        why = str(error).partition(" Next: ")[0]
        return f"whether anything of stack '{owner.stack}' is left can't be told: {why} Next: {reap(owner.stack)}."


def _records(
    specs: Iterable[AnySpec],
    lists: Iterable[tuple[AnySpec, Sequence[Any]]],
    session: Session,
    owner: Owner,
    found: Iterable[Tagged],
) -> list[Tagged]:
    """Those that name an address which the stack had, or which something left of it has, in domains that are not its
    own; in many of these, those first in which this run has deleted a record.
    """
    addresses = {**dict.fromkeys(session.freed), **held(found)}
    spec = _of_kind("DomainRecord", specs)
    if spec is None or spec.parents is None or not addresses:
        return []
    there = spec.parents.path
    domains = [
        row
        for kind, rows in lists
        for row in rows
        if kind.path == there and not has_tag_from(owner.stack_tag(), row.tags)
    ]
    domains.sort(key=lambda row: not session.has_deleted_in(f"{there}/{row.id}"))

    def is_gone(address: str) -> bool:
        """Asked once for all the records that name it."""
        return session.asked(("free", address), partial(_is_free, specs, session, address))

    named = naming(spec, session, domains[:MOST_DOMAINS], addresses)
    return [each for each in named if each.of is not None or is_gone(getattr(each.record, "target", ""))]


def _of_kind(kind: str, specs: Iterable[AnySpec]) -> AnySpec | None:
    return next((each for each in specs if each.kind == kind), None)


def _is_free(specs: Iterable[AnySpec], session: Session, address: str) -> bool:
    """Whether nothing has that address any more, but for a Linode that this run deletes: what went may have been no
    more than its name.
    """
    try:
        linode_id = session.client.get(f"/networking/ips/{address}").get("linode_id")
    except NotFound:
        return True
    except ApiRefused:  # the token may not ask
        return False
    linodes = _of_kind("Instance", specs)
    return linodes is not None and isinstance(linode_id, int) and session.has_deleted(linodes, linode_id)


def reap(stack: str) -> str:
    """What to type where something may be left of a stack."""
    return f"`fleet reap --stack {stack}` shows what is left and, with --yes, deletes it"


def _is_there(found: Tagged, session: Session) -> bool:
    """Asked by its id: a list may be late, and still has what this destroy deleted."""
    try:
        return not found.spec.is_leaving(found.spec.get(session, found.record.id))
    except NotFound:
        return False


def _line(found: Sequence[Tagged], session: Session, stack: str) -> str:
    costs = [each.monthly_usd(session) for each in found]
    named = [
        f"{each}" + (f", {usd:.2f} USD a month" if usd else "")
        for each, usd in zip(found, costs, strict=True)
    ]
    total = f"{sum(usd for usd in costs if usd):.2f} USD a month"
    if None in costs:
        total += " as far as prices are known"
    return (
        f"still in the account with the tag of stack '{stack}', and not in its state: {'; '.join(named)}. "
        f"Together {total}. A run that failed may have made them, or retain_on_delete kept them; "
        "none of it was deleted."
    )


def _guess(found: Sequence[Tagged], stack: str) -> str:
    return (
        f"perhaps left of stack '{stack}', by label or by the Linodes in it, as the API has no tags for it: "
        f"{'; '.join(map(str, found))}."
    )


def _by_address(found: Sequence[Tagged], stack: str) -> str:
    """What names an address that is gone, no later look can know as the stack's."""
    by_hand = (
        " Nothing has that address any more: delete it by hand, unless somebody else made it, as with "
        "`linode-cli domains records-delete DOMAIN RECORD`."
    )
    return (
        f"perhaps left of stack '{stack}', by the addresses that it had, in domains that stay: "
        f"{'; '.join(map(str, found))}.{by_hand if any(each.of is None for each in found) else ''}"
    )
