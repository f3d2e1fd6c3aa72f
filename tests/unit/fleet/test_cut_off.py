from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleet.engine.cut_off import settle
from providers.linode.api.records import Linode
from providers.linode.core.spec import Spec
from providers.linode.resources.instance.spec import SPEC

Json = dict[str, Any]

TYPE = "pulumi-python:dynamic/linode:Instance"
URN = f"urn:pulumi:dev::fleet::{TYPE}::web-1"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
INPUTS = {"label": "web-1", "type": "g6-nanode-1", "root_pass": SECRET, "__provider": "blob"}
MADE = Linode(id=7, label="web-1", status="provisioning", region="de-fra-2", ipv4=("192.0.2.1",))


def entry(urn: str = URN, **more: object) -> Json:
    return {"urn": urn, "custom": True, "type": TYPE, "inputs": INPUTS, **more}


class Account:
    """An account that holds one Linode, or none."""

    def __init__(self, linode: Linode | None) -> None:
        self.linode = linode

    def made(
        self, spec: Spec[Any, Any], inputs: Mapping[str, object], in_state: frozenset[str]
    ) -> Linode | None:
        assert spec is SPEC
        known = self.linode is not None and str(self.linode.id) in in_state
        return None if known or inputs["label"] != "web-1" else self.linode

    def stays(self, spec: Spec[Any, Any], inputs: Mapping[str, object], id_: str) -> bool:
        assert spec is SPEC
        return self.linode is not None and (inputs["label"], str(self.linode.id)) == ("web-1", id_)


def settled(
    resources: list[Json], kind: str, pending: Json, linode: Linode | None
) -> tuple[list[Json], list[str]]:
    deployment = {"resources": resources, "pending_operations": [{"type": kind, "resource": pending}]}
    after, said = settle(deployment, Account(linode))
    assert "pending_operations" not in after
    return after["resources"], said


def test_a_linode_that_was_made_enters_the_state_to_be_finished() -> None:
    other = entry("urn:other", id="1")

    after, said = settled([other], "creating", entry(parent="urn:p", dependencies=["urn:other"]), MADE)

    assert after[0] == other
    assert after[1]["id"] == "7"
    assert after[1]["dependencies"] == ["urn:other"]
    assert after[1]["outputs"]["ready"] is False
    assert after[1]["outputs"]["public_ipv4"] == "192.0.2.1"
    assert after[1]["outputs"]["root_pass"] == SECRET
    assert after[1]["outputs"]["__provider"] == "blob"
    assert "cut off" in after[1]["initErrors"][0]
    assert "Linode 7" in said[0]


def test_a_linode_that_was_not_made_is_forgotten() -> None:
    after, said = settled([], "creating", entry(), None)

    assert after == []
    assert "no Linode was made" in said[0]


def test_what_was_adopted_is_not_said_to_be_made() -> None:
    adopting = {**entry(), "inputs": {**INPUTS, "adopt": 7}}

    after, said = settled([], "creating", adopting, MADE)
    _, nothing = settled([], "creating", adopting, None)
    _, replaced = settled([entry(id="5", pendingReplacement=True)], "creating", adopting, MADE)

    assert "Linode 7 was adopted by a run" in after[0]["initErrors"][0]
    assert "Linode 7 (web-1) was adopted and is in the state now" in said[0]
    assert "no Linode was adopted" in nothing[0]
    assert "was made" in replaced[0], "what replaces an adopted one is new"


def test_one_that_the_state_has_already_is_not_said_to_be_unmade() -> None:
    after, said = settled([entry(id="7")], "creating", entry(), None)

    assert [item["id"] for item in after] == ["7"]
    assert "the state has Linode 7 already" in said[0]


def test_a_new_one_takes_the_place_of_what_was_deleted_before_it() -> None:
    dependant = entry("urn:dependant", id="2", dependencies=[URN])

    after, _ = settled([entry(id="5", pendingReplacement=True), dependant], "creating", entry(), MADE)

    assert [item["id"] for item in after] == ["7", "2"]
    assert "pendingReplacement" not in after[0]


def test_what_was_to_be_replaced_afterwards_is_marked_for_deletion() -> None:
    after, _ = settled([entry(id="5")], "creating", entry(), MADE)

    assert [(item["id"], item.get("delete", False)) for item in after] == [("7", False), ("5", True)]


def test_an_update_that_was_cut_off_is_to_be_done_again() -> None:
    after, said = settled([entry(id="7")], "updating", entry(id="7"), None)

    assert after[0]["outputs"]["ready"] is False  # so that it is compared with what is there
    assert "cut off" in after[0]["initErrors"][0]
    assert "update" in said[0]


def test_a_delete_that_did_nothing_stays_to_be_done() -> None:
    after, _ = settled([entry(id="7")], "deleting", entry(id="7"), MADE)

    assert after == [entry(id="7")]


def test_what_was_deleted_leaves_the_state_with_all_that_refers_to_it() -> None:
    dependant = entry(
        "urn:other",
        id="8",
        parent=URN,
        deletedWith=URN,
        dependencies=[URN, "urn:x"],
        propertyDependencies={"a": [URN], "b": [URN, "urn:x"], "c": None},
    )

    after, said = settled(
        [entry(id="7", parent="urn:p"), dependant], "deleting", entry(id="7", parent="urn:p"), None
    )

    assert after == [
        entry("urn:other", id="8", parent="urn:p", dependencies=["urn:x"],
              propertyDependencies={"b": ["urn:x"], "c": []})
    ]  # fmt: skip
    assert "Linode 7 is deleted" in said[0]


def test_what_makes_nothing_in_the_account_is_simply_done_again() -> None:
    password = {"urn": "urn:x::root", "type": "pulumi-python:dynamic/linode:RootPassword", "custom": True}

    after, said = settled([], "creating", password, None)

    assert (after, said) == ([], [])


def test_a_stranger_that_may_be_there_is_told() -> None:
    bucket = {"urn": "urn:x::files", "type": "aws:s3:Bucket", "custom": True}

    _, said = settled([], "creating", bucket, None)

    assert "files" in said[0]
    assert "check whether it is there" in said[0]
