"""Each list of the API that can be asked with a filter: its path, its attributes, and which of them the API filters on.

An attribute counts as filterable when the API's description marks it so (x-linode-filterable of
https://github.com/linode/linode-api-docs, openapi.yaml) and nothing seen contradicts that: the API refuses
others with 400 `Cannot filter on …`. What is not filterable there is done here. Deliberately left out: `ipv4` of
instances, a list whose meaning in a filter nobody has written down. Units stand in the names.
"""

from __future__ import annotations

from typing import Any

from providers.linode.api.records import Event, Linode
from providers.linode.catalogs.attributes import Flag, Moment, Number, Table, Text, Version, Word, Words
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Priced, Region


class LinodeTypes(metaclass=Table, path="/linode/types", record=LinodeType):
    """The plans. Prices are those outside the regions with a price of their own; picks know the region's."""

    id = Text[LinodeType]()
    label = Text[LinodeType](filterable=True)
    class_ = Word[LinodeType](filterable=True)
    vcpus = Number[LinodeType](filterable=True)
    memory_mb = Number[LinodeType](filterable=True)
    disk_mb = Number[LinodeType](filterable=True)
    transfer_gb = Number[LinodeType](filterable=True)
    network_out_mbps = Number[LinodeType](filterable=True)
    gpus = Number[LinodeType](filterable=True)
    accelerated_devices = Number[LinodeType](nullable=True)
    hourly_usd = Number[LinodeType]("price.hourly", nullable=True)
    monthly_usd = Number[LinodeType]("price.monthly", nullable=True)
    backups_monthly_usd = Number[LinodeType]("addons.backups.price.monthly", nullable=True)
    successor = Text[LinodeType](nullable=True)


class Regions(metaclass=Table, path="/regions", record=Region):
    """The regions. `country` is two lower-case letters; `site_type` is core or distributed."""

    id = Text[Region]()
    label = Text[Region]()
    country = Word[Region](filterable=True)
    site_type = Word[Region](filterable=True)
    status = Word[Region]()
    capabilities = Words[Region]()


class Availabilities(metaclass=Table, path="/regions/availability", record=Availability):
    """Which plan of limited supply is on sale where; a plan without a row is not thereby sold out."""

    region = Text[Availability](filterable=True)
    plan = Text[Availability](filterable=True)
    available = Flag[Availability](filterable=True)


class Images(metaclass=Table, path="/images", record=Image):
    """The public images, and with a token the account's own, which have no vendor."""

    id = Text[Image]()
    label = Text[Image](filterable=True)
    vendor = Text[Image](nullable=True, filterable=True)
    deprecated = Flag[Image](filterable=True)
    is_public = Flag[Image](filterable=True)
    size_mb = Number[Image](nullable=True, filterable=True)
    status = Word[Image](filterable=True)
    type = Word[Image](filterable=True)
    tags = Words[Image](nullable=True, filterable=True)
    capabilities = Words[Image](nullable=True)
    description = Text[Image](nullable=True)
    created_by = Text[Image](nullable=True)
    created = Moment[Image](nullable=True)
    eol = Moment[Image](nullable=True)


class Kernels(metaclass=Table, path="/linode/kernels", record=Kernel):
    """The kernels that a Linode can boot instead of its image's own."""

    id = Text[Kernel]()
    label = Text[Kernel](filterable=True)
    version = Version[Kernel](filterable=True)
    architecture = Word[Kernel](filterable=True)
    kvm = Flag[Kernel](filterable=True)
    pvops = Flag[Kernel](filterable=True)
    deprecated = Flag[Kernel](filterable=True)
    built = Moment[Kernel](nullable=True)


class Instances(metaclass=Table, path="/linode/instances", record=Linode):
    """The account's Linodes."""

    id = Number[Linode](unique=True)
    label = Text[Linode](unique=True)
    group = Text[Linode](nullable=True, filterable=True)
    region = Text[Linode](filterable=True)
    type = Text[Linode](nullable=True)
    image = Text[Linode](nullable=True, filterable=True)
    status = Word[Linode]()
    tags = Words[Linode](filterable=True)
    ipv4 = Words[Linode]()
    created = Moment[Linode]()
    placement_group_label = Text[Linode]("placement_group.label", nullable=True, filterable=True)


class Events(metaclass=Table, path="/account/events", record=Event):
    """What happened on the account in the last 90 days."""

    id = Number[Event](unique=True)
    action = Word[Event](filterable=True)
    status = Word[Event]()
    created = Moment[Event](filterable=True)
    entity_id = Number[Event]("entity.id", nullable=True, filterable=True)
    entity_type = Word[Event]("entity.type", nullable=True, filterable=True)
    read = Flag[Event](filterable=True)


class Firewalls(metaclass=Table, path="/networking/firewalls"):
    """The account's firewalls, and by another path those of one Linode. Scope firewall:read_only."""

    id = Number[Any](unique=True)
    label = Text[Any](filterable=True)
    tags = Words[Any](filterable=True)
    status = Word[Any]()


class FirewallTemplates(metaclass=Table, path="/networking/firewalls/templates"):
    """Rules to begin with: `vpc` and `public`. Of the beta API alone: `linode:url` ends with /v4beta."""

    slug = Word[Any]()


class NodeBalancers(metaclass=Table, path="/nodebalancers"):
    """The account's NodeBalancers. Scope nodebalancers:read_only."""

    id = Number[Any]()
    label = Text[Any](filterable=True)
    region = Text[Any](filterable=True)
    tags = Words[Any](filterable=True)
    ipv4 = Text[Any](filterable=True)
    hostname = Text[Any]()


class NodeBalancerConfigs(metaclass=Table, path="/nodebalancers/{nodebalancer_id}/configs"):
    """The ports of one NodeBalancer. Scope nodebalancers:read_only."""

    id = Number[Any]()
    port = Number[Any]()
    protocol = Word[Any]()


class NodeBalancerNodes(
    metaclass=Table, path="/nodebalancers/{nodebalancer_id}/configs/{nodebalancer_config_id}/nodes"
):
    """The nodes of one port of a NodeBalancer. Scope nodebalancers:read_only."""

    id = Number[Any]()
    label = Text[Any]()
    address = Text[Any]()
    status = Word[Any]()


class NodeBalancerVpcs(metaclass=Table, path="/nodebalancers/{nodebalancer_id}/vpcs"):
    """The places in VPCs of one NodeBalancer. Scope nodebalancers:read_only."""

    id = Number[Any]()
    vpc_id = Number[Any]()
    subnet_id = Number[Any]()


class NodeBalancerTypes(metaclass=Table, path="/nodebalancers/types", record=Priced):
    """What a NodeBalancer costs."""

    id = Text[Priced]()


class Domains(metaclass=Table, path="/domains"):
    """The account's domains. Scope domains:read_only."""

    id = Number[Any]()
    domain = Text[Any](filterable=True)
    type = Word[Any]()
    status = Word[Any]()
    tags = Words[Any](filterable=True)


class DomainRecords(metaclass=Table, path="/domains/{domain_id}/records"):
    """The records of one domain. Scope domains:read_only."""

    id = Number[Any]()
    type = Text[Any](filterable=True)
    name = Text[Any](filterable=True)
    target = Text[Any](filterable=True)
    tag = Word[Any](nullable=True, filterable=True)


class SshKeys(metaclass=Table, path="/profile/sshkeys"):
    """The SSH keys of the token's user. Scope account:read_only."""

    id = Number[Any]()
    label = Text[Any]()
    ssh_key = Text[Any]()


class Users(metaclass=Table, path="/account/users"):
    """The account's users. Scope account:read_only, for unrestricted users."""

    username = Text[Any](filterable=True)


class StackScripts(metaclass=Table, path="/linode/stackscripts"):
    """StackScripts: the account's own (`mine`), and everybody's public ones. Scope stackscripts:read_only."""

    id = Number[Any]()
    label = Text[Any](filterable=True)
    username = Text[Any]()
    is_public = Flag[Any](filterable=True)
    mine = Flag[Any](filterable=True)


class Vpcs(metaclass=Table, path="/vpcs"):
    """The account's VPCs, with their subnets. Scope vpc:read_only."""

    id = Number[Any](unique=True)
    label = Text[Any](filterable=True)
    region = Text[Any](filterable=True)


class Subnets(metaclass=Table, path="/vpcs/{vpc_id}/subnets"):
    """The subnets of one VPC. Scope vpc:read_only."""

    id = Number[Any](unique=True)
    label = Text[Any](filterable=True)
    ipv4 = Text[Any]()


class VpcAddresses(metaclass=Table, path="/vpcs/ips"):
    """The addresses in the account's VPCs, of Linodes and NodeBalancers. Scope ips:read_only."""

    address = Text[Any](nullable=True, filterable=True)
    region = Text[Any](filterable=True)
    vpc_id = Number[Any]()
    subnet_id = Number[Any](filterable=True)
    linode_id = Number[Any](nullable=True, filterable=True)


class Addresses(metaclass=Table, path="/networking/ips"):
    """The addresses of the account's Linodes, and those that it keeps. Scope ips:read_only."""

    address = Text[Any](filterable=True)
    type = Word[Any](filterable=True)
    region = Text[Any](filterable=True)
    rdns = Text[Any](nullable=True, filterable=True)
    public = Flag[Any]()
    linode_id = Number[Any](nullable=True)


class ReservedAddresses(metaclass=Table, path="/networking/reserved/ips"):
    """The addresses that the account keeps. Scope ips:read_only."""

    address = Text[Any](filterable=True)
    region = Text[Any](filterable=True)
    linode_id = Number[Any](nullable=True)


class ReservedAddressTypes(metaclass=Table, path="/networking/reserved/ips/types", record=Priced):
    """What a reserved address costs."""

    id = Text[Priced]()


class TransferPrices(metaclass=Table, path="/network-transfer/prices", record=Priced):
    """What a GB of traffic costs beyond what is included, an hour's price alone: of Linodes, of distributed regions."""

    id = Text[Priced]()


class Ipv6Ranges(metaclass=Table, path="/networking/ipv6/ranges"):
    """The IPv6 ranges of the account. Scope ips:read_only."""

    range = Text[Any]()
    region = Text[Any]()
    route_target = Text[Any](nullable=True)


class PlacementGroups(metaclass=Table, path="/placement/groups"):
    """The account's placement groups. Scope linodes:read_only."""

    id = Number[Any]()
    label = Text[Any](filterable=True)
    region = Text[Any](filterable=True)


class Volumes(metaclass=Table, path="/volumes"):
    """The account's volumes. Scope volumes:read_only."""

    id = Number[Any]()
    label = Text[Any](unique=True)
    region = Text[Any]()
    status = Word[Any]()
    tags = Words[Any](filterable=True)
    linode_id = Number[Any](nullable=True)


class VolumeTypes(metaclass=Table, path="/volumes/types", record=Priced):
    """What a GB of a volume costs."""

    id = Text[Priced]()
