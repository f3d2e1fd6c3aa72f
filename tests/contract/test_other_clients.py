"""Walks through the local API with clients that nobody here wrote, from the package index: linode_api4, linode-cli."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import PASSWORD
from tests.until import until

pytestmark = pytest.mark.all

Json = Any
RULES = {"inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT"}
SSH = {
    "protocol": "TCP",
    "ports": "22",
    "action": "ACCEPT",
    "label": "ssh",
    "addresses": {"ipv4": ["0.0.0.0/0"]},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("clients") / "api.db", speed=1000, limits=False) as served:
        yield served


# ---- linode_api4


@pytest.fixture
def library(api: LocalApi, request: pytest.FixtureRequest) -> Any:
    """Its client, in an account of its own."""
    linode_api4 = pytest.importorskip("linode_api4")
    return linode_api4.LinodeClient(api.add_token(request.node.name), base_url=f"{api.url}/v4beta")


def test_linode_api4_reads_the_catalogs_and_filters_them(library: Any) -> None:
    from linode_api4 import Image, Region, Type

    assert {region.country for region in library.regions(Region.country == "us")} == {"us"}
    assert [one.id for one in library.linode.types(Type.label == "Nanode 1GB")] == ["g6-nanode-1"]
    assert {image.vendor for image in library.images(Image.vendor == "Debian")} == {"Debian"}
    assert len(library.linode.kernels()) > 300
    assert library.profile().restricted is False
    assert library.account.settings().network_helper in (True, False)


def test_linode_api4_makes_changes_and_deletes_a_linode(library: Any) -> None:
    from linode_api4 import Event, Instance

    linode = library.linode.instance_create(
        "g6-nanode-1", "us-ord", image="linode/debian13", root_pass=PASSWORD, label="web-1", tags=["web"]
    )
    until(lambda: library.load(Instance, linode.id).status == "running")

    found = library.linode.instances(Instance.label == "web-1")
    assert [(one.id, one.region.id, one.image.id, one.tags) for one in found] == [
        (linode.id, "us-ord", "linode/debian13", ["web"])
    ]
    assert sorted(disk.filesystem for disk in linode.disks) == ["ext4", "swap"]
    assert [config.kernel.id for config in linode.configs] == ["linode/grub2"]
    assert linode.ips.ipv4.public[0].address == linode.ipv4[0]
    linode.label, linode.tags = "web-2", ["web", "blue"]
    assert linode.save()
    assert linode.shutdown()
    until(lambda: library.load(Instance, linode.id).status == "offline")
    actions = [event.action for event in library.account.events(Event.action == "linode_shutdown")]
    assert actions == ["linode_shutdown"]
    assert [tag.label for tag in library.tags()] == ["blue", "web"]
    assert linode.delete()
    until(lambda: len(library.linode.instances()) == 0)


def test_linode_api4_makes_and_deletes_what_stands_around_a_linode(library: Any) -> None:
    volume = library.volume_create("data", region="us-ord", size=20)
    firewall = library.networking.firewall_create("guard", rules=RULES)
    vpc = library.vpcs.create("net", "us-ord", subnets=[{"label": "part", "ipv4": "10.0.0.0/24"}])
    balancer = library.nodebalancer_create("us-ord")
    domain = library.domain_create("clients.example", soa_email="ops@clients.example")
    record = domain.record_create("A", name="www", target="203.0.113.9")
    group = library.sharegroups.create_sharegroup(label="team", description="shared")

    firewall.update_rules({**RULES, "inbound": [SSH]})
    config = balancer.config_create(port=80)
    volume.resize(30)
    record.target = "203.0.113.10"

    assert record.save()
    assert [rule["label"] for rule in firewall.get_rules()["inbound"]] == ["ssh"]
    assert [subnet.ipv4 for subnet in vpc.subnets] == ["10.0.0.0/24"]
    assert [one.port for one in balancer.configs] == [80]
    assert library.volumes()[0].size == 30
    assert [one.id for one in library.sharegroups()] == [group.id]
    for thing in (config, balancer, record, domain, volume, firewall, group, vpc.subnets[0], vpc):
        assert thing.delete()


# ---- linode-cli


@pytest.fixture
def cli(api: LocalApi, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., list[Json]]:
    """Runs `linode-cli` in an account of its own; the rows that it prints as JSON."""
    if importlib.util.find_spec("linodecli") is None:  # an import would ask for a token
        pytest.skip("linode-cli is not installed")
    environment = {
        "LINODE_CLI_TOKEN": api.add_token(request.node.name),
        "LINODE_CLI_API_SCHEME": "http",
        "LINODE_CLI_API_HOST": api.url.removeprefix("http://"),
        "LINODE_CLI_API_VERSION": "v4beta",
        "HOME": str(tmp_path),
        "PATH": str(Path(sys.executable).parent),
    }

    def run(*words: object) -> list[Json]:
        command = [
            sys.executable,
            "-m",
            "linodecli",
            *map(str, words),
            "--json",
            "--no-defaults",
            "--suppress-warnings",
        ]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return list(json.loads(done.stdout)) if done.stdout.strip() else []

    return run


def test_linode_cli_reads_the_catalogs(cli: Callable[..., list[Json]]) -> None:
    assert "us-ord" in [region["id"] for region in cli("regions", "list")]
    assert [plan["id"] for plan in cli("linodes", "types", "--label", "Nanode 1GB")] == ["g6-nanode-1"]
    assert cli("images", "view", "linode/debian13")[0]["vendor"] == "Debian"
    assert cli("kernels", "view", "linode/grub2")[0]["id"] == "linode/grub2"


def test_linode_cli_makes_changes_and_deletes_a_linode(cli: Callable[..., list[Json]]) -> None:
    wish = [
        "--type",
        "g6-nanode-1",
        "--region",
        "us-ord",
        "--image",
        "linode/debian13",
        "--root_pass",
        PASSWORD,
    ]
    [linode] = cli("linodes", "create", *wish, "--label", "cli-1", "--tags", "web")
    until(lambda: cli("linodes", "view", linode["id"])[0]["status"] == "running")

    assert [one["id"] for one in cli("linodes", "list", "--label", "cli-1")] == [linode["id"]]
    assert cli("linodes", "update", linode["id"], "--label", "cli-2")[0]["label"] == "cli-2"
    assert len(cli("linodes", "disks-list", linode["id"])) == 2
    assert len(cli("linodes", "configs-list", linode["id"])) == 1
    cli("linodes", "shutdown", linode["id"])
    until(lambda: cli("linodes", "view", linode["id"])[0]["status"] == "offline")
    assert "linode_shutdown" in [event["action"] for event in cli("events", "list")]
    cli("linodes", "delete", linode["id"])
    until(lambda: cli("linodes", "list") == [])


def test_linode_cli_makes_and_deletes_what_stands_around_a_linode(cli: Callable[..., list[Json]]) -> None:
    [volume] = cli("volumes", "create", "--label", "data", "--region", "us-ord", "--size", 20)
    policies = ["--rules.inbound_policy", "DROP", "--rules.outbound_policy", "ACCEPT"]
    [firewall] = cli("firewalls", "create", "--label", "guard", *policies)
    [domain] = cli(
        "domains", "create", "--type", "master", "--domain", "cli.example", "--soa_email", "ops@cli.example"
    )
    [record] = cli(
        "domains", "records-create", domain["id"], "--type", "A", "--name", "www", "--target", "203.0.113.9"
    )
    [vpc] = cli("vpcs", "create", "--label", "net", "--region", "us-ord")
    [balancer] = cli("nodebalancers", "create", "--region", "us-ord")

    assert cli("volumes", "resize", volume["id"], "--size", 30)[0]["size"] == 30
    assert [one["id"] for one in cli("domains", "records-list", domain["id"])] == [record["id"]]
    assert [one["label"] for one in cli("firewalls", "list")] == ["guard"]
    for kind, thing in (
        ("nodebalancers", balancer),
        ("vpcs", vpc),
        ("domains", domain),
        ("firewalls", firewall),
    ):
        cli(kind, "delete", thing["id"])
    cli("volumes", "delete", volume["id"])
    assert cli("volumes", "list") == []
