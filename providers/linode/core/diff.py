"""Which inputs differ, and what each difference takes. Pure, but for what a policy asks the catalogs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.linode.core.args import Args
from providers.linode.core.effects import LOSSES, OURS, Cause, Effects, Op, Takes, worst
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import A, Changed, R, Spec
from providers.linode.core.values import is_unknown, whole_numbers

Props = Mapping[str, object]

DECLARED = "__declared"
"""The input in which a refresh keeps what was declared where it takes in a drift; engines don't show such a name."""


def differing(args: type[Args], olds: Props, news: Props) -> list[str]:
    """The inputs with another value than before, in the order of their declaration.

    One that is not known yet counts: the engine then shows a change that may not come. One that is no longer declared
    is left as it is; where it only says how things are done, its default counts again.
    """
    return [name for name, is_left in _changed(args, olds, news) if not is_left]


def as_declared(args: type[Args], olds: Props, news: Props) -> dict[str, object]:
    """The old inputs with what was declared in place of a drift, where the same is declared still."""
    declared, new = olds.get(DECLARED), args.normal(news)
    kept = args.normal(declared) if isinstance(declared, Mapping) else {}
    return {**olds, **{name: value for name, value in kept.items() if new.get(name) == value}}


def undeclared(args: type[Args], olds: Props, news: Props) -> list[str]:
    """The inputs that are no longer declared, whole or in part, and left as they are."""
    return [name for name, is_left in _changed(args, olds, news) if is_left]


def _changed(args: type[Args], olds: Props, news: Props) -> Iterator[tuple[str, bool]]:
    """Every input that has another value, and whether nothing is done about it."""
    old, new = args.normal(olds), args.normal(news)
    for name, field in args.fields().items():
        unsaid = field.none if field.takes.replaces else None
        if not field.once and old.get(name, unsaid) != new.get(name, unsaid):
            if name not in new:
                yield name, field.takes is not OURS
            else:
                covers = field.covers if name in old and not is_unknown(new[name]) else None
                yield name, bool(covers and covers(old[name], new[name]))


def between(spec: Spec[A, R], olds: Props, news: Props, session: Session | None = None) -> dict[str, Takes]:
    """What has to happen for the old outputs to become the new inputs: each differing input with what it takes."""
    changed = Changed(spec.args.read(olds), spec.args.read(news), session, olds)
    return {name: spec.takes(name, changed) for name in differing(spec.args, olds, news)}


def replacing(takes: Mapping[str, Takes]) -> list[str]:
    return [name for name, each in takes.items() if each.replaces]


def effects(
    spec: Spec[Any, Any],
    session: Session,
    olds: Props,
    news: Props,
    takes: Mapping[str, Takes],
) -> Effects:
    """All that the change does. `olds` are empty for a new resource."""
    old, new = spec.args.read(olds), spec.args.read(news)
    after = spec.monthly_usd(session, new)
    opens = tuple(spec.opens(olds, news))
    if not olds:
        return Effects("create", monthly_usd=(None, after), opens=opens)
    replaced = bool(replacing(takes)) or Owner.from_props(news).succeeds(olds)
    op: Op = "replace" if replaced else "update"
    causes = tuple(Cause(name, each, *_shown(spec, name, olds, news)) for name, each in takes.items())
    destroys = (
        spec.destroyed(olds)
        if replaced
        else tuple(dict.fromkeys(lost for cause in causes for lost in cause.takes.destroys))
    )
    level = worst(cause.takes.level for cause in causes)
    if replaced and LOSSES & {*destroys}:
        level = "data loss"
    before = spec.monthly_usd(session, old)
    if level == "none" and None not in (before, after) and before != after:
        level = "billing"
    stays = spec.staying(session, olds, Owner.from_props(news)) if replaced else ""
    return Effects(op, causes, destroys, level, (before, after), stays=stays, opens=opens)


def _shown(spec: Spec[Any, Any], name: str, olds: Props, news: Props) -> tuple[str, str]:
    if spec.fields[name].secret or is_unknown(news.get(name)):
        return "", ""
    old, new = (str(whole_numbers(props.get(name)) or "") for props in (olds, news))
    return old, new
