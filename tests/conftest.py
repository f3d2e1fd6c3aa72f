"""What holds for every test."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001 - the hook's name for it
    """No test reads or writes the user's cache: those that are about one say where it is.

    The tests start thousands of processes, so that each shall find the project compiled.
    """
    os.environ["LINODE_CACHE"] = "off"
    for name in ("LINODE_OFFLINE", "LINODE_LOCKED", "CI", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)


# How long an example takes says more of the machine than of the code: speed belongs to `make bench`.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
