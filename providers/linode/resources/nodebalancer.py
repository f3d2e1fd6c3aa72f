"""A NodeBalancer: its ports (configs), and the nodes behind each. Source: POST /nodebalancers.

A config is known by its port (UDP has ports of its own), a node by its address; each is changed, made and deleted by
calls of its own, new ones first, so that a node that stays is never without traffic: `rebuild` isn't used.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, overload

import pulumi
from pydantic import AfterValidator, Field
from typing_extensions import NotRequired, TypedDict

from providers.linode.api.records import Numbered, Owned, Record
from providers.linode.core.args import NONE, Args, In, InIdOrNone, InList, InRows, Of, arg, by_name
from providers.linode.core.effects import ACTION, PUT, REPLACE
from providers.linode.core.forms import FIREWALLS, Flag, Id, Network4, Tag, Text, matching, whole
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import BY_LABEL_AND_TAG, Checking, Reading, Spec, Update
from providers.linode.core.values import covers, is_unknown, with_ids
from providers.linode.nearest import listed
from providers.linode.resources.base import Resource
from providers.linode.resources.places import in_a_region_with
from providers.linode.resources.prices import monthly_usd

Json = Mapping[str, Any]
Place = tuple[int, bool]
"""A port, and whether it is one of UDP's."""

LABEL = "must have 3 to 32 letters, digits, '-' or '_'. Next: correct it."
NODE_LABEL = "must have 3 to 32 letters, digits, '-', '_' or '.'. Next: correct it."
ADDRESS = (
    "must be an address and a port, such as 192.168.130.7:80 or [2600:3c00::1]:80: a private IPv4 address, an IPv6 "
    "one or, with subnet_id, one of that subnet. Next: correct it."
)
PRIVATE = ipaddress.IPv4Network("192.168.0.0/16")
ROUNDS = 2
TYPES = "/nodebalancers/types"
TLS = ("ssl_cert", "ssl_key")
OF_ALL = ("roundrobin", "leastconn")
ALGORITHMS = {"udp": (*OF_ALL, "ring_hash"), "": (*OF_ALL, "source")}
STICKINESS = {
    "tcp": ("none", "table"),
    "udp": ("none", "session", "source_ip"),
    "": ("none", "table", "http_cookie"),
}
ONLY = {
    "cipher_suite": ("https",), "ssl_cert": ("https",), "ssl_key": ("https",), "proxy_protocol": ("tcp",),
    "udp_check_port": ("udp",), "check_passive": ("http", "https", "tcp"),
}  # fmt: skip
"""The protocols that a key of a config goes with, where it doesn't go with all."""

INTERVAL_S, TIMEOUT_S = 5, 3


def split(address: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """Raises ValueError."""
    host, _, port = address.rpartition(":")
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ValueError
    inner = re.fullmatch(r"\[(.+)\]", host)
    return (ipaddress.IPv6Address(inner[1]) if inner else ipaddress.IPv4Address(host)), int(port)


def canonical(address: str) -> str:
    """In its one short form; what is no address stays as it is."""
    try:
        host, port = split(address)
    except ValueError:
        return address
    return f"{host}:{port}" if host.version == 4 else f"[{host}]:{port}"


def _address(text: str) -> str:
    split(text)
    return text


Label = Annotated[str, matching("[A-Za-z0-9_-]{3,32}"), told(LABEL)]
NodeLabel = Annotated[str, matching("[A-Za-z0-9_.-]{3,32}"), told(NODE_LABEL)]
NodeAddress = Annotated[str, AfterValidator(_address), told(ADDRESS)]
Throttle = Annotated[int, whole(0, 20)]
Port = Annotated[int, whole(1, 65_535)]
Weight = Annotated[int, whole(1, 255)]
Interval = Annotated[int, whole(2, 3600)]
Few = Annotated[int, whole(1, 30)]
UrlPath = Annotated[
    str, matching(r"[a-zA-Z0-9/\-%?&=.]*"), told("must be the path of a URL. Next: correct it.")
]
Pem = Annotated[
    str,
    matching(r"(?s)\s*-----BEGIN [A-Z ]+-----\s.+-----END [A-Z ]+-----\s*"),
    told(
        "must be PEM text, from -----BEGIN to -----END, and no file's name. Next: give what is in the file."
    ),
]


class NodeArgs(TypedDict):
    """What gets traffic: an address with its port. `subnet_id` for one of a VPC. No `mode` with UDP."""

    address: Of[NodeAddress]
    label: NotRequired[Of[NodeLabel]]
    weight: NotRequired[Of[Weight]]
    mode: NotRequired[Of[Literal["accept", "reject", "drain", "backup"]]]
    subnet_id: NotRequired[Of[Id]]


class ConfigArgs(TypedDict):
    """One port. What is left out is the API's default, or stays as it is. Seconds."""

    port: Of[Port]
    protocol: NotRequired[Of[Literal["http", "https", "tcp", "udp"]]]
    algorithm: NotRequired[Of[Literal["roundrobin", "leastconn", "source", "ring_hash"]]]
    stickiness: NotRequired[Of[Literal["none", "table", "http_cookie", "session", "source_ip"]]]
    check: NotRequired[Of[Literal["none", "connection", "http", "http_body"]]]
    check_interval: NotRequired[Of[Interval]]
    check_timeout: NotRequired[Of[Few]]
    check_attempts: NotRequired[Of[Few]]
    check_path: NotRequired[Of[UrlPath]]
    check_body: NotRequired[Of[str]]
    check_passive: NotRequired[Of[Flag]]
    proxy_protocol: NotRequired[Of[Literal["none", "v1", "v2"]]]
    cipher_suite: NotRequired[Of[Literal["recommended", "legacy"]]]
    udp_check_port: NotRequired[Of[Port]]
    ssl_cert: NotRequired[Of[Pem]]
    ssl_key: NotRequired[Of[Pem]]
    nodes: NotRequired[Of[list[Of[NodeArgs]]]]


class PlaceArgs(TypedDict):
    """Where it reaches nodes of a VPC from. Without a range: some free addresses of the subnet."""

    subnet_id: Of[Id]
    ipv4_range: NotRequired[Of[Network4]]
    ipv4_range_auto_assign: NotRequired[Of[Flag]]


class NodeRecord(Numbered):
    """Source: GET /nodebalancers/{nodeBalancerId}/configs/{configId}/nodes."""

    address: str
    label: str = ""
    weight: int | None = None
    mode: str | None = None
    status: str = ""
    vpc_config_id: int | None = None


class ConfigRecord(Numbered):
    """Source: GET /nodebalancers/{nodeBalancerId}/configs. Seconds."""

    port: int
    protocol: str
    algorithm: str | None = None
    stickiness: str | None = None
    check: str | None = None
    check_interval: int | None = None
    check_timeout: int | None = None
    check_attempts: int | None = None
    check_path: str | None = None
    check_body: str | None = None
    check_passive: bool | None = None
    proxy_protocol: str | None = None
    cipher_suite: str | None = None
    udp_check_port: int | None = None
    ssl_fingerprint: str = ""
    nodes: tuple[NodeRecord, ...] = ()

    @property
    def place(self) -> Place:
        return self.port, self.protocol == "udp"


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


def place_of(config: Json) -> Place:
    return config["port"], config.get("protocol") == "udp"


def fingerprint(pem: str) -> str:
    """SHA-1 of a chain's first certificate, in the API's form; empty for what is none."""
    first = re.search("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    try:
        der = ssl.PEM_cert_to_DER_cert(first[0]) if first else b""
    except ValueError:
        der = b""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper() if der else ""


def has_certificate(record: ConfigRecord, pem: str) -> bool:
    return record.ssl_fingerprint.replace(":", "").upper() == fingerprint(pem)


def reported(record: ConfigRecord, declared: Json | None) -> dict[str, Any]:
    """A config as it is, in what is declared of it; all that can be declared where nothing is."""
    able = [
        name for name in ConfigArgs.__annotations__ if record.protocol in ONLY.get(name, (record.protocol,))
    ]
    names, nothing = (able, (None, "")) if declared is None else (declared, (None,))
    found = {name: value for name in names if (value := getattr(record, name, None)) not in nothing}
    for name in set(TLS) & set(declared or ()):
        found[name] = (declared or {})[name]
    if declared and "ssl_cert" in declared and not has_certificate(record, declared["ssl_cert"]):
        found["ssl_cert"] = f"another one, of SHA-1 {record.ssl_fingerprint or 'none'}"
    nodes = {canonical(node["address"]): node for node in (declared or {}).get("nodes", ())}
    if declared is None or "nodes" in declared:
        found["nodes"] = [reported_node(node, nodes.get(canonical(node.address))) for node in record.nodes]
    return found


def reported_node(record: NodeRecord, declared: Json | None) -> dict[str, Any]:
    names = NodeArgs.__annotations__ if declared is None else declared
    found = {name: value for name in names if (value := getattr(record, name, None)) not in (None, "none")}
    if declared and "subnet_id" in declared and record.vpc_config_id is not None:
        found["subnet_id"] = declared["subnet_id"]
    return found


def sent_node(node: Json) -> dict[str, Any]:
    """With a label, which the API wants: the address, as far as it goes."""
    return {"label": re.sub(r"[^A-Za-z0-9_.-]+", "-", node["address"]).strip("-")[-32:], **node}


def sent(config: Json, there: ConfigRecord | None = None) -> dict[str, Any]:
    """A config's own fields. The API wants a check to end before the next one begins, whatever its defaults are."""
    body = {name: value for name, value in config.items() if name != "nodes"}
    if config.get("check", "none") == "none":
        return body
    interval = config.get("check_interval") or (there and there.check_interval) or INTERVAL_S
    timeout = config.get("check_timeout") or (there and there.check_timeout) or interval
    if timeout >= interval and "check_timeout" not in config:
        body |= {"check_interval": interval, "check_timeout": min(TIMEOUT_S, interval - 1)}
    return body


def sent_all(configs: Sequence[Json]) -> list[dict[str, Any]] | None:
    """For the create request, which takes no port without a node."""
    if not all(config.get("nodes") for config in configs):
        return None
    return [{**sent(config), "nodes": [sent_node(node) for node in config["nodes"]]} for config in configs]


def _balance(update: Update[NodeBalancerArgs, NodeBalancerRecord]) -> None:
    """What is new first, what goes last."""
    if update.wanted.configs is None:
        return
    there = {config.place: config for config in SPEC.whole(update.session, update.record).configs}
    wanted = {place_of(config): config for config in map(dict[str, Any], update.wanted.configs)}
    before = {place_of(config): config for config in update.before.get("configs") or () if "port" in config}  # type: ignore[attr-defined]  # of a state
    path = f"{SPEC.record_path(update.record.id)}/configs"
    for place, config in wanted.items():
        if place in there:
            _change(update.session, path, there[place], config, before.get(place, config))
        else:
            _make(update.session, path, place, config)
    for place in there.keys() - wanted.keys():
        update.session.client.delete(f"{path}/{there[place].id}")


def _make(session: Session, path: str, place: Place, config: Json) -> None:
    body = {**sent(config), "nodes": [sent_node(node) for node in config.get("nodes", ())]}
    session.client.act(
        path, body, lambda: any(each.place == place for each in session.client.records(ConfigRecord, path))
    )


def _change(session: Session, path: str, there: ConfigRecord, config: Json, before: Json) -> None:
    """One config. `before` tells of its key, which nobody reports."""
    client, path, seen = session.client, f"{path}/{there.id}", reported(there, config)
    body = {
        name: value
        for name, value in sent(config, there).items()
        if seen.get(name, getattr(there, name, None)) != value
    }
    if body.keys() & {*TLS} or before.get("ssl_key", config.get("ssl_key")) != config.get("ssl_key"):
        body |= {name: config[name] for name in TLS if name in config}
    if body:
        client.put(path, body)
    if "nodes" not in config:
        return
    path = f"{path}/nodes"
    nodes = {canonical(node.address): node for node in reversed(there.nodes)}
    wanted = {canonical(node["address"]): node for node in config["nodes"]}
    for address, node in wanted.items():
        if address not in nodes:
            _add(session, path, address, node)
        elif changed := {
            k: v
            for k, v in node.items()
            if reported_node(nodes[address], node).get(k) != v and k != "address"
        }:
            client.put(f"{path}/{nodes[address].id}", changed)
    for gone in there.nodes:
        if canonical(gone.address) not in wanted or nodes[canonical(gone.address)].id != gone.id:
            client.delete(f"{path}/{gone.id}")


def _add(session: Session, path: str, address: str, node: Json) -> None:
    client = session.client
    client.act(
        path,
        sent_node(node),
        lambda: any(canonical(each.address) == address for each in client.records(NodeRecord, path)),
    )


def _guard(update: Update[NodeBalancerArgs, NodeBalancerRecord]) -> None:
    """Exactly this firewall, or none."""
    ids = [id_ for id_ in [update.wanted.firewall_id] if id_]
    path = f"{SPEC.record_path(update.record.id)}/firewalls"
    update.session.client.put(path, {"firewall_ids": ids})


def _read_guard(reading: Reading[NodeBalancerArgs, NodeBalancerRecord]) -> int | None:
    path = f"{SPEC.record_path(reading.record.id)}/firewalls"
    walls = reading.session.client.records(Numbered, path)
    return walls[0].id if walls else None


class NodeBalancerArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    region: In[Text] = arg(REPLACE)
    """Region id. Its nodes have to be there."""

    type: In[Literal["common", "premium"] | None] = arg(REPLACE, default=None, else_="common")
    """How much it can carry."""

    client_conn_throttle: In[Throttle | None] = arg(PUT, default=None, else_="0")
    """New TCP connections a second from one client, 0 to 20; 0 is no limit."""

    client_udp_sess_throttle: In[Throttle | None] = arg(PUT, default=None, else_="0")
    """New UDP sessions a second from one client, 0 to 20; 0 is no limit."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""

    firewall_id: InIdOrNone = arg(
        ACTION, step=_guard, default=None, else_="the account's", seen="", read=_read_guard, none=NONE, ids=True,
        ids_of=FIREWALLS, note="0 is none; where a Firewall names it in `nodebalancers`, leave it out.",
    )  # fmt: skip
    """The firewall that it is behind."""

    vpcs: InRows[PlaceArgs] = arg(REPLACE, default=None, seen="")
    """The subnet from which it reaches nodes of a VPC, one at most."""

    configs: InRows[ConfigArgs] = arg(
        ACTION, step=_balance, default=None, body=sent_all, covers=covers, secret=True, secret_keys=TLS,
        note="Its ports, with their nodes: below. Without a list they are left as they are.",
    )  # fmt: skip
    """Its ports, with their nodes."""

    @classmethod
    def normalised(cls, key: str, value: object) -> object:
        """Configs by port and nodes by address: their order says nothing."""
        value = super().normalised(key, value)
        if key in ("configs", "vpcs"):
            value = with_ids(value)
        if key == "configs" and isinstance(value, list):
            return sorted(
                (_in_order(config) for config in value), key=lambda each: _rank(each, "port", "protocol")
            )
        return value


def _in_order(config: object) -> object:
    if not isinstance(config, Mapping) or not isinstance(config.get("nodes"), list):
        return config
    nodes = [
        {**node, "address": canonical(node["address"])}
        if isinstance(node, Mapping) and isinstance(node.get("address"), str)
        else node
        for node in config["nodes"]
    ]
    return {**config, "nodes": sorted(nodes, key=lambda each: _rank(each, "address"))}


def _rank(value: object, *keys: str) -> tuple[int, str]:
    """Numbers by size; what is no map comes last."""
    found = [value.get(key) for key in keys] if isinstance(value, Mapping) else []
    return (found[0] if found and type(found[0]) is int else 0), str(found)


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


def _known(row: Json) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not is_unknown(value)}


def _rows(check: Checking[NodeBalancerArgs]) -> list[Json]:
    """The configs with what is known of each: an address of a node often isn't."""
    given = check.props.get("configs")
    rows = given if is_unknown(given) and isinstance(given, list) else check.args.configs
    return [row for row in rows or () if isinstance(row, Mapping)]


def _judged(check: Checking[NodeBalancerArgs]) -> Iterator[Problem]:
    if len(check.args.vpcs or ()) > 1:
        yield Problem("vpcs", "has more than one. Next: name the one subnet that it is to be in.")
    seen: set[Place] = set()
    old = {
        place_of(each): each
        for each in map(dict[str, Any], (check.old and check.old.configs) or ())
        if "port" in each
    }
    for number, given in enumerate(_rows(check)):
        row = _known(given)
        if type(row.get("port")) is int:
            if place_of(row) in seen:
                yield Problem(
                    "configs", f"[{number}].port: {row['port']} stands there twice. Next: drop one."
                )
            seen.add(place_of(row))
        if isinstance(given.get("protocol", "http"), str):
            was = old.get(place_of(row)) if type(row.get("port")) is int else None
            for key, why in [*_of_protocol(row, given, was), *_of_check(row, given)]:
                yield Problem("configs", f"[{number}].{key}: {why}")
        for key, why in _of_nodes(given, has_vpc=check.gives("vpcs")):
            yield Problem("configs", f"[{number}].{key}: {why}")


def _of_protocol(row: Json, whole: Json, old: Json | None) -> Iterator[tuple[str, str]]:
    """`old`: what the state has of this port: its certificate may be somebody else's."""
    protocol = row.get("protocol", "http")
    for key, protocols in ONLY.items():
        if key in whole and protocol not in protocols and row.get(key) != "none":
            yield key, f"goes with {listed(protocols)}, and this is {protocol}. Next: leave it out."
    for key, table in (("algorithm", ALGORITHMS), ("stickiness", STICKINESS)):
        allowed = table.get(protocol, table[""])
        if key in row and row[key] not in allowed:
            yield key, f"of {protocol} must be one of {', '.join(allowed)}. Next: correct it."
    for key, other in (TLS, TLS[::-1]):
        if key not in whole and (
            other in whole or (protocol == "https" and (old or {}).get("protocol") != "https")
        ):
            yield key, "is needed by https, with its other half. Next: give it as PEM text."


def _of_check(row: Json, whole: Json) -> Iterator[tuple[str, str]]:
    kind = row.get("check")
    for key, kinds in (("check_path", ("http", "http_body")), ("check_body", ("http_body",))):
        if kind in kinds and not whole.get(key):
            yield key, f"is needed by check {kind}. Next: give it."
    interval, timeout = row.get("check_interval", INTERVAL_S), row.get("check_timeout")
    if (
        kind not in (None, "none")
        and isinstance(interval, int)
        and isinstance(timeout, int)
        and timeout >= interval
    ):
        yield "check_timeout", f"{timeout} s is not less than check_interval, {interval} s. Next: correct it."


def _of_nodes(config: Json, *, has_vpc: bool) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    nodes = config.get("nodes")
    for number, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if not isinstance(node, Mapping):
            continue
        at, address = f"nodes[{number}]", node.get("address")
        if "mode" in node and config.get("protocol") == "udp":
            yield f"{at}.mode", "is none of UDP's. Next: leave it out."
        if "subnet_id" in node and not has_vpc:
            yield f"{at}.subnet_id", "needs vpcs, the subnet from which it is reached. Next: give it."
        try:
            host, _ = split(address if isinstance(address, str) else "")
        except ValueError:
            continue
        if canonical(str(address)) in seen:
            yield f"{at}.address", f"{address} stands there twice. Next: drop one."
        seen.add(canonical(str(address)))
        if "subnet_id" not in node and isinstance(host, ipaddress.IPv4Address) and host not in PRIVATE:
            yield (
                f"{at}.address",
                f"{address} is no private address (192.168.…). Next: give the Linode's private_ipv4, or the "
                "subnet_id of an address in a VPC.",
            )


def _idle(check: Checking[NodeBalancerArgs]) -> Iterator[str]:
    for row in _rows(check):
        if not row.get("nodes") and "port" in row:
            yield f"port {row['port']} has no node, and nothing answers there"


class _NodeBalancerSpec(Spec[NodeBalancerArgs, NodeBalancerRecord]):
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
            wanted = {
                place_of(each): each for each in map(dict[str, Any], declared.configs or ()) if "port" in each
            }
            rows = [reported(config, wanted.get(config.place)) for config in record.configs]
            found["configs"] = self.args.normalised("configs", rows)
        return found

    def imported(self, record: NodeBalancerRecord) -> dict[str, object]:
        """Certificates and keys can't be read back."""
        found = super().imported(record)
        if record.is_whole:
            found["configs"] = self.args.normalised(
                "configs", [reported(each, None) for each in record.configs]
            )
        if record.vpcs:
            found["vpcs"] = [{"subnet_id": each.subnet_id} for each in record.vpcs]
        return found

    def outputs(self, record: NodeBalancerRecord) -> dict[str, object]:
        """`status`: by port, how many nodes are UP, DOWN and Unknown."""
        found = super().outputs(record)
        if record.is_whole:
            found["status"] = {
                f"{port}{'/udp' if is_udp else ''}": {
                    word: [node.status.casefold() for node in config.nodes].count(word)
                    for word in ("up", "down", "unknown")
                }
                for config in record.configs
                for port, is_udp in [config.place]
            }
        return found

    def monthly_usd(self, session: Session, args: NodeBalancerArgs) -> float | None:
        return monthly_usd(session, TYPES, args.region) if args.type in (None, "common") else None


SPEC = _NodeBalancerSpec(
    "NodeBalancer", "/nodebalancers", NodeBalancerArgs, NodeBalancerRecord, BY_LABEL_AND_TAG,
    "nodebalancers:read_write", rules=(in_a_region_with({"NodeBalancers": "a NodeBalancer"}), _judged), doubts=_idle,
    erases=("addresses", "id"),
)  # fmt: skip
