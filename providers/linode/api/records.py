"""What the API reports of an account, frozen. The catalogs' records stand with the catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """Fields of the API come and go: unknown ones are dropped, missing ones have a default."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Owned(Record):
    """What an account holds and a resource can be. `created` is UTC without a zone: 2026-05-04T13:37:00."""

    id: int
    label: str = ""
    tags: tuple[str, ...] = ()
    created: str = ""


class Specs(Record):
    """What a Linode's plan gives it: MB of memory and disk, GB of transfer a month."""

    disk: int = 0
    memory: int = 0
    vcpus: int = 0
    gpus: int = 0
    transfer: int = 0


class Backups(Record):
    """The backup service. `schedule` has day and window, each null until chosen."""

    enabled: bool = False
    schedule: Mapping[str, str | None] = Field(default_factory=dict)


class PlacementGroup(Record):
    """The placement group that a Linode is in."""

    id: int
    label: str = ""


class Linode(Owned):
    """One instance.

    `status` is text, so that a word that came later can be waited out.
    Source: GET /linode/instances/{linodeId}.
    """

    status: str
    type: str | None = None
    region: str
    image: str | None = None
    ipv4: tuple[str, ...] = ()
    ipv6: str | None = None
    specs: Specs = Field(default_factory=Specs)
    backups: Backups = Field(default_factory=Backups)
    host_uuid: str = ""
    watchdog_enabled: bool = True
    alerts: Mapping[str, object] = Field(default_factory=dict)
    placement_group: PlacementGroup | None = None
    disk_encryption: str | None = None
    interface_generation: str | None = None
    maintenance_policy: str | None = None
    locks: tuple[str, ...] = ()


class Entity(Record):
    """What an event is about."""

    id: int | str | None = None
    type: str = ""
    label: str | None = None


class Disk(Record):
    """A disk of a Linode. `size` in MB. Source: GET /linode/instances/{linodeId}/disks."""

    id: int
    label: str = ""
    size: int = 0
    filesystem: str = ""
    status: str = ""


class Config(Record):
    """A configuration profile: what a Linode boots. Source: GET /linode/instances/{linodeId}/configs."""

    id: int
    label: str = ""
    kernel: str = ""
    interfaces: tuple[Mapping[str, object], ...] = ()


class Event(Record):
    """Something that happened, or is happening, in an account.

    Source: GET /account/events/{eventId}.
    """

    id: int
    action: str
    status: Literal["scheduled", "started", "finished", "failed", "notification", "canceled"] | str
    percent_complete: int | None = None
    message: str | None = None
    entity: Entity | None = None
    created: str = ""


class Profile(Record):
    """The user whose token is in use. Source: GET /profile."""

    username: str = ""
    restricted: bool = False
