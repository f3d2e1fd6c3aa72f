from .attributes import (
    Flag as Flag,
    Moment as Moment,
    Number as Number,
    Table as Table,
    Text as Text,
    Version as Version,
    Word as Word,
    Words as Words,
)
from .criteria import (
    AnyImages as AnyImages,
    Criteria as Criteria,
    ImageCriteria as ImageCriteria,
    KernelCriteria as KernelCriteria,
    RegionCriteria as RegionCriteria,
    TypeCriteria as TypeCriteria,
)
from .filter import (
    Filter as Filter,
    Order as Order,
)
from .funnel import (
    Funnel as Funnel,
    Pick as Pick,
    Step as Step,
)
from .lookup import (
    Catalogs as Catalogs,
    ListsRows as ListsRows,
    find as find,
)
from .picks import (
    Place as Place,
    cheapest as cheapest,
    known_region as known_region,
    known_type as known_type,
    newest as newest,
    pick_image as pick_image,
    pick_kernel as pick_kernel,
    pick_place as pick_place,
    pick_region as pick_region,
    pick_type as pick_type,
    smallest as smallest,
    unknown_names as unknown_names,
)
from .records import (
    Availability as Availability,
    Image as Image,
    Kernel as Kernel,
    LinodeType as LinodeType,
    Price as Price,
    Priced as Priced,
    Region as Region,
)
from .tables import (
    Addresses as Addresses,
    Availabilities as Availabilities,
    DomainRecords as DomainRecords,
    Domains as Domains,
    Events as Events,
    Firewalls as Firewalls,
    FirewallTemplates as FirewallTemplates,
    Images as Images,
    Instances as Instances,
    Ipv6Ranges as Ipv6Ranges,
    Kernels as Kernels,
    LinodeTypes as LinodeTypes,
    NodeBalancerConfigs as NodeBalancerConfigs,
    NodeBalancerNodes as NodeBalancerNodes,
    NodeBalancers as NodeBalancers,
    NodeBalancerTypes as NodeBalancerTypes,
    NodeBalancerVpcs as NodeBalancerVpcs,
    PlacementGroups as PlacementGroups,
    Regions as Regions,
    ReservedAddresses as ReservedAddresses,
    ReservedAddressTypes as ReservedAddressTypes,
    SshKeys as SshKeys,
    StackScripts as StackScripts,
    Subnets as Subnets,
    TransferPrices as TransferPrices,
    Users as Users,
    Volumes as Volumes,
    VolumeTypes as VolumeTypes,
    VpcAddresses as VpcAddresses,
    Vpcs as Vpcs,
)
from .x_filter import (
    render as render,
)

__all__: list[str]
