"""The attributes of each catalog that a filter can name; what is not filterable in the API is done here.

Units stand in the names. Source: the list operations of the Linode API v4.
"""

from __future__ import annotations

from providers.linode.api.records import Event, Linode
from providers.linode.catalogs.attributes import (
    Catalog,
    Flag,
    Moment,
    Number,
    Text,
    Version,
    Whole,
    Word,
    Words,
)
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Region


class LinodeTypes(metaclass=Catalog):
    """The plans. Prices are those outside the regions with a price of their own; picks know the region's."""

    id = Text[LinodeType]()
    label = Text[LinodeType]()
    class_ = Word[LinodeType]("class")
    vcpus = Whole[LinodeType]()
    memory_mb = Whole[LinodeType]("memory")
    disk_mb = Whole[LinodeType]("disk")
    transfer_gb = Whole[LinodeType]("transfer")
    network_out_mbps = Whole[LinodeType]("network_out")
    gpus = Whole[LinodeType]()
    accelerated_devices = Whole[LinodeType](nullable=True)
    hourly_usd = Number[LinodeType]("price.hourly", nullable=True)
    monthly_usd = Number[LinodeType]("price.monthly", nullable=True)
    backups_monthly_usd = Number[LinodeType]("addons.backups.price.monthly", nullable=True)
    successor = Text[LinodeType](nullable=True)


class Regions(metaclass=Catalog):
    """The places. `country` is two lower-case letters; `site_type` is core or distributed."""

    id = Text[Region]()
    label = Text[Region]()
    country = Word[Region]()
    site_type = Word[Region](nullable=True)
    status = Word[Region]()
    capabilities = Words[Region]()


class Availabilities(metaclass=Catalog):
    """Which plan of limited supply is to be had where; a plan without a row is not thereby sold out."""

    region = Text[Availability]()
    plan = Text[Availability]()
    available = Flag[Availability]()


class Images(metaclass=Catalog):
    """The public images, and with a token the account's own, which have no vendor."""

    id = Text[Image]()
    label = Text[Image]()
    vendor = Text[Image](nullable=True)
    deprecated = Flag[Image]()
    is_public = Flag[Image]()
    size_mb = Whole[Image]("size", nullable=True)
    status = Word[Image]()
    type = Word[Image]()
    tags = Words[Image](nullable=True)
    capabilities = Words[Image](nullable=True)
    description = Text[Image](nullable=True)
    created_by = Text[Image](nullable=True)
    created = Moment[Image](nullable=True)
    eol = Moment[Image](nullable=True)


class Kernels(metaclass=Catalog):
    """The kernels that a Linode can boot instead of its image's own."""

    id = Text[Kernel]()
    label = Text[Kernel]()
    version = Version[Kernel]()
    architecture = Word[Kernel]()
    kvm = Flag[Kernel]()
    pvops = Flag[Kernel]()
    deprecated = Flag[Kernel]()
    built = Moment[Kernel](nullable=True)


class Instances(metaclass=Catalog):
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


class Events(metaclass=Catalog):
    """What happened on the account in the last 90 days."""

    id = Whole[Event]()
    action = Word[Event]()
    status = Word[Event]()
    created = Moment[Event]()
    entity_id = Whole[Event]("entity.id", nullable=True)
    entity_type = Word[Event]("entity.type", nullable=True)
    read = Flag[Event]()
