"""The public catalogs as they come: types, regions, availability, images, kernels.

The tables beside this file hold facts only, sorted by id; the functions expand them to the API's rows,
in the order in which the API lists them.
"""

from __future__ import annotations

from pathlib import Path

from emulators.linode_api.core import Json

Cells = dict[str, str]

FOLDER = Path(__file__).parent
BUILT = "2024-07-01T00:00:00"  # of every kernel: the day of the list, since the recordings have no real build days
DEARER_REGIONS = ("id-cgk", "br-gru")
PLANS = (  # of limited supply: the letters of a region's row of availability.tsv, in this order
    *(f"g1-gpu-rtx6000-{n}" for n in (1, 2, 3, 4)),
    *(f"g7-premium-{n}" for n in (2, 4, 8, 16, 32, 48, 50, 56, 64)),
    *(f"g1-gpu-rtx4000a-{n}" for n in (1, 2, 4, 6, 8)),
)
IMAGE_CAPABILITIES = {"c": "cloud-init", "d": "distributed-sites"}
REGION_CAPABILITIES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZab",
        [
            "Linodes", "Block Storage Encryption", "LA Disk Encryption", "Disk Encryption", "Backups",
            "NodeBalancers", "Block Storage", "Object Storage", "GPU Linodes", "Kubernetes",
            "Kubernetes Enterprise", "Cloud Firewall", "Vlans", "Block Storage Migrations", "VPCs",
            "VPC Dual Stack", "VPC IPv6 Stack", "Managed Databases", "Metadata", "Distributed Plans",
            "Premium Plans", "Placement Group", "StackScripts", "NETINT Quadra T1U", "Maintenance Policy",
            "Linode Interfaces", "ACLP Logs Datacenter LKE-E", "Custom VPC IPv4 Ranges",
        ],
        strict=True,
    )
)  # fmt: skip
MONITORS = {"L": "Linodes", "D": "Managed Databases", "N": "NodeBalancers", "O": "Object Storage"}
RESOLVERS = {"ipv4": "192.0.2.", "ipv6": "2001:db8::"}
"""Addresses of the documentation ranges: a Linode that is only played here has no network."""


def read_table(name: str) -> list[Cells]:
    """A table's rows, in the API's own order. A dash in a cell means: nothing."""
    lines = [
        line
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    names = lines[0].split("\t")
    found = [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
    return sorted(found, key=lambda cells: int(cells["order"]))


def cell(cells: Cells, name: str) -> str | None:
    return None if cells[name] == "-" else cells[name]


def type_row(cells: Cells) -> Json:
    """Memory and disk in MB, transfer in GB a month, prices in US dollars. Source: recording TestTypes_List."""
    numbers = ("memory", "disk", "transfer", "vcpus", "gpus", "network_out")
    backups = {"price": price(cells["backup"]), "region_prices": region_prices(cells, "backup:")}
    return {
        "id": cells["id"],
        "label": cells["label"],
        "price": price(cells["price"]),
        "region_prices": region_prices(cells, ""),
        "addons": {"backups": backups},
        **{name: int(cells[name]) for name in numbers},
        "class": cells["class"],
        "successor": None,
    }


def region_prices(cells: Cells, prefix: str) -> list[Json]:
    prices = [(region, cell(cells, prefix + region)) for region in DEARER_REGIONS]
    return [{"id": region, **price(text)} for region, text in prices if text]


def price(text: str) -> dict[str, float]:
    hourly, monthly = text.split("/")
    return {"hourly": float(hourly), "monthly": float(monthly)}


def region_row(cells: Cells) -> Json:
    """Source: recording TestVPC_CreateGet."""
    core = cells["site_type"] == "core"
    watched = [MONITORS[letter] for letter in cells["monitors"] if letter != "-"]
    return {
        "id": cells["id"],
        "label": cells["label"],
        "country": cells["country"],
        "capabilities": [REGION_CAPABILITIES[letter] for letter in cells["capabilities"]],
        "monitors": {"alerts": watched, "metrics": list(watched)},
        "status": "ok",
        "resolvers": {
            family: ",".join(f"{network}{host}" for host in range(5, 15 if core else 7))
            for family, network in RESOLVERS.items()
        },
        "placement_group_limits": {
            "maximum_pgs_per_customer": None if core else 0,
            "maximum_linodes_per_pg": 5 if core else 0,
            "maximum_linodes_per_flexible_pg": 250 if core else 0,
        },
        "site_type": cells["site_type"],
    }


def availability_rows() -> list[Json]:
    """One row a region and plan. A plan or region without rows is not thereby sold out.

    Source: recording TestRegionsAvailability_List.
    """
    return [
        {"region": cells["region"], "plan": plan, "available": letter == "y"}
        for cells in read_table("availability.tsv")
        for plan, letter in zip(PLANS, cells["sold"], strict=True)
    ]


def image_row(cells: Cells) -> Json:
    """Sizes in MB; `regions` of a public image is null, not an empty list.

    Source: recording ExampleListImages_all; of the dates: see the table.
    """
    eol = cell(cells, "eol")
    released = cells["released"] + "T00:00:00"
    return {
        "id": "linode/" + cells["name"],
        "label": cells["label"],
        "deprecated": cells["deprecated"] == "yes",
        "size": int(cells["size"]),
        "created": released,
        "updated": released,
        "description": "",
        "created_by": "linode",
        "type": "manual",
        "tags": [],
        "is_public": True,
        "is_shared": False,
        "vendor": cells["vendor"],
        "expiry": None,
        "eol": eol and eol + "T00:00:00",
        "regions": None,
        "status": "available",
        "capabilities": [IMAGE_CAPABILITIES[letter] for letter in cells["capabilities"] if letter != "-"],
        "image_sharing": None,
    }


def kernel_row(cells: Cells) -> Json:
    """Source: recording ExampleListKernels_all."""
    flags = cells["flags"]
    return {
        "id": "linode/" + cells["name"],
        "label": cell(cells, "label") or cells["name"],
        "version": cell(cells, "version") or "",
        "kvm": "k" in flags,
        "architecture": cells["architecture"],
        "pvops": "p" in flags,
        "deprecated": "d" in flags,
        "built": None if "n" in flags else BUILT,
    }


ROWS = {"types": type_row, "regions": region_row, "images": image_row, "kernels": kernel_row}


def by_id(name: str) -> dict[str, Json]:
    """A row that the API lists a second time (two kernels) is found by the first one, and listed where it was."""
    found: dict[str, Json] = {}
    for row in (ROWS[name](cells) for cells in read_table(f"{name}.tsv")):
        found[row["id"] if row["id"] not in found else f"{row['id']} again"] = row
    return found
