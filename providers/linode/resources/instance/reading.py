"""What is there now: one list for all instances of a refresh, and details only where they are declared."""

from __future__ import annotations

from collections.abc import Mapping

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import NotFound
from providers.linode.api.records import Linode
from providers.linode.core.runtime import Session
from providers.linode.resources.instance import interface_firewalls, interfaces
from providers.linode.resources.instance.inputs import as_reported
from providers.linode.resources.instance.outputs import is_private

Props = Mapping[str, object]


ALWAYS_SHOWN = ("type", "region", "image", "label", "tags", "backups_enabled", "watchdog_enabled")
"""What a Linode that is only read, and so declares nothing, is shown with."""


def find(session: Session, linode_id: str) -> Linode | None:
    """The instance, None if it is gone: missing from the list, and its own address answers 404.

    The list may be a moment old, so it alone never makes an instance gone.
    """
    listed = session.linode_listed(linode_id)
    if listed is not None:
        return listed
    try:
        return session.client.linode(linode_id)
    except NotFound:
        return None


def seen_inputs(session: Session, linode: Linode, declared: Props) -> dict[str, object]:
    """The declared inputs as the API reports them; a call of its own only for what is declared."""
    client, found = session.client, as_reported(declared, linode)
    if "firewall_id" in declared:
        firewalls = client.firewall_ids(linode.id)
        found["firewall_id"] = firewalls[0] if firewalls else None
    if "swap_size" in declared:
        found["swap_size"] = sum(disk.size for disk in client.disks(linode.id) if disk.filesystem == "swap")
    if "kernel" in declared or "interfaces" in declared:
        found |= _configuration(client, linode, declared)
    if "private_ip" in declared:
        found["private_ip"] = any(map(is_private, linode.ipv4))
    if "booted" in declared and linode.status in ("running", "offline"):
        found["booted"] = linode.status == "running"
    return {key: value for key, value in found.items() if value is not None}


def _configuration(client: LinodeClient, linode: Linode, declared: Props) -> dict[str, object]:
    """Kernel and interfaces, of the configuration profile that it boots, or of the Linode itself."""
    label = declared.get("boot_config_label")
    config = next((config for config in client.configs(linode.id) if label in (None, config.label)), None)
    found: dict[str, object] = {}
    if "kernel" in declared and config is not None:
        found["kernel"] = config.kernel
    wanted = declared.get("interfaces")
    if isinstance(wanted, list) and linode.interface_generation == "linode":
        there = client.interfaces(linode.id)
        firewalls = interface_firewalls.seen(client, linode.id, there, wanted)
        found["interfaces"] = interfaces.seen_linode(there, wanted, firewalls)
    elif isinstance(wanted, list):
        found["interfaces"] = interfaces.seen_legacy(config.interfaces if config else (), wanted)
    return found
