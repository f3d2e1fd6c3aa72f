"""The sub-commands of `python -m providers.linode`, a module each (or a few that belong together).

    types regions images kernels   tables of the catalogs        listing: the options and outputs they share
    repin pins                     the pins of a stack           asking: whom to ask, with which token
    import                         Linodes that are there already
    completion                     for the shell

A new one is a click command in a module of its own, and a line in COMMANDS.
"""

from __future__ import annotations

import click

from providers.linode.commands.completion import completion
from providers.linode.commands.images import images
from providers.linode.commands.import_linodes import import_linodes
from providers.linode.commands.kernels import kernels
from providers.linode.commands.pins import pins, repin
from providers.linode.commands.regions import regions
from providers.linode.commands.types import types

COMMANDS: tuple[click.Command, ...] = (
    types,
    regions,
    images,
    kernels,
    repin,
    pins,
    import_linodes,
    completion,
)
