"""Types, regions, images and kernels: look up, filter, pick, and say why.

    catalogs = Catalogs(client)
    region = pick_region(catalogs, RegionCriteria(continent="europe", capabilities=["Metadata"]))
    type_ = pick_type(catalogs, TypeCriteria(min_memory_mb=2048, max_monthly_usd=15), region.id)
    image = pick_image(catalogs, ImageCriteria(vendor="Debian"), today=date.today())
    print(type_.why)

settings, command line ─► criteria ─► criteria_tree ─┐
a program's own filter ─► attributes of the tables ──┴► filter ─┬► x_filter ─► the API ─┐
                                                                └► here ◄── records ◄───┴► lookup ─► funnel ─► picks
"""

from providers.linode.catalogs.attributes import Flag, Moment, Number, Table, Text, Version, Word, Words
from providers.linode.catalogs.criteria import (
    AnyImages,
    Criteria,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
)
from providers.linode.catalogs.filter import Filter, Order
from providers.linode.catalogs.funnel import Funnel, Pick, Step
from providers.linode.catalogs.lookup import Catalogs, ListsRows, find
from providers.linode.catalogs.picks import (
    Place,
    cheapest,
    known_region,
    known_type,
    newest,
    pick_image,
    pick_kernel,
    pick_place,
    pick_region,
    pick_type,
    smallest,
    unknown_names,
)
from providers.linode.catalogs.records import Availability, Image, Kernel, LinodeType, Price, Region
from providers.linode.catalogs.tables import (
    Availabilities,
    Events,
    Firewalls,
    Images,
    Instances,
    Kernels,
    LinodeTypes,
    PlacementGroups,
    Regions,
    ReservedAddresses,
    StackScripts,
    Users,
    Volumes,
    Vpcs,
)
from providers.linode.catalogs.x_filter import render

__all__ = [
    "AnyImages", "Availabilities", "Availability", "Catalogs", "Criteria", "Events", "Filter", "Firewalls",
    "Flag", "Funnel", "Image", "ImageCriteria", "Images", "Instances", "Kernel", "KernelCriteria",
    "Kernels", "LinodeType", "LinodeTypes", "ListsRows", "Moment", "Number", "Order", "Pick", "Place",
    "PlacementGroups", "Price", "Region", "RegionCriteria", "Regions", "ReservedAddresses", "StackScripts",
    "Step", "Table", "Text", "TypeCriteria", "Users", "Version", "Volumes", "Vpcs", "Word", "Words",
    "cheapest", "find", "known_region", "known_type", "newest", "pick_image", "pick_kernel", "pick_place",
    "pick_region", "pick_type", "render", "smallest", "unknown_names",
]  # fmt: skip
