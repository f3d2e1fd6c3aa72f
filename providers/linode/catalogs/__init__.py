"""Types, regions, images and kernels: look up, filter, pick, and say why.

    catalogs = Catalogs(client)
    region = pick_region(catalogs, RegionCriteria(continent="europe", capabilities=["Metadata"]))
    type_ = pick_type(catalogs, TypeCriteria(min_memory_mb=2048, max_monthly_usd=15), region.id)
    image = pick_image(catalogs, ImageCriteria(vendor="Debian"), today=date.today())
    print(type_.why)

client ─► lookup (rows, once) ─► records ─► picks ─► Pick or NoMatch
            ▲ names, attributes, tree: what a filter is · xfilter, endpoints: which part the API does
"""

from providers.linode.catalogs.criteria import (
    AnyImages,
    Criteria,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
)
from providers.linode.catalogs.funnel import Funnel, Step
from providers.linode.catalogs.image_picks import newest, pick_image
from providers.linode.catalogs.kernel_picks import pick_kernel
from providers.linode.catalogs.lookup import Catalogs, ListsRows
from providers.linode.catalogs.names import (
    Availabilities,
    Events,
    Images,
    Instances,
    Kernels,
    LinodeTypes,
    Regions,
)
from providers.linode.catalogs.pick import Pick
from providers.linode.catalogs.place_picks import Place, pick_place
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Price, Region
from providers.linode.catalogs.region_picks import pick_region
from providers.linode.catalogs.tree import Filter, Order
from providers.linode.catalogs.type_picks import cheapest, pick_type, smallest
from providers.linode.catalogs.xfilter import render

__all__ = [
    "AnyImages",
    "Availabilities",
    "Availability",
    "Catalogs",
    "Criteria",
    "Events",
    "Filter",
    "Funnel",
    "Image",
    "ImageCriteria",
    "Images",
    "Instances",
    "Kernel",
    "KernelCriteria",
    "Kernels",
    "LinodeType",
    "LinodeTypes",
    "ListsRows",
    "Order",
    "Pick",
    "Place",
    "Price",
    "Region",
    "RegionCriteria",
    "Regions",
    "Step",
    "TypeCriteria",
    "cheapest",
    "newest",
    "pick_image",
    "pick_kernel",
    "pick_place",
    "pick_region",
    "pick_type",
    "render",
    "smallest",
]
