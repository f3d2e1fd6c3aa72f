"""The fixture `linode_api`, for tests of whatever talks to the Linode API. pytest finds it once it is installed.

def test_a_server_boots(linode_api):
    client = LinodeClient(linode_api.add_token("team"), base_url=linode_api.url + "/v4")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emulators.linode_api.server import LocalApi

SPEED = 1000.0
"""A boot of 45 s takes 45 ms."""


@pytest.fixture
def linode_api(tmp_path: Path) -> Iterator[LocalApi]:
    """A local API of its own, empty, on loopback, without rate limits; it ends with the test."""
    from emulators.linode_api.server import LocalApi

    with LocalApi(tmp_path / "linode.sqlite3", speed=SPEED, limits=False) as served:
        yield served
