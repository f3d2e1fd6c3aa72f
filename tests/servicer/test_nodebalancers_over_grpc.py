"""NodeBalancers in the provider's real process: ports and nodes are changed by as few calls as can be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with
from tests.unit.certificates import CERTIFICATE, KEY
from tests.until import until

SAME, NONE = 0, 1
ONE, TWO, THREE = ({"address": f"192.168.130.{number}:80"} for number in (7, 8, 9))
WEB: Props = {"port": 80, "check": "connection", "nodes": [ONE, TWO]}
TLS: Props = {"port": 443, "protocol": "https", "ssl_cert": CERTIFICATE, "ssl_key": KEY, "nodes": [ONE]}


HTTP: Props = {"check": "http", "check_path": "/"}
HTTP_BODY: Props = {"check": "http_body", "check_path": "/", "check_body": "ok"}


class Life:
    """The process that serves NodeBalancers, and the account."""

    def __init__(self, world: World, servicer: Servicer) -> None:
        self.world, self.servicer = world, servicer

    def inputs(self, **changed: object) -> Props:
        own: Props = {"label": "web-1", "region": "de-fra-2", "configs": [WEB]}
        return {**own, "owner": self.world.owner.as_props(), **changed}

    def made(self, **changed: object) -> tuple[str, Props, Props]:
        inputs, failures = self.servicer.check(self.inputs(**changed))
        assert failures == []
        return *self.servicer.create(inputs), inputs

    def begin(self) -> None:
        self.world.next_command(self.servicer, "NodeBalancer", "web-1")

    def changed(self, made: tuple[str, Props, Props], **changed: object) -> tuple[Props, list[str]]:
        """The outputs after an update, and what it sent, with # for an id."""
        id_, outs, inputs = made
        self.begin()
        news, failures = self.servicer.check(self.inputs(**changed), inputs)
        assert (failures, self.servicer.diff(id_, outs, news).changes) == ([], SAME)
        before = len(self.world.writes())
        updated = self.servicer.update(id_, outs, news, olds=inputs)
        assert self.servicer.diff(id_, updated, news).changes == NONE
        sent = [line.replace(f"/v4/nodebalancers/{id_}", "") for line in self.world.writes()[before:]]
        return updated, [
            "/".join("#" if part.isdigit() else part for part in line.split("/")) for line in sent
        ]

    def ports(self) -> dict[int, dict[str, Any]]:
        """By number, with their nodes."""
        found = {}
        for balancer in self.rows("/nodebalancers"):
            path = f"/nodebalancers/{balancer['id']}/configs"
            for port in self.rows(path):
                found[int(port["port"])] = {**port, "nodes": self.rows(f"{path}/{port['id']}/nodes")}
        return found

    def rows(self, path: str) -> list[dict[str, Any]]:
        return list(self.world.call("GET", path)["data"])


def list_of(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


@pytest.fixture
def life(world: World, tmp_path: Path) -> Iterator[Life]:
    backend = state_with(tmp_path, stack="local")
    with Servicer(LinodeProvider("NodeBalancer"), world.config, backend) as servicer:
        yield Life(world, servicer)


def test_it_is_made_by_one_request_with_its_ports_and_nodes(life: Life) -> None:
    _, outs, _ = life.made(client_conn_throttle=5)

    port = life.ports()[80]
    assert life.world.writes() == ["POST /v4/nodebalancers"]
    assert [node["address"] for node in port["nodes"]] == [ONE["address"], TWO["address"]]
    assert [node["label"] for node in port["nodes"]] == ["192.168.130.7-80", "192.168.130.8-80"]
    assert (port["check"], port["check_interval"], port["check_timeout"]) == ("connection", 5, 3)
    assert (outs["monthly_usd"], outs["client_conn_throttle"]) == (10.0, 5)
    assert str(outs["hostname"]).endswith(".ip.linodeusercontent.com")
    assert sum(outs["status"]["80"].values()) == 2  # type: ignore[index]  # of JSON


@pytest.mark.parametrize(
    ("configs", "sent"),
    [
        ([{**WEB, "nodes": [TWO, ONE]}], []),
        ([{**WEB, "algorithm": "leastconn"}], ["PUT /configs/#"]),
        ([{**WEB, "nodes": [ONE, THREE]}], ["POST /configs/#/nodes", "DELETE /configs/#/nodes/#"]),
        ([{**WEB, "nodes": [ONE, {**TWO, "mode": "drain"}]}], ["PUT /configs/#/nodes/#"]),
        ([WEB, {"port": 81, "protocol": "tcp", "nodes": [ONE]}], ["POST /configs"]),
        ([{**WEB, "port": 8080}], ["POST /configs", "DELETE /configs/#"]),
        ([], ["DELETE /configs/#"]),
    ],
)
def test_a_change_takes_the_fewest_calls_and_leaves_the_other_nodes_alone(
    life: Life, configs: list[Props], sent: list[str]
) -> None:
    made = life.made()
    before = {node["address"]: node["id"] for node in life.ports()[80]["nodes"]}
    if not sent:
        news, _ = life.servicer.check(life.inputs(configs=configs), made[2])
        assert life.servicer.diff(made[0], made[1], news).changes == NONE
        return

    _, found = life.changed(made, configs=configs)

    after = {node["address"]: node["id"] for node in life.ports().get(80, {}).get("nodes", [])}
    assert found == sent
    assert all(before[address] == id_ for address, id_ in after.items() if address in before)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({"protocol": "tcp", "proxy_protocol": "v1"}, {"protocol": "http"}, {"proxy_protocol": "none"}),
        (
            {"protocol": "tcp", "proxy_protocol": "v2"},
            {"protocol": "tcp", "algorithm": "leastconn"},
            {"proxy_protocol": "v2"},
        ),
        ({"protocol": "http", "stickiness": "http_cookie"}, {"protocol": "tcp"}, {"stickiness": "none"}),
        (
            {"check": "connection", "check_interval": 60, "check_timeout": 30},
            {"check_interval": 20},
            {"check_timeout": 3},
        ),
        (
            {"check": "connection", "check_interval": 3, "check_timeout": 2},
            {"check_timeout": 3},
            {"check_interval": 5},
        ),
        (
            {"check": "connection", "check_interval": 60, "check_timeout": 30},
            {"check": "connection", "check_timeout": 25},
            {"check_interval": 60},
        ),
        ({"protocol": "tcp", "proxy_protocol": "v1"}, {"proxy_protocol": "v2"}, {"protocol": "tcp"}),
    ],
)
def test_what_is_left_out_gives_way_where_it_cannot_stay_and_is_told(
    world: World, tmp_path: Path, before: Props, after: Props, kept: Props
) -> None:
    backend = state_with(tmp_path, stack="local")
    with Servicer(LinodeProvider("NodeBalancer"), world.config, backend) as servicer:
        life = Life(world, servicer)
        made = life.made(configs=[{"port": 80, **before, "nodes": [ONE]}])

        _, sent = life.changed(made, configs=[{"port": 80, **after, "nodes": [ONE]}])

    port = life.ports()[80]
    assert {name: port[name] for name in {**after, **kept}} == {**after, **kept}
    assert sent in ([], ["PUT /configs/#"])
    told = {
        name: value for name, value in kept.items() if before.get(name, "none") != value and name not in after
    }
    for name, value in told.items():
        assert f"port 80: {name} is left out and can't stay {before[name]}" in servicer.printed
        assert f"beside what is declared: it becomes {value}" in servicer.printed
    assert servicer.printed.count("is left out and can't stay") == len(told)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (HTTP, {"check_path": ""}, "check_path: is needed by check http, which the port has"),
        (HTTP_BODY, {"check_path": ""}, "check_path: is needed by check http_body, which the port has"),
        (HTTP_BODY, {"check_body": ""}, "check_body: is needed by check http_body, which the port has"),
        ({"check": "connection"}, {"check_interval": 20, "check_timeout": 25},
         "25 s is not less than check_interval, 20 s"),
        ({"protocol": "tcp"}, {"stickiness": "http_cookie"}, "stickiness: of tcp must be one of none, table"),
    ],
)  # fmt: skip
def test_a_port_is_judged_by_what_it_keeps(life: Life, before: Props, after: Props, said: str) -> None:
    _, _, inputs = life.made(configs=[{"port": 80, **before, "nodes": [ONE]}])

    life.begin()
    failures = life.servicer.check(life.inputs(configs=[{"port": 80, **after, "nodes": [ONE]}]), inputs)[1]
    unchanged = life.servicer.check(inputs, inputs)[1]

    assert [said in reason for _, reason in failures] == [True], failures
    assert unchanged == []


def test_label_throttle_and_tags_are_one_put(life: Life) -> None:
    _, sent = life.changed(life.made(), label="web-2", client_conn_throttle=3, tags=["front"])

    assert sent == ["PUT "]


def test_certificate_and_key_are_sent_when_either_changes_and_are_seen_when_somebody_changes_them(
    life: Life,
) -> None:
    made = id_, outs, inputs = life.made(configs=[TLS])
    other_key = KEY.replace("-----BEGIN", "\n-----BEGIN")
    _, sent = life.changed(made, configs=[{**TLS, "ssl_key": other_key}])
    port = life.ports()[443]
    life.world.call("PUT", f"/nodebalancers/{id_}/configs/{port['id']}", {"protocol": "http", "port": 443})

    _, _, read = life.servicer.read(id_, outs, inputs)

    assert sent == ["PUT /configs/#"]
    assert (port["ssl_cert"], port["ssl_commonname"]) == ("<REDACTED>", "www.example.com")
    seen = list_of(read.pop("configs"))[0]
    assert (seen["protocol"], seen["ssl_key"]) == ("http", KEY)
    assert "PRIVATE KEY" not in str(read), "engines hide it in the input that has its name"


def test_another_chain_behind_the_same_certificate_is_sent_once(life: Life) -> None:
    made = life.made(configs=[TLS])
    longer = [{**TLS, "ssl_cert": CERTIFICATE + CERTIFICATE}]

    outs, sent = life.changed(made, configs=longer)
    again, _ = life.servicer.check(life.inputs(configs=longer))

    assert sent == ["PUT /configs/#"]
    assert life.servicer.diff(made[0], outs, again).changes == NONE


@pytest.mark.parametrize("kind", ["cut", "502"])
def test_a_node_that_was_made_twice_is_there_once_in_the_end(life: Life, kind: str) -> None:
    made = life.made()
    path = f"/nodebalancers/{made[0]}/configs/*/nodes"
    life.world.api.set_faults(
        {"method": "POST", "path": path, "kind": "twice", "times": 1},
        {"method": "POST", "path": path, "kind": kind, "after_commit": True, "times": 1},
    )

    life.changed(made, configs=[{**WEB, "nodes": [ONE, TWO, THREE]}])
    life.world.api.set_faults()

    addresses = [node["address"] for node in life.ports()[80]["nodes"]]
    assert sorted(addresses) == sorted(str(each["address"]) for each in (ONE, TWO, THREE))


def test_an_update_that_breaks_off_is_finished_by_the_next(life: Life) -> None:
    id_, outs, inputs = life.made()
    news, _ = life.servicer.check(life.inputs(configs=[{**WEB, "nodes": [THREE]}]), inputs)
    life.world.api.set_faults(
        {"method": "DELETE", "path": "/nodebalancers/*/configs/*/nodes/*", "kind": "maintenance"}
    )

    with pytest.raises(Exception, match="is changed in part"):
        life.servicer.update(id_, outs, news)
    life.world.api.set_faults()
    life.servicer.update(id_, outs, news)

    assert [node["address"] for node in life.ports()[80]["nodes"]] == [THREE["address"]]


def test_nodes_are_instances_of_the_same_run_and_their_health_is_an_output(life: Life) -> None:
    unknown, failures = life.servicer.check(life.inputs(configs=[{**WEB, "nodes": [{"address": UNKNOWN}]}]))
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web", "private_ip": True,
            "image": "linode/debian13", "root_pass": "Planted-Passw0rd-7"}  # fmt: skip
    linode = life.world.call("POST", "/linode/instances", body)
    address = next(one for one in linode["ipv4"] if one.startswith("192.168."))
    id_, outs, inputs = life.made(configs=[{**WEB, "nodes": [{"address": f"{address}:80"}]}])

    def status() -> object:
        return life.servicer.read(id_, outs, inputs)[1]["status"]

    assert (failures, bool(unknown["configs"])) == ([], True)
    until(lambda: status() == {"80": {"up": 1, "down": 0, "unknown": 0}})


def test_nodes_of_a_vpc_are_reached_through_its_subnet(life: Life) -> None:
    subnets = [{"label": "s", "ipv4": "10.0.0.0/24"}]
    vpc = life.world.call("POST", "/vpcs", {"label": "net", "region": "de-fra-2", "subnets": subnets})
    subnet = vpc["subnets"][0]["id"]
    nodes = [{"address": "10.0.0.9:80", "subnet_id": str(subnet)}]
    id_, outs, inputs = life.made(vpcs=[{"subnet_id": str(subnet)}], configs=[{**WEB, "nodes": nodes}])

    again, _ = life.servicer.check(inputs, inputs)
    read = life.servicer.read(id_, outs, inputs)[2]
    imported = life.servicer.read(id_, {"owner": life.world.owner.as_props()})[2]

    assert life.servicer.diff(id_, outs, again).changes == NONE
    assert read["configs"] == inputs["configs"]
    assert imported["vpcs"] == [{"subnet_id": subnet}]


def test_how_its_range_in_a_subnet_is_chosen_recreates_nothing(life: Life) -> None:
    subnets = [{"label": each, "ipv4": f"10.0.{number}.0/24"} for number, each in enumerate("st")]
    vpc = life.world.call("POST", "/vpcs", {"label": "net", "region": "de-fra-2", "subnets": subnets})
    one, two = [Props(subnet_id=each["id"]) for each in vpc["subnets"]]
    id_, outs, inputs = life.made(vpcs=[one], configs=[])

    def replaces(vpcs: list[Props]) -> list[str]:
        news, failures = life.servicer.check(life.inputs(vpcs=vpcs, configs=[]), inputs)
        assert failures == []
        return list(life.servicer.diff(id_, outs, news).replaces)

    assert replaces([{**one, "ipv4_range_auto_assign": True}]) == []
    assert replaces([{**one, "ipv6_range": "2001:db8::/64"}]) == ["vpcs"]
    others: list[list[Props]] = [[], [two], [{**one, "ipv4_range": "10.0.0.16/30"}], [{"subnet_id": UNKNOWN}]]
    for other in others:
        assert replaces(other) == ["vpcs"]


def test_a_reserved_address_is_its_own_and_stays_when_it_goes(life: Life) -> None:
    one, two = (
        life.world.call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})["address"] for _ in "ab"
    )
    id_, outs, inputs = life.made(reserved_ipv4=one, type="premium_40gb", configs=[])
    again, _ = life.servicer.check(life.inputs(reserved_ipv4=one, type="premium_40gb", configs=[]), inputs)
    read = life.servicer.read(id_, outs, inputs)[2]
    imported = life.servicer.read(id_, {"owner": life.world.owner.as_props()})[2]
    declared, failures = life.servicer.check({**imported, "reserved_ipv4": one}, imported)
    other, wrong = life.servicer.check({**inputs, "reserved_ipv4": two}, inputs)

    [row] = life.rows("/nodebalancers")
    assert (row["ipv4"], outs["ipv4"], row["type"], read["reserved_ipv4"]) == (one, one, "premium_40gb", one)
    assert life.servicer.diff(id_, outs, again).changes == NONE
    assert ("reserved_ipv4" in imported, failures, wrong) == (False, [], [])
    assert life.servicer.diff(id_, {**outs, **imported}, declared).replaces == []
    assert list(life.servicer.diff(id_, outs, other).replaces) == ["reserved_ipv4"]
    life.servicer.delete(id_, outs)
    assert {row["address"]: row["assigned_entity"] for row in life.rows("/networking/reserved/ips")} == {
        one: None,
        two: None,
    }


def test_a_reserved_address_that_it_can_not_have_is_told_at_preview(life: Life) -> None:
    free, taken, far = (
        life.world.call("POST", "/networking/reserved/ips", {"region": region})["address"]
        for region in ("de-fra-2", "de-fra-2", "gb-lon")
    )
    holder = life.world.call("POST", "/nodebalancers", {"region": "de-fra-2", "ipv4": taken})["id"]

    def told(address: str) -> list[str]:
        return [why for _, why in life.servicer.check(life.inputs(reserved_ipv4=address))[1]]

    assert told(free) == []
    assert told(taken) == [f"{taken} is assigned to NodeBalancer {holder}. Next: use one that is free."]
    [elsewhere] = told(far)
    assert elsewhere.startswith(f"{far} is in gb-lon, and the NodeBalancer in de-fra-2.")
    [unknown] = told("203.0.113.77")
    assert unknown.startswith("203.0.113.77 is no reserved address of this account")


def test_an_import_has_its_ports_and_nodes(life: Life) -> None:
    id_, _, _ = life.made()

    _, outs, inputs = life.servicer.read(id_, {"owner": life.world.owner.as_props()})
    again, failures = life.servicer.check(inputs, inputs)

    port = list_of(inputs["configs"])[0]
    assert (port["port"], [node["address"] for node in port["nodes"]]) == (
        80,
        [ONE["address"], TWO["address"]],
    )
    assert (failures, life.servicer.diff(id_, outs, again).changes) == ([], NONE)


def test_another_region_recreates_it_with_other_addresses(life: Life) -> None:
    id_, outs, inputs = life.made()
    news, _ = life.servicer.check(life.inputs(region="gb-lon"), inputs)

    found = life.servicer.diff(id_, outs, news)

    assert (list(found.replaces), found.deleteBeforeReplace) == (["region"], True)
    assert life.servicer.effects()[-1]["destroys"] == ["addresses", "id"]
