"""Each list of the API that can be asked with a filter: its path, its attributes, and which of them the API filters on.

An attribute counts as filterable when the API's description marks it so (x-linode-filterable of
https://github.com/linode/linode-api-docs, openapi.yaml) and nothing seen contradicts that: the API refuses
others with 400 `Cannot filter on …`. What is not filterable there is done here. Deliberately left out: `ipv4` of
instances, a list whose meaning in a filter nobody has written down. Units stand in the names.
"""

from __future__ import annotations

from typing import Any

from providers.linode.api.records import Event, Linode
from providers.linode.catalogs.attributes import (
    Flag,
    Moment,
    Number,
    Table,
    Text,
    Version,
    Whole,
    Word,
    Words,
)
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Region


class LinodeTypes(
    metaclass=Table,
    path="/linode/types",
    record=LinodeType,
    filterable="class disk gpus label memory network_out transfer vcpus",
):
    """The plans. Prices are those outside the regions with a price of their own; picks know the region's."""

    id = Text[LinodeType]()
    label = Text[LinodeType]()
    class_ = Word[LinodeType]()
    vcpus = Whole[LinodeType]()
    memory_mb = Whole[LinodeType]()
    disk_mb = Whole[LinodeType]()
    transfer_gb = Whole[LinodeType]()
    network_out_mbps = Whole[LinodeType]()
    gpus = Whole[LinodeType]()
    accelerated_devices = Whole[LinodeType](nullable=True)
    hourly_usd = Number[LinodeType]("price.hourly", nullable=True)
    monthly_usd = Number[LinodeType]("price.monthly", nullable=True)
    backups_monthly_usd = Number[LinodeType]("addons.backups.price.monthly", nullable=True)
    successor = Text[LinodeType](nullable=True)


class Regions(metaclass=Table, path="/regions", record=Region, filterable="country site_type"):
    """The regions. `country` is two lower-case letters; `site_type` is core or distributed."""

    id = Text[Region]()
    label = Text[Region]()
    country = Word[Region]()
    site_type = Word[Region]()
    status = Word[Region]()
    capabilities = Words[Region]()


class Availabilities(
    metaclass=Table, path="/regions/availability", record=Availability, filterable="region plan available"
):
    """Which plan of limited supply is to be had where; a plan without a row is not thereby sold out."""

    region = Text[Availability]()
    plan = Text[Availability]()
    available = Flag[Availability]()


class Images(
    metaclass=Table,
    path="/images",
    record=Image,
    filterable="deprecated is_public label size status tags type vendor",
):
    """The public images, and with a token the account's own, which have no vendor."""

    id = Text[Image]()
    label = Text[Image]()
    vendor = Text[Image](nullable=True)
    deprecated = Flag[Image]()
    is_public = Flag[Image]()
    size_mb = Whole[Image](nullable=True)
    status = Word[Image]()
    type = Word[Image]()
    tags = Words[Image](nullable=True)
    capabilities = Words[Image](nullable=True)
    description = Text[Image](nullable=True)
    created_by = Text[Image](nullable=True)
    created = Moment[Image](nullable=True)
    eol = Moment[Image](nullable=True)


class Kernels(
    metaclass=Table,
    path="/linode/kernels",
    record=Kernel,
    filterable="architecture deprecated kvm label pvops version",
):
    """The kernels that a Linode can boot instead of its image's own."""

    id = Text[Kernel]()
    label = Text[Kernel]()
    version = Version[Kernel]()
    architecture = Word[Kernel]()
    kvm = Flag[Kernel]()
    pvops = Flag[Kernel]()
    deprecated = Flag[Kernel]()
    built = Moment[Kernel](nullable=True)


class Instances(
    metaclass=Table,
    path="/linode/instances",
    record=Linode,
    unique="id label",
    filterable="group id image label region tags placement_group.label",
):
    """The account's Linodes."""

    id = Whole[Linode]()
    label = Text[Linode]()
    group = Text[Linode](nullable=True)
    region = Text[Linode]()
    type = Text[Linode](nullable=True)
    image = Text[Linode](nullable=True)
    status = Word[Linode]()
    tags = Words[Linode]()
    ipv4 = Words[Linode]()
    created = Moment[Linode]()
    placement_group_label = Text[Linode]("placement_group.label", nullable=True)


class Events(
    metaclass=Table,
    path="/account/events",
    record=Event,
    unique="id",
    filterable="action created entity.id entity.type id read",
):
    """What happened on the account in the last 90 days."""

    id = Whole[Event]()
    action = Word[Event]()
    status = Word[Event]()
    created = Moment[Event]()
    entity_id = Whole[Event]("entity.id", nullable=True)
    entity_type = Word[Event]("entity.type", nullable=True)
    read = Flag[Event]()


class Firewalls(
    metaclass=Table, path="/networking/firewalls", filterable="id label tags created updated", unique="id"
):
    """The account's firewalls, and by another path those of one Linode. Scope firewall:read_only."""

    id = Whole[Any]()
    label = Text[Any]()
    tags = Words[Any]()
    status = Word[Any]()
    created = Moment[Any]()
    updated = Moment[Any]()


class Users(metaclass=Table, path="/account/users", filterable="username"):
    """The account's users. Scope account:read_only, for unrestricted users."""

    username = Text[Any]()
    email = Text[Any]()
    restricted = Flag[Any]()


class StackScripts(
    metaclass=Table,
    path="/linode/stackscripts",
    filterable="label description is_public mine rev_note deployments_total",
):
    """StackScripts: the account's own (`mine`), and everybody's public ones. Scope stackscripts:read_only."""

    id = Whole[Any]()
    label = Text[Any]()
    username = Text[Any]()
    description = Text[Any]()
    is_public = Flag[Any]()
    mine = Flag[Any]()
    rev_note = Text[Any]()
    deployments_total = Whole[Any]()
    images = Words[Any]()


class Vpcs(metaclass=Table, path="/vpcs", filterable="id label region created updated", unique="id"):
    """The account's VPCs, with their subnets. Scope vpc:read_only."""

    id = Whole[Any]()
    label = Text[Any]()
    region = Text[Any]()
    created = Moment[Any]()
    updated = Moment[Any]()


class ReservedAddresses(metaclass=Table, path="/networking/reserved/ips", filterable="address region"):
    """The addresses that the account keeps. Scope ips:read_only."""

    address = Text[Any]()
    region = Text[Any]()
    linode_id = Whole[Any](nullable=True)


class PlacementGroups(
    metaclass=Table, path="/placement/groups", filterable="label region placement_group_type"
):
    """The account's placement groups. Scope linodes:read_only."""

    id = Whole[Any]()
    label = Text[Any]()
    region = Text[Any]()
    placement_group_type = Text[Any]()


class Volumes(metaclass=Table, path="/volumes", filterable="label tags", unique="label"):
    """The account's volumes. Scope volumes:read_only."""

    id = Whole[Any]()
    label = Text[Any]()
    region = Text[Any]()
    status = Word[Any]()
    tags = Words[Any]()
    linode_id = Whole[Any](nullable=True)
