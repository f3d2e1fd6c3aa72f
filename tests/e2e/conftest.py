from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.checkout import Checkout


@pytest.fixture
def api(tmp_path: Path) -> Iterator[LocalApi]:
    """The local API in this process, for a `Project`."""
    with LocalApi(tmp_path / "api.sqlite3", speed=2000, limits=False) as served:
        yield served


Prepared = Callable[[str], Checkout]


@pytest.fixture
def checkout(engine: str, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the project, once for each engine."""
    made = Checkout(tmp_path, engine)
    yield made
    made.close()


@pytest.fixture(scope="session")
def prepared(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A closed checkout in which one command has run on stack local: made once, to be copied by many tests."""
    ready: dict[str, Checkout] = {}

    def after(command: str) -> Checkout:
        if command not in ready:
            made = Checkout(tmp_path_factory.mktemp(f"after-{command}"), engine)
            done = made.run(command)
            made.close()
            assert done.code == 0, done.said
            ready[command] = made
        return ready[command]

    return after


@pytest.fixture
def previewed(engine: str, prepared: Prepared, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout after the first `preview`: stack local is made, and its API runs."""
    yield from _again(tmp_path, engine, prepared("preview"))


@pytest.fixture
def deployed(engine: str, prepared: Prepared, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout after the first `up`."""
    yield from _again(tmp_path, engine, prepared("up"))


def _again(folder: Path, engine: str, like: Checkout) -> Iterator[Checkout]:
    made = Checkout(folder, engine, like)
    made.run("api")
    yield made
    made.close()
