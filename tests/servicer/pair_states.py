"""The states between which every pair is tried, by kind and input: from the types of the spec, where they name values.

`{name}` in a text is the resource's name, and a text such as `{linode}` what is made by hand for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from providers.linode.core.args import Field
from providers.linode.provider import SPECS
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props
from tests.until import until

States = Sequence[Props]
Values = Mapping[str, Sequence[object]]

KEYS = [f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43} web" for letter in "IK"]
OTHER = "Another-Passw0rd-8"
REBUILDS: Props = {
    "on_image_change": "rebuild",
    "on_user_data_change": "rebuild",
    "on_access_change": "rebuild",
}
NO_IMAGE: Props = {"image": None, "root_pass": None}
LINODE: Props = {"interface_generation": "linode"}
PUBLIC: Props = {"public": {}, "firewall_id": 0}
VLAN: Props = {"vlan": {"vlan_label": "back"}}
RULE: Props = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["192.0.2.0/24"]}}
ICMP: Props = {"action": "ACCEPT", "protocol": "ICMP", "addresses": {"ipv4": ["192.0.2.0/24"]}}
RULES: Sequence[object] = [[], [RULE], [{**RULE, "ports": "80"}, RULE], [ICMP]]
SLAVE: Props = {"type": "slave", "master_ips": ["192.0.2.9"]}
SRV: Props = {"type": "SRV", "service": "sip", "protocol": "tcp", "port": 1, "priority": 1, "weight": 1,
              "target": "x.example.net"}  # fmt: skip
WEB: Props = {"address": "192.168.130.7:80"}
SECONDS: Sequence[object] = [0, 300, 1]


def port(**config: object) -> Props:
    return {"configs": [{"port": 80, **config}]}


INSTANCE: Mapping[str, States] = {
    "type": [{"type": "g6-nanode-1"}, {"type": "g6-standard-1"}, {"type": "g6-standard-2", "migration_type": "warm"}],
    "resize_disk": [{"type": each, "resize_disk": False} for each in ("g6-nanode-1", "g6-standard-1")],
    "region": [{}, {"region": "gb-lon"}, {"region": "us-ord", "migration_type": "warm"}],
    "region and backups": [
        {"backups_enabled": True, "region": each, "allow_data_loss": allowed}
        for each, allowed in (("de-fra-2", True), ("gb-lon", True), ("us-ord", False))
    ],
    "image": [{}, {"image": "linode/debian12"}, {"image": "linode/ubuntu24.04", "on_image_change": "ignore"}],
    "image rebuilt": [{**REBUILDS}, {**REBUILDS, "image": "linode/debian12", "swap_size": 1024},
                      {**REBUILDS, "image": "linode/debian12", "swap_size": 0, "kernel": "linode/latest-64bit"}],
    "image not declared": [{}, {**NO_IMAGE}, {**NO_IMAGE, "tags": ["red"]}, {**NO_IMAGE, "private_ip": True}],
    "label and tags": [{}, {"label": "{name}-other"}, {"tags": []}, {"tags": ["red", "blue"]}],
    "root_pass": [{}, {"root_pass": OTHER}, {"root_pass": OTHER + "9", "on_root_pass_change": "reset"}],
    "access": [{}, {"authorized_keys": KEYS[:1]}, {"authorized_keys": KEYS, "on_access_change": "rebuild"}],
    "user_data": [{}, {"user_data": "#!/bin/sh\n"}, {"user_data": "#cloud-config\n", **REBUILDS}],
    "swap_size": [{}, {"swap_size": 0}, {"swap_size": 512}, {"swap_size": 1024}],
    "booted": [{}, {"booted": True}, {"booted": False}],
    "kernel": [{}, {"kernel": "linode/latest-64bit"}, {"kernel": "linode/grub2", "booted": False}],
    "backups": [{}, {"backups_enabled": True}, {"backups_enabled": False},
                {"backups_enabled": False, "allow_data_loss": True},
                {"backups_enabled": True, "backups_day": "Monday", "backups_window": "W4"}],
    "watchdog and alerts": [{}, {"watchdog_enabled": False}, {"alerts": {"cpu": 50}}, {"alerts": {"cpu": 60, "io": 5}}],
    "private_ip": [{}, {"private_ip": True}, {"private_ip": False}],
    "disk_encryption": [{}, {"disk_encryption": "enabled"}, {"disk_encryption": "disabled"}],
    "interfaces": [{}, {"interfaces": [{"purpose": "public"}]},
                   {"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "back"}]}],
    "linode interfaces": [{**LINODE, "interfaces": each} for each in ([PUBLIC], [PUBLIC, VLAN], [VLAN])],
    "network_helper": [{}, {"network_helper": True}, {"network_helper": False}],
    "maintenance_policy": [{}, {"maintenance_policy": "linode/migrate"}, {"maintenance_policy": "linode/power_off_on"}],
    "allow_downtime": [{}, {"allow_downtime": False}, {"allow_downtime": False, "type": "g6-standard-1"}],
    "replace_on": [{}, {"replace_on": ["user_data"], "user_data": "#!/bin/sh\n"}],
    "firewall_id": [{}, {"firewall_id": "{wall}"}, {"firewall_id": "{other wall}"}, {"firewall_id": 0}],
    "placement_group": [{}, {"placement_group": "{group}"}, {"placement_group": "{other group}"},
                        {"placement_group": 0}],
    "reserved_ipv4": [{}, {"reserved_ipv4": "{reserved}"}, {"reserved_ipv4": "{other reserved}"}],
    "shared_ipv4": [{}, {"shared_ipv4": ["{address}"]}, {"shared_ipv4": ["{address}", "{other address}"]},
                    {"shared_ipv4": []}],
    "stackscript_id": [{}, {"stackscript_id": "{script}"}, {"stackscript_id": "{other script}"}],
    "boot_size": [{}, {"boot_size": 10_000}, {"boot_size": 12_000, "swap_size": 1024}],
    "ours": [{}, {"timeouts": {"update": 600}}, {"wait_for": "accepted"}, {"final_snapshot": True}],
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What one of it declares beside a state's inputs; values that no type names; inputs that go together.

    `apart`: inputs without states of their own, for new ones only, or ids of things that tests of their own make.
    """

    own: Props
    values: Values = field(default_factory=dict)
    together: Mapping[str, States] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()


KINDS: Mapping[str, Kind] = {
    "Instance": Kind(
        {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "root_pass": PLANTED},
        together=INSTANCE,
        apart=frozenset({"stackscript_data", "backup_id", "boot_config_label", "authorized_users"}),
    ),
    "Firewall": Kind(
        {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
        {"inbound": RULES, "outbound": RULES, "linodes": [[], ["{linode}"], ["{other}"], ["{linode}", "{other}"]],
         "interfaces": [[], ["{interface}"]], "nodebalancers": [[], ["{balancer}"]]},
        {"outbound and policy": [{}, {"outbound": [RULE], "outbound_policy": "DROP"},
                                 {"outbound": [], "outbound_policy": "DROP"}]},
    ),
    "SSHKey": Kind({"ssh_key": KEYS[0]}, {"ssh_key": KEYS[1:]}),
    "Volume": Kind(
        {"region": "de-fra-2"},
        {"size": [20, 40], "linode_id": ["{linode}", "{other}"]},
        {"source_volume_id": [{"size": 20}, {"size": 20, "source_volume_id": "{volume}"}],
         "all at once": [{"linode_id": "{linode}", "size": 20},
                         {"linode_id": "{other}", "size": 30, "label": "{name}-other"},
                         {"linode_id": 0, "size": 40, "tags": ["red"]}],
         "region and linode_id": [{"linode_id": "{linode}"}, {"region": "gb-lon", "linode_id": 0}],
         "attached": [{"linode_id": "{linode}"}, {"linode_id": "{linode}", "persist_across_boots": False},
                      {"linode_id": "{other}", "persist_across_boots": True}]},
        apart=frozenset({"config_id"}),
    ),
    "VolumeAttachment": Kind(
        {"volume_id": "{volume}", "linode_id": "{linode}"},
        {"volume_id": ["{other volume}"], "linode_id": ["{other}"]},
        apart=frozenset({"config_id"}),
    ),
    "VPC": Kind(
        {"region": "no-osl-1"},
        {"description": ["", "back"],
         "ipv4": [[{"range": "10.0.0.0/8"}], [{"range": "100.64.0.0/10"}, {"range": "10.0.0.0/16"}]],
         "ipv6": [[{}], [{"range": "/48"}], [{"range": "/52"}]]},
    ),
    "Subnet": Kind(
        {"vpc_id": "{vpc}", "ipv4": "10.0.1.0/24"},
        {"vpc_id": ["{other vpc}"], "ipv4": ["10.0.2.0/24"],
         "ipv6": [[{"range": "auto"}], [{"range": "/56"}], [{"range": "/60"}]]},
    ),
    "PlacementGroup": Kind(
        {"region": "de-fra-2", "placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    ),
    "StackScript": Kind(
        {"script": "#!/bin/sh\n", "images": ["linode/debian13"]},
        {"script": ["#!/bin/bash\necho"], "images": [["any/all"], ["linode/debian12", "linode/debian13"]],
         "description": ["", "what", "x" * 60], "rev_note": ["", "new"]},
    ),
    "Image": Kind(
        {"linode_id": "{deployed}"},
        {"linode_id": ["{other deployed}"], "description": ["", "what"],
         "replica_regions": [["de-fra-2"], ["de-fra-2", "gb-lon"], ["gb-lon", "de-fra-2", "us-ord"]]},
        apart=frozenset({"disk_id", "file_path", "file_hash", "region"}),
    ),
    "ReservedIP": Kind({"region": "de-fra-2"}, {"linode_id": ["{linode}", "{other}"]}),
    "IPv6Range": Kind({"route_target": "{target}", "prefix_length": 64}, {"route_target": ["{other target}"]}),
    "Domain": Kind(
        {"domain": "{name}.example", "type": "master", "soa_email": "ops@a.example"},
        {"domain": ["{name}.example.net"], "description": ["", "what"],
         "axfr_ips": [[], ["192.0.2.1"], ["2001:db8::1", "192.0.2.1"]],
         **dict.fromkeys(("refresh_sec", "retry_sec", "expire_sec", "ttl_sec"), SECONDS)},
        {"soa_email": [{}, {"soa_email": "ops@b.example"}],
         "type": [{}, {**SLAVE, "soa_email": None}, {**SLAVE, "soa_email": ""},
                  {**SLAVE, "master_ips": ["192.0.2.9", "192.0.2.8"], "soa_email": "ops@b.example"}]},
        apart=frozenset({"master_ips"}),
    ),
    "DomainRecord": Kind(
        {"domain_id": "{zone}", "type": "A", "target": "192.0.2.1"},
        {"domain_id": ["{other zone}"], "name": ["", "@", "www", "*", "a.b"], "target": ["192.0.2.7"],
         "ttl_sec": SECONDS},
        {"type": [{"name": "t"}, {"type": "AAAA", "name": "t", "target": "2001:db8::1"},
                  {"type": "CNAME", "name": "t", "target": "a.example.net"},
                  {"type": "TXT", "name": "t", "target": "hello"}],
         "MX": [{"type": "MX", "target": "m.example.net", "priority": 10}, {"type": "MX", "target": "m.example.net"},
                {"type": "MX", "target": "n.example.net", "priority": 0}, {"type": "MX", "target": None}],
         "SRV": [SRV, {**SRV, "priority": 0, "weight": 0, "port": 0, "target": "x"},
                 {**SRV, "service": "_sips", "protocol": "_udp"}],
         "CAA": [{"type": "CAA", "tag": "issue", "target": "ca.example"},
                 {"type": "CAA", "tag": "iodef", "target": "mailto:a@b.example"}]},
        apart=frozenset({"priority", "weight", "port", "service", "protocol", "tag"}),
    ),
    "ReverseDNS": Kind(
        {"address": "{address}", "rdns": "{address}.nip.io"},
        {"rdns": ["www.{address}.nip.io"]},
        {"address": [{}, {"address": "{other address}", "rdns": "{other address}.nip.io"}]},
    ),
    "NodeBalancer": Kind(
        {"region": "de-fra-2"},
        {"client_conn_throttle": [0, 5], "client_udp_sess_throttle": [0, 3], "firewall_id": ["{wall}", "{other wall}"],
         "reserved_ipv4": ["{reserved}", "{other reserved}"],
         "configs": [[], [{"port": 80}], [{"port": 80, "nodes": []}], [{"port": 80, "nodes": [WEB]}],
                     [{"port": 81}, {"port": 82, "protocol": "tcp", "nodes": [{"address": "192.168.130.7:82"}]}]]},
        {"vpcs": [{}, {"vpcs": []}, {"vpcs": [{"subnet_id": "{subnet}"}]},
                  {"vpcs": [{"subnet_id": "{subnet}"}],
                   **port(nodes=[{"address": "10.0.0.9:80", "subnet_id": "{subnet}"}])}],
         "protocol": [port(protocol="http"), port(protocol="tcp", proxy_protocol="v1"),
                      port(protocol="tcp", stickiness="table"), port(protocol="http", stickiness="http_cookie"),
                      port(protocol="udp", algorithm="ring_hash"), port(protocol="udp", stickiness="source_ip"),
                      port(algorithm="source"), port(stickiness="http_cookie"), port(proxy_protocol="none"),
                      port(protocol="http", check_passive=True), port(protocol="tcp", check_passive=False)],
         "check": [port(), port(check="none"), port(check="connection"), port(check="http", check_path="/"),
                   port(check="http_body", check_path="/a", check_body="ok"), port(check_interval=20),
                   port(check="connection", check_interval=60, check_timeout=30),
                   port(check="connection", check_interval=31, check_timeout=30),
                   port(check="connection", check_interval=3, check_timeout=2), port(check_timeout=3),
                   port(check="http", check_path="/", check_interval=2), port(check_body=""), port(check_path=""),
                   port(check_interval=4, check_timeout=9)],
         "nodes": [port(nodes=[WEB]), port(nodes=[{**WEB, "weight": 5}]), port(protocol="udp", nodes=[WEB]),
                   port(nodes=[{**WEB, "mode": "drain"}, {"address": "192.168.130.8:80"}]),
                   port(nodes=[{**WEB, "label": "abc"}]), port(nodes=[{"address": "[2600:3c00:0::1]:80"}]),
                   port(protocol="tcp", nodes=[{**WEB, "mode": "reject"}])]},
    ),
}  # fmt: skip

OF_ALL: Values = {"label": ["{name}-other"], "tags": [["red"], ["red", "blue"], []], "region": ["gb-lon"]}
"""Values of inputs that many kinds have."""


def values_of(hint: object) -> Iterator[object]:
    """Those that a type names: a choice's, and both of a flag."""
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif hint is bool:
        yield from (True, False)
    elif get_origin(hint) is Annotated:
        yield from values_of(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for part in get_args(hint):
            yield from values_of(part)


def states_of(kind: str) -> Mapping[str, States]:
    """By input, or inputs that go together: the states that they can have."""
    spec, table = SPECS[kind], KINDS[kind]
    if kind == "Instance":
        return table.together
    hints = get_type_hints(spec.args, include_extras=True)
    found: dict[str, States] = dict(table.together)
    for name, each in spec.fields.items():
        if name not in table.apart and name not in found:
            found[name] = [{}, *({name: value} for value in _further(kind, each, hints[name]))]
    return {name: states for name, states in found.items() if len(states) > 1}


def _further(kind: str, input_: Field, hint: object) -> list[object]:
    """The values of an input beside its own one: those of its type, of the tables, and none."""
    table = KINDS[kind]
    given = table.values.get(input_.name) or OF_ALL.get(input_.name) or ()
    found: list[object] = [table.own.get(input_.name)]
    for value in (*values_of(hint), *given, *([] if input_.none is None else [input_.none])):
        if value not in found:
            found.append(value)
    return found[1:]


# ---- what is made by hand

Made = Callable[[World, str], object]
PLAN: Props = {"type": "g6-nanode-1", "region": "de-fra-2"}


def _post(path: str, **body: object) -> Made:
    return lambda world, label: _made(world, path, {**body, "label": label})["id"]


def _made(world: World, path: str, body: Props) -> dict[str, Any]:
    answer = world.call("POST", path, body)
    assert not answer.get("errors"), answer  # a domain has the key, empty
    return answer


def _volume(world: World, label: str) -> object:
    id_ = _made(world, "/volumes", {"label": label, "region": "de-fra-2", "size": 20})["id"]
    until(lambda: world.call("GET", f"/volumes/{id_}")["status"] == "active")
    return id_


def _subnet(world: World, label: str) -> object:
    subnets = [{"label": "inner", "ipv4": "10.0.0.0/24"}]
    vpc = _made(world, "/vpcs", {"label": label, "region": "de-fra-2", "subnets": subnets})
    return vpc["subnets"][0]["id"]


def _interface(world: World, label: str) -> object:
    interfaces: list[Props] = [{"public": {}, "firewall_id": None}]
    made = _made(world, "/linode/instances", {**PLAN, **LINODE, "label": label, "interfaces": interfaces})
    [one] = world.call("GET", f"/linode/instances/{made['id']}/interfaces")["interfaces"]
    return one["id"]


def _deployed(world: World, label: str) -> object:
    disk = {"image": "linode/debian13", "root_pass": PLANTED, "booted": False}
    id_ = _made(world, "/linode/instances", {**PLAN, **disk, "label": label})["id"]
    until(lambda: world.call("GET", f"/linode/instances/{id_}")["status"] == "offline")
    return id_


def _zone(world: World, label: str) -> object:
    body: Props = {"domain": f"{label}.example", "type": "master", "soa_email": "ops@a.example"}
    return _made(world, "/domains", body)["id"]


def _address(world: World, label: str) -> object:
    return _made(world, "/linode/instances", {**PLAN, "label": label})["ipv4"][0]


def _target(world: World, label: str) -> object:
    return _made(world, "/linode/instances", {**PLAN, "label": label})["ipv6"]


THINGS: Mapping[str, Made] = {
    "linode": _post("/linode/instances", **PLAN, interface_generation="legacy_config"),
    "deployed": _deployed,
    "interface": _interface,
    "address": _address,
    "target": _target,
    "volume": _volume,
    "wall": _post("/networking/firewalls", rules={"inbound_policy": "DROP", "outbound_policy": "DROP"}),
    "group": _post("/placement/groups", region="de-fra-2", placement_group_type="anti_affinity:local",
                   placement_group_policy="strict"),
    "reserved": lambda world, _: _made(world, "/networking/reserved/ips", {"region": "de-fra-2"})["address"],
    "script": _post("/linode/stackscripts", script="#!/bin/sh\n", images=["linode/debian13"]),
    "balancer": _post("/nodebalancers", region="de-fra-2"),
    "vpc": _post("/vpcs", region="us-ord", ipv6=[{"range": "/52"}]),
    "subnet": _subnet,
    "zone": _zone,
}  # fmt: skip
"""By name, how one is made under a label. `other …` is another of them, `other` alone another Linode."""
