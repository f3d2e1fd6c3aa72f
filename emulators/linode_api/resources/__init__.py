"""One file per kind of resource: its row, what a request may hold, its addresses and what they do."""

from __future__ import annotations

import importlib
import pkgutil


def register() -> None:
    """Imports every kind, which puts its addresses on the list: a new file needs no other mention."""
    for module in pkgutil.walk_packages(__path__, __name__ + "."):
        importlib.import_module(module.name)
