"""What stands behind which firewall, and how it comes behind another one: the same for every kind.

One enabled firewall at most guards a Linode with legacy interfaces, a NodeBalancer, or a Linode interface. The first
two exchange theirs in one request; of an interface the old one has to go before the new one can come.
Scopes firewall:read_write and, for an exchange, that of what is guarded. Source: GET, PUT
/linode/instances/{linodeId}/firewalls and /nodebalancers/{nodeBalancerId}/firewalls;
GET, POST, DELETE /networking/firewalls/{firewallId}/devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.api.records import INTERFACE_DEVICE, Entity, Numbered
from providers.linode.api.refusals import if_allowed
from providers.linode.core.args import NONE, Args
from providers.linode.core.owner import has_tag_from
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Reading, Update
from providers.linode.nearest import listed
from providers.linode.resources.instance.account_records import Firewall, FirewallSettings

KIND, WALLS = "Firewall", "/networking/firewalls"


@dataclass(frozen=True)
class Sort:
    """What can be guarded. `types`: of its devices, the first is sent. `key`: the input of a firewall that lists it.
    `path`: of what exchanges its firewall; `kind`: of the resources that are it.
    """

    noun: str
    types: tuple[str, ...]
    key: str
    path: str = ""
    kind: str = ""

    def place(self, args: Args) -> tuple[str, str]:
        """Where one names its firewall: the input, and the key in it, which is another one of what is but a part."""
        return next((name, key) for name, key in args.naming(KIND) if (name == key) is bool(self.kind))

    def declared(self, args: Args) -> int | None:
        """The firewall that one as a whole is to have; 0 is none."""
        found = args.value(self.place(args)[0])
        return found if isinstance(found, int) else None

    def among(self, entities: Iterable[Entity]) -> list[int | str | None]:
        """The ids of those that are of this sort."""
        return [entity.id for entity in entities if entity.type in self.types]

    def seen(self, reading: Reading[Any, Any]) -> int:
        """The firewall of one that declares it: the declared one if it guards it, 0 for none.

        Many are behind one, so its own list is asked first, where the record is of a list as old.
        """
        wanted, session, id_ = self.declared(reading.declared) or NONE, reading.session, reading.record.id
        is_shared = wanted and reading.is_listed
        if is_shared and any(wall.id == wanted for wall in as_listed(session, self).get(id_, ())):
            return wanted
        return guard_of(ids_at(session.client, f"{self.path}/{id_}"), wanted)

    def put(self, update: Update[Any, Any]) -> None:
        """Have exactly the declared one guard it."""
        wanted = self.declared(update.wanted)
        _put(update.session.client, self, update.record.id, [wanted] if wanted else [])

    def doubts(self, check: Checking[Any]) -> Iterator[str]:
        """Whose firewall loses what declares another one, or none."""
        if check.mine is not None and not check.replaces and check.is_new(self.place(check.args)[0]):
            before = self.declared(check.old) if check.old is not None and not check.adopts else None
            yield from taken(check, self, [check.mine.id], self.declared(check.args), before)

    def agreed(self, check: Checking[Any]) -> Iterator[Problem]:
        """Nothing that declares its firewall is in the list of another one."""
        wanted, mine = self.declared(check.args), check.mine
        if wanted is not None and mine is not None and not check.is_recreated:
            yield from listed_otherwise(check, self, lambda: {mine.id: wanted})


LINODE = Sort("Linode", ("linode",), "linodes", "/linode/instances", "Instance")
BALANCER = Sort("NodeBalancer", ("nodebalancer",), "nodebalancers", "/nodebalancers", "NodeBalancer")
INTERFACE = Sort("interface", INTERFACE_DEVICE, "interfaces")

Held = Mapping[object, Sequence[Firewall]]
"""Firewalls by the id of what they guard."""


def held(walls: Iterable[Firewall], sort: Sort) -> Held:
    found: dict[object, list[Firewall]] = {}
    for wall in walls:
        for id_ in sort.among(wall.entities):
            found.setdefault(id_, []).append(wall)
    return found


def as_listed(session: Session, sort: Sort) -> Held:
    """As they were when the list was first asked for; none offline, and where the token may not read it."""

    def ask() -> Held:
        return held(map(Firewall.read, if_allowed(lambda: session.listing(WALLS)) or ()), sort)

    return session.asked((WALLS, sort), ask)


def in_force(walls: Iterable[Firewall]) -> list[Firewall]:
    return [wall for wall in walls if wall.status == "enabled"]


def of_account(client: LinodeClient) -> list[Firewall]:
    """As they are now."""
    return client.records(Firewall, WALLS)


def defaults(session: Session) -> Mapping[str, int | None] | None:
    """The account's, by linode, nodebalancer, public_interface and vpc_interface; None where it doesn't tell.

    Source: GET /networking/firewalls/settings.
    """

    def ask() -> FirewallSettings | None:
        return if_allowed(lambda: session.client.read(FirewallSettings, f"{WALLS}/settings"))

    found = session.asked(FirewallSettings, ask)
    return None if found is None else found.default_firewall_ids


def guard_of(firewalls: Sequence[int], wanted: int) -> int:
    """Which of its firewalls guards something: the declared one if it is there, as a disabled one beside it does no
    harm; 0 for none.
    """
    return wanted if wanted in firewalls else next(iter(firewalls), NONE)


def ids_at(client: LinodeClient, path: str) -> list[int]:
    """The firewalls of the Linode, NodeBalancer or interface at that path."""
    return [each.id for each in client.records(Numbered, f"{path}/firewalls")]


def _put(client: LinodeClient, sort: Sort, id_: int, walls: Sequence[int]) -> None:
    client.put(f"{sort.path}/{id_}/firewalls", {"firewall_ids": walls})


def put_behind(
    client: LinodeClient, wall_id: int, sort: Sort, ids: Sequence[int], *, is_enabled: bool
) -> None:
    """From where they are; a disabled firewall may stand beside another one."""
    there = held(of_account(client) if ids and is_enabled else (), sort)
    for id_ in ids:
        others = [wall for wall in there.get(id_, ()) if wall.id != wall_id]
        first = [wall.id for wall in in_force(others)]
        if not first:
            client.attach(wall_id, sort.types, id_)
        elif sort.path:
            _put(client, sort, id_, [wall_id, *(wall.id for wall in others if wall.id not in first)])
        else:
            exchange(client, id_, first, wall_id)


def exchange(client: LinodeClient, interface_id: int, old: Sequence[int], new: int) -> None:
    """One firewall of an interface for others, 0 for none; if the new one is refused, the old ones come back."""
    for wall_id in old:
        for device in client.devices(wall_id):
            if device.is_of(INTERFACE_DEVICE, interface_id):
                client.detach(wall_id, device)
    if not new:
        return
    try:
        client.attach(new, INTERFACE_DEVICE, interface_id)
    except LinodeError:
        for wall_id in old:
            with suppress(LinodeError):  # the first error tells more
                client.attach(wall_id, INTERFACE_DEVICE, interface_id)
        raise


def taken(
    check: Checking[Any], sort: Sort, ids: Iterable[int], new: int | None, before: int | None = None
) -> Iterator[str]:
    """Whose firewall loses these to the `new` one, which is None for one that is to be made and 0 for none. Of one that
    this resource had `before` nobody wonders, and of this stack's the change of that one tells.
    """
    losing = dict[int, tuple[Firewall, list[str]]]()
    for id_ in ids:
        for wall in in_force(as_listed(check.session, sort).get(id_, ())):
            if wall.id != new:
                losing.setdefault(wall.id, (wall, []))[1].append(str(id_))
    for wall, theirs in losing.values():
        what = f"{sort.noun}{'s' if len(theirs) > 1 else ''} {listed(theirs)}"
        if wall.id != before and (whose := _whose(check, wall)):
            yield f"takes {what} from behind firewall {wall}, {whose}"
        if not sort.path and new != NONE:
            yield f"leaves {what} without rules between firewall {wall} and the next: the API can't exchange them"


ONE_GUARD = "one firewall guards it. Next: leave it to one of them."


def listed_otherwise(
    check: Checking[Any], sort: Sort, own: Callable[[], Mapping[int, int]]
) -> Iterator[Problem]:
    """What a firewall of this program lists though it declares another one, or none, itself. `own`: that, by the id of
    what is guarded.
    """
    field, key = sort.place(check.args)
    how = "is" if field == key else f"have {key}"
    for wall in check.session.planned_of(KIND):
        inside: Any = wall.args.status != "disabled" and wall.args.value(sort.key)
        for id_, firewall in own().items() if inside else ():
            if (
                id_ in inside
                and in_program(check.session, firewall) is not wall
                and not is_disabled(check.session, firewall)
            ):
                why = f"{how} {firewall}, and '{wall.owner.name}' in this program has {sort.noun} {id_}"
                yield Problem(field, f"{why} in {sort.key}: {ONE_GUARD}")


def in_program(session: Session, wall_id: int) -> Checking[Any] | None:
    """The firewall of this program that has that id, or got it in this run."""
    if found := session.planned.get((KIND, str(wall_id))):
        return found
    made = next((record for record in session.made_of(KIND) if record.id == wall_id), None)
    if made is None:
        return None
    return next((wall for wall in session.planned_of(KIND) if wall.owner.owns(made.tags)), None)


def is_disabled(session: Session, wall_id: int) -> bool:
    """Whether a firewall is declared to be, or else is: it may stand beside another one."""
    planned = in_program(session, wall_id)
    if planned is not None and planned.args.status is not None:
        return bool(planned.args.status == "disabled")
    rows = if_allowed(lambda: session.listing(WALLS)) or ()
    return any(row.get("id") == wall_id and row.get("status") == "disabled" for row in rows)


def _whose(check: Checking[Any], wall: Firewall) -> str:
    """Empty for this stack's."""
    if wall.id in (defaults(check.session) or {}).values():
        return "the account's default one"
    return "" if has_tag_from(check.owner.stack_tag(), wall.tags) else "which is not of this stack"
