"""final_snapshot, by the provider in its real process: one image of the last state, and no machine left off."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.until import until

DELETE_FAILS = {"kind": "maintenance", "method": "DELETE", "path": "/linode/instances/*"}
IMAGE_FAILS = {"kind": "job_fails", "method": "POST", "path": "/images", "action": "disk_imagize"}


class Imaged(World):
    """A world with a Linode that is to leave an image."""

    def images(self) -> list[Props]:
        rows: Any = self.call("GET", "/images")["data"]
        return [row for row in rows if not row["is_public"]]

    def status(self, linode_id: str) -> object:
        return self.call("GET", f"/linode/instances/{linode_id}")["status"]

    def settle(self, linode_id: str, status: str) -> None:
        until(lambda: self.status(linode_id) == status, lambda: self.status(linode_id))


@pytest.fixture
def world(api: LocalApi) -> Imaged:
    return Imaged(api)


@pytest.fixture
def made(provider: Servicer, world: Imaged) -> tuple[str, Props]:
    return provider.create(world.inputs(final_snapshot=True, timeouts={"delete": 8}))


def test_the_last_state_is_kept_as_an_image_that_names_the_linode(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    provider.delete(*made)

    [image] = world.images()
    assert (image["label"], image["status"]) == (f"web-1-final-{made[0]}", "available")
    assert world.linodes() == []


def test_of_two_images_that_a_doubled_request_has_made_one_is_kept(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    world.api.set_faults({"kind": "twice", "method": "POST", "path": "/images", "times": 1})

    provider.delete(*made)

    [image] = world.images()
    assert image["status"] == "available"


def test_a_refused_delete_boots_the_machine_again(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    world.api.set_faults(DELETE_FAILS)

    with pytest.raises(grpc.RpcError) as caught:
        provider.delete(*made)

    assert "maintenance" in str(caught.value.details())
    world.settle(made[0], "running")
    assert len(world.images()) == 1


def test_one_that_was_off_stays_off_and_its_image_is_reused(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    world.call("POST", f"/linode/instances/{made[0]}/shutdown")
    world.settle(made[0], "offline")
    world.api.set_faults(DELETE_FAILS)
    with pytest.raises(grpc.RpcError):
        provider.delete(*made)
    [kept] = world.images()
    left = world.status(made[0])
    world.api.set_faults()

    provider.delete(*made)

    assert left == "offline"
    assert [image["id"] for image in world.images()] == [kept["id"]]
    assert world.linodes() == []


def test_after_a_boot_the_image_is_made_anew_and_the_old_one_goes(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    world.api.set_faults(DELETE_FAILS)
    with pytest.raises(grpc.RpcError):
        provider.delete(*made)
    [old] = world.images()
    world.settle(made[0], "running")
    world.api.set_faults()

    provider.delete(*made)

    [new] = world.images()
    assert new["id"] != old["id"]
    assert new["status"] == "available"


def test_an_image_that_failed_is_told_and_nothing_is_deleted(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    world.api.set_faults(IMAGE_FAILS)

    with pytest.raises(grpc.RpcError) as caught:
        provider.delete(*made)
    world.api.set_faults()
    world.settle(made[0], "running")
    provider.delete(*made)

    assert f"the final image of Linode {made[0]} was not made: disk_imagize failed (event " in str(
        caught.value.details()
    )
    assert "The Linode is not deleted" in str(caught.value.details())
    assert [image["status"] for image in world.images()] == ["available"]


def test_a_lock_refuses_before_anything_is_done(
    provider: Servicer, world: Imaged, made: tuple[str, Props]
) -> None:
    world.lock(made[0])
    before = len(world.writes())

    with pytest.raises(grpc.RpcError) as caught:
        provider.delete(*made)

    assert "it has the lock cannot_delete" in str(caught.value.details())
    assert world.writes()[before:] == []
    assert world.status(made[0]) == "running"


def test_a_linode_without_a_disk_is_deleted_without_an_image(provider: Servicer, world: Imaged) -> None:
    empty = provider.create(world.inputs(image=None, root_pass=None, final_snapshot=True))

    provider.delete(*empty)

    assert (world.images(), world.linodes()) == ([], [])
