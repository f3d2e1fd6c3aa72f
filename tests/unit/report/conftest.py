from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.report.fake_hosts import FakeHost, Kind, serving


@pytest.fixture(params=["github", "gitlab"])
def fake(request: pytest.FixtureRequest) -> Iterator[FakeHost]:
    kind: Kind = request.param
    with serving(kind) as host:
        yield host
