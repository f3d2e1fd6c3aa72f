"""What the API reports of an account, frozen. The catalogs' records stand with the catalogs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from typing_extensions import Self

from providers.linode.api.errors import ApiUnreachable

PRIVATE_NETWORK = ip_network("192.168.128.0/17")
"""Where the private addresses of Linodes lie. Source: POST /linode/instances, private_ip."""


def is_private(address: str) -> bool:
    return ip_address(address) in PRIVATE_NETWORK


class Record(BaseModel):
    """Fields of the API come and go: unknown ones are dropped, missing ones have a default."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    @classmethod
    def read(cls, answer: object) -> Self:
        """The record in an answer. Raises ApiUnreachable for what has another shape: nobody knows what it means."""
        try:
            return cls.model_validate(answer)
        except ValidationError as error:
            wrong = ", ".join(sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]}))
            raise ApiUnreachable(
                f"the API's answer is no {cls.__name__}"
                + (f": {wrong} is missing or odd" if wrong else "")
                + ". Next: try again; if it stays so, check LINODE_URL or linode:url.",
                did_nothing=False,
            ) from None


class Numbered(Record):
    """What the API knows by a number, whatever else it is."""

    id: int


Address = Annotated[str, AfterValidator(lambda text: str(ip_address(text)))]
"""What an IP address is known by, instead of a number."""


def from_rows(key: str, counts: Callable[[Mapping[str, object]], bool] = lambda _: True) -> BeforeValidator:
    """For Annotated: one key of a list's maps, of those that count."""

    def read(rows: object) -> list[object]:
        found = (row for row in rows if isinstance(row, Mapping)) if isinstance(rows, list) else ()
        return [row.get(key) for row in found if counts(row)]

    return BeforeValidator(read)


class Owned(Record):
    """What an account holds and a resource can be. `created` is UTC without a zone: 2026-05-04T13:37:00."""

    id: int | Address
    label: str = ""
    tags: tuple[str, ...] = ()
    created: str = ""

    @property
    def inside(self) -> Mapping[str, frozenset[int]]:
        """The ids of what is in it, by kind."""
        return {}

    @property
    def linodes_inside(self) -> frozenset[int]:
        return self.inside.get("Instance", frozenset())

    def __str__(self) -> str:
        """`123 (web-1)`; what has no label but its id by that alone."""
        return f"{self.id}" + (f" ({self.label})" if self.label not in ("", str(self.id)) else "")


class SharedAddress(Record):
    address: Address


class AddressesByUse(Record):
    shared: tuple[SharedAddress, ...] = ()


class Addresses(Record):
    """Those of one Linode. Source: GET /linode/instances/{linodeId}/ips."""

    ipv4: AddressesByUse


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


class Linode(Owned):
    """One instance.

    `status` is text, so that a word that came later can be waited out.
    Source: GET /linode/instances/{linodeId}.
    """

    id: int
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
    placement_group: Numbered | None = None
    disk_encryption: str | None = None
    interface_generation: str | None = None
    maintenance_policy: str | None = None
    locks: tuple[str, ...] = ()


class Entity(Record):
    """What an event is about."""

    id: int | str | None = None
    type: str = ""
    label: str | None = None


def _id_of_balancer(entity: object) -> object:
    if isinstance(entity, Mapping) and entity.get("type") == "nodebalancer":
        return entity.get("id")
    return None


BalancerId = Annotated[int | None, BeforeValidator(_id_of_balancer)]
"""The NodeBalancer that an `assigned_entity` is, if it is one: of Linodes the API tells by `linode_id`, too."""


class Device(Record):
    """What is behind a firewall. Source: GET /networking/firewalls/{firewallId}/devices."""

    id: int
    entity: Entity

    def is_of(self, types: Sequence[str], entity_id: int) -> bool:
        return self.entity.type in types and self.entity.id == entity_id


INTERFACE_DEVICE = ("linode_interface", "interface")
"""The type of a device that is an interface: what the API answers, and what its description says."""


class Disk(Record):
    """A disk of a Linode. `size` in MB. Source: GET /linode/instances/{linodeId}/disks."""

    id: int
    label: str = ""
    size: int
    filesystem: str
    status: str = ""


class Config(Record):
    """A configuration profile: what a Linode boots. Source: GET /linode/instances/{linodeId}/configs."""

    id: int
    label: str = ""
    kernel: str
    helpers: Mapping[str, object]
    interfaces: tuple[Mapping[str, object], ...]


class Interface(Numbered):
    """An interface of the `linode` generation, with all that it says of itself."""

    model_config = ConfigDict(extra="allow")


class Interfaces(Record):
    """Source: GET /linode/instances/{linodeId}/interfaces."""

    interfaces: tuple[Interface, ...]


class InterfaceSettings(Record):
    """Source: GET /linode/instances/{linodeId}/interfaces/settings."""

    network_helper: bool


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


class Account(Record):
    """Source: GET /account."""

    euuid: str


class Profile(Record):
    """The user whose token is in use. Source: GET /profile."""

    username: str = ""
    restricted: bool = False
