"""A NodeBalancer: its ports (configs), and the nodes behind each. Source: POST /nodebalancers.

A config is known by its port (UDP has ports of its own), a node by its address; each is changed, made and deleted by
calls of its own, new ones first, so that a node that stays is never without traffic: `rebuild` isn't used.
`type`, `ipv4` and `ipv6_range` are as clients of the API send them: its description lacks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

import pulumi
from pydantic import Field
from typing_extensions import NotRequired, TypedDict

from providers.linode.api.cache import is_offline
from providers.linode.api.records import Linode, Owned, Record, is_private
from providers.linode.core.args import (
    NONE,
    AnyId,
    Args,
    In,
    InIdOrNone,
    InList,
    InRef,
    InRows,
    Of,
    arg,
    by_name,
)
from providers.linode.core.effects import ACTION, OURS, PUT, REPLACE, Takes
from providers.linode.core.forms import (
    FIREWALLS,
    Address,
    Flag,
    Network4,
    Network6,
    Tag,
    Text,
    matching,
    whole,
)
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import BY_LABEL_AND_TAG, Changed, Checking, Spec, Update
from providers.linode.core.values import covers, is_unknown
from providers.linode.nearest import did_you_mean
from providers.linode.resources import guards, ports
from providers.linode.resources.base import Resource
from providers.linode.resources.instance.account_lookups import lookups
from providers.linode.resources.instance.account_rules import reserved_address
from providers.linode.resources.instance.network_rules import in_subnets
from providers.linode.resources.lost_addresses import named_still
from providers.linode.resources.places import BALANCER, in_a_region_with
from providers.linode.resources.ports import ConfigArgs, ConfigRecord, NodeRecord
from providers.linode.resources.prices import monthly_usd

if TYPE_CHECKING:
    from providers.linode.resources.firewall import Firewall
    from providers.linode.resources.reserved_ip import ReservedIP
    from providers.linode.resources.subnet import Subnet

LABEL = "must have 3 to 32 letters, digits, '-' or '_'. Next: correct it."
COMMON, LARGER = "common", ("premium_40gb", "premium")
"""The types, the longer names first: what a row in the list of prices is of begins with one of them."""

ROUNDS = 2
Label = Annotated[str, matching("[A-Za-z0-9_-]{3,32}"), told(LABEL)]
Throttle = Annotated[int, whole(0, 20)]


class PlaceArgs(TypedDict):
    """Where it reaches nodes of a VPC from. Without a range: some free addresses of the subnet."""

    subnet_id: AnyId["Subnet"]
    ipv4_range: NotRequired[Of[Network4]]
    ipv6_range: NotRequired[Of[Network6]]
    ipv4_range_auto_assign: NotRequired[Of[Flag]]


def _is_in(old: Any, new: Any) -> bool:
    """Whether that is the place: how its range is chosen counts once."""
    places = [{key: row[key] for key in row if key != "ipv4_range_auto_assign"} for row in new]
    return covers(old, places)


class PlaceRecord(Record):
    """Source: GET /nodebalancers/{nodeBalancerId}/vpcs."""

    subnet_id: int
    ipv4_range: str | None = None


class NodeBalancerRecord(Owned):
    """Source: GET /nodebalancers/{nodeBalancerId}. `configs` and `vpcs` are asked for: see `whole`."""

    region: str = ""
    type: str = ""
    hostname: str = ""
    ipv4: str = ""
    ipv6: str | None = None
    client_conn_throttle: int = 0
    client_udp_sess_throttle: int = 0
    configs: tuple[ConfigRecord, ...] = Field(default=(), exclude=True)
    vpcs: tuple[PlaceRecord, ...] = Field(default=(), exclude=True)

    @property
    def is_whole(self) -> bool:
        return "configs" in self.model_fields_set


def _balance(update: Update[NodeBalancerArgs, NodeBalancerRecord]) -> None:
    """What is new first, what goes last."""
    session, declared = update.session, update.wanted.configs
    if declared is None:
        return
    there = {config.place: config for config in SPEC.whole(session, update.record).configs}
    wanted = ports.by_place(declared)
    before = ports.by_place(update.before.get("configs"))  # type: ignore[arg-type]  # of a state
    path = f"{SPEC.record_path(update.record.id)}/configs"
    for place, config in wanted.items():
        if place in there:
            _change(session, f"{path}/{there[place].id}", there[place], config, before.get(place, config))
        else:
            _make(session, path, place, config)
    for place in there.keys() - wanted.keys():
        session.client.delete(f"{path}/{there[place].id}")


def _make(session: Session, path: str, place: ports.Place, config: ports.Json) -> None:
    def is_there() -> bool:
        return any(each.place == place for each in session.client.records(ConfigRecord, path))

    nodes = [ports.sent_node(node) for node in config.get("nodes", ())]
    session.client.act(path, {**ports.sent(config), "nodes": nodes}, is_there)


def _change(session: Session, path: str, there: ConfigRecord, config: ports.Json, before: ports.Json) -> None:
    client = session.client
    if changes := ports.changes(there, config, before):
        client.put(path, changes)
    nodes = {ports.canonical(node.address): node for node in reversed(there.nodes)}
    wanted = {ports.canonical(node["address"]): node for node in config.get("nodes", ())}
    for address, node in wanted.items():
        if address not in nodes:
            _add(session, f"{path}/nodes", address, node)
        elif changes := ports.node_changes(nodes[address], node):
            client.put(f"{path}/nodes/{nodes[address].id}", changes)
    kept = {nodes[address].id for address in wanted.keys() & nodes.keys()}
    for gone in there.nodes if "nodes" in config else ():
        if gone.id not in kept:
            client.delete(f"{path}/nodes/{gone.id}")


def _add(session: Session, path: str, address: str, node: ports.Json) -> None:
    def is_there() -> bool:
        there = session.client.records(NodeRecord, path)
        return any(ports.canonical(each.address) == address for each in there)

    session.client.act(path, ports.sent_node(node), is_there)


class NodeBalancerArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    region: In[Text] = arg(REPLACE)
    """Region id. Its nodes have to be there."""

    type: In[Literal["common", "premium", "premium_40gb"] | None] = arg(REPLACE, default=None, else_=COMMON)
    """How much it can carry."""

    reserved_ipv4: InRef[Address | None, "ReservedIP"] = arg(
        REPLACE, default=None, seen="ipv4", wire="ipv4", note="another one recreates it"
    )
    """A reserved address of the account to use as the public one."""

    client_conn_throttle: In[Throttle | None] = arg(PUT, default=None, else_="0")
    """New TCP connections a second from one client, 0 to 20; 0 is no limit."""

    client_udp_sess_throttle: In[Throttle | None] = arg(PUT, default=None, else_="0")
    """New UDP sessions a second from one client, 0 to 20; 0 is no limit."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""

    firewall_id: InIdOrNone["Firewall"] = arg(
        ACTION, step=guards.BALANCER.put, default=None, else_="the account's", seen="",
        read=guards.BALANCER.seen, none=NONE, ids_of=FIREWALLS,
        note="0 is none; where a Firewall names it in `nodebalancers`, leave it out.",
    )  # fmt: skip
    """The firewall that it is behind."""

    vpcs: InRows[PlaceArgs] = arg(REPLACE, default=None, none=[], seen="", covers=_is_in)
    """The subnet from which it reaches nodes of a VPC, one at most."""

    configs: InRows[ConfigArgs] = arg(
        ACTION, step=_balance, default=None, body=ports.sent_all, covers=covers, secret=True,
        secret_keys=ports.TLS,
        note="Its ports, with their nodes: below. Without a list they are left as they are.",
    )  # fmt: skip
    """Its ports, with their nodes."""

    @classmethod
    def normalised(cls, key: str, value: object) -> object:
        """Configs by port and nodes by address: their order says nothing."""
        value = super().normalised(key, value)
        if key == "configs" and isinstance(value, list):
            return sorted(map(ports.in_order, value), key=lambda each: ports.rank(each, "port", "protocol"))
        return value


class NodeBalancer(Resource):
    label: pulumi.Output[str]
    region: pulumi.Output[str]
    hostname: pulumi.Output[str]
    ipv4: pulumi.Output[str]
    ipv6: pulumi.Output[str]
    status: pulumi.Output[dict[str, dict[str, int]]]
    monthly_usd: pulumi.Output[float]
    tags: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(
        self, name: str, args: NodeBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(NodeBalancerArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _judged(check: Checking[NodeBalancerArgs]) -> Iterator[Problem]:
    if len(check.args.vpcs or ()) > 1:
        yield Problem("vpcs", "has more than one. Next: name the one subnet that it is to be in.")
    old = ports.by_place(check.old.configs if check.old is not None else None)
    has_vpc = bool(check.props.get("vpcs"))
    for where, why in ports.wrong(_rows(check), old, has_vpc=has_vpc, there=partial(_there, check)):
        yield Problem("configs", f"{where}: {why}")


def _there(check: Checking[NodeBalancerArgs]) -> Mapping[ports.Place, ConfigRecord]:
    """The ports that are going to be changed, as the account has them."""
    mine, session = check.mine, check.session
    if mine is None or check.is_recreated or is_offline() or not check.is_new("configs"):
        return {}
    path = f"{SPEC.record_path(mine.id)}/configs"
    records = mine.configs or session.asked(path, lambda: session.client.records(ConfigRecord, path))
    return {config.place: config for config in records}


def _rows(check: Checking[NodeBalancerArgs]) -> list[ports.Json]:
    """The configs, known in part or as a whole: an address of a node often isn't known."""
    given = check.props.get("configs")
    rows = given if is_unknown(given) and isinstance(given, list) else check.args.configs
    return [row for row in rows or () if isinstance(row, Mapping)]


def _new_backends(check: Checking[NodeBalancerArgs]) -> list[tuple[str, int | None]]:
    """Host and subnet of the nodes that weren't declared before, or not for this region."""
    there = check.old.configs if check.old is not None and not check.is_new("region") else None
    known = [*ports.backends(there)]
    return [each for each in dict.fromkeys(ports.backends(_rows(check))) if each not in known]


def _in_subnets(check: Checking[NodeBalancerArgs]) -> Iterator[Problem]:
    """What the account's VPCs say to the subnet that it reaches nodes from, and to those that nodes are in."""
    if check.is_new("vpcs", "region"):
        named = [row.get("subnet_id") for row in check.args.vpcs or ()]
        from_ = [(id_, ()) for id_ in named if isinstance(id_, int)]
        yield from in_subnets(check, "vpcs", from_, "correct it", SPEC.name)
    inside = [(id_, [host]) for host, id_ in _new_backends(check) if id_ is not None]
    yield from in_subnets(check, "configs", inside, "correct it", SPEC.name)


def _address(check: Checking[NodeBalancerArgs]) -> Iterator[Problem]:
    mine, adopted = check.mine.id if check.mine is not None else None, check.args.adopt
    own = [id_ for id_ in (mine, adopted) if id_ is not None]
    yield from reserved_address(check, BALANCER, NONE, lambda found: found.nodebalancer_id in own)


def _doubts(check: Checking[NodeBalancerArgs]) -> Iterator[str]:
    """The API takes a port without a node, and any private address; and what is left out may have to change."""
    old = ports.by_place(check.old.configs if check.old is not None else None)
    for row in _rows(check):
        if "port" in ports.known(row) and not row.get("nodes"):
            yield f"port {row['port']} has no node, and nothing answers there"
    for place, row in ports.by_place(_rows(check)).items():
        there = _there(check).get(place) if ports.decides_anew(row, old.get(place, {})) else None
        yield from (f"port {place[0]}: {said}" for said in (ports.gives_way(row, there) if there else ()))
    outside = [host for host, id_ in _new_backends(check) if id_ is None and "." in host]
    if outside:
        yield from _of_no_linode(check, outside)
    yield from guards.BALANCER.doubts(check)


def _of_no_linode(check: Checking[NodeBalancerArgs], hosts: list[str]) -> Iterator[str]:
    """Private addresses that no Linode has, or one of another region, from which it can't be reached."""
    there: Mapping[str, Linode] | None = lookups(check.session).holding("holders", hosts)
    if there is None:
        return
    for host in hosts:
        if (linode := there.get(host)) is None:
            near = did_you_mean(host, (each for each in there if is_private(each)))
            yield f"no Linode of this account has {host}{near}, and nothing answers there"
        elif check.args.region not in ("", linode.region):
            where = f"Linode {linode.id}, in {linode.region}"
            yield f"{host} is of {where}, and can't be reached from {check.args.region}"


class _NodeBalancerSpec(Spec[NodeBalancerArgs, NodeBalancerRecord]):
    def takes(self, name: str, changed: Changed[NodeBalancerArgs]) -> Takes:
        """An address that it has already may be declared."""
        wanted = changed.new.reserved_ipv4
        has_it = name == "reserved_ipv4" and wanted is not None and changed.before.get("ipv4") == wanted
        return OURS if has_it else super().takes(name, changed)

    def whole(self, session: Session, record: NodeBalancerRecord) -> NodeBalancerRecord:
        """With its configs and their nodes, which the API has in lists of their own."""
        if record.is_whole:
            return record
        client, path = session.client, self.record_path(record.id)
        configs = [
            config.model_copy(
                update={"nodes": tuple(client.records(NodeRecord, f"{path}/configs/{config.id}/nodes"))}
            )
            for config in client.records(ConfigRecord, f"{path}/configs")
        ]
        inside = any(node.vpc_config_id for config in configs for node in config.nodes)
        vpcs = client.records(PlaceRecord, f"{path}/vpcs") if inside else []
        return record.model_copy(update={"configs": tuple(configs), "vpcs": tuple(vpcs)})

    def get(self, session: Session, id_: int | str) -> NodeBalancerRecord:
        return self.whole(session, super().get(session, id_))

    def find(self, session: Session, id_: str) -> NodeBalancerRecord | None:
        found = super().find(session, id_)
        return None if found is None else self.whole(session, found)

    def still_named(self, session: Session, id_: str, outs: Mapping[str, object]) -> list[str]:
        """By its addresses, too."""
        own = named_still(session, [outs.get("ipv4"), outs.get("ipv6")])
        return [*super().still_named(session, id_, outs), *own]

    def finish(self, update: Update[NodeBalancerArgs, NodeBalancerRecord]) -> NodeBalancerRecord:
        return self.update(replace(update, record=self.whole(update.session, update.record)))

    def update(self, update: Update[NodeBalancerArgs, NodeBalancerRecord]) -> NodeBalancerRecord:
        """Until the ports are as declared: a request that came late may have made a node twice."""
        record = super().update(update)
        for _ in range(ROUNDS):
            if update.wanted.configs in (None, self.reported_inputs(record, update.wanted).get("configs")):
                break
            _balance(replace(update, record=record, before={}))
            record = self.get(update.session, record.id)
        return record

    def reported_inputs(self, record: NodeBalancerRecord, declared: NodeBalancerArgs) -> dict[str, object]:
        found = super().reported_inputs(record, declared)
        if "configs" in found and record.is_whole:
            wanted = ports.by_place(declared.configs)
            rows = [ports.reported(config, wanted.get(config.place)) for config in record.configs]
            found["configs"] = self.args.normalised("configs", rows)
        return found

    def imported(self, record: NodeBalancerRecord) -> dict[str, object]:
        """Certificates and keys can't be read back, nor whether its address is a reserved one."""
        found = super().imported(record)
        found.pop("reserved_ipv4", None)
        if record.is_whole:
            rows = [ports.reported(config, None) for config in record.configs]
            found["configs"] = self.args.normalised("configs", rows)
        if record.vpcs:
            found["vpcs"] = [{"subnet_id": each.subnet_id} for each in record.vpcs]
        return found

    def outputs(self, record: NodeBalancerRecord) -> dict[str, object]:
        found = super().outputs(record)
        return {**found, "status": ports.health(record.configs)} if record.is_whole else found

    def opens(self, olds: Mapping[str, object], news: Mapping[str, object]) -> list[str]:
        """Its new ports, as far as a firewall lets them; all of them, where it comes out from behind its own."""
        wall, now = (self.args.normal(props).get("firewall_id") for props in (olds, news))
        before, after = (
            ports.by_place(found if isinstance(found := props.get("configs"), list) else None)
            for props in ({} if wall and now == NONE else olds, {**olds, **news})
        )
        return [
            f"{'UDP' if is_udp else 'TCP'} {port}" for port, is_udp in sorted(after.keys() - before.keys())
        ]

    def monthly_usd(self, session: Session, args: NodeBalancerArgs) -> float | None:
        def is_it(id_: str) -> bool:
            return next((each for each in LARGER if each in id_), COMMON) == (args.type or COMMON)

        return monthly_usd(session, f"{self.path}/types", args.region, is_it)


SPEC = _NodeBalancerSpec(
    "NodeBalancer", "/nodebalancers", NodeBalancerArgs, NodeBalancerRecord, BY_LABEL_AND_TAG,
    "nodebalancers:read_write",
    rules=(in_a_region_with({"NodeBalancers": "a NodeBalancer"}), _judged, _address, _in_subnets,
           guards.BALANCER.agreed),
    agreed=(guards.BALANCER.agreed,),
    doubts=_doubts, erases=("addresses", "id"), lasting=dict.fromkeys(("hostname", "ipv4", "ipv6"), ()),
)  # fmt: skip
