"""Addresses of the catalogs: regions, plans, kernels, images, StackScripts, maintenance policies."""

from __future__ import annotations

from typing import Any

from emulators.linode_api import images, stackscripts
from emulators.linode_api.calls import Call, endpoint, nothing, one_of
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.filters import Attributes
from emulators.linode_api.limits import COLLECTION, IMAGES, STACKSCRIPTS
from emulators.linode_api.records import find
from emulators.linode_api.scopes import PUBLIC

Json = dict[str, Any]

TYPES = Attributes(
    frozenset({"class", "disk", "gpus", "label", "memory", "network_out", "transfer", "vcpus"})
)
REGIONS = Attributes(frozenset({"country", "site_type"}))
AVAILABILITY = Attributes(frozenset({"region", "plan", "available"}))
KERNELS = Attributes(frozenset({"architecture", "deprecated", "kvm", "label", "pvops", "version"}))
NO_FILTER = Attributes(frozenset())
POLICIES: tuple[Json, ...] = (
    {
        "slug": "linode/migrate",
        "label": "Migrate",
        "description": "Moves the Linode to another host while it keeps running.",
        "type": "migrate",
        "notification_period_sec": 10_800,
        "is_default": True,
    },
    {
        "slug": "linode/power_off_on",
        "label": "Power Off / Power On",
        "description": "Powers the Linode off for the time of the maintenance, then on again.",
        "type": "power_off_on",
        "notification_period_sec": 604_800,
        "is_default": False,
    },
)
READ_IMAGES, WRITE_IMAGES = "images:read_only", "images:read_write"
IMAGIZE = "images:read_write,linodes:read_only"
READ_SCRIPTS, WRITE_SCRIPTS = "stackscripts:read_only", "stackscripts:read_write"


def region_availability(call: Call) -> list[Json]:
    """A bare array, unlike every other list (API page "Get a region's availability")."""
    one_of(catalogs().region_by_id, call.name)
    return [row for row in catalogs().availability if row["region"] == call.name]


def vpc_availability(call: Call) -> Json:
    """Source: recording TestRegionsVPCAvailability_List."""
    rows = [
        {
            "region": region["id"],
            "available": "VPCs" in region["capabilities"],
            "available_ipv6_prefix_lengths": [],
        }
        for region in catalogs().regions
    ]
    return call.page(rows, NO_FILTER)


def list_images(call: Call) -> Json:
    return call.page(images.rows(call.who), images.FILTERABLE, zero_when_empty=True)


def add_image(call: Call) -> Json:
    """The answer to a POST lacks what newer lists have (recording TestInstance_Disk_ListMultiple_Primary)."""
    return images.image_row(images.create(call.account, call.body))


def change_image(call: Call) -> Json:
    own = images.require_own(call.account, call.name)
    return images.image_row(images.update(call.account, own, call.body))


def delete_image(call: Call) -> None:
    images.delete(call.account, images.require_own(call.account, call.name))


def change_script(call: Call) -> Json:
    own = find(call.account, "stackscript", call.id)
    return stackscripts.own_row(stackscripts.update(call.account, own, call.body))


def delete_script(call: Call) -> None:
    stackscripts.delete(call.account, find(call.account, "stackscript", call.id))


ENDPOINTS = (
    endpoint("GET", "/regions", PUBLIC, lambda c: c.page(catalogs().regions, REGIONS)),
    endpoint(
        "GET",
        "/regions/availability",
        PUBLIC,
        lambda c: c.page(catalogs().availability, AVAILABILITY),
        COLLECTION,
    ),
    endpoint("GET", "/regions/vpc-availability", "vpc:read_only", vpc_availability),
    endpoint("GET", "/regions/{name}/availability", PUBLIC, region_availability),
    endpoint("GET", "/regions/{name}", PUBLIC, lambda c: one_of(catalogs().region_by_id, c.name)),
    endpoint("GET", "/linode/types", PUBLIC, lambda c: c.page(catalogs().types, TYPES)),
    endpoint("GET", "/linode/types/{name}", PUBLIC, lambda c: one_of(catalogs().type_by_id, c.name)),
    endpoint("GET", "/linode/kernels", PUBLIC, lambda c: c.page(catalogs().kernels, KERNELS), COLLECTION),
    endpoint("GET", "/linode/kernels/{name}", PUBLIC, lambda c: one_of(catalogs().kernel_by_id, c.name)),
    endpoint("GET", "/maintenance/policies", PUBLIC, lambda c: c.page(POLICIES, NO_FILTER)),
    endpoint("GET", "/images", PUBLIC, list_images, IMAGES),
    endpoint("POST", "/images", IMAGIZE, add_image, grant="add_images"),
    endpoint("GET", "/images/{name}", READ_IMAGES, lambda c: images.require(c.account, c.name)),
    endpoint("PUT", "/images/{name}", WRITE_IMAGES, change_image),
    endpoint("DELETE", "/images/{name}", WRITE_IMAGES, nothing(delete_image)),
    endpoint(
        "GET",
        "/linode/stackscripts",
        READ_SCRIPTS,
        lambda c: c.page(stackscripts.rows(c.account), stackscripts.FILTERABLE),
        STACKSCRIPTS,
        COLLECTION,
    ),
    endpoint(
        "POST",
        "/linode/stackscripts",
        WRITE_SCRIPTS,
        lambda c: stackscripts.own_row(stackscripts.create(c.account, c.body)),
        grant="add_stackscripts",
    ),
    endpoint(
        "GET", "/linode/stackscripts/{id}", READ_SCRIPTS, lambda c: stackscripts.require(c.account, c.id)
    ),
    endpoint("PUT", "/linode/stackscripts/{id}", WRITE_SCRIPTS, change_script),
    endpoint("DELETE", "/linode/stackscripts/{id}", WRITE_SCRIPTS, nothing(delete_script)),
)
