from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import Caller

NUMBERS = count(1)


@pytest.fixture(scope="session")
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, clock: HeldClock) -> Iterator[LocalApi]:
    path: Path = tmp_path_factory.mktemp("local-api") / "api.db"
    with LocalApi(path, limits=False, clock=clock) as api:
        yield api


@pytest.fixture
def api(served: LocalApi) -> Iterator[LocalApi]:
    yield served
    served.set_faults()


@pytest.fixture
def account() -> str:
    return f"account-{next(NUMBERS)}"


@pytest.fixture
def caller(api: LocalApi, account: str) -> Iterator[Caller]:
    opened = Caller(api, api.add_token(account))
    yield opened
    opened.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalApi]:
    """A server of the test's own, whose time and catalogs it may change."""
    with LocalApi(tmp_path / "api.db", clock=HeldClock(), limits=False) as opened:
        yield opened


@pytest.fixture
def local(own: LocalApi) -> Iterator[Caller]:
    opened = Caller(own, own.add_token())
    yield opened
    opened.close()
