"""The ports of a NodeBalancer and their nodes, as data: forms, what is reported, what is sent, what is wrong. Pure.

Source: POST /nodebalancers/{nodeBalancerId}/configs and …/nodes.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator
from typing_extensions import NotRequired, TypedDict

from providers.linode.api.records import Numbered
from providers.linode.core.args import AnyId, Of
from providers.linode.core.forms import Flag, matching, whole
from providers.linode.core.problems import told
from providers.linode.core.values import as_id, is_unknown
from providers.linode.nearest import listed

if TYPE_CHECKING:
    from providers.linode.resources.subnet import Subnet

Json = Mapping[str, Any]
Place = tuple[int, bool]
"""A port, and whether it is one of UDP's."""

NODE_LABEL = "must have 3 to 32 letters, digits, '-', '_' or '.'. Next: correct it."
ADDRESS = (
    "must be an address and a port, such as 192.168.130.7:80 or [2600:3c00::1]:80: a private IPv4 address, an IPv6 "
    "one or, with subnet_id, one of that subnet. Next: correct it."
)
PRIVATE = ipaddress.IPv4Network("192.168.0.0/16")
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

DECIDES = {
    "protocol": (*ONLY, "algorithm", "stickiness"),
    "check": ("check_path", "check_body", "check_interval", "check_timeout"),
    "check_interval": ("check_timeout",),
}
"""What a key says of others: where it is left out, that of the port that is there does."""

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


NodeLabel = Annotated[str, matching("[A-Za-z0-9_.-]{3,32}"), told(NODE_LABEL)]
NodeAddress = Annotated[str, AfterValidator(_address), told(ADDRESS)]
Port = Annotated[int, whole(1, 65_535)]
Weight = Annotated[int, whole(1, 255)]
Interval = Annotated[int, whole(2, 3600)]
Few = Annotated[int, whole(1, 30)]
UrlPath = Annotated[
    str, matching(r"[a-zA-Z0-9/\-%?&=.]*"), told("must be the path of a URL. Next: correct it.")
]
PEM = (
    "must be PEM text, from -----BEGIN {} to -----END, and no file's name{}. Next: give what is in the file."
)
_CERTIFICATE = r"(?s)\s*-----BEGIN CERTIFICATE-----\s.+-----END CERTIFICATE-----\s*"
_KEY = r"(?s)\s*-----BEGIN .*(?<!ENCRYPTED )PRIVATE KEY-----\s.+-----END [A-Z ]*PRIVATE KEY-----\s*"
Certificate = Annotated[str, matching(_CERTIFICATE), told(PEM.format("CERTIFICATE", ""))]
Key = Annotated[str, matching(_KEY), told(PEM.format("PRIVATE KEY", ", without a passphrase"))]


class NodeArgs(TypedDict):
    """What gets traffic: an address with its port. `subnet_id` for one of a VPC. No `mode` with UDP."""

    address: Of[NodeAddress]
    label: NotRequired[Of[NodeLabel]]
    weight: NotRequired[Of[Weight]]
    mode: NotRequired[Of[Literal["accept", "reject", "drain", "backup"]]]
    subnet_id: NotRequired[AnyId["Subnet"]]


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
    ssl_cert: NotRequired[Of[Certificate]]
    ssl_key: NotRequired[Of[Key]]
    nodes: NotRequired[Of[list[Of[NodeArgs]]]]


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


def by_place(configs: Iterable[Json] | None) -> dict[Place, dict[str, Any]]:
    """Those whose port is known."""
    return {
        (int(config["port"]), config.get("protocol") == "udp"): dict(config)
        for config in configs or ()
        if isinstance(config, Mapping)
        and isinstance(config.get("port"), (int, float))
        and isfinite(config["port"])
    }


def backends(configs: Iterable[Json] | None) -> Iterator[tuple[str, int | None]]:
    """Host and subnet (None for one outside of all) of every node, as far as both are known and right."""
    for config in configs or ():
        nodes = config.get("nodes")
        for node in nodes if isinstance(nodes, list) else ():
            given = node if isinstance(node, Mapping) else {}
            address, subnet_id = given.get("address"), as_id(given.get("subnet_id"))
            if isinstance(address, str) and (subnet_id is None or isinstance(subnet_id, int)):
                with suppress(ValueError):
                    yield str(split(address)[0]), subnet_id


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
    """A config's own fields, and what the API refuses to keep beside them of what is `there` and is left out."""
    body = {name: value for name, value in config.items() if name != "nodes"}
    return body | _given_up(config, there) | _times(config, there)


def _given_up(config: Json, there: ConfigRecord | None) -> dict[str, Any]:
    """What was there and doesn't go with the protocol: none of it. UDP's ports are ports of their own."""
    if there is None:
        return {}
    protocol = config.get("protocol", there.protocol)
    allowed = {
        "proxy_protocol": ("none", *(["v1", "v2"] if protocol in ONLY["proxy_protocol"] else [])),
        "stickiness": STICKINESS.get(protocol, STICKINESS[""]),
    }
    return {
        key: "none"
        for key, values in allowed.items()
        if key not in config and getattr(there, key) not in (None, *values)
    }


def _times(config: Json, there: ConfigRecord | None) -> dict[str, int]:
    """The API wants a check to end before the next one begins, whatever its defaults are."""
    if config.get("check", there.check if there else None) in (None, "none"):
        return {}
    interval = config.get("check_interval") or (there and there.check_interval) or INTERVAL_S
    timeout = config.get("check_timeout") or (there and there.check_timeout) or interval
    if timeout < interval:
        return {}
    if "check_timeout" not in config:
        return {"check_interval": interval, "check_timeout": min(TIMEOUT_S, interval - 1)}
    return {} if "check_interval" in config else {"check_interval": max(INTERVAL_S, timeout + 1)}


def gives_way(config: Json, there: ConfigRecord) -> Iterator[str]:
    """What is left out and can't stay as it is beside the rest, in words."""
    for key, value in (_given_up(config, there) | _times(config, there)).items():
        if key not in config and (old := getattr(there, key)) != value:
            yield f"{key} is left out and can't stay {old} beside what is declared: it becomes {value}"


def decides_anew(config: Json, old: Json) -> bool:
    """Whether a key that says something of others is another one than before, and all of these are known."""
    now = known(config)
    keys = {*DECIDES, "check_timeout"}
    return keys & config.keys() == keys & now.keys() and any(now.get(key) != old.get(key) for key in keys)


def changes(there: ConfigRecord, config: Json, before: Json) -> dict[str, Any]:
    """What a PUT of a config has to say. `before` tells of its key and its whole chain, which nobody reports."""
    seen = reported(there, config)
    found = {
        name: value
        for name, value in sent(config, there).items()
        if seen.get(name, getattr(there, name, None)) != value
    }
    if found.keys() & {*TLS} or any(before.get(name, config.get(name)) != config.get(name) for name in TLS):
        found |= {name: config[name] for name in TLS if name in config}
    return found


def node_changes(there: NodeRecord, node: Json) -> dict[str, Any]:
    """What a PUT of a node with the same address has to say."""
    seen = reported_node(there, node) | {"address": node["address"]}
    return {name: value for name, value in node.items() if seen.get(name) != value}


def health(configs: Iterable[ConfigRecord]) -> dict[str, dict[str, int]]:
    """By port, how many nodes are UP, DOWN and Unknown."""
    words = ("up", "down", "unknown")
    return {
        f"{config.port}{'/udp' if config.protocol == 'udp' else ''}": {
            word: sum(node.status.casefold() == word for node in config.nodes) for word in words
        }
        for config in configs
    }


def sent_all(configs: Sequence[Json]) -> list[dict[str, Any]] | None:
    """For the create request, which takes no port without a node."""
    if not all(config.get("nodes") for config in configs):
        return None
    return [{**sent(config), "nodes": [sent_node(node) for node in config["nodes"]]} for config in configs]


def in_order(config: object) -> object:
    if not isinstance(config, Mapping) or not isinstance(config.get("nodes"), list):
        return config
    nodes = [
        {**node, "address": canonical(node["address"])}
        if isinstance(node, Mapping) and isinstance(node.get("address"), str)
        else node
        for node in config["nodes"]
    ]
    return {**config, "nodes": sorted(nodes, key=lambda each: rank(each, "address"))}


def rank(value: object, *keys: str) -> tuple[int, str]:
    """Numbers by size; what is no map comes last."""
    found = [value.get(key) for key in keys] if isinstance(value, Mapping) else []
    return (found[0] if found and type(found[0]) is int else 0), str(found)


def known(row: Json) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not is_unknown(value)}


def wrong(
    configs: Iterable[Json],
    old: Mapping[Place, Json],
    *,
    has_vpc: bool,
    there: Callable[[], Mapping[Place, ConfigRecord]],
) -> Iterator[tuple[str, str]]:
    """Where something is wrong, and why; what is not known yet, be it a node's address, is passed over.

    `old`: what the state has; `there`: what the account has, asked where something hangs on what is left out.
    """
    seen: set[Place] = set()
    for number, given in enumerate(configs):
        row, place = known(given), next(iter(by_place([known(given)])), None)
        found = [("port", f"{row.get('port')} is given twice. Next: drop one.")] if place in seen else []
        seen |= {place} if place else set()
        if isinstance(given.get("protocol", "http"), str):
            own = there().get(place) if place and _hangs_on_others(given) else None
            found += [*_of_protocol(row, given, old.get(place) if place else None, own)]
            found += _of_check(row, given, own)
        for key, why in [*found, *_of_nodes(given, has_vpc=has_vpc)]:
            yield f"[{number}].{key}", why


def _hangs_on_others(config: Json) -> bool:
    return any(key not in config and {*others} & config.keys() for key, others in DECIDES.items())


def _of_protocol(
    row: Json, whole: Json, old: Json | None, there: ConfigRecord | None
) -> Iterator[tuple[str, str]]:
    """`old`: what the state has of this port: its certificate may be somebody else's."""
    protocol = row.get("protocol", there.protocol if there else "http")
    for key, protocols in ONLY.items():
        if key in whole and protocol not in protocols and row.get(key) != "none":
            yield key, f"goes with {listed(protocols)}, and this is {protocol}. Next: leave it out."
    for key, table in (("algorithm", ALGORITHMS), ("stickiness", STICKINESS)):
        allowed = table.get(protocol, table[""])
        if key in row and row[key] not in allowed:
            yield key, f"of {protocol} must be one of {', '.join(allowed)}. Next: correct it."
    for key, other in (TLS, TLS[::-1]):
        if key not in whole and (
            other in whole or (row.get("protocol") == "https" and (old or {}).get("protocol") != "https")
        ):
            yield key, "is needed by https, with its other half. Next: give it as PEM text."


def _of_check(row: Json, whole: Json, there: ConfigRecord | None) -> Iterator[tuple[str, str]]:
    """A port that is there keeps what is left out; of its times that which doesn't fit gives way: see `_times`."""
    stays = there is not None and "check" not in whole
    kind = there.check if there is not None and stays else row.get("check")
    for key, kinds in (("check_path", ("http", "http_body")), ("check_body", ("http_body",))):
        if kind in kinds and not whole.get(key) and (key in whole or not stays):
            why = f"is needed by check {kind}" + (", which the port has" if stays else "")
            yield key, f"{why}. Next: give it" + (", or another check." if stays else ".")
    interval, timeout = row.get("check_interval", None if there else INTERVAL_S), row.get("check_timeout")
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
            yield f"{at}.mode", "UDP nodes take no mode. Next: leave it out."
        if "subnet_id" in node and not has_vpc:
            yield f"{at}.subnet_id", "needs vpcs, the subnet from which it is reached. Next: give it."
        try:
            host, _ = split(address if isinstance(address, str) else "")
        except ValueError:
            continue
        if canonical(str(address)) in seen:
            yield f"{at}.address", f"{address} is given twice. Next: drop one."
        seen.add(canonical(str(address)))
        if "subnet_id" not in node and isinstance(host, ipaddress.IPv4Address) and host not in PRIVATE:
            yield (
                f"{at}.address",
                f"{address} is no private address (192.168.…). Next: give the Linode's private_ipv4, or the "
                "subnet_id of an address in a VPC.",
            )
