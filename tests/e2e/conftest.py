from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.checkout import Checkout

EVERY_DAY = (
    "test_main_job",
    "test_make",
    "test_import",
    "test_interrupted",
    "test_custom_timeouts",
    "test_instance_inputs",
    "test_bucket_backend",
)
"""Of the files here those that are in `make test`, beside the embedded engine's own: the others, most of which run a
whole copy of the project for each test, take longer than all else together, and belong to `make test-all`.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        is_here = item.path.parent == Path(__file__).parent
        if is_here and not item.path.stem.startswith((*EVERY_DAY, "test_engine_")):
            item.add_marker(pytest.mark.all)


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
