"""Check one resource's inputs: put them in normal form, judge them, and decide and tell what their change does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import ErrorDetails

from providers.linode.core import diff, effects, engine, runtime, values
from providers.linode.core.adoption import place
from providers.linode.core.effects import Effects
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import A, Checking, R, Spec
from providers.linode.nearest import did_you_mean, there_are

Props = Mapping[str, Any]


def check(
    spec: Spec[A, R], session: Session, olds: Props, news: Props
) -> tuple[dict[str, Any], list[Problem]]:
    """The checked inputs and everything wrong with them. `olds` are the inputs in the state, {} for a new one.

    Raises what the calls for catalogs and lists raise.
    """
    deep = [key for key, value in news.items() if values.is_too_deep(value)]
    news, olds = spec.canonical(session, _readable(news)), _readable(olds)
    checked = {**news, **spec.args.normal(news)}
    owner, errors = Owner.from_props(news), spec.args.errors(news)
    sound = _sound(spec, news, errors)
    before = _sound(spec, olds, spec.args.errors(olds)) if olds else {}
    takes = diff.between(spec, before, sound, session) if olds else {}
    old = spec.args.read(before) if olds else None
    known = Checking(
        session,
        spec.args.read(sound),
        checked,
        old,
        owner,
        takes,
        mine(spec, session, owner, runtime.current().old_inputs(olds)),
        is_renamed=bool(olds) and Owner.from_props(olds) != owner,
    )
    wrong = [Problem(key, f"has more than {values.DEEPEST} levels. Next: correct it.") for key in deep]
    wrong += spec.args.told(errors)
    wrong += [problem for rule in spec.rules for problem in rule(known)]
    wrong += [*label_taken(spec, known), *ids_of_nothing(spec, known)]
    if not wrong:
        for doubt in spec.doubts(known):
            engine.tell(doubt)
        _tell(spec, decided(spec, session, olds, checked, known), olds, known.args)
    return checked, [hidden(spec, problem) for problem in wrong]


def _readable(props: Props) -> Props:
    return {key: value for key, value in props.items() if value is not None and not values.is_too_deep(value)}


def _sound(spec: Spec[A, R], props: Props, errors: Sequence[ErrorDetails]) -> dict[str, Any]:
    """The properties less the inputs that are wrong by themselves."""
    return {
        **{key: value for key, value in props.items() if key not in spec.fields},
        **spec.args.sound(props, errors),
    }


def mine(spec: Spec[A, R], session: Session, owner: Owner, olds: Props) -> R | None:
    """The resource's own record: the one with the id that the engine has named, or with its tag. As tags can be taken
    away: else the one with the label that the state has, where no two have the same and no id is known.
    """
    if not (spec.identity.tagged or spec.identity.unique):
        return None
    rows, id_, label = session.rows(spec), runtime.current().own_id(), olds.get("label")
    found = [row for row in rows if str(row.id) == id_] or [row for row in rows if owner.marks(row.tags)]
    if id_ is None and spec.identity.unique and isinstance(label, str):
        found += [row for row in rows if row.label.casefold() == label.casefold()]
    return next(iter(found), None)


def label_taken(spec: Spec[A, R], check: Checking[A]) -> Iterator[Problem]:
    """Where labels are unique in an account, another's of the same kind."""
    label = check.args.value("label") if spec.identity.unique else None
    if not isinstance(label, str) or not check.is_new("label"):
        return
    holder = next((row for row in check.session.rows(spec) if row.label.casefold() == label.casefold()), None)
    if holder is not None and not spec.identity.tagged:
        holder = None if spec.identity.matches(holder, spec.body(check.args, check.owner)) else holder
    if holder is None or check.is_own(holder) or getattr(check.args, "adopt", None) == holder.id:
        return
    adopt = f", or take it over with adopt={holder.id}" if "adopt" in spec.fields else ""
    yield Problem(
        "label",
        f"is taken by {spec.name} {holder.id}{place(holder)}, which is not this resource's; labels "
        f"are unique in an account. Next: choose another label, delete that {spec.name}{adopt}.",
    )


def ids_of_nothing(spec: Spec[A, R], check: Checking[A]) -> Iterator[Problem]:
    """New ids that name nothing in the account, with the nearest; not judged where the token may not read the list."""
    for name, field in spec.fields.items():
        if field.ids_of is None or not check.is_new(name):
            continue
        there = check.session.labels(field.ids_of.path)
        value = check.args.value(name)
        for id_ in value if isinstance(value, list) else [value]:
            if there is None or id_ in there or not check.session.lacks(f"{field.ids_of.path}/{id_}"):
                continue
            near = did_you_mean(str(id_), map(str, there)) or there_are(there.items())
            noun = f"no {field.ids_of.noun} of this account{near}"
            yield Problem(name, f"has {id_}, which is {noun}. Next: correct the id.")


def hidden(spec: Spec[Any, Any], problem: Problem) -> Problem:
    """The problem as the engine may have it: it prints the value of a named input, so a secret one is not named."""
    field, reason = problem
    return Problem("", f"{field} {reason}") if field in spec.secrets() else problem


def decided(spec: Spec[A, R], session: Session, olds: Props, news: Props, known: Checking[A]) -> Effects:
    """What is going to happen, as far as a preview can know: a create may find its own there already."""
    found = diff.effects(spec, session, olds, news, known.takes)
    wanted = getattr(known.args, "adopt", None)
    if not olds and wanted is not None and (row := session.listed(spec, str(wanted))) is not None:
        return replace(found, op="adopt", found=f"adopts {spec.name} {row.id} ({row.label})")
    if olds or known.mine is None:
        return found
    is_free = Evidence(known.owner, spec.kind).is_free(known.mine.id)
    if is_free is False:
        return replace(found, op="replace", destroys=spec.destroyed(known.args), level=spec.loss)
    if is_free:
        return replace(
            found, op="adopt", found=f"adopts {spec.name} {known.mine.id}, which an earlier run made"
        )
    return found


def _tell(spec: Spec[A, R], found: Effects, olds: Props, args: A) -> None:
    """Once for a resource and command: an engine checks a replacement a second time, without its old inputs."""
    call = engine.current_call()
    urn, told = call.urn if call else "", runtime.current().told
    if olds:
        told[urn] = found.op == "replace"
    elif told.get(urn):
        return
    elif urn in told:
        found = replace(found, op="replace", destroys=spec.destroyed(args), level=spec.loss)
    if found.op == "update" and not found.causes:
        return
    effects.write(found.as_json(urn, spec.kind))
    if found.is_worth_telling:
        engine.tell(found.summary, warning=found.level in ("power off", "data loss") or bool(found.one_way))
