"""What a replacement needs is looked up afresh: it deletes first, and what is kept of the catalogs may be late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.until import until

PLAN, REGION = "g6-standard-6", "de-fra-2"


class Kept(World):
    """A world whose commands keep the catalogs on disk."""

    folder: Path

    def command(self, kind: str = "Instance") -> Servicer:
        return Servicer(LinodeProvider(kind), self.config, {"LINODE_CACHE_DIR": str(self.folder)})

    def own_image(self) -> str:
        """One of the account's."""
        made = self.call("POST", "/linode/instances", {**self.inputs(), "label": "source", "owner": None})
        path = f"/linode/instances/{made['id']}"
        until(lambda: self.call("GET", path)["status"] == "running")
        disks = self.call("GET", f"{path}/disks")["data"]
        image = str(self.call("POST", "/images", {"disk_id": disks[0]["id"], "label": "base"})["id"])
        until(lambda: self.call("GET", f"/images/{image}")["status"] == "available")
        return image

    def sell(self, *, available: bool) -> None:
        body = {"region": REGION, "plan": PLAN, "available": available}
        requests.put(
            f"{self.api.url.removesuffix('/v4')}/_local/availability", json=body, timeout=10
        ).raise_for_status()


@pytest.fixture
def kept(world: World, tmp_path: Path) -> Iterator[Kept]:
    found = Kept(world.api)
    found.folder = tmp_path
    yield found
    found.sell(available=True)


def of_image(world: Kept) -> tuple[Props, Callable[[], object]]:
    image = world.own_image()
    return {"image": image}, lambda: world.call("DELETE", f"/images/{image}")


def of_plan(world: Kept) -> tuple[Props, Callable[[], object]]:
    return {"type": PLAN}, lambda: world.sell(available=False)


@pytest.mark.parametrize("asked_for", [True, False], ids=["by the engine", "by an input"])
@pytest.mark.parametrize("needs", [of_image, of_plan])
def test_what_is_gone_by_now_is_told_before_the_old_one_is_deleted(
    kept: Kept, needs: Callable[[Kept], tuple[Props, Callable[[], object]]], asked_for: bool
) -> None:
    needed, take_away = needs(kept)
    inputs = kept.inputs(**needed)
    with kept.command() as first:
        checked, failures = first.check(inputs)
        id_, outs = first.create(checked)
    take_away()
    wanted = inputs if asked_for else {**inputs, "disk_encryption": "disabled"}

    with kept.command() as second:
        news, told = second.check(wanted, checked)
        answer = second.diff(id_, outs, news)
        again = second.check(wanted)[1]
    with kept.command() as third:
        unchanged = third.check(inputs, checked)[1]

    assert (failures, told) == ([], [])
    assert list(answer.replaces) == ([] if asked_for else ["disk_encryption"])
    [name] = needed
    assert [each for each, _ in again] == [name], again
    assert unchanged == []


def test_only_a_replacement_asks_for_the_catalogs_again(kept: Kept) -> None:
    inputs = kept.inputs()
    with kept.command() as first:
        checked, _ = first.check(inputs)
        id_, outs = first.create(checked)

    def asked(wanted: Props, *, twice: bool) -> int:
        before = len(kept.seen())
        with kept.command() as command:
            news, _ = command.check(wanted, checked)
            command.diff(id_, outs, news)
            for name in ("web-1", "web-2") if twice else ():
                command.check(wanted, name=name)
        paths = ("/linode/types", "/regions", "/regions/availability", "/images")
        return sum(line.partition("?")[0].removeprefix("GET /v4") in paths for line in kept.seen()[before:])

    assert asked({**inputs, "tags": ["blue"]}, twice=False) == 0
    assert asked({**inputs, "disk_encryption": "disabled"}, twice=True) == 4
