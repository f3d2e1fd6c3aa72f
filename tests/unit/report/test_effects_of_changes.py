from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fleet.report.forms.words import effect
from fleet.report.phrases import plain
from fleet.report.read.files import Level
from tests.unit.report.making import UNKNOWN, Act, change_of, created, deleted, server, stack_of, updated

KEEPS_IT = "no longer reserved: its {} keeps it as an ordinary address while it is there"


@pytest.mark.parametrize(
    ("new", "level", "words"),
    [
        ({"label": "x"}, "none", "renamed"),
        ({"tags": ["x"]}, "none", "none"),
        ({"type": "g6-standard-2"}, "power off", "powered off, moved, booted"),
        ({"backups_enabled": True}, "billing", "backups are made from now on"),
        ({"backupsEnabled": UNKNOWN}, "unknown", "backups on or off: not known"),
        ({"rootPass": "x"}, "power off", "password reset"),
        ({"image": "linode/debian13"}, "unknown", "effect of image not known"),
        ({"interfaces": []}, "unknown", "effect of interfaces not known"),
        ({"somethingNew": 1}, "unknown", "effect of somethingNew not known"),
    ],
)
def test_without_a_word_of_its_provider_little_is_known_of_an_update(
    tmp_path: Path, new: dict[str, object], level: Level, words: str
) -> None:
    change = change_of(tmp_path, [updated("web", new)], "web")

    assert change.level == level
    assert words in plain(effect(change))


def test_backups_off_loses_data(tmp_path: Path) -> None:
    change = change_of(tmp_path, [updated("web", {"backups_enabled": False}, backups_enabled=True)], "web")

    assert change.level == "data loss"
    assert change.erased
    assert plain(effect(change)) == "all its backups are deleted for good"


def test_backups_that_were_not_there_are_no_loss(tmp_path: Path) -> None:
    act = Act(
        "update",
        "web",
        server(backups_enabled=None),
        server(backups_enabled=False),
        detailed={"backups_enabled": "add"},
    )

    assert change_of(tmp_path, [act], "web").level == "none"


def test_the_worst_effect_counts(tmp_path: Path) -> None:
    change = change_of(tmp_path, [updated("web", {"tags": ["x"], "type": "g6-standard-2"})], "web")

    assert change.level == "power off"
    assert change.off


def test_a_smaller_disk_is_told_before_the_api_refuses_it(tmp_path: Path) -> None:
    change = change_of(tmp_path, [updated("web", {"type": "g6-nanode-1"})], "web")

    assert "refused unless its disks fit in 25,600 MB" in plain(effect(change))


def test_a_deletion_takes_disks_and_backups(tmp_path: Path) -> None:
    change = change_of(tmp_path, [deleted("web", backups_enabled=True)], "web")

    assert plain(effect(change)) == "deleted with its disks and backups"


def test_a_new_server_harms_nobody(tmp_path: Path) -> None:
    assert change_of(tmp_path, [created("web")], "web").level == "none"


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("pulumi-python:dynamic/linode:RootPassword", "none"),
        ("pulumi-python:dynamic/linode:Account", "none"),
        ("linode:index/volume:Volume", "unknown"),
    ],
)
def test_what_goes_with_another_resource_is_known_of_records_only(
    tmp_path: Path, kind: str, level: Level
) -> None:
    change = change_of(tmp_path, [Act("delete", "x", {"a": 1}, kind=kind)], "x")

    assert change.level == level
    assert not change.erased


def test_a_deleted_volume_wants_a_look(tmp_path: Path) -> None:
    told = stack_of(tmp_path, [Act("delete", "x", {"a": 1}, kind="linode:index/volume:Volume")])

    assert told.verdict == "look"


@pytest.mark.parametrize(
    ("kind", "level", "words"),
    [
        ("SSHKey", "none", "deleted: servers keep the keys that they have"),
        ("Firewall", "unknown", "deleted: what stood behind it is open"),
        ("Volume", "data loss", "deleted with everything on it"),
        ("Domain", "data loss", "deleted with all its records"),
        ("DomainRecord", "unknown", "deleted: its name answers no more"),
        ("ReverseDNS", "none", "deleted: the API's own name is back"),
        ("IPv6Range", "unknown", "deleted: nothing answers at its addresses"),
        ("VPC", "none", "deleted"),
        ("Subnet", "none", "deleted"),
        ("Image", "unknown", "deleted: Linodes made from it stay as they are"),
        ("VolumeAttachment", "unknown", "detached: what is on the volume stays"),
        (
            "ReservedIP",
            "unknown",
            "given back: nobody gets it again, unless something has it, which keeps it as an ordinary one",
        ),
        ("StackScript", "none", "deleted: servers made by it stay as they are"),
        ("PlacementGroup", "none", "deleted"),
        ("NodeBalancer", "unknown", "deleted: nothing answers at its addresses"),
        ("Unheard", "unknown", "what goes with it is not known"),
    ],
)
def test_what_goes_with_a_resource_that_is_no_server(
    tmp_path: Path, kind: str, level: Level, words: str
) -> None:
    act = Act("delete", "it", {"label": "x"}, kind=f"pulumi-python:dynamic/linode:{kind}")

    change = change_of(tmp_path, [act], "it")

    assert (change.level, plain(effect(change))) == (level, words)


@pytest.mark.parametrize(
    ("inputs", "outputs", "words", "destroys"),
    [
        ({"linode_id": 0}, {}, "given back: nobody gets it again", ["addresses", "id"]),
        ({"linode_id": 98000001}, {}, KEEPS_IT.format("Linode"), ["id"]),
        ({"region": "r"}, {"nodebalancer_id": 12}, KEEPS_IT.format("NodeBalancer"), ["id"]),
        ({"linode_id": 0}, {"nodebalancer_id": 12}, KEEPS_IT.format("NodeBalancer"), ["id"]),
    ],
)
def test_a_reserved_address_that_something_has_stays_with_it(
    tmp_path: Path,
    inputs: Mapping[str, object],
    outputs: Mapping[str, object],
    words: str,
    destroys: list[str],
) -> None:
    kind = "pulumi-python:dynamic/linode:ReservedIP"
    act = Act("delete", "it", {**inputs}, kind=kind, outputs={**inputs, **outputs})

    change = change_of(tmp_path, [act], "it")

    assert (change.level, plain(effect(change)), [*change.destroys]) == ("unknown", words, destroys)
