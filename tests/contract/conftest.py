from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import Caller


@pytest.fixture(scope="module")
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture(scope="module")
def limits() -> bool:
    """Whether the API counts requests, and its answers tell of it."""
    return False


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, clock: HeldClock, limits: bool) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("contract") / "api.db", clock=clock, limits=limits) as opened:
        yield opened


@pytest.fixture(scope="module")
def version() -> str:
    """Of the API, as paths begin."""
    return "/v4"


@pytest.fixture(scope="module")
def caller(api: LocalApi, version: str) -> Iterator[Caller]:
    opened = Caller(api, api.add_token(), version)
    yield opened
    opened.close()
