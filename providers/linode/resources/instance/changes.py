"""What a change of an Instance's input takes.

About: a cold resize needs 3 to 5 minutes, a boot 25 s after a shutdown of 30 s, a rebuild as long as a create; a
migration between regions copies every disk.
"""

from __future__ import annotations

from dataclasses import replace

from providers.linode.core.effects import Takes

REBOOT = Takes("in place with one reboot", "one reboot for {causes}", "power off", (60, 60), "cycle")
OFF = Takes("in place with one power cycle", "one power cycle for {causes}", "power off", (60, 60), "cycle")
BOOTED = Takes("in place by a call of its own", "booted")
SHUT_DOWN = Takes("shut down", "shut down, and stays off", "power off")
RESIZE = Takes("in place while off (resize)", "resized in place from {old} to {new}", "power off", (180, 300))
WARM = Takes("in place with a reboot (warm resize)", "resized from {old} to {new} while it runs, then rebooted",
             "power off", (20, 60))  # fmt: skip
MIGRATE = Takes(
    "in place while off (migration), else recreated",
    "migrated from {old} to {new}, off while its disks are copied, its volumes detached", "power off",
    destroys=("addresses",),
)  # fmt: skip
MIGRATE_WITHOUT_BACKUPS = replace(MIGRATE, level="data loss", destroys=("backups", "addresses"))
"""Of one that has backups: they don't move. Source: Linode's guide on migrating to a different data center."""

REBUILD = Takes("rebuilt", "rebuilt because of {causes}", "data loss", (120, 120), destroys=("disks",))
BACKUPS_ON = Takes("in place by a call of its own", "backups turned on", "billing")
BACKUPS_OFF = Takes("in place by a call of its own", "backups turned off", "data loss", destroys=("backups",))
BY_POLICY = Takes("by a policy")


def turns_off(takes: Takes) -> bool:
    """Whether the Linode, or the one that it is replaced with, is off for it."""
    return takes.erases or (takes.level in ("power off", "data loss") and takes != BACKUPS_OFF)
