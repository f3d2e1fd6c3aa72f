"""Everything that a program declares. Loaded when it is named: a command that lists catalogs needs none of it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.linode.resources.account import Account
    from providers.linode.resources.firewall import Firewall, FirewallArgs
    from providers.linode.resources.fleet import Fleet, FleetArgs
    from providers.linode.resources.instance.args import InstanceArgs
    from providers.linode.resources.instance.resource import Instance
    from providers.linode.resources.root_password import RootPassword
    from providers.linode.resources.ssh_key import SSHKey, SSHKeyArgs

__all__ = [
    "Account",
    "Firewall",
    "FirewallArgs",
    "Fleet",
    "FleetArgs",
    "Instance",
    "InstanceArgs",
    "RootPassword",
    "SSHKey",
    "SSHKeyArgs",
]

_PLACES = {
    "Account": "account",
    "Firewall": "firewall",
    "FirewallArgs": "firewall",
    "Fleet": "fleet",
    "FleetArgs": "fleet",
    "Instance": "instance.resource",
    "InstanceArgs": "instance.args",
    "RootPassword": "root_password",
    "SSHKey": "ssh_key",
    "SSHKeyArgs": "ssh_key",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.resources.{_PLACES[name]}"), name)
