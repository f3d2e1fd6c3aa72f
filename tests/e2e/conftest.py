from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ENGINES, Checkout, skip_without


@pytest.fixture(params=ENGINES)
def checkout(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the project, once for each engine."""
    skip_without(request.param)
    made = Checkout(tmp_path, request.param)
    yield made
    made.close()
