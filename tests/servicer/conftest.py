from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Servicer
from tests.state_folder import state_with


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", limits=False) as api:
        yield api


@pytest.fixture(scope="session")
def served_held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalApi, HeldClock]]:
    clock = HeldClock()
    with LocalApi(tmp_path_factory.mktemp("held") / "api.sqlite3", limits=False, clock=clock) as api:
        yield api, clock


@pytest.fixture
def speed() -> float:
    """How many times as fast as the real API the local one is in this test."""
    return 2000.0


@pytest.fixture
def api(served: LocalApi, speed: float) -> Iterator[LocalApi]:
    served.clock.speed = speed
    yield served
    served.set_faults()


@pytest.fixture
def world(api: LocalApi) -> World:
    return World(api)


@pytest.fixture
def provider(world: World) -> Iterator[Servicer]:
    with Servicer(LinodeProvider("Instance"), world.config) as servicer:
        yield servicer


@pytest.fixture
def clock(served_held: tuple[LocalApi, HeldClock]) -> HeldClock:
    """What the local API of `held` goes by: nothing there is ever ready until the test moves it."""
    return served_held[1]


@pytest.fixture
def held(served_held: tuple[LocalApi, HeldClock]) -> World:
    return World(served_held[0])


@pytest.fixture
def held_provider(held: World) -> Iterator[Servicer]:
    with Servicer(LinodeProvider("Instance"), held.config) as servicer:
        yield servicer


@pytest.fixture
def shared(served: LocalApi, tmp_path: Path) -> Iterator[Servicer]:
    """A process that serves one resource after another, of any kind."""
    backend = {**state_with(tmp_path, stack="local"), "LINODE_CACHE_DIR": str(tmp_path / "catalogs")}
    with Servicer(LinodeProvider("Firewall"), World(served).config, backend) as servicer:
        yield servicer
