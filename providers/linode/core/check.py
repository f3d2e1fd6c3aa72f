"""Check one resource's inputs: put them in normal form, judge them, and decide and tell what their change does.

`check` gets the inputs that the state holds, which are those of the last attempt; `diff` gets the outputs, which are
what there is. So what a change does is decided from the outputs, in `settled`, and what is wrong by itself in `check`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import ErrorDetails

from providers.linode.api.cache import PLACEHOLDER, is_offline
from providers.linode.api.errors import LinodeError
from providers.linode.core import (
    adopting,
    diff,
    effects,
    engine,
    fingerprints,
    grants,
    runtime,
    state_files,
    values,
)
from providers.linode.core.adoption import place
from providers.linode.core.effects import OURS, Effects, Takes
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem, said
from providers.linode.core.runtime import Session
from providers.linode.core.spec import A, Checking, R, Refusal, Spec
from providers.linode.nearest import did_you_mean, listed, there_are

Props = Mapping[str, Any]


def check(
    spec: Spec[A, R], session: Session, olds: Props, news: Props
) -> tuple[dict[str, Any], list[Problem]]:
    """The checked inputs and everything wrong with them. `olds` are the inputs in the state, {} for a new one.

    Raises what the calls for catalogs and lists raise.
    """
    deep = [key for key, value in news.items() if values.is_too_deep(value)]
    olds = _readable(olds)
    news = fingerprints.kept(olds, spec.canonical(session, _readable(news)))
    if is_offline():
        inputs = {key: value for key, value in news.items() if key in spec.fields}
        news = {**news, **values.unknown_for(inputs, [PLACEHOLDER])}
    olds = diff.as_declared(spec.args, olds, news)
    owner, first = Owner.from_props(news), runtime.current().old_inputs(olds)
    own = mine(spec.within(first or news), session, owner, first)
    spec = spec.within(news)
    Evidence(spec, owner).note_cut_off()
    news = adopting.kept(spec, session, first, news, own)
    checked, errors = {**news, **spec.args.normal(news)}, spec.args.errors(news)
    sound = _sound(spec, news, errors)
    args = spec.args.read(sound)
    there = None if olds else adopting.target(spec, session, args, news, owner, own)
    old = _sound(spec, olds, spec.args.errors(olds)) if olds else {}
    before = spec.before(old, own) if olds else {}
    takes = diff.between(spec, before, sound, session) if olds else {}
    if there is not None:
        own, old = there, adopting.before(spec, session, there, args, owner)
        before, takes = old, adopting.takes(spec, old, sound, session)
    known = Checking(
        session,
        args,
        checked,
        spec.args.read(old) if old else None,
        owner,
        to_do(spec, takes, own, sound),
        own,
        adopts=there is not None,
        is_renamed=not owner.marks(there.tags) if there else bool(olds) and Owner.from_props(olds) != owner,
        before=before,
    )
    is_checked_again = not olds and runtime.current().own_id() is not None
    known = replace(known, is_recreated=known.replaces or is_checked_again)
    wrong = [Problem(key, f"{values.TOO_DEEP}. Next: correct it.") for key in deep]
    wrong += [*spec.args.told(errors), *judged(spec, known), *adopting.problems(spec, known, olds)]
    if not wrong:
        session.planned[_planned_as(spec, known)] = known
        wrong = [problem for rule in spec.agreed for problem in rule(known)]
        if wrong:
            del session.planned[_planned_as(spec, known)]
    if not wrong:
        for doubt in spec.doubts(known):
            engine.tell(doubt)
        if olds:
            runtime.current().checked[_urn()] = replace(known, takes=takes)
        else:
            _tell_of_new(spec, known)
    return checked, [printable(spec, problem) for problem in wrong]


def by_itself(spec: Spec[A, R], props: Props) -> Iterator[Problem]:
    """What is wrong with the inputs, each by itself and together, as far as no account has to be asked: what asks one
    is passed over. What is adopted is judged as one that is there.
    """
    errors, whole = spec.args.errors(props), {**props, **spec.args.normal(props)}
    yield from spec.args.told(errors)
    args = spec.args.read(_sound(spec, whole, errors))
    there = None if args.adopt is None else args
    known = Checking(runtime.unasked(), args, whole, there, Owner("", "", "", ""), {})
    for rule in spec.rules:
        with suppress(LinodeError):
            yield from rule(known)


def _readable(props: Props) -> Props:
    return {key: value for key, value in props.items() if value is not None and not values.is_too_deep(value)}


def _sound(spec: Spec[A, R], props: Props, errors: Sequence[ErrorDetails]) -> dict[str, Any]:
    """The properties less the inputs that are wrong by themselves."""
    return {
        **{key: value for key, value in props.items() if key not in spec.fields},
        **spec.args.sound(props, errors),
    }


def judged(spec: Spec[A, R], known: Checking[A]) -> Iterator[Problem]:
    """What is wrong beyond the form of each input."""
    yield from ruled(spec, known)
    for refusal in refused(spec, known, known.takes):
        yield refusal.problem
    yield from grants.problems(spec, known)


def ruled(spec: Spec[A, R], known: Checking[A]) -> Iterator[Problem]:
    """What does not go together, and what the account says to it."""
    for rule in spec.rules:
        yield from rule(known)
    yield from label_taken(spec, known)
    yield from label_kept(spec, known)
    yield from ids_of_nothing(spec, known)


def refused(spec: Spec[A, R], known: Checking[A], planned: Collection[str] = ()) -> list[Refusal]:
    """Which of the changes may not be done.

    The rules are asked about all but the `planned` ones, one by one: no check has judged what somebody else changed,
    and what was declared may be gone since.
    """
    found = [each for each in spec.refused(known) if known.takes.keys() & set(each.names)]
    if known.replaces and planned:
        return found
    for name, takes in without(known.takes, found).items():
        if name not in planned:
            there = {**known.props, name: known.before.get(name)}
            old = None if takes.replaces else spec.args.read(there)
            alone = replace(known, old=old, takes={name: takes})
            found += [Refusal([name], problem) for problem in ruled(spec, alone)]
    return found


def to_do(spec: Spec[A, R], takes: Mapping[str, Takes], own: R | None, news: Props) -> dict[str, Takes]:
    """Without what the account has already: an update that broke off had come so far, or somebody was faster."""
    wanted, fields = spec.args.normal(news), spec.fields
    return {
        name: each
        for name, each in takes.items()
        if own is None or not fields[name].attribute or spec.reported(own, fields[name]) != wanted.get(name)
    }


@dataclass(frozen=True)
class Settled:
    """What is going to happen. `in_inputs`: whether the inputs that the engine compares show it."""

    takes: Mapping[str, Takes]
    in_inputs: bool = True


def settled(spec: Spec[A, R], session: Session, olds: Props, news: Props) -> Settled:
    """What has to happen for the old outputs to become the new inputs; told where a check came before.

    An engine also asks for the difference when it refreshes: then there is nothing to tell. Raises LinodeError for what
    an update that broke off has left to do and may not be done.
    """
    known: Checking[A] | None = runtime.current().checked.pop(_urn(), None)
    if known is None:
        return Settled(diff.between(spec, olds, news, session))
    before = spec.before(olds, known.mine)
    takes, planned = diff.between(spec, before, news, session), known.takes
    known = replace(
        known, old=spec.args.read(before), takes=to_do(spec, takes, known.mine, news), before=before
    )
    left: list[Refusal] = []
    if takes != planned:
        is_finished = olds.get("ready") is not False
        refusals = refused(spec, known, planned if is_finished else takes)
        left = [each for each in refusals if is_finished and not planned.keys() & set(each.names)]
        wrong = [each.problem for each in refusals if each not in left]
        if wrong := wrong if is_finished else list(judged(spec, known)):
            raise LinodeError(said(wrong))
        for each in left:
            engine.tell(
                f"{listed(each.names)} differs from the program, and is left so: {' '.join(each.problem)}"
            )
        takes = without(takes, left)
    left_to_do = to_do(spec, takes, known.mine, news)
    # what only the account has otherwise is moved or lost, too, for what hangs on it
    session.planned[_planned_as(spec, known)] = replace(known, takes=left_to_do)
    found = diff.effects(spec, session, before, as_left(news, before, left), left_to_do)
    runtime.current().told[_urn()] = found.op == "replace"
    _publish(spec, found)
    takes = {name: left_to_do.get(name, OURS) for name in takes}
    return Settled(takes, in_inputs=bool(planned) or not takes)


def _planned_as(spec: Spec[A, R], known: Checking[A]) -> tuple[str, str]:
    return spec.kind, f"new {known.owner.name}" if known.mine is None else str(known.mine.id)


def as_left(props: Props, others: Props, left: Sequence[Refusal]) -> dict[str, Any]:
    """The properties, with those of the other ones whose change is refused."""
    names = {name for refusal in left for name in refusal.names}
    kept = {name: others[name] for name in names if name in others}
    return {**{name: value for name, value in props.items() if name not in names}, **kept}


def left_undone(
    spec: Spec[A, R],
    session: Session,
    before: Props,
    news: Props,
    takes: Mapping[str, Takes],
    record: R,
    planned: Collection[str] = (),
) -> list[Refusal]:
    """Which of the changes may not be done to what there is; `planned`: those that a check has judged."""
    args, owner = spec.args.read(news), Owner.from_props(news)
    known = Checking(session, args, news, spec.args.read(before), owner, takes, record, before=before)
    return refused(spec, known, planned)


def without(takes: Mapping[str, Takes], refusals: Sequence[Refusal]) -> dict[str, Takes]:
    names = {name for each in refusals for name in each.names}
    return {name: each for name, each in takes.items() if name not in names}


def mine(spec: Spec[A, R], session: Session, owner: Owner, olds: Props) -> R | None:
    """The resource's own record: the one with the id that the engine has named, or with its tag. As tags can be taken
    away, and some have none: else, where no two have the same label and no id is known, the one with the id that the
    state has, of which an engine says nothing before a replacement that is asked for; or with the label, where that
    can't be read.
    """
    if not (spec.identity.tagged or spec.identity.unique):
        return None
    id_, label = runtime.current().own_id(), olds.get(spec.identity.key)
    found = session.listed(spec, id_) if id_ is not None else None
    found = found or session.tagged(spec, owner.tag())
    if found is not None or id_ is not None or not spec.identity.unique:
        return found
    where = owner.project, owner.stack
    stored = session.asked(("stored", where), lambda: state_files.ids_by_name(*where))
    if (spec.kind, owner.name) in stored:
        return session.listed(spec, stored[spec.kind, owner.name])
    return session.labelled(spec, label) if isinstance(label, str) else None


def label_taken(spec: Spec[A, R], check: Checking[A]) -> Iterator[Problem]:
    """Where labels are unique, another's of the same kind, in the account or in this program."""
    key = spec.identity.key
    label = check.args.value(key) if spec.identity.unique else None
    if not isinstance(label, str) or not label or not check.is_new(key, *spec.known):
        return
    place_of_it, name = (spec.kind, spec.path, label.casefold()), check.owner.name
    if not spec.is_nowhere and (first := check.session.asked(place_of_it, lambda: name)) != name:
        yield Problem(
            key,
            f"is already the {key} of '{first}' in this program; {spec.realm}. Next: choose another {key}.",
        )
        return
    holder = check.session.labelled(spec, label)
    if holder is None or check.is_own(holder) or _is_told_of(spec, check, holder):
        return
    yield Problem(
        key,
        f"is taken by {spec.name} {holder.id}{place(holder)}, which is not this resource's; {spec.realm}. "
        f"Next: choose another {key}, delete that {spec.name}, or take it over with adopt={holder.id}.",
    )


def label_kept(spec: Spec[A, R], check: Checking[A]) -> Iterator[Problem]:
    """Where labels are unique, that of one which stays when another one is to take its place."""
    owner, key, there = check.owner, spec.identity.key, check.mine
    if not (spec.identity.unique and check.is_recreated) or there is None:
        return
    is_same = check.args.value(key) == getattr(there, key, None)
    if is_same and state_files.is_retained(owner.project, owner.stack, spec.kind, there.id):
        why = f"stays with {spec.name} {there.id}, which retain_on_delete keeps when another one is made; {spec.realm}"
        todo = f"give the new one another {key}, or take retain_on_delete away in a run before"
        yield Problem(key, f"{why}. Next: {todo}.")


def _is_told_of(spec: Spec[A, R], check: Checking[A], holder: R) -> bool:
    """Whether it may be the resource's that is to be made, by its content: `adopting.problems` judges that."""
    is_made = not spec.identity.tagged and (check.old is None or check.replaces)
    if not is_made or not spec.identity.matches(holder, spec.body(check.args, check.owner)):
        return False
    return Evidence(spec, check.owner).is_free(holder.id) is not False


def ids_of_nothing(spec: Spec[A, R], check: Checking[A]) -> Iterator[Problem]:
    """New ids that name nothing in the account, with the nearest; not judged where the token may not read the list."""
    for name, field in spec.fields.items():
        value = check.args.value(name)
        named = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int)]
        if field.ids_of is None or not named or not check.is_new(name):
            continue
        there = check.session.labels(field.ids_of.path)
        for id_ in named:
            if there is None or id_ in there or id_ == field.none:
                continue
            if not check.session.lacks(f"{field.ids_of.path}/{id_}"):
                continue
            near = did_you_mean(str(id_), map(str, there)) or there_are(there.items())
            noun = f"no {field.ids_of.noun} of this account{near}"
            yield Problem(name, f"has {id_}, which is {noun}. Next: correct the id.")


def printable(spec: Spec[Any, Any], problem: Problem) -> Problem:
    """The problem as the engine may have it: one line, without what would move a terminal's cursor.

    The engine prints the value of a named input, so a secret one is not named.
    """
    field = problem.field
    reason = "".join(char if char.isprintable() else repr(char)[1:-1] for char in problem.reason)
    return Problem("", f"{field} {reason}") if field in spec.secrets() else Problem(field, reason)


def decided(spec: Spec[A, R], known: Checking[A]) -> Effects:
    """What is going to happen to what the state doesn't have: a create may find its own there already."""
    found = diff.effects(spec, known.session, known.before, known.props, known.takes)
    if known.adopts:
        which = (
            f"{spec.name} {known.mine.id}{adopting.recognised(spec)}"
            if known.args.adopt is None
            else f"{spec.name} {known.mine}"
        )
        return replace(found, op="adopt", found=f"adopts {which}")
    if known.mine is not None and Evidence(spec, known.owner).is_free(known.mine.id) is False:
        return _replaced(spec, known, found, spec.before({}, known.mine))
    return found


def _tell_of_new(spec: Spec[A, R], known: Checking[A]) -> None:
    """Once for a resource and command: an engine checks a replacement a second time, without its old inputs."""
    urn, process = _urn(), runtime.current()
    if (first := process.checked.pop(urn, None)) is not None:
        takes = diff.effects(spec, known.session, first.before, first.props, first.takes)
        found = _replaced(spec, known, takes, first.before)
    elif urn in process.told:
        if process.told[urn]:
            return
        found = diff.effects(spec, known.session, {}, known.props, {})
        found = _replaced(spec, known, found, spec.before({}, known.mine))
    else:
        found = decided(spec, known)
    _publish(spec, found)


def _replaced(spec: Spec[A, R], known: Checking[A], found: Effects, before: Props) -> Effects:
    stays = spec.staying(known.session, before, known.owner)
    return replace(found, op="replace", destroys=spec.destroyed(before), level=spec.loss, stays=stays)


def _publish(spec: Spec[A, R], found: Effects) -> None:
    if found.op == "update" and not found.causes:
        return
    effects.write(found.as_json(_urn(), spec.kind))
    if found.is_worth_telling:
        engine.tell(found.summary, warning=found.is_grave)


def _urn() -> str:
    call = engine.current_call()
    return call.urn if call else ""
