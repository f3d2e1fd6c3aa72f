"""Everything that a program declares. Loaded when it is named: a command that lists catalogs needs none of it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.linode.resources.account import Account as Account
    from providers.linode.resources.firewall import Firewall as Firewall
    from providers.linode.resources.firewall import FirewallArgs as FirewallArgs
    from providers.linode.resources.firewall import RuleArgs as RuleArgs
    from providers.linode.resources.fleet import Fleet as Fleet
    from providers.linode.resources.fleet import FleetArgs as FleetArgs
    from providers.linode.resources.instance.args import AlertsArgs as AlertsArgs
    from providers.linode.resources.instance.args import InstanceArgs as InstanceArgs
    from providers.linode.resources.instance.args import PlacementGroup as PlacementGroup
    from providers.linode.resources.instance.args import TimeoutsArgs as TimeoutsArgs
    from providers.linode.resources.instance.interfaces import InterfaceArgs as InterfaceArgs
    from providers.linode.resources.instance.resource import Instance as Instance
    from providers.linode.resources.root_password import RootPassword as RootPassword
    from providers.linode.resources.ssh_key import SSHKey as SSHKey
    from providers.linode.resources.ssh_key import SSHKeyArgs as SSHKeyArgs
    from providers.linode.resources.volume import Volume as Volume
    from providers.linode.resources.volume import VolumeArgs as VolumeArgs

_MODULES = {
    "account": "Account",
    "firewall": "Firewall FirewallArgs RuleArgs",
    "fleet": "Fleet FleetArgs",
    "instance.args": "AlertsArgs InstanceArgs PlacementGroup TimeoutsArgs",
    "instance.interfaces": "InterfaceArgs",
    "instance.resource": "Instance",
    "root_password": "RootPassword",
    "ssh_key": "SSHKey SSHKeyArgs",
    "volume": "Volume VolumeArgs",
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names.split():
            return getattr(importlib.import_module(f"{__name__}.resources.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
