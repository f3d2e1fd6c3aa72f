"""What the states of Terraform and of the official Pulumi provider manage, by our kinds and ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.engine.other_states import Managed, managed_by
from providers.linode.provider import SPECS
from stacks.errors import BadSettings


def terraform(type_: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type_, "name": name, "instances": list(instances), **more}


def written(folder: Path, state: object) -> Path:
    file = folder / "theirs.json"
    file.write_text(state if isinstance(state, str) else json.dumps(state))
    return file


def known(found: list[Managed]) -> list[tuple[str, str, str]]:
    specs = [(each, each.spec(SPECS)) for each in found]
    return [(spec.kind, each.import_id(spec), each.name) for each, spec in specs if spec]


def test_terraforms_resources_are_called_as_in_its_addresses(tmp_path: Path) -> None:
    state = {
        "version": 4,
        "resources": [
            terraform(
                "linode_instance",
                "web",
                {"index_key": 0, "attributes": {"id": "7"}},
                {"index_key": 1, "attributes": {"id": "8"}},
            ),
            terraform(
                "linode_vpc_subnet",
                "inner",
                {"index_key": "eu central", "attributes": {"id": "71", "vpc_id": 5}},
                module='module.net["a"]',
            ),
            terraform("linode_rdns", "name", {"attributes": {"id": "198.51.100.7"}}),
            terraform("linode_sshkey", "ada", {"attributes": {"id": "3"}}),
            terraform("random_password", "root", {"attributes": {"id": "none"}}),
            {**terraform("linode_instance", "looked_up", {"attributes": {"id": "9"}}), "mode": "data"},
            terraform("linode_volume", "old", {"attributes": {"id": "6"}, "deposed": "1a2b"}),
        ],
    }

    found = managed_by(written(tmp_path, state))

    assert known(found) == [
        ("Instance", "7", "web-0"),
        ("Instance", "8", "web-1"),
        ("Subnet", "5/71", "net-a-inner-eu-central"),
        ("ReverseDNS", "198.51.100.7", "name"),
        ("SSHKey", "3", "ada"),
    ]


def test_a_stacks_resources_are_called_as_in_its_program(tmp_path: Path) -> None:
    def resource(type_: str, name: str, id_: str, **outputs: object) -> dict[str, object]:
        urn = f"urn:pulumi:dev::shop::linode:index:Group${type_}::{name}"
        return {"urn": urn, "custom": True, "type": type_, "id": id_, "outputs": outputs}

    resources = [
        {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "type": "pulumi:pulumi:Stack"},
        resource("linode:index/instance:Instance", "web", "7"),
        resource("linode:index/vpcSubnet:VpcSubnet", "inner", "71", vpcId=5),
        resource("linode:index/nodeBalancer:NodeBalancer", "entry", "4"),
        resource("linode:index/domainRecord:DomainRecord", "www", "21", domainId=2),
        {**resource("linode:index/volume:Volume", "going", "6"), "delete": True},
    ]

    found = managed_by(written(tmp_path, {"version": 3, "deployment": {"resources": resources}}))

    assert known(found) == [
        ("Instance", "7", "web"),
        ("Subnet", "5/71", "inner"),
        ("NodeBalancer", "4", "entry"),
        ("DomainRecord", "2/21", "www"),
    ]


def test_what_is_an_input_here_says_of_which_kind(tmp_path: Path) -> None:
    state = {"resources": [terraform("linode_nodebalancer_node", "n", {"attributes": {"id": "1"}}),
                           terraform("linode_lke_cluster", "k8s", {"attributes": {"id": "2"}})]}  # fmt: skip

    node, cluster = managed_by(written(tmp_path, state))

    assert (node.spec(SPECS), node.part_of) == (None, "NodeBalancer")
    assert (cluster.spec(SPECS), cluster.part_of) == (None, None)
    assert str(cluster) == "linode_lke_cluster.k8s"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("{", "it can't be read: it is not JSON"),
        ([], "this is no state of Terraform or Pulumi"),
        ({"resources": "x"}, "this is no state of Terraform or Pulumi"),
        ({"resources": [{"mode": "managed"}]}, "this is no state of Terraform or Pulumi"),
        ({"resources": []}, "nothing in it is of Linode"),
        ({"deployment": {}}, "nothing in it is of Linode"),
    ],
)
def test_what_is_no_such_state_is_told_in_one_line(state: object, reason: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=reason) as refused:
        managed_by(written(tmp_path, state))

    assert "Next: give what `terraform state pull` or `pulumi stack export` prints" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="No such file"):
        managed_by(tmp_path / "theirs.json")
