from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout


@pytest.fixture
def checkout(engine: str, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the project, once for each engine."""
    made = Checkout(tmp_path, engine)
    yield made
    made.close()
