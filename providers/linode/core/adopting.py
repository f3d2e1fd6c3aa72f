"""Adopt what is there already: an update of it, told, asked for and carried out as one from a state that had it.

Adopted is what the input `adopt` names, or what an earlier run has left. `adopt` counts when a resource is made, and
never again: neither later nor for what replaces it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from providers.linode.api.cache import is_offline
from providers.linode.api.errors import ApiRefused, LinodeError, NotFound
from providers.linode.api.refusals import if_allowed
from providers.linode.core import diff, runtime, state_files
from providers.linode.core.effects import Takes
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner, is_owner_tag
from providers.linode.core.problems import Problem, said
from providers.linode.core.runtime import Session
from providers.linode.core.spec import A, Checking, R, Spec, Update
from providers.linode.core.values import is_unknown
from providers.linode.nearest import did_you_mean, listed, there_are

Props = Mapping[str, Any]


class NotAdopted(LinodeError):
    """It stays as it is, and must not get into the state: the next run would replace what is not ours."""


def named(spec: Spec[A, R], session: Session, wanted: object) -> R | None:
    """What an id or a label names, and is not on its way out; None where several have that label."""
    rows = meant(spec, session, wanted)
    return rows[0] if len(rows) == 1 else None


def meant(spec: Spec[A, R], session: Session, wanted: object) -> list[R]:
    """The one with that id, else all with that label; case does not matter."""
    if (row := session.listed(spec, str(wanted))) is not None:
        rows = [row]
    elif isinstance(wanted, str) and session.labelled(spec, wanted) is not None:
        rows = [each for each in session.rows(spec) if each.label.casefold() == wanted.casefold()]
    else:
        return []
    return [each for each in rows if not spec.is_leaving(each)]


def target(spec: Spec[A, R], session: Session, args: A, news: Props, owner: Owner, own: R | None) -> R | None:
    """What a resource that the state does not have is going to be; None for a new one.

    `own` has its tag; what has none is known by its content, of which the account may hold several. What is checked a
    second time, to be replaced, is it only if a killed run has replaced it: no state has that one.
    """
    wanted = args.adopt
    if runtime.current().old_inputs({}) and (wanted is not None or not spec.identity.tagged):
        return None
    if wanted is not None:
        row = named(spec, session, wanted)
        return None if row is None or is_replaced(spec, owner, row) else row
    claim = runtime.current().claim
    evidence, rows = Evidence(spec, owner), _alike(spec, session, args, news, own)
    free = (row for row in rows if evidence.is_free(row.id))
    return next((row for row in free if evidence.tagged or not claim(spec.kind, row.id)), None)


def _alike(spec: Spec[A, R], session: Session, args: A, news: Props, own: R | None = None) -> list[R]:
    """What a new resource may be already: what has its tag, else all of its content, once that is known."""
    owner, rows = Owner.from_props(news), [own] if own is not None else []
    if not spec.identity.tagged:
        declared = spec.args.normal(news)
        is_whole = all(args.value(key) == declared.get(key) for key in spec.identity.keys)
        rows = [*((if_allowed(partial(session.rows, spec)) or ()) if is_whole else ())]
    body = spec.body(args, owner)
    return [row for row in rows if spec.identity.matches(row, body) and not spec.is_leaving(row)]


def recognised(spec: Spec[Any, Any]) -> str:
    """By what it is this resource's, to be put behind its id."""
    if spec.identity.tagged:
        return ", which an earlier run made"
    return ", which is as declared and belongs to this stack from then on"


def is_replaced(spec: Spec[A, R], owner: Owner, record: R) -> bool:
    """Whether the state has it as this resource: `--replace` asked for another one in its place."""
    if Evidence(spec, owner).is_free(record.id) is not False:
        return False
    stored = state_files.ids_by_name(owner.project, owner.stack).get((spec.kind, owner.name))
    return owner.owns(record.tags) or stored == str(record.id)


def before(spec: Spec[A, R], session: Session, record: R, args: A, owner: Owner) -> dict[str, object]:
    """What a state that had it would have: its declared inputs as they are, and its outputs."""
    inputs = spec.reported_inputs(record, args)
    if spec.is_at_rest(record):
        with suppress(ApiRefused):  # a token that may not ask for all of it
            record = spec.whole(session, record)
            inputs = spec.seen(session, record, args)
    return {**spec.before({**inputs, "owner": owner.as_props()}, record)}


def takes(spec: Spec[A, R], there: Props, news: Props, session: Session) -> dict[str, Takes]:
    """What has to be done to it; what is not known yet is not judged."""
    found = diff.between(spec, there, news, session)
    return {name: each for name, each in found.items() if not is_unknown(news.get(name))}


def kept(spec: Spec[A, R], session: Session, olds: Props, news: Props, own: R | None) -> dict[str, object]:
    """The inputs with what stays of an adoption, and with a label: its own, where it is adopted and none is declared.

    `olds`: the inputs in the state, of what is being replaced too.
    """
    found, wanted = dict(news), spec.args.normal(news).get("adopt") or olds.get("adopt")
    if wanted is not None:
        found["adopt"] = wanted
    field, owner = spec.fields.get("label"), Owner.from_props(news)
    if field is not None and not field.required and news.get("label") is None and owner.name:
        there = named(spec, session, wanted) if wanted is not None and not olds else None
        label = olds.get("label") or getattr(there or own, "label", None)
        found["label"] = label if wanted is not None and label else owner.default_label
    return found


def problems(spec: Spec[A, R], check: Checking[A], olds: Props) -> Iterator[Problem]:
    """Why something can't be adopted, or not any more. `olds`: the inputs in the state."""
    wanted = check.args.adopt
    if check.adopts and (erased := erasing(check)):
        yield _erasing(spec, check, listed(erased))
    if is_offline():
        return
    row = check.mine if wanted is None else named(spec, check.session, wanted)
    if olds:
        yield from _another(spec, check, row, olds)
        if check.replaces:
            yield from _unproven(spec, check)
    elif runtime.current().old_inputs({}):
        return
    elif row is not None:
        yield from _not_free(spec, check, row)
    elif wanted is not None:
        if not spec.is_nowhere:  # its parent is not known yet
            yield _unknown(spec, check, wanted)
    else:
        yield from _unproven(spec, check)


def _unproven(spec: Spec[A, R], check: Checking[A]) -> Iterator[Problem]:
    """What has the content of one without a tag that is to be made, and may be anybody's: each resource is told of one.

    What has the content of the one that it replaces may be that one, and is judged when the other one is made.
    """
    evidence, key, own = Evidence(spec, check.owner), spec.identity.key, None
    claim = runtime.current().claim
    if check.old is not None:
        own = spec.body(check.old, check.owner)
    for row in _alike(spec, check.session, check.args, check.props):
        if own is not None and spec.identity.matches(row, own):
            continue
        if evidence.is_free(row.id) is None and not claim(spec.kind, row.id):
            label = str(getattr(row, key, "") or row.label)
            yield Problem("", evidence.why_not(spec.name, row.id, key, label))
            return


def _another(spec: Spec[A, R], check: Checking[A], row: R | None, olds: Props) -> Iterator[Problem]:
    wanted, mine = check.args.adopt, check.mine
    if wanted in (None, spec.args.normal(olds).get("adopt")) or mine is None:
        return
    if row is None or row.id != mine.id:
        yield Problem(
            "adopt",
            f"names {wanted}, and this resource is {spec.name} {mine.id} already: it counts when a resource is made. "
            "Next: leave it out, or declare another resource.",
        )


def _erasing(spec: Spec[A, R], check: Checking[A], others: str) -> Problem:
    if (wanted := check.args.adopt) is not None:
        return Problem(
            "adopt", f"{wanted} has another {others}. Next: declare what it has; change it afterwards."
        )
    which = f"{spec.name} {check.mine.id}{recognised(spec)}"
    return Problem("", f"{which}, has another {others}. Next: declare what it has, or delete it.")


def _unknown(spec: Spec[A, R], check: Checking[A], wanted: object) -> Problem:
    if several := meant(spec, check.session, wanted):
        which = f"the label of {spec.name}s {listed([str(each.id) for each in several])}"
        return Problem("adopt", f"{wanted} is {which}. Next: name one of them by its id.")
    there = {id_: each.label for id_, each in check.session.by_id(spec).items()}
    near = did_you_mean(str(wanted), [*there.values(), *there]) or there_are(there.items())
    return Problem(
        "adopt", f"{wanted} is no {spec.name} of this account{near}. Next: correct it, or leave adopt out."
    )


def _not_free(spec: Spec[A, R], check: Checking[A], row: R) -> Iterator[Problem]:
    wanted, evidence = check.args.adopt, Evidence(spec, check.owner)
    claim = runtime.current().claim
    is_free = evidence.is_free(row.id)
    if is_free is None and evidence.is_not_ours(row.id):
        yield Problem("", evidence.why_not(spec.name, row.id, spec.identity.key, row.label))
    elif wanted is None:
        return
    elif owned := [tag for tag in row.tags if is_owner_tag(tag) and not check.owner.owns([tag])]:
        why = f"{wanted} belongs to another resource ({owned[0]}). Next: remove it from there first."
        yield Problem("adopt", why)
    elif is_free is False and not is_replaced(spec, check.owner, row):
        yield Problem(
            "adopt",
            f"{wanted} is in the state already, as another resource, which would be deleted with it. "
            "Next: give this one the other's name, or an alias of it.",
        )
    elif other := claim(spec.kind, row.id):
        why = f"{wanted} is {spec.name} {row.id}, which {other} adopts. Next: declare it once."
        yield Problem("adopt", why)


def erasing(check: Checking[Any]) -> list[str]:
    """The inputs that would cost what is there its disks, addresses or id; of backups the consents speak."""
    return [name for name, each in check.takes.items() if each.replaces or {*each.destroys} - {"backups"}]


def chosen(spec: Spec[A, R], session: Session, args: A, owner: Owner) -> R | None:
    """What `adopt` names, as it is now; None where a new one is to be made. Raises NotAdopted."""
    wanted = args.adopt
    if wanted is None or runtime.current().old_inputs({}):
        return None
    row, process = named(spec, session, wanted), runtime.current()
    id_ = str(wanted if row is None else row.id)
    with session.alone((spec.kind, "adopt", id_)):
        found: R | None = None
        if row is not None or not isinstance(wanted, str):
            with suppress(NotFound):
                found = spec.get(session, id_)
        if found is None or spec.is_leaving(found):
            if process.own_id() == id_:  # deleted by this run, to be replaced
                return None
            raise NotAdopted(
                f"{spec.name} {wanted}, which is to be adopted, is gone. Next: correct adopt, or leave it out."
            )
        if is_replaced(spec, owner, found):
            return None
        if process.is_named(spec.kind, id_):
            raise NotAdopted(
                f"{spec.name} {id_} is another resource of this stack already, and would be deleted with "
                "that one. Next: declare it once."
            )
        process.name(spec.kind, id_)
        return found


def as_update(spec: Spec[A, R], update: Update[A, R], news: Props) -> Update[A, R]:
    """What has to be done to what is there. Raises NotAdopted for what may not be."""
    session, record, args, owner = update.session, update.record, update.wanted, update.owner
    there = before(spec, session, record, args, owner)
    found = takes(spec, there, news, session)
    known = Checking(
        session, args, news, spec.args.read(there), owner, found, record, adopts=True, before=there
    )
    refusals = list(spec.refused(known))
    if wrong := [*erasing(known), *(name for each in refusals for name in each.names)]:
        why = said(each.problem for each in refusals) or "Next: declare what it has, or delete it."
        raise NotAdopted(
            f"{spec.name} {record.id} is there already with another {listed([*dict.fromkeys(wrong)])}, and nothing was "
            f"changed{':' if refusals else '.'} {why}"
        )
    return replace(update, takes=found, before=there)
