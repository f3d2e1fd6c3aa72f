from .resources.account import Account as Account
from .resources.firewall import Firewall as Firewall, FirewallArgs as FirewallArgs, RuleArgs as RuleArgs
from .resources.fleet import Fleet as Fleet, FleetArgs as FleetArgs
from .resources.instance.args import (
    AlertsArgs as AlertsArgs,
    InstanceArgs as InstanceArgs,
    PlacementGroup as PlacementGroup,
    TimeoutsArgs as TimeoutsArgs,
)
from .resources.instance.interfaces import InterfaceArgs as InterfaceArgs
from .resources.instance.resource import Instance as Instance
from .resources.root_password import RootPassword as RootPassword
from .resources.ssh_key import SSHKey as SSHKey, SSHKeyArgs as SSHKeyArgs
from .resources.subnet import Subnet as Subnet, SubnetArgs as SubnetArgs
from .resources.volume import Volume as Volume, VolumeArgs as VolumeArgs
from .resources.vpc import VPC as VPC, VPCArgs as VPCArgs
