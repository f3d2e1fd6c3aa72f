from .core.forms import RuleArgs as RuleArgs, VPCRangeArgs as VPCRangeArgs
from .resources.account import Account as Account
from .resources.domain import Domain as Domain, DomainArgs as DomainArgs
from .resources.domain_record import DomainRecord as DomainRecord, DomainRecordArgs as DomainRecordArgs
from .resources.firewall import Firewall as Firewall, FirewallArgs as FirewallArgs
from .resources.fleet import Fleet as Fleet, FleetArgs as FleetArgs
from .resources.image import Image as Image, ImageArgs as ImageArgs
from .resources.instance.args import (
    AlertsArgs as AlertsArgs,
    InstanceArgs as InstanceArgs,
    PlacementArgs as PlacementArgs,
    TimeoutsArgs as TimeoutsArgs,
)
from .resources.instance.interfaces import InterfaceArgs as InterfaceArgs
from .resources.instance.resource import Instance as Instance
from .resources.ipv6_range import IPv6Range as IPv6Range, IPv6RangeArgs as IPv6RangeArgs
from .resources.nodebalancer import NodeBalancer as NodeBalancer, NodeBalancerArgs as NodeBalancerArgs
from .resources.placement_group import (
    PlacementGroup as PlacementGroup,
    PlacementGroupArgs as PlacementGroupArgs,
)
from .resources.ports import ConfigArgs as ConfigArgs, NodeArgs as NodeArgs
from .resources.reserved_ip import ReservedIP as ReservedIP, ReservedIPArgs as ReservedIPArgs
from .resources.reverse_dns import ReverseDNS as ReverseDNS, ReverseDNSArgs as ReverseDNSArgs
from .resources.root_password import RootPassword as RootPassword
from .resources.ssh_key import SSHKey as SSHKey, SSHKeyArgs as SSHKeyArgs
from .resources.stackscript import StackScript as StackScript, StackScriptArgs as StackScriptArgs
from .resources.subnet import Subnet as Subnet, SubnetArgs as SubnetArgs
from .resources.volume import Volume as Volume, VolumeArgs as VolumeArgs
from .resources.volume_attachment import (
    VolumeAttachment as VolumeAttachment,
    VolumeAttachmentArgs as VolumeAttachmentArgs,
)
from .resources.vpc import VPC as VPC, VPCArgs as VPCArgs, VPCRange4Args as VPCRange4Args
