"""What Pulumi calls for every resource of every kind: check, diff, create, read, update, delete.

It holds the kind's name and nothing else, so that a state has two words of it instead of a copy of its code.
"""

from __future__ import annotations

import base64
import functools
import importlib
import logging
import pickle
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from providers.linode.api import interruption
from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.api.patience import one_operation
from providers.linode.core import adopting, adoption, check, diff, engine, leftovers, runtime
from providers.linode.core.diff import DECLARED
from providers.linode.core.engine import PROVIDER_KEY
from providers.linode.core.owner import Owner
from providers.linode.core.problems import said
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Spec, Update
from providers.linode.core.values import as_id
from providers.linode.core.waiting import until
from providers.linode.nearest import listed

log = logging.getLogger("linode.provider")

Props = dict[str, Any]
"""Properties as the SDK hands them over: JSON values (every number a float) and `Unknown` objects."""

AnySpec = Spec[Any, Any]

NEXT = " The next `up` goes on from here."


STORED = "providers.linode.provider"
"""The module whose path every state holds."""
STORED_PROTOCOL = 4


def stored_provider(class_name: str, *arguments: str) -> ResourceProvider:
    """A provider of the class that states name; looked up late, for that module knows all kinds."""
    found: ResourceProvider = getattr(importlib.import_module(STORED), class_name)(*arguments)
    return found


@functools.cache
def _as_stored(class_name: str, *arguments: str) -> str:
    """The provider as every resource's state holds it, the same on every Python: in the protocol that is 3.10's
    default, not 3.14's, or whoever changes Python finds `__provider` in each diff.

    Once for each kind, and without the SDK's `serialize_provider`: that (3.272) patches pickle for every provider it
    writes and never takes the patch off, so that about the thousandth meets Python's limit of recursion.
    """
    written = pickle.dumps(stored_provider(class_name, *arguments), protocol=STORED_PROTOCOL)
    return base64.b64encode(written).decode()


class DynamicResource(pulumi.dynamic.Resource, module="linode", name="Resource"):
    """A dynamic resource whose provider states hold by its class's name and arguments."""

    def _register(
        self,
        provider: tuple[str, ...],
        name: str,
        props: pulumi.Inputs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Called in the `__init__` of the class that programs use: the SDK counts `__init__` frames to find the
        program's line, which states keep.
        """
        engine.keep_the_programs_frames()
        kind, stored = f"pulumi-python:{self._resource_type_name}", {PROVIDER_KEY: _as_stored(*provider)}
        pulumi.CustomResource.__init__(self, kind, name, {**props, **stored}, opts)


class Provider(ResourceProvider):
    """One kind's provider."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    @property
    def spec(self) -> AnySpec:
        raise NotImplementedError

    def configure(self, req: ConfigureRequest) -> None:
        runtime.begin(req.config)

    @one_operation()
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """The new inputs in normal form, or what is wrong with them."""
        try:
            session = runtime.of_stack(Owner.from_props(news).stack)
            checked, found = check.check(self.spec, session, _olds, news)
        except LinodeError as error:
            return CheckResult(news, [CheckFailure("", runtime.current().reason(str(error)))])
        return CheckResult(checked, [CheckFailure(problem.field, problem.reason) for problem in found])

    @one_operation()
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """`None` where inputs differ (the engine then shows which), `True` where only outputs do, else `False`.

        What is no longer declared is left as it is, and so not shown.
        A replacement deletes first where labels are unique in an account, for the label stays.
        """
        spec = self.spec.within(_news)
        runtime.current().name(spec.kind, _id)
        first = spec.goes_first(_olds, _news)
        old, new = Owner.from_props(_olds), Owner.from_props(_news)
        found = check.settled(spec, runtime.of_stack(new.stack), _olds, _news)
        if new.succeeds(_olds):
            return DiffResult(changes=None, replaces=["owner"], delete_before_replace=first)
        if replaces := diff.replacing(found.takes):
            return DiffResult(changes=None, replaces=replaces, delete_before_replace=first)
        moved = PROVIDER_KEY in _olds and _olds[PROVIDER_KEY] != _news.get(PROVIDER_KEY)
        if found.takes or old != new:
            is_told = found.in_inputs and DECLARED not in engine.old_inputs()
            if is_told and not diff.undeclared(spec.args, _olds, _news):
                return DiffResult(changes=None)
            changed = [*found.takes, *(["owner"] if old != new else []), *([PROVIDER_KEY] if moved else [])]
            return engine.differing(
                {
                    key: "DELETE" if key not in _news else "UPDATE" if key in _olds else "ADD"
                    for key in changed
                }
            )
        return DiffResult(
            changes=_olds.get("ready") is False or moved or spec.is_adrift(_olds, spec.args.read(_news))
        )

    @one_operation()
    @interruption.ends_when_asked()
    def create(self, props: Props) -> CreateResult:
        spec, owner = self.spec.within(props), Owner.from_props(props)
        session, args = runtime.of_owner(owner), spec.args.read(props)
        adopted = adopting.chosen(spec, session, args, owner)
        record = adopted or adoption.find_or_make(spec, session, args, owner)
        runtime.current().name(spec.kind, str(record.id))
        was_there = adopted is not None or session.listed(spec, str(record.id)) is not None
        update = Update(session, record, args, {}, owner, until.timeout_for(args, "create"))
        if was_there:
            update = adopting.as_update(spec, update, props)
        try:
            update = replace(update, record=spec.at_rest(update) if adopted else spec.settled(update))
            if not was_there:
                takes = diff.between(spec, spec.seen_first(update), props, session)
                update = replace(update, takes=takes)
            elif not spec.is_at_rest(record):
                update = adopting.as_update(spec, update, props)
            with interruption.ends_when_asked(not was_there):
                record = spec.update(update) if adopted else spec.finish(update)
        except adopting.NotAdopted:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is: without its id the resource would be lost
            kept = spec.kept_when_cut_off(update.before) if adopted else spec.kept_when_made_in_part(args)
            done = "adopted" if adopted else "made"
            return CreateResult(str(record.id), _partly_made(spec, session, props, record, error, done, kept))
        session.made(spec, record, is_new=not was_there)
        return CreateResult(str(record.id), _outputs(spec, session, props, record))

    @one_operation()
    def read(self, id_: str, props: Props) -> ReadResult:
        """What the API reports now, as outputs and as inputs; an empty id when it is gone.

        A drift that may not be put back stays out of the inputs, so that it holds up nothing else; diff tells it.
        """
        owner, is_ours = Owner.from_props(props), "ready" in props
        id_, props = (id_, props) if is_ours else self.spec.imports(id_, props)
        spec = self.spec.within(props)
        runtime.current().name(spec.kind, id_)
        session = runtime.of_owner(owner)
        record = spec.find(session, id_)
        if record is None:
            if is_ours:
                return ReadResult("", {})
            raise NotFound(
                f"there is no {spec.name} {id_} in this account. Next: correct the id.", status=404
            )
        declared = spec.args.read(props)
        seen = spec.seen(session, record, declared) if is_ours else spec.described(session, record)
        kept = {key: value for key, value in props.items() if key not in spec.fields}
        ready = bool(props.get("ready", True))
        inputs = {key: kept[key] for key in ("owner", PROVIDER_KEY) if key in kept}
        wanted = (engine.old_inputs() or props) if is_ours and ready else {}
        wanted = diff.as_declared(spec.args, wanted, wanted.get(DECLARED, {}))
        before = spec.before(seen, record)
        takes = diff.between(spec, before, wanted, session)
        left = check.left_undone(spec, session, before, wanted, takes, record) if takes else []
        outs = _outputs(spec, session, {**inputs, **seen}, record, ready=ready)
        if "monthly_usd" in props:
            outs.setdefault("monthly_usd", props["monthly_usd"])  # the catalogs may be out of reach
        if not ready:
            outs |= spec.kept_when_refreshed(props)
        found = {**inputs, **check.as_left(seen, wanted, left)}
        # an engine takes a secret for one by the name of its input, which it doesn't have in there
        told = {name for name in wanted if name in spec.fields and not spec.fields[name].hides(wanted[name])}
        if drift := {name: wanted[name] for name in check.without(takes, left) if name in told}:
            found[DECLARED] = drift
        return ReadResult(id_, outs, found)

    @one_operation()
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        spec, owner = self.spec.within(_news), Owner.from_props(_news)
        runtime.current().name(spec.kind, _id)
        session, args = runtime.of_owner(owner), spec.args.read(_news)
        try:
            record = spec.get(session, _id)
            before = spec.before(_olds, record)
            takes = check.to_do(spec, diff.between(spec, before, _news, session), record, _news)
            update = Update(session, record, args, takes, owner, until.timeout_for(args, "update"), _olds)
            update = _resumed(spec, update, _news) if _olds.get("ready") is False else update
            olds = engine.old_inputs()
            declared = diff.as_declared(spec.args, olds, _news)
            planned = diff.differing(spec.args, declared, _news) if olds else list(update.takes)
            left = check.left_undone(spec, session, before, _news, update.takes, record, planned)
            if wrong := [each.problem for each in left if olds and {*planned} & {*each.names}]:
                raise LinodeError(said(wrong))
            news = check.as_left(_news, _olds, left)
            takes, args = check.without(update.takes, left), spec.args.read(news)
            record = spec.update(replace(update, wanted=args, takes=takes))
        except Exception as error:
            _partly_changed(spec, session, _id, _olds, _news, error)
            raise
        return UpdateResult(_outputs(spec, session, news, record))

    @one_operation()
    @interruption.ends_when_asked()
    def delete(self, _id: str, _props: Props) -> None:
        """Gone is success."""
        spec, owner = self.spec.within(_props), Owner.from_props(_props)
        runtime.current().name(spec.kind, _id)
        args, session, stays = spec.args.read(_props), runtime.of_owner(owner), ""
        if (spec.kind, _id) not in session.planned:  # else its check has told what the preview tells
            _tell_what_names(spec, session, _id, _props)
            with suppress(LinodeError):
                stays = spec.staying(session, {"id": as_id(_id)}, owner)
        try:
            spec.delete(session, _id, args, until.timeout_for(args, "delete"))
        finally:
            session.gone(spec, _id)
        session.freed.update(leftovers.addresses_in(_props))
        if stays:
            engine.tell(stays)


def _tell_what_names(spec: AnySpec, session: Session, id_: str, props: Props) -> None:
    """Of one that the program has no longer: an engine's preview asks nothing about it."""
    with suppress(LinodeError):
        if names := list(dict.fromkeys(spec.still_named(session, id_, props))):
            engine.tell(
                f"{spec.name} {id_} is no longer declared, and the program names it or a part of it still: "
                f"{listed(names)}. Next: take that out as well, or have it name another one."
            )


def _resumed(spec: AnySpec, update: Update[Any, Any], news: Props) -> Update[Any, Any]:
    """An update after one that broke off, of which the state doesn't know what it did: that is put right as well.

    Never by a replacement, which the preview didn't tell.
    """
    record = spec.at_rest(update)
    seen = spec.seen(update.session, record, update.wanted)
    found = diff.between(spec, seen, news, update.session)
    takes = {**{name: each for name, each in found.items() if not each.replaces}, **update.takes}
    return replace(update, record=record, takes=takes)


def _outputs(spec: AnySpec, session: Session, inputs: Props, record: Any, *, ready: bool = True) -> Props:
    """All inputs, and what the API says beside them.

    The inputs are among them because the engine hands a provider its old outputs, never its old inputs. ready: False
    where a create or update broke off, so that the next run finishes it.
    """
    cost = spec.monthly_usd(session, spec.args.read(inputs))
    known = {} if cost is None else {"monthly_usd": cost}
    return {**inputs, **spec.outputs(record), **known, "ready": ready}


def _partly_made(
    spec: AnySpec, session: Session, props: Props, record: Any, error: Exception, done: str, kept: Props
) -> Props:
    """The outputs of what was made or adopted and didn't get ready; the next `up` calls update, which does the rest.

    Raises PartialFailure where the engine can be told; else the outputs, whose `ready` makes the next `up` go on.
    """
    record = _as_it_is(spec, session, record.id) or record
    outs = _outputs(spec, session, _seen(spec, props, record), record, ready=False)
    outs |= kept
    reason = f"{spec.name} {record.id} is {done} and kept in the state, but not ready: {told(error)}{NEXT}"
    if not engine.keep_partial(str(record.id), outs, reason, props.get(PROVIDER_KEY)):
        log.warning("%s", reason)
    return outs


def _partly_changed(
    spec: AnySpec, session: Session, id_: str, olds: Props, news: Props, error: Exception
) -> None:
    """Have the engine keep what an update that broke off has reached; what it hasn't keeps its old value.

    Raises PartialFailure where the engine can be told; else the old state stays, and the next `up` does it again.
    """
    record = _as_it_is(spec, session, id_)
    if record is None:
        return
    outs = _outputs(spec, session, _seen(spec, olds, record), record, ready=False)
    outs |= spec.kept_when_cut_off(olds)
    reason = f"{spec.name} {id_} is changed in part: {told(error)}{NEXT}"
    engine.keep_partial(id_, outs, reason, news.get(PROVIDER_KEY))


def _seen(spec: AnySpec, props: Props, record: Any) -> Props:
    others = {key: value for key, value in props.items() if key not in spec.fields}
    return {**others, **spec.reported_inputs(record, spec.args.read(props))}


def told(error: Exception) -> str:
    """The error's own line; one of another kind with its type, as its text alone may say little."""
    return str(error) if isinstance(error, LinodeError) else f"{type(error).__name__}: {error}"


def _as_it_is(spec: AnySpec, session: Session, id_: int | str) -> Any:
    try:
        return spec.get(session, id_)
    except LinodeError:
        return None
