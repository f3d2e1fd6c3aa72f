"""What somebody does by hand to what a stack declares: told by a refresh, shown by a preview, put back by `up`.

Every input that the API reports has a row, for each kind of resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from emulators.linode_api.server import LocalApi
from providers.linode.core.effects import OURS
from providers.linode.core.spec import Spec
from providers.linode.provider import SPECS, LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props, Servicer
from tests.until import until

NONE = 1
"""DIFF_NONE: nothing to do."""

GONE, DEBIAN_12 = "gone", "linode/debian12"


STRICT: Props = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}


class Place(World):
    """An account with things to attach, and what people do to a resource by hand."""

    def __init__(self, api: LocalApi) -> None:
        super().__init__(api)
        rules = {"inbound_policy": "DROP", "outbound_policy": "DROP", "inbound": [], "outbound": []}
        wall = {"label": "wall", "rules": rules}
        self.things = {
            "{wall}": self.call("POST", "/networking/firewalls", wall)["id"],
            "{group}": self.call(
                "POST", "/placement/groups", {"label": "group", "region": "de-fra-2", **STRICT}
            )["id"],
        }
        reserved = self.call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})
        address = self.things["{address}"] = str(reserved["address"])
        dashed = address.replace(".", "-")
        self.things |= {"{rdns}": f"{dashed}.nip.io", "{other_rdns}": f"{address}.nip.io"}
        self.things["{zone}"] = f"web.{self.account}.example"
        zone = {"domain": f"{self.account}.example", "type": "master", "soa_email": "ops@a.example"}
        self.things["{domain}"] = self.call("POST", "/domains", zone)["id"]
        subnet = {"label": "subnet", "ipv4": "10.0.0.0/24"}
        vpc = self.call("POST", "/vpcs", {"label": "vpc", "region": "de-fra-2", "subnets": [subnet]})
        self.things |= {"{vpc}": vpc["id"], "{subnet}": vpc["subnets"][0]["id"]}
        plan = {"type": "g6-nanode-1", "region": "de-fra-2"}
        linode = {**plan, "label": "other", "interface_generation": "legacy_config"}
        others = self.call("POST", "/linode/instances", linode)
        self.things |= {"{linode}": others["id"], "{others}": others["ipv4"][0], "{ipv6}": others["ipv6"]}
        disk = {"image": "linode/debian13", "root_pass": PLANTED, "booted": False}
        deployed = self.call("POST", "/linode/instances", {**plan, **disk, "label": "deployed"})
        self.things["{deployed}"] = deployed["id"]
        bare = {**plan, "label": "bare", "interface_generation": "linode"}
        self.path = "/linode/instances"
        self.id = str(
            self.call(
                "POST", "/linode/instances", {**bare, "interfaces": [{"public": {}, "firewall_id": None}]}
            )["id"]
        )
        [interface] = self.by_hand("GET", "/interfaces")["interfaces"]
        self.things["{interface}"] = interface["id"]
        self.id = ""

    def filled(self, value: Any) -> Any:
        """The value with ids for the names of things."""
        if isinstance(value, dict):
            return {key: self.filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        return self.things.get(value, value) if isinstance(value, str) else value

    def by_hand(self, method: str, path: str = "", body: object = None) -> Any:
        answer = self.call(method, f"{self.path}/{self.id}{path}", self.filled(body))
        assert not answer.get("errors"), answer  # a domain has the key, empty
        return answer

    def status(self) -> object:
        return self.by_hand("GET")["status"]

    def to_be(self, status: str) -> None:
        until(lambda: self.status() == status)

    def change_config(self, body: object) -> None:
        [config] = self.by_hand("GET", "/configs")["data"]
        self.by_hand("PUT", f"/configs/{config['id']}", body)


ByHand = Callable[[Place], object]


def put(path: str = "", **body: object) -> ByHand:
    return lambda place: place.by_hand("PUT", path, body)


def guarded_by(*firewalls: str) -> ByHand:
    return put("/firewalls", firewall_ids=list(firewalls))


def post(path: str, *, then: str = "running", **body: object) -> ByHand:
    def act(place: Place) -> None:
        place.by_hand("POST", f"/{path}", body)
        place.to_be(then)

    return act


def cancel_backups(place: Place) -> None:
    """A day ago: sooner the API does not begin them again."""
    post("backups/cancel")(place)
    place.api.clock.advance(place.api.clock.shrink(24 * 3600))


def config(**body: object) -> ByHand:
    return lambda place: place.change_config(body)


def resize_swap(place: Place) -> None:
    post("shutdown", then="offline")(place)
    swap = next(disk for disk in place.by_hand("GET", "/disks")["data"] if disk["filesystem"] == "swap")
    place.by_hand("POST", f"/disks/{swap['id']}/resize", {"size": 256})
    until(lambda: place.by_hand("GET", f"/disks/{swap['id']}")["size"] == 256)


def leave_group(place: Place) -> None:
    path = f"/placement/groups/{place.things['{group}']}/unassign"
    assert "errors" not in place.call("POST", path, {"linodes": [int(place.id)]})


def leave_vpc(place: Place) -> None:
    post("shutdown", then="offline")(place)
    config(interfaces=[{"purpose": "public"}])(place)


def lose_private_address(place: Place) -> None:
    private = next(one for one in place.by_hand("GET")["ipv4"] if one.startswith("192.168."))
    place.by_hand("DELETE", f"/ips/{private}")


def lose_reserved_address(place: Place) -> None:
    post("ips", type="ipv4", public=True)(place)
    place.by_hand("DELETE", f"/ips/{place.things['{address}']}")


def share_nothing(place: Place) -> None:
    place.call("POST", "/networking/ips/share", {"linode_id": int(place.id), "ips": []})


def lose_interface_firewall(place: Place) -> None:
    path = f"/networking/firewalls/{place.things['{wall}']}/devices"
    [device] = place.call("GET", path)["data"]
    place.call("DELETE", f"{path}/{device['id']}")


def lose_interface(place: Place) -> None:
    post("shutdown", then="offline")(place)
    [one] = place.by_hand("GET", "/interfaces")["interfaces"]
    place.by_hand("DELETE", f"/interfaces/{one['id']}")


def no_helper(place: Place) -> None:
    post("shutdown", then="offline")(place)
    put("/interfaces/settings", network_helper=False)(place)


@dataclass(frozen=True)
class Row:
    """What is declared, what somebody does, and what a refresh says of the input then: another value, or GONE."""

    declared: Props
    by_hand: ByHand
    told: object = GONE


PUBLIC: Props = {"public": {}, "default_route": {"ipv4": True, "ipv6": True}, "firewall_id": "{wall}"}
LINODE: Props = {"interface_generation": "linode", "interfaces": [PUBLIC]}

INSTANCE: dict[str, list[Row]] = {
    "type": [Row({}, post("resize", type="g6-standard-1", allow_auto_disk_resize=False), "g6-standard-1")],
    "region": [Row({}, post("migrate", region="gb-lon"), "gb-lon")],
    "image": [Row({"on_image_change": "rebuild"}, post("rebuild", image=DEBIAN_12, root_pass=PLANTED), DEBIAN_12)],
    "label": [Row({}, put(label="other-1"), "other-1")],
    "tags": [Row({}, put(tags=[]), [])],
    "swap_size": [Row({"swap_size": 512}, resize_swap, 256)],
    "booted": [Row({"booted": True}, post("shutdown", then="offline"), False)],
    "kernel": [Row({"kernel": "linode/grub2"}, config(kernel="linode/latest-64bit"), "linode/latest-64bit")],
    "backups_enabled": [Row({"backups_enabled": True}, cancel_backups, False)],
    "backups_day": [Row({"backups_enabled": True, "backups_day": "Sunday", "backups_window": "W2"},
                        put(backups={"schedule": {"day": "Monday", "window": "W2"}}), "Monday")],
    "backups_window": [Row({"backups_enabled": True, "backups_day": "Sunday", "backups_window": "W2"},
                           put(backups={"schedule": {"day": "Sunday", "window": "W4"}}), "W4")],
    "watchdog_enabled": [Row({"watchdog_enabled": True}, put(watchdog_enabled=False), False)],
    "alerts": [Row({"alerts": {"cpu": 40}}, put(alerts={"cpu": 0}), {"cpu": 0})],
    "private_ip": [Row({"private_ip": True}, lose_private_address, False)],
    "reserved_ipv4": [Row({"reserved_ipv4": "{address}"}, lose_reserved_address)],
    "shared_ipv4": [Row({"shared_ipv4": ["{others}"]}, share_nothing, [])],
    "firewall_id": [Row({"firewall_id": "{wall}"}, guarded_by(), 0),
                    Row({"firewall_id": 0}, guarded_by("{wall}"), "{wall}")],
    "placement_group": [Row({"placement_group": "{group}"}, leave_group, 0)],
    "interfaces": [Row({"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "lan"}]},
                       config(interfaces=[{"purpose": "public"}]), [{"purpose": "public"}]),
                   Row(LINODE, lose_interface_firewall, [{**PUBLIC, "firewall_id": 0}]),
                   Row(LINODE, lose_interface, [])],
    "network_helper": [Row({"network_helper": True}, config(helpers={"network": False}), False),
                       Row({**LINODE, "network_helper": True},
                           no_helper, False)],
    "maintenance_policy": [Row({"maintenance_policy": "linode/migrate"}, put(maintenance_policy="linode/power_off_on"),
                               "linode/power_off_on")],
}  # fmt: skip

NOT_TOLD = {
    "root_pass", "authorized_keys", "authorized_users", "user_data", "stackscript_id", "stackscript_data", "backup_id",
    "boot_size",
}  # fmt: skip
"""What the API never gives back."""

FIXED = {"disk_encryption", "interface_generation"}
"""What nobody can change by hand."""


def lose_devices(place: Place) -> None:
    path = f"/networking/firewalls/{place.id}/devices"
    for device in place.call("GET", path)["data"]:
        place.call("DELETE", f"{path}/{device['id']}")


def rules(**changed: object) -> ByHand:
    def act(place: Place) -> None:
        path = f"/networking/firewalls/{place.id}/rules"
        kept = place.call("GET", path)
        assert "errors" not in place.call("PUT", path, {**kept, **changed})

    return act


SSH = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["192.0.2.0/24"]}}

FIREWALL: dict[str, list[Row]] = {
    "label": [Row({}, put(label="other-1"), "other-1")],
    "tags": [Row({"tags": ["web"]}, put(tags=[]), [])],
    "status": [Row({"status": "enabled"}, put(status="disabled"), "disabled")],
    "inbound": [Row({"inbound": [SSH]}, rules(inbound=[]), []), Row({"inbound": []}, rules(inbound=[SSH]), [SSH]),
                Row({"inbound": [SSH]}, rules(inbound=None), [])],
    "outbound": [Row({"outbound": [SSH]}, rules(outbound=[]), [])],
    "inbound_policy": [Row({}, rules(inbound_policy="ACCEPT"), "ACCEPT")],
    "outbound_policy": [Row({}, rules(outbound_policy="ACCEPT"), "ACCEPT")],
    "linodes": [Row({"linodes": ["{linode}"]}, lose_devices, [])],
    "interfaces": [Row({"interfaces": ["{interface}"]}, lose_devices, [])],
}  # fmt: skip

KEY: dict[str, list[Row]] = {"label": [Row({}, put(label="other-1"), "other-1")]}


VPC_ROWS: dict[str, list[Row]] = {
    **KEY,
    "description": [Row({"description": "ours"}, put(description=""), "")],
    "ipv4": [
        Row(
            {"region": "no-osl-1", "ipv4": [{"range": "100.64.0.0/10"}, {"range": "172.16.0.0/12"}]},
            put(ipv4=[{"range": "10.0.0.0/8"}]),
            [{"range": "10.0.0.0/8"}],
        )
    ],
}


def assign(place: Place) -> None:
    body = {"type": "ipv4", "public": True, "address": place.id}
    assert "errors" not in place.call("POST", f"/linode/instances/{place.things['{linode}']}/ips", body)


def unassign(place: Place) -> None:
    path = f"/linode/instances/{place.things['{linode}']}/ips/{place.id}"
    assert "errors" not in place.call("DELETE", path)


ADDRESS: dict[str, list[Row]] = {
    "tags": [Row({"tags": ["web"]}, put(tags=[]), [])],
    "linode_id": [Row({"linode_id": "{linode}"}, unassign, 0), Row({"linode_id": 0}, assign, "{linode}")],
}
IMAGE: dict[str, list[Row]] = {
    **KEY,
    "description": [Row({"description": "ours"}, put(description="theirs"), "theirs")],
    "tags": [Row({"tags": ["web"]}, put(tags=[]), [])],
    "replica_regions": [
        Row(
            {"replica_regions": ["de-fra-2", "us-ord"]},
            lambda place: place.by_hand("POST", "/regions", {"regions": ["de-fra-2"]}),
            ["de-fra-2"],
        )
    ],
}
LONG = "what the web servers of the whole company run first"
SCRIPT: dict[str, list[Row]] = {
    **KEY,
    "script": [Row({}, put(script="#!/bin/bash\n"), "#!/bin/bash\n")],
    "images": [Row({}, put(images=["linode/debian13"]), ["linode/debian13"])],
    "description": [Row({"description": LONG}, put(description="theirs"), "theirs")],
    "rev_note": [Row({"rev_note": "first"}, put(rev_note="theirs"), "theirs")],
}


def attach(place: Place) -> None:
    place.by_hand("POST", "/attach", {"linode_id": "{linode}"})


def detach(place: Place) -> None:
    place.by_hand("POST", "/detach")


VOLUME: dict[str, list[Row]] = {
    "label": [Row({}, put(label="other-1"), "other-1")],
    "tags": [Row({"tags": ["web"]}, put(tags=[]), []), Row({"tags": []}, put(tags=["red"]), ["red"])],
    "linode_id": [Row({"linode_id": "{linode}"}, detach, 0), Row({"linode_id": 0}, attach, "{linode}")],
}


DOMAIN: dict[str, list[Row]] = {
    "soa_email": [Row({}, put(soa_email="other@a.example"), "other@a.example")],
    "description": [Row({"description": "shop"}, put(description=""), ""),
                    Row({"description": ""}, put(description="x"), "x")],
    "status": [Row({"status": "active"}, put(status="disabled"), "disabled")],
    "refresh_sec": [Row({"refresh_sec": 3600}, put(refresh_sec=299), 300)],
    "retry_sec": [Row({"retry_sec": 0}, put(retry_sec=7200), 7200)],
    "expire_sec": [Row({"expire_sec": 604800}, put(expire_sec=0), 0)],
    "ttl_sec": [Row({"ttl_sec": 300}, put(ttl_sec=120), 120)],
    "master_ips": [Row({"master_ips": ["192.0.2.1"]}, put(master_ips=[]), [])],
    "axfr_ips": [Row({"axfr_ips": ["192.0.2.1"]}, put(axfr_ips=[]), []),
                 Row({"axfr_ips": []}, put(axfr_ips=["2001:db8::7", "192.0.2.7"]), ["192.0.2.7", "2001:db8::7"])],
    "tags": [Row({"tags": ["web"]}, put(tags=[]), [])],
}  # fmt: skip
MX: Props = {"type": "MX", "name": "", "target": "mail.example.net", "priority": 10}
SRV: Props = {"type": "SRV", "service": "sip", "protocol": "tcp", "port": 5060, "priority": 1, "weight": 2,
              "target": "sip.example.net", "name": None}  # fmt: skip
RECORD: dict[str, list[Row]] = {
    "name": [Row({}, put(name="other"), "other"), Row({"name": ""}, put(name="other"), "other")],
    "target": [Row({}, put(target="192.0.2.9"), "192.0.2.9"),
               Row({"type": "CNAME", "target": "edge.example.net"}, put(target="Core.Example.net"), "core.example.net"),
               Row({"type": "TXT", "target": "x" * 4000}, put(target="y"), "y")],
    "priority": [Row(MX, put(priority=20), 20)],
    "weight": [Row(SRV, put(weight=3), 3)],
    "port": [Row(SRV, put(port=5061), 5061)],
    "service": [Row(SRV, put(service="sips"), "sips")],
    "protocol": [Row(SRV, put(protocol="udp"), "udp")],
    "tag": [Row({"type": "CAA", "target": "ca.example", "tag": "issue"}, put(tag="issuewild"), "issuewild")],
    "ttl_sec": [Row({"ttl_sec": 300}, put(ttl_sec=0), 0)],
}  # fmt: skip


def ports(act: Callable[[Place, str], object]) -> ByHand:
    """Something done to the port of a NodeBalancer, of which its path is given."""

    def by_hand(place: Place) -> None:
        [port] = place.by_hand("GET", "/configs")["data"]
        act(place, f"/configs/{port['id']}")

    return by_hand


def node(method: str, body: object = None) -> ByHand:
    def act(place: Place, path: str) -> None:
        [node] = place.by_hand("GET", f"{path}/nodes")["data"]
        place.by_hand(method, f"{path}/nodes" + ("" if method == "POST" else f"/{node['id']}"), body)

    return ports(act)


WEB: Props = {"address": "192.168.130.7:80", "weight": 50}
OTHER: Props = {"address": "192.168.130.8:80", "label": "other"}
HTTP: Props = {"port": 80, "check_attempts": 3, "nodes": [WEB]}
TCP: Props = {"port": 81, "protocol": "tcp"}
DEFAULTS: Props = {
    "port": 81, "protocol": "tcp", "algorithm": "roundrobin", "stickiness": "none", "check": "none",
    "check_interval": 5, "check_timeout": 30, "check_attempts": 3, "check_passive": True, "proxy_protocol": "none",
    "nodes": [],
}  # fmt: skip

BALANCER: dict[str, list[Row]] = {
    **{name: rows for name, rows in VOLUME.items() if name != "linode_id"},
    "client_conn_throttle": [Row({"client_conn_throttle": 5}, put(client_conn_throttle=0), 0)],
    "client_udp_sess_throttle": [Row({"client_udp_sess_throttle": 0}, put(client_udp_sess_throttle=3), 3)],
    "firewall_id": [Row({"firewall_id": "{wall}"}, guarded_by(), 0),
                    Row({"firewall_id": 0}, guarded_by("{wall}"), "{wall}")],
    "configs": [
        Row({"configs": [HTTP]}, ports(lambda place, path: place.by_hand("DELETE", path)), []),
        Row({"configs": [HTTP]}, ports(lambda place, path: place.by_hand("PUT", path, {"check_attempts": 5})),
            [{**HTTP, "check_attempts": 5}]),
        Row({"configs": [HTTP]}, lambda place: place.by_hand("POST", "/configs", TCP), [HTTP, DEFAULTS]),
        Row({"configs": [HTTP]}, node("DELETE"), [{**HTTP, "nodes": []}]),
        Row({"configs": [HTTP]}, node("PUT", {"weight": 9}), [{**HTTP, "nodes": [{**WEB, "weight": 9}]}]),
        Row({"configs": [HTTP]}, node("POST", OTHER),
            [{**HTTP, "nodes": [WEB, {**OTHER, "mode": "accept", "weight": 100}]}]),
        Row({"configs": [HTTP]}, node("PUT", {"address": "192.168.130.9:80"}),
            [{**HTTP, "nodes": [{"address": "192.168.130.9:80", "label": "192.168.130.7-80", "mode": "accept",
                                 "weight": 50}]}]),
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What is declared of one of it beside a row's inputs, its rows, and the inputs that have none."""

    declared: Props
    rows: dict[str, list[Row]]
    without: set[str] = field(default_factory=set)


KINDS = {
    "Instance": Kind(
        {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "root_pass": PLANTED,
         "tags": ["web"]},
        INSTANCE, NOT_TOLD | FIXED,
    ),
    "Firewall": Kind({"inbound_policy": "DROP", "outbound_policy": "DROP"}, FIREWALL, {"nodebalancers"}),
    "SSHKey": Kind({"ssh_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"},
                   KEY, {"ssh_key"}),
    "Volume": Kind({"region": "de-fra-2"}, VOLUME,
                   {"region", "size", "encryption", "source_volume_id", "persist_across_boots", "config_id"}),
    "VPC": Kind({"region": "de-fra-2"}, VPC_ROWS, {"region", "ipv6"}),
    "PlacementGroup": Kind({"region": "de-fra-2", **STRICT}, KEY, {"region", *STRICT}),
    "StackScript": Kind({"script": "#!/bin/sh\n", "images": ["any/all"]}, SCRIPT, {"is_public"}),
    "ReservedIP": Kind({"region": "de-fra-2"}, ADDRESS, {"region"}),
    "IPv6Range": Kind({"route_target": "{ipv6}", "prefix_length": 64}, {}, {"route_target", "prefix_length"}),
    "VolumeAttachment": Kind({}, {}, {"volume_id", "linode_id", "config_id", "persist_across_boots"}),
    "Image": Kind({"linode_id": "{deployed}"}, IMAGE,
                  {"linode_id", "disk_id", "file_path", "file_hash", "region", "cloud_init"}),
    "Subnet": Kind({"vpc_id": "{vpc}", "ipv4": "10.0.1.0/24"}, KEY, {"vpc_id", "ipv4", "ipv6"}),
    "Domain": Kind({"domain": "{zone}", "type": "master", "soa_email": "ops@a.example"}, DOMAIN, {"domain", "type"}),
    "DomainRecord": Kind({"domain_id": "{domain}", "type": "A", "name": "web", "target": "192.0.2.1"}, RECORD,
                         {"domain_id", "type"}),
    "ReverseDNS": Kind({"address": "{address}", "rdns": "{rdns}"}, {"rdns": [Row({}, put(rdns="{other_rdns}"),
                       "{other_rdns}")]}, {"address"}),
    "NodeBalancer": Kind({"region": "de-fra-2"}, BALANCER, {"region", "type", "vpcs", "reserved_ipv4"}),
}  # fmt: skip
"""A NodeBalancer behind a firewall is as an interface there; a key's text can't change, a volume never shrinks."""


def gone(path: str) -> ByHand:
    """Somebody deletes a thing of the account."""

    def act(place: Place) -> None:
        where = str(place.filled(path))
        for name, id_ in place.things.items():
            where = where.replace(name, str(id_))
        assert "errors" not in place.call("DELETE", where)

    return act


def both(*acts: ByHand) -> ByHand:
    return lambda place: [act(place) for act in acts]


def another_takes_the_label(place: Place) -> None:
    """Of its kind."""
    put(label="web-2")(place)
    made = {"/volumes": {"region": "de-fra-2", "size": 20}}.get(
        place.path, {"region": "de-fra-2", "type": "g6-nanode-1"}
    )
    assert "errors" not in place.call("POST", place.path, {**made, "label": "web-1"})


def linode_moves(place: Place) -> None:
    path = f"/linode/instances/{place.things['{linode}']}"
    assert "errors" not in place.call("POST", f"{path}/migrate", {"region": "gb-lon"})
    until(
        lambda: (
            (row := place.call("GET", path))["region"] == "gb-lon" and row["status"] in ("running", "offline")
        )
    )


WALL_GONE, LINODE_GONE = gone("/networking/firewalls/{wall}"), gone("/linode/instances/{linode}")
VPC: Props = {"interfaces": [{"purpose": "public"}, {"purpose": "vpc", "subnet_id": "{subnet}"}]}

FOR_GOOD: list[tuple[str, str, Row, str]] = [
    ("Instance", "firewall_id", Row({"firewall_id": "{wall}"}, WALL_GONE, 0), "does not exist in this account"),
    ("Instance", "interfaces", Row(LINODE, WALL_GONE, [{**PUBLIC, "firewall_id": 0}]),
     "does not exist in this account"),
    ("Instance", "interfaces", Row(VPC, both(leave_vpc, gone("/vpcs/{vpc}")),
                                   [{"purpose": "public"}]), "is in no VPC of this account"),
    ("Instance", "placement_group", Row({"placement_group": "{group}"},
                                        both(leave_group, gone("/placement/groups/{group}")), 0),
     "does not exist in this account"),
    ("Instance", "reserved_ipv4", Row({"reserved_ipv4": "{address}"},
                                      both(lose_reserved_address, gone("/networking/reserved/ips/{address}"))),
     "is no reserved address of this account"),
    ("Instance", "private_ip", Row({"private_ip": False}, post("ips", type="ipv4", public=False), True),
     "can't be taken away from a Linode"),
    ("Instance", "boot_config_label", Row({"boot_config_label": "My Debian 13 Disk Profile"}, config(label="mine")),
     "is no configuration profile of Linode"),
    ("Instance", "label", Row({}, another_takes_the_label, "web-2"), "is taken by Linode"),
    ("Firewall", "linodes", Row({"linodes": ["{linode}"]}, LINODE_GONE, []), "is no Linode of this account"),
    ("Volume", "linode_id", Row({"linode_id": "{linode}"}, LINODE_GONE, 0), "is no Linode of this account"),
    ("Volume", "linode_id", Row({"linode_id": "{linode}"}, linode_moves, 0),
     "is in gb-lon, and the volume in de-fra-2"),
    ("ReservedIP", "linode_id", Row({"linode_id": "{linode}"}, LINODE_GONE, 0), "is no Linode of this account"),
    ("ReservedIP", "linode_id", Row({"linode_id": "{linode}"}, linode_moves, 0),
     "is in gb-lon, and the reserved address in de-fra-2"),
    ("Volume", "label", Row({}, another_takes_the_label, "web-2"), "is taken by volume"),
]  # fmt: skip
"""What can't be put back, and why."""


class Stack:
    """One resource of a kind in a place, each command in a session of its own."""

    def __init__(self, place: Place, servicer: Servicer, kind: str) -> None:
        self.place, self._servicer, self.kind = place, servicer, kind
        place.path = SPECS[kind].within(place.filled(KINDS[kind].declared)).path
        self.state: Props = {}
        self.inputs: Props = {}
        self.shown: list[str] = []
        """What the provider has the engine show of the last difference, nothing where it leaves that to the engine."""

    def declared(self, row: Row) -> Props:
        made = {"label": "web-1", **KINDS[self.kind].declared, **row.declared}
        made = {key: value for key, value in made.items() if value is not None or self.kind == "Instance"}
        return {**self.place.filled(made), "owner": self.place.owner.as_props()}

    def _command(self) -> Servicer:
        return self.place.next_command(self._servicer, self.kind)

    def up(self, declared: Props) -> bool:
        """Whether there was something to do."""
        run = self._command()
        checked, failures = run.check(declared, self.inputs)
        assert failures == []
        if not self.place.id:
            self.place.id, self.state = run.create(checked)
        else:
            answer = run.diff(self.place.id, self.state, checked)
            self.shown = sorted(answer.detailedDiff)
            if answer.changes == NONE:
                return False
            self.state = run.update(self.place.id, self.state, checked, olds=self.inputs)
        self.inputs = checked
        return True

    def failures(self, declared: Props) -> list[tuple[str, str]]:
        """What is wrong with what is declared."""
        return self._command().check(declared, self.inputs)[1]

    def refresh(self) -> Props:
        """What the inputs are then."""
        _, self.state, self.inputs = self._command().read(self.place.id, self.state, self.inputs)
        return self.inputs


@pytest.fixture(scope="module")
def shared(served: LocalApi) -> Iterator[Servicer]:
    with Servicer(LinodeProvider("Instance"), World(served).config) as servicer:
        yield servicer


ROWS = [
    pytest.param(kind, name, row, id=f"{kind}.{name}-{number}")
    for kind, each in KINDS.items()
    for name, rows in each.rows.items()
    for number, row in enumerate(rows)
]

LEFT_ROWS = [pytest.param(kind, name, row, id=f"{kind}.{name}-for-good") for kind, name, row, _ in FOR_GOOD]


def is_optional(row: ParameterSet) -> bool:
    """`label` is always declared, without an image there is nothing to log in to, and a type needs what it has."""
    kind, name = str(row.values[0]), str(row.values[1])
    if (kind, name) == ("Domain", "soa_email") or (
        kind == "DomainRecord" and name not in ("name", "ttl_sec")
    ):
        return False
    return name not in ("label", "image") and not SPECS[kind].fields[name].required


def another_than(kind: str, name: str) -> Props:
    """Another input with another value: addresses and names have no label."""
    choices: list[Props] = [
        {"label": "other-2"}, {"tags": ["blue"]}, {"linode_id": "{linode}"}, {"status": "disabled"},
        {"name": "other-2"}, {"ttl_sec": 86_400},
    ]  # fmt: skip
    fields = SPECS[kind].fields.keys() - {name}
    return next(each for each in choices if each.keys() <= fields)


def disturbed(api: LocalApi, shared: Servicer, kind: str, row: Row) -> tuple[Stack, Props]:
    """A resource that is made as the row declares it, and changed by hand then; what is declared."""
    stack = Stack(Place(api), shared, kind)
    declared = stack.declared(row)
    stack.up(declared)
    row.by_hand(stack.place)
    return stack, declared


@pytest.mark.parametrize(("kind", "name", "row"), ROWS)
def test_what_somebody_did_is_told_and_put_back(
    api: LocalApi, shared: Servicer, kind: str, name: str, row: Row
) -> None:
    stack, declared = disturbed(api, shared, kind, row)

    told = stack.refresh().get(name, GONE)
    changed = stack.up(declared)
    again = stack.refresh().get(name)

    assert told == stack.place.filled(row.told)
    assert changed
    assert again == declared[name]
    assert not stack.up(declared)


def test_a_refresh_asks_for_the_profile_once_and_the_next_one_sees_what_is_there_then(
    provider: Servicer, world: World
) -> None:
    inputs, failures = provider.check(
        world.inputs(
            kernel="linode/grub2",
            network_helper=True,
            boot_config_label="My Debian 13 Disk Profile",
            interfaces=[{"purpose": "public"}],
        )
    )
    assert failures == []
    id_, outs = provider.create(inputs)
    configs = f"GET /v4/linode/instances/{id_}/configs"
    asked = world.seen().count(configs)

    _, seen, _ = provider.read(id_, outs)

    assert world.seen().count(configs) == asked + 1
    [profile] = world.call("GET", f"/linode/instances/{id_}/configs")["data"]
    world.call("PUT", f"/linode/instances/{id_}/configs/{profile['id']}", {"kernel": "linode/latest-64bit"})

    _, seen, _ = provider.read(id_, outs)

    assert seen["kernel"] == "linode/latest-64bit"


@pytest.mark.parametrize(("kind", "name", "row"), [row for row in [*ROWS, *LEFT_ROWS] if is_optional(row)])
def test_what_is_no_longer_declared_is_left_as_somebody_has_it_and_not_shown(
    api: LocalApi, shared: Servicer, kind: str, name: str, row: Row
) -> None:
    stack, declared = disturbed(api, shared, kind, row)

    fewer = {key: value for key, value in declared.items() if key != name}
    alone = stack.up(fewer)
    another = another_than(kind, name)
    with_another = stack.up({**fewer, **stack.place.filled(another)})
    stack.state[name] = declared[name]
    told = stack.refresh().get(name, GONE)

    assert (alone, with_another, stack.shown) == (False, True, [*another])
    assert told == stack.place.filled(row.told)


@pytest.mark.parametrize(("kind", "name", "row", "why"), FOR_GOOD)
def test_what_cannot_be_put_back_is_told_and_holds_up_nothing_else(
    api: LocalApi, kind: str, name: str, row: Row, why: str
) -> None:
    with Servicer(LinodeProvider("Instance"), World(api).config) as servicer:
        stack, declared = disturbed(api, servicer, kind, row)
        before = stack.refresh()
        seen = stack.state.get(name, GONE)
        alone = stack.up(declared)
        other = "tags" if "tags" in SPECS[kind].fields else "label"
        with_another = stack.up({**declared, other: ["blue"]})
        shown = stack.shown
        again = stack.refresh()

    assert seen == stack.place.filled(row.told)
    assert (before[name], again[name]) == (declared[name], declared[name])
    assert (alone, with_another, shown, again["tags"]) == (False, True, [], ["blue"])
    said = f"{name} differs from the program, and is left so: {name} "
    assert said in servicer.printed, servicer.printed
    assert why in servicer.printed.partition(said)[2].splitlines()[0]


TAKEN_IN = [
    ("Instance", "firewall_id", Row({"firewall_id": "{wall}"}, guarded_by()), WALL_GONE),
    ("Instance", "placement_group", Row({"placement_group": "{group}"}, leave_group),
     gone("/placement/groups/{group}")),
    ("Instance", "interfaces", Row(LINODE, lose_interface_firewall), WALL_GONE),
    ("Firewall", "linodes", Row({"linodes": ["{linode}"]}, lose_devices), LINODE_GONE),
    ("Volume", "linode_id", Row({"linode_id": "{linode}"}, detach), LINODE_GONE),
]  # fmt: skip


@pytest.mark.parametrize("refreshes", [1, 2])
@pytest.mark.parametrize(("kind", "name", "row", "then"), TAKEN_IN)
def test_what_is_gone_after_a_refresh_that_took_in_a_drift_holds_up_nothing_else_either(
    api: LocalApi, kind: str, name: str, row: Row, then: ByHand, refreshes: int
) -> None:
    with Servicer(LinodeProvider("Instance"), World(api).config) as servicer:
        stack, declared = disturbed(api, servicer, kind, row)
        for _ in range(refreshes):
            stack.refresh()
        then(stack.place)

        alone = stack.up(declared)
        with_another = stack.up({**declared, "tags": ["blue"]})
        again = stack.up({**declared, "tags": ["blue"]})

    assert (alone, with_another, again) == (False, True, False)
    assert f"{name} differs from the program, and is left so: {name} " in servicer.printed


def test_what_is_declared_anew_after_a_refresh_has_to_be_there(api: LocalApi, shared: Servicer) -> None:
    stack, declared = disturbed(api, shared, "Instance", Row({"firewall_id": "{wall}"}, guarded_by()))
    stack.refresh()

    [(name, why)] = stack.failures({**declared, "firewall_id": 4711})

    assert name == "firewall_id"
    assert "4711" in why


UNSAVED = [
    ("Instance", Row({"backups_enabled": False}, post("backups/enable"), True)),
    ("Volume", Row({"size": 20}, post("resize", then="active", size=100), 100)),
]


@pytest.mark.parametrize(("kind", "row"), UNSAVED)
def test_what_is_left_is_told_as_no_saving(api: LocalApi, kind: str, row: Row) -> None:
    with Servicer(LinodeProvider("Instance"), World(api).config) as servicer:
        stack, declared = disturbed(api, servicer, kind, row)
        stack.refresh()
        stack.up({**declared, "tags": ["blue"]})
        told = servicer.effects()[-1]

    costs = told["monthly_usd"]
    assert isinstance(costs, list)
    assert costs[0] == costs[1]
    assert told["level"] == "none"


IN_PART: list[tuple[Props, Props]] = [
    ({"alerts": {"cpu": 40, "io": 5000}}, {"alerts": {"cpu": 40}}),
    (LINODE, {"interfaces": [{"public": {}, "firewall_id": "{wall}"}]}),
]


@pytest.mark.parametrize(("before", "after"), IN_PART)
def test_what_is_no_longer_declared_of_a_map_is_left_alone_too(
    api: LocalApi, shared: Servicer, before: Props, after: Props
) -> None:
    stack = Stack(Place(api), shared, "Instance")
    stack.up(stack.declared(Row(before, put())))
    fewer = stack.declared(Row({**before, **after}, put()))
    writes = stack.place.writes()

    alone = stack.up(fewer)
    sent = stack.place.writes()
    with_another = stack.up({**fewer, "label": "other-2"})

    assert (alone, with_another, stack.shown) == (False, True, ["label"])
    assert sent == writes


def test_an_input_that_only_says_how_things_are_done_has_its_default_again(
    api: LocalApi, shared: Servicer
) -> None:
    stack = Stack(Place(api), shared, "Instance")
    declared = stack.declared(Row({}, put()))
    stack.up({**declared, "final_snapshot": True})
    before = stack.place.writes()

    changed = stack.up(declared)

    assert changed
    assert "final_snapshot" not in stack.state
    assert stack.place.writes() == before


NONE_OF: dict[str, dict[str, object]] = {
    "Instance": {"tags": [], "placement_group": 0, "firewall_id": 0},
    "Firewall": {"tags": [], "inbound": [], "outbound": [], "linodes": [], "interfaces": []},
    "Volume": {"tags": [], "linode_id": 0},
    "ReservedIP": {"tags": [], "linode_id": 0},
    "Domain": {"tags": [], "master_ips": [], "axfr_ips": [], "description": ""},
    "NodeBalancer": {"tags": [], "firewall_id": 0, "configs": []},
}  # fmt: skip
"""What declares that there is none."""


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in NONE_OF.items() for name in names]
)
def test_what_is_attached_is_detached_by_declaring_none(
    api: LocalApi, shared: Servicer, kind: str, name: str
) -> None:
    stack = Stack(Place(api), shared, kind)
    declared = stack.declared(KINDS[kind].rows[name][0])
    stack.up(declared)

    none = {**declared, name: NONE_OF[kind][name]}
    changed = stack.up(none)
    seen = stack.refresh()[name]

    assert changed
    assert seen == none[name]
    assert not stack.up(none)


def test_none_takes_off_the_accounts_default_firewall_too(api: LocalApi, shared: Servicer) -> None:
    """A create request can't say it."""
    stack = Stack(Place(api), shared, "Instance")
    wall = stack.place.things["{wall}"]
    stack.place.call("PUT", "/networking/firewalls/settings", {"default_firewall_ids": {"linode": wall}})
    declared = stack.declared(Row({"firewall_id": 0}, put()))

    stack.up(declared)

    assert stack.place.by_hand("GET", "/firewalls")["data"] == []
    assert stack.refresh()["firewall_id"] == 0
    assert not stack.up(declared)


def test_what_a_linode_that_is_taken_over_lacks_is_put_right_in_the_same_run(
    api: LocalApi, shared: Servicer
) -> None:
    place = Place(api)
    stack = Stack(place, shared, "Instance")
    other = place.things["{linode}"]
    given = {"adopt": other, "label": "other", "image": None, "root_pass": None}
    wanted = {"firewall_id": "{wall}", "placement_group": "{group}", "kernel": None, "network_helper": None}
    declared = stack.declared(Row({**given, **wanted}, put()))

    stack.up({key: value for key, value in declared.items() if value is not None})

    assert place.id == str(other)
    assert [one["id"] for one in place.by_hand("GET", "/firewalls")["data"]] == [place.things["{wall}"]]
    assert place.by_hand("GET")["placement_group"]["id"] == place.things["{group}"]


def test_whatever_can_be_none_has_a_way_to_say_so() -> None:
    known = {
        (kind, name) for kind, spec in SPECS.items() for name, each in spec.fields.items() if each.none == 0
    }

    assert known == {
        ("Instance", "placement_group"),
        ("Instance", "firewall_id"),
        ("Volume", "linode_id"),
        ("ReservedIP", "linode_id"),
        ("NodeBalancer", "firewall_id"),
    }
    assert known <= {(kind, name) for kind, names in NONE_OF.items() for name in names}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_input_that_the_api_reports_has_a_row(spec: Spec[Any, Any]) -> None:
    kind = KINDS[spec.kind]
    asked = {name for name, each in spec.fields.items() if each.takes is not OURS}

    for_good = {name for of, name, _, _ in FOR_GOOD if of == spec.kind}
    assert asked == set(kind.rows) | for_good | kind.without
    assert not any(spec.fields[name].read for name in kind.without)
