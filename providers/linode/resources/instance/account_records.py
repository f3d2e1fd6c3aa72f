"""What the API reports of the things that an Instance's inputs name by id, frozen."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from providers.linode.api.records import BalancerId, Entity, Owned, Record


class Firewall(Owned):
    """Source: GET /networking/firewalls."""

    id: int
    status: str = "enabled"
    entities: tuple[Entity, ...] = ()


class Attached(Owned):
    """A volume. Source: GET /volumes."""

    linode_id: int | None = None


class ReservedAddress(Record):
    """An address that the account keeps, and what has it, if any does. Source: GET /networking/reserved/ips."""

    address: str
    region: str = ""
    linode_id: int | None = None
    nodebalancer_id: BalancerId = Field(default=None, validation_alias="assigned_entity")


class Subnet(Record):
    """A subnet, and the region of its VPC. Source: GET /vpcs."""

    id: int
    label: str = ""
    region: str | None = None
    ipv4: str | None = None


class Vpc(Record):
    """Its subnets come with it. Source: GET /vpcs."""

    region: str | None = None
    subnets: tuple[Subnet, ...]


class AccountSettings(Record):
    """Source: GET /account/settings."""

    interfaces_for_new_linodes: str | None = None


class User(Record):
    """Source: GET /account/users."""

    username: str


class FirewallSettings(Record):
    """Ids by what they guard where nothing else does. Source: GET /networking/firewalls/settings."""

    default_firewall_ids: Mapping[str, int | None]


class BackedUpDisk(Record):
    """`size` in MB."""

    size: int = 0


class Backup(Record):
    """A backup of one Linode. Source: GET /linode/instances/{linodeId}/backups."""

    id: int
    region: str = ""
    status: str = ""
    disks: tuple[BackedUpDisk, ...] = ()

    @property
    def size_mb(self) -> int:
        return sum(disk.size for disk in self.disks)


class Snapshot(Record):
    """The one that is there, and the one that is being made."""

    current: Backup | None = None
    in_progress: Backup | None = None


class Backups(Record):
    """All of one Linode: an object, not a page."""

    automatic: tuple[Backup, ...]
    snapshot: Snapshot

    def all(self) -> list[Backup]:
        manual = (self.snapshot.current, self.snapshot.in_progress)
        return [*self.automatic, *(each for each in manual if each is not None)]
