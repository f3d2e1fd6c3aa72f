"""What holds for every test."""

from __future__ import annotations

import asyncio
import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

REAL = pytest.param("pulumi", marks=pytest.mark.all)
"""The real engine: in `make test-all` alone, but for the one story that names it without this mark."""


# How long an example takes says more of the machine than of the code: speed belongs to `make bench`. And examples
# may share a test's folder or server: they use other names in it.
HEALTHY = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
# `make test` and `make test-all` try the same examples every time, so that red is always somebody's change; new ones
# are searched for by `make fuzz`.
settings.register_profile(
    "short", deadline=None, suppress_health_check=HEALTHY, derandomize=True, max_examples=30
)
settings.register_profile("long", settings.get_profile("short"), max_examples=500)
settings.register_profile("fuzz", settings.get_profile("short"), derandomize=False, max_examples=5000)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001 - the hook's name for it
    """No test reads or writes the user's cache: those that are about one say where it is. None waits for a limit that
    its API doesn't tell of.

    The tests start thousands of processes, so that each shall find the project compiled.
    """
    os.environ |= {"LINODE_CACHE": "off", "LINODE_RATE_LIMITS": "off"}
    for name in ("LINODE_OFFLINE", "LINODE_LOCKED", "CI", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: two workers a core, as most of a test's time is waiting for other processes."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session", autouse=True)
def event_loop() -> None:
    """Pulumi's mocks ask for the thread's current loop, which Python 3.14 no longer makes by itself."""
    asyncio.set_event_loop(asyncio.new_event_loop())


@pytest.fixture(scope="session", params=["embedded", REAL])
def engine(request: pytest.FixtureRequest) -> str:
    """Either engine in turn; the real one is skipped where it is not on PATH."""
    name: str = request.param
    if name == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the real engine is not here: `pulumi` is not on PATH")
    return name


@pytest.fixture(scope="session", params=[REAL])
def real_engine(request: pytest.FixtureRequest) -> str:
    """The real engine alone, for what the embedded one does not do."""
    if shutil.which("pulumi") is None:
        pytest.skip("the real engine is not here: `pulumi` is not on PATH")
    return str(request.param)
