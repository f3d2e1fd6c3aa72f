"""A kind of resource, as data: what it is called, where it lives, what it takes, how one's own is recognised.

Everything that all kinds do alike (check, diff, create exactly once, read, update, delete, import, effects, documents)
reads a Spec. A kind that does more, as an Instance, overrides a method. Nothing here knows a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from pydantic import BaseModel
from typing_extensions import Self

from providers.linode.api.errors import NotFound
from providers.linode.api.once import OnceEach
from providers.linode.api.records import Owned
from providers.linode.core.args import Args, Field, Listed
from providers.linode.core.effects import LOSSES, PUT, REPLACE, Level, Takes
from providers.linode.core.owner import Owner, is_owner_tag, users_tags
from providers.linode.core.problems import Problem
from providers.linode.core.values import as_id, nested, whole_numbers
from providers.linode.core.waiting.until import until_free

if TYPE_CHECKING:
    from providers.linode.api.client import LinodeClient
    from providers.linode.catalogs import Catalogs
    from providers.linode.core.runtime import Session

A = TypeVar("A", bound=Args)
R = TypeVar("R", bound=Owned)

HANDLED = frozenset({"in place", "recreated", "for new ones only", "nothing at the API"})
"""What a change may take without a step of the kind's own."""


@dataclass(frozen=True)
class Identity:
    """How one's own is recognised after a lost answer, by what the create request said.

    `keys`: what has to be equal. `tagged`: the owner's tag went out with the request. `unique`: the API takes no second
    one of the first key, so that a request which arrives late can do no harm; where it does, the tag has to be equal.
    """

    keys: tuple[str, ...]
    tagged: bool = False
    unique: bool = False

    @property
    def key(self) -> str:
        """The input that names it; the record has it as its label."""
        return self.keys[0]

    def matches(self, record: Owned, body: Mapping[str, object]) -> bool:
        """Whether the record has what the request asked for, as far as it did; filters of the API may match loosely."""
        sent, there = body.get("tags"), {tag.casefold() for tag in record.tags}
        ours = [] if self.unique or not isinstance(sent, list) else [tag for tag in sent if is_owner_tag(tag)]
        same = all(getattr(record, key, None) == body[key] for key in self.keys if key in body)
        return same and there.issuperset(tag.casefold() for tag in ours)

    def holds(self, record: Owned, body: Mapping[str, object]) -> bool:
        """Whether it is that, or keeps the API from taking the request."""
        first = replace(self, keys=self.keys[:1])
        return (first if self.unique else self).matches(record, body)


BY_LABEL_AND_TAG = Identity(("label",), tagged=True, unique=True)


def by_content(*keys: str, unique: bool = False) -> Identity:
    """For what has no tags: the same content, of which the account may hold several unless it is `unique`."""
    return Identity(keys, unique=unique)


@dataclass(frozen=True)
class Changed(Generic[A]):
    """What a change is judged by: the arguments before and after, and the session for what only the API knows.

    `before`: all that is known of what was there, outputs too.
    """

    old: A
    new: A
    session: Session | None = None
    before: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Checking(Generic[A]):
    """One check: the arguments that are known and right by themselves, all properties as they came, what differs."""

    session: Session
    args: A
    props: Mapping[str, object]
    old: A | None
    owner: Owner
    takes: Mapping[str, Takes]
    mine: Any = None
    """The resource's own record as the account has it, None for a new one or one that is gone."""

    def is_own(self, record: Owned) -> bool:
        """Whether a record is this resource's: by its id in the state, or by the tag of any generation."""
        return (self.mine is not None and self.mine.id == record.id) or self.owner.owns(record.tags)

    adopts: bool = False
    """Whether that is not in the state yet: what is new there is to be done to it as an update."""

    is_renamed: bool = False
    """Whether it had another owner, or none, and so gets another tag."""

    is_recreated: bool = False
    """Whether one is deleted before; an engine checks it again then, as if it were new."""

    before: Mapping[str, object] = field(default_factory=dict)
    """All that is known of what was there; empty for a new one."""

    def catalogs_with(self, **wanted: str) -> Catalogs:
        """The catalogs, asked afresh where something is deleted before they are needed: see Session.catalogs_with."""
        return self.session.catalogs_with(afresh=self.is_recreated, **wanted)

    @property
    def replaces(self) -> bool:
        """Whether the change recreates the resource."""
        return self.owner.succeeds(self.before) or any(each.replaces for each in self.takes.values())

    def gives(self, name: str) -> bool:
        """Whether an input is there, known or not."""
        return self.props.get(name) is not None

    def is_new(self, *names: str) -> bool:
        """Whether one of these is declared with another value than before: the rest was judged then."""
        return any(
            (value := self.args.value(name)) is not None
            and (self.old is None or self.old.value(name) != value)
            for name in names
        )


@dataclass(frozen=True)
class Update(Generic[A, R]):
    """One resource to be brought from what it is to what it is to be."""

    session: Session
    record: R
    wanted: A
    takes: Mapping[str, Takes]
    owner: Owner
    timeout_s: float = 0.0
    before: Mapping[str, object] = field(default_factory=dict)
    """The outputs in the state."""

    def of(self, *takes: Takes) -> tuple[str, ...]:
        """The changed inputs that take one of these."""
        hows = {each.how for each in takes}
        return tuple(name for name, each in self.takes.items() if each.how in hows)


@dataclass(frozen=True)
class Reading(Generic[A, R]):
    """One record that is read back, and what is declared of it.

    `asked`: what several inputs are read from, by a key and how to ask; for one read alone, as the next one is to see
    what is there then.
    """

    spec: Spec[A, R]
    session: Session
    record: R
    declared: A
    asked: OnceEach[Any] = field(default_factory=lambda: OnceEach(lambda ask: ask()))

    @property
    def is_listed(self) -> bool:
        """Whether the record is of the list that all share, so that what else is asked may be of such a list, too."""
        return self.session.listed(self.spec, str(self.record.id)) is self.record


class Refusal(NamedTuple):
    """A change that is refused: the inputs whose change it is, and why."""

    names: Sequence[str]
    problem: Problem


Rule = Callable[[Checking[Any]], Iterator[Problem]]


def _none(_: Checking[Any]) -> Iterator[Any]:
    return iter(())


@dataclass(frozen=True)
class Spec(Generic[A, R]):
    """One kind. `path`: of its list; a part of something else has its parent's id there, as /vpcs/{vpc_id}/subnets,
    which is an input and in the record. `scope`: what a token needs for it.

    `rules`: what does not go together, and what the account says to it. `refused`: changes that can't be made, or only
    with a consent that is not there. `doubts`: what the API takes, and is probably not meant. `erases`: what is lost
    with it: disks, backups, records, addresses, id. `noun`: in sentences. `agreed`: those of its rules that hold it
    against others of the run. They are asked again once it is among these: of two that are checked at once each may
    have been asked before the other one was.
    """

    kind: str
    path: str
    args: type[A]
    record: type[R]
    identity: Identity
    scope: str
    noun: str = ""
    rules: tuple[Rule, ...] = ()
    agreed: tuple[Rule, ...] = ()
    refused: Callable[[Checking[Any]], Iterator[Refusal]] = _none
    doubts: Callable[[Checking[Any]], Iterator[str]] = _none
    erases: tuple[str, ...] = ("id",)
    grant: str | None = None
    """What a restricted user needs to make one, "" for nothing; else it is named after the scope."""

    only: Mapping[str, object] = field(default_factory=dict)
    """The filter of its list, where that has what others own, too."""

    lasting: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Outputs that a change in place leaves as they are, each with the inputs whose change does not: see `foreseen`."""

    known: Mapping[str, int] = field(default_factory=dict)
    """The parent's id, once the inputs have told it; the API's answers leave it out."""

    def __post_init__(self) -> None:
        """Raises TypeError for an input whose change nobody would carry out."""
        for name, each in self.args.fields().items():
            if each.takes.how not in HANDLED and each.step is None:
                raise TypeError(f"{self.kind}.{name}: a change takes '{each.takes.how}', and no step does it")
        if self.parent and self.parents is None:
            raise TypeError(f"{self.kind}: its parent {self.parent} is no input with `ids_of`")

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.args.fields()

    @property
    def name(self) -> str:
        return self.noun or self.kind

    # ---- where it is

    @property
    def parent(self) -> str:
        """The input that names what it is a part of, "" where that is the account."""
        return next(iter(self.known), "") or self.path.partition("{")[2].partition("}")[0]

    @property
    def parents(self) -> Listed | None:
        """What that can be."""
        return self.fields[self.parent].ids_of if self.parent in self.fields else None

    @property
    def is_nowhere(self) -> bool:
        """Whether its parent isn't known: then nothing is there."""
        return "{" in self.path

    @property
    def realm(self) -> str:
        """That names are unique, and in what, for sentences."""
        key = self.identity.key
        place = f"a {self.parents.noun}" if self.parents else "an account"
        return f"{key}{'es' if key.endswith('s') else 's'} are unique in {place}"

    def within(self, props: Mapping[str, object]) -> Self:
        """The kind as the parent has it that these properties name; as it is where they name none, or not yet."""
        id_ = as_id(whole_numbers(props.get(self.parent)))
        if not self.is_nowhere or type(id_) is not int or id_ < 1:
            return self
        return replace(self, path=self.path.format(**{self.parent: id_}), known={self.parent: id_})

    def import_id(self, record: R) -> str:
        """As people write it: 12/345 for a part of something."""
        return "/".join(str(getattr(record, key)) for key in filter(None, (self.parent, "id")))

    def imports(self, id_: str, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id of one that is to be imported, and its properties with the parent's."""
        parent, _, own = id_.rpartition("/")
        return (own, {self.parent: parent, **props}) if self.parent else (id_, dict(props))

    def secrets(self) -> frozenset[str]:
        return frozenset(name for name, field in self.fields.items() if field.secret)

    # ---- what a change takes

    def takes(self, name: str, changed: Changed[A]) -> Takes:
        """What a change of this input takes, once policies have been asked."""
        return (
            REPLACE if name in (getattr(changed.new, "replace_on", None) or ()) else self.fields[name].takes
        )

    def before(self, olds: Mapping[str, object], record: R | None) -> Mapping[str, object]:
        """What is known of a resource's state: its properties, and what the account says of it beside its inputs."""
        if record is None:
            return dict(olds)
        said = self.outputs(record).items()
        return {
            **olds,
            **{key: value for key, value in said if key not in self.fields and _is_set(record, key)},
        }

    def destroyed(self, before: Mapping[str, object]) -> tuple[str, ...]:
        """What is lost with a resource of which this is known."""
        return self.erases

    def staying(self, session: Session, before: Mapping[str, object], owner: Owner) -> str:
        """What outlives a resource of which this is known although nothing has it then; empty where there is none."""
        return ""

    def opens(self, olds: Mapping[str, object], news: Mapping[str, object]) -> Iterable[str]:
        """What the internet reaches then, and did not before: a port, or more. `olds` are empty for a new one."""
        return ()

    def still_named(self, session: Session, id_: str, outs: Mapping[str, object]) -> list[str]:
        """The inputs by which this run's program names one that it has no longer: `linode_id of data`."""
        return [
            f"{name} of {each.owner.name}"
            for each in [*session.planned.values()]
            for name, kind, named in each.args.names()
            if (kind, as_id(named)) == (self.kind, as_id(id_))
        ]

    @property
    def loss(self) -> Level:
        """How bad it is to lose one."""
        return "data loss" if LOSSES & {*self.erases} else "none"

    def canonical(self, session: Session, news: Mapping[str, object]) -> Mapping[str, object]:
        """The inputs with ids in the form that the API uses today."""
        return news

    def is_adrift(self, olds: Mapping[str, object], args: A) -> bool:
        """Whether only an output shows that there is something to do."""
        return False

    def kept_when_made_in_part(self, args: A) -> dict[str, object]:
        """Outputs that the next run needs where a create broke off."""
        return {}

    def kept_when_cut_off(self, olds: Mapping[str, object]) -> dict[str, object]:
        """Old outputs that the next run needs where an update broke off."""
        return {}

    def kept_when_refreshed(self, olds: Mapping[str, object]) -> dict[str, object]:
        """Old outputs that the next run needs where one broke off and a refresh comes in between."""
        return {}

    def monthly_usd(self, session: Session, args: A) -> float | None:
        """What it costs a month, None where nothing is known of a price."""
        return None

    # ---- the API

    def client(self, session: Session) -> LinodeClient:
        """What asks for lists and records."""
        return session.client

    def record_path(self, id_: int | str) -> str:
        return f"{self.path}/{quote(str(id_), safe='')}"

    def paths(self, record: R) -> Iterator[str]:
        """Where what was made can be read: it, and what came with it."""
        yield self.record_path(record.id)

    def alike(self, session: Session, body: Mapping[str, object]) -> list[R]:
        """What has now what a create request asked for, or keeps it from being made."""
        key = self.identity.key
        x_filter = {key: body[key]} if body.get(key) else None
        return [record for record in self.list(session, x_filter) if self.identity.holds(record, body)]

    def list(self, session: Session, x_filter: Mapping[str, object] | None = None) -> list[R]:
        """As the account has them now; where their parent isn't known, those of all."""
        if self.is_nowhere and self.parents is not None:
            places = (self.within({self.parent: id_}) for id_ in session.labels(self.parents.path) or ())
            return [record for place in places for record in place.list(session, x_filter)]
        wanted = {**self.only, **(x_filter or {})}
        found = self.client(session).records(self.record, self.path, wanted or None, self.known)
        return [record for record in found if self.is_one(record)]

    def is_one(self, record: R) -> bool:
        """Whether a row of the list is one of the kind, where no filter of the API's tells."""
        return True

    def read(self, answer: Mapping[str, object]) -> R:
        """The record in an answer. Raises ApiUnreachable for what has another shape."""
        return self.record.read({**answer, **self.known})

    def get(self, session: Session, id_: int | str) -> R:
        """Raises NotFound."""
        return self.client(session).read(self.record, self.record_path(id_), self.known)

    def whole(self, session: Session, record: R) -> R:
        """A record of a list with what the list leaves out."""
        return record

    def find(self, session: Session, id_: str) -> R | None:
        """As the list has it, so that a refresh of many asks once; the list may be late, so it makes nothing gone."""
        listed = session.listed(self, id_)
        return self.find_now(session, id_) if listed is None else listed

    def find_now(self, session: Session, id_: str) -> R | None:
        """The same, whatever a list had."""
        try:
            return self.get(session, id_)
        except NotFound:
            return None

    def body(self, args: A, owner: Owner) -> dict[str, object]:
        """The create request."""
        sent = nested(
            {
                field.key: sent
                for name, field in self.fields.items()
                if field.key and (sent := field.on_the_wire(args.value(name))) is not None
            }
        )
        if self.identity.tagged:
            sent["tags"] = [*sent.get("tags", ()), owner.tag()]
        return sent

    def put_body(self, update: Update[A, R]) -> dict[str, object]:
        """What one PUT has to change; empty when nothing."""
        body = {
            field.key or name: field.on_the_wire(value)
            for name, field in self.fields.items()
            if field.takes is PUT and field.attribute and name != "tags"
            if (value := update.wanted.value(name)) is not None
            and value != self.reported(update.record, field)
        }
        body = nested(body)
        if self.identity.tagged:
            declared: list[str] | None = update.wanted.value("tags")  # type: ignore[assignment]  # a list of texts
            if (tags := changed_tags(update.record, declared, update.owner)) is not None:
                body["tags"] = tags
        return body

    def create(self, session: Session, args: A, body: Mapping[str, object]) -> R:
        """One create request, sent once."""
        return self.read(session.client.post_once(self.path, body))

    def settled(self, update: Update[A, R]) -> R:
        """What a create made or found, once it can be compared with what is wanted."""
        return update.record

    def finish(self, update: Update[A, R]) -> R:
        """After a create, or what an earlier run left of one: what the create request can't say."""
        return self.update(update)

    def at_rest(self, update: Update[A, R]) -> R:
        """The record once nothing that was asked for earlier is under way."""
        return update.record

    def update(self, update: Update[A, R]) -> R:
        """Carry out what differs: steps of their own, then one PUT for the rest."""
        for step in dict.fromkeys(self.fields[name].step for name in update.takes):
            if step is not None:
                step(update)
        if body := self.put_body(update):
            update.session.client.put(self.record_path(update.record.id), body)
        return self.get(update.session, update.record.id) if body or update.takes else update.record

    def act(
        self,
        update: Update[A, R],
        action: str,
        body: Mapping[str, object] | None,
        is_done: Callable[[R], bool],
    ) -> None:
        """An action of the API's own, once no job of a Linode is in the way; sent again only where it isn't done."""
        client, id_ = update.session.client, update.record.id
        path, now = f"{self.record_path(id_)}/{action}", partial(self.get, update.session, id_)
        call = partial(client.act, path, body, lambda: is_done(now()))
        until_free(call, f"the {action} of {self.name} {id_}", update.timeout_s)

    def once(self, update: Update[A, R], is_so: Callable[[R], bool], what: str, seen: R | None = None) -> R:
        """The record once it is as `what` says; `seen`: as it just was."""
        seen = seen or self.get(update.session, update.record.id)
        what = f"{self.name} {update.record.id} is to be {what}"
        return update.session.looks(self).until(seen, is_so, what, update.timeout_s)

    def delete(self, session: Session, id_: str, args: A, timeout_s: float) -> None:
        """Gone is success."""
        session.client.delete(self.record_path(id_))

    def goes_first(self, olds: Mapping[str, object], news: Mapping[str, object]) -> bool:
        """Whether one that is recreated is deleted before the new one is made: where its label stays, at least."""
        return self.identity.unique

    def is_leaving(self, record: R) -> bool:
        """Whether it is on its way out, and with it its label."""
        return False

    # ---- what is read back

    def reported(self, record: R, field: Field) -> object:
        """What the record says of an input, in normal form."""
        found: object = record
        for part in field.attribute.split("."):
            found = found.get(part) if isinstance(found, Mapping) else getattr(found, part, None)
        if field.name == "tags":
            found = users_tags(record.tags)
        if found is None:
            return field.none
        return self.args.normalised(field.name, list(found) if isinstance(found, tuple) else found)

    def reported_inputs(self, record: R, declared: A) -> dict[str, object]:
        """The declared inputs as the record has them; what it doesn't tell stays as declared, what is null is gone."""
        found = {
            name: self.reported(record, self.fields[name]) if _is_told(record, self.fields[name]) else value
            for name, value in declared.declared().items()
        }
        return {name: value for name, value in found.items() if value is not None}

    def seen(
        self, session: Session, record: R, declared: A, names: Collection[str] | None = None
    ) -> dict[str, object]:
        """The same for a refresh, which may ask further: a call of its own only for what is declared, of `names` alone
        where there are some.
        """
        found = self.reported_inputs(record, declared)
        reading = Reading(self, session, record, declared)
        for name in declared.declared():
            field = self.fields[name]
            if field.read is not None and (names is None or name in names):
                value = field.read(reading)
                found[name] = field.none if value is None else value
        return {name: value for name, value in found.items() if value is not None}

    def seen_first(self, update: Update[A, R]) -> dict[str, object]:
        """The same after a create: asked for what its request can't have said."""
        declared = update.wanted.declared()
        unsaid = [name for name, value in declared.items() if value == self.fields[name].none]
        return self.seen(update.session, update.record, update.wanted, unsaid)

    def is_at_rest(self, record: R) -> bool:
        """Whether nothing is under way that would still change what can be read of it."""
        return True

    def described(self, session: Session, record: R) -> dict[str, object]:
        """The inputs that say what a record is: for a look at what is not declared here, and for imports."""
        return self.imported(record)

    def imported(self, record: R) -> dict[str, object]:
        """The inputs to declare for a record that is there; what can't be read back is left out."""
        found = {name: self.reported(record, field) for name, field in self.fields.items() if field.attribute}
        return {
            name: value for name, value in found.items() if value not in (None, [], self.fields[name].none)
        }

    def outputs(self, record: R) -> dict[str, object]:
        """What the API says beside the inputs."""
        return {
            key: value
            for key, value in record.model_dump(mode="json", exclude={"id"}).items()
            if key not in self.fields and key != "tags" and (key != "created" or value)
        }


def _is_told(record: Owned, field: Field) -> bool:
    """Whether the API's answer says anything of an input, be it null: keys come and go, and a missing one doesn't."""
    place: object = record
    for key in filter(None, field.attribute.split(".")):
        if isinstance(place, Mapping):
            is_told, place = key in place, place.get(key)
        else:
            is_told = not isinstance(place, BaseModel) or _is_set(place, key)
            place = getattr(place, key, None)
        if not is_told:
            return False
    return bool(field.attribute)


def _is_set(record: BaseModel, key: str) -> bool:
    """Whether the answer has that field, or the record makes it of others."""
    return key not in type(record).model_fields or key in record.model_fields_set


def changed_tags(record: Owned, declared: Sequence[str] | None, owner: Owner) -> list[str] | None:
    """All tags as they are to be, None where they are: those declared, else those there, and always the owner's."""
    if declared is None and not _is_set(record, "tags"):
        return None  # the answer says nothing of them: a list without people's own would take those away
    kept = declared if declared is not None else [tag for tag in record.tags if not is_owner_tag(tag)]
    wanted = [*kept, owner.tag()]
    there = {tag.casefold() for tag in record.tags}
    return None if {tag.casefold() for tag in wanted} == there else wanted
