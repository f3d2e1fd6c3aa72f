"""Small catalogs in the API's shape, and a client that hands out rows and notes what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.linode.catalogs import Catalogs

Row = dict[str, object]


def type_row(type_id: str, memory: int, monthly: float, **more: object) -> Row:
    row: Row = {
        "id": type_id, "label": type_id, "class": "standard", "vcpus": 1, "memory": memory, "disk": memory * 25,
        "transfer": 1000, "network_out": 1000, "gpus": 0, "successor": None,
        "price": {"hourly": monthly / 730, "monthly": monthly}, "region_prices": [],
        "addons": {"backups": {"price": {"hourly": 0.003, "monthly": 2.0}, "region_prices": []}},
    }  # fmt: skip
    return {**row, **more}


def region_row(region_id: str, country: str, *capabilities: str, **more: object) -> Row:
    row: Row = {
        "id": region_id,
        "label": region_id.upper(),
        "country": country,
        "capabilities": ["Linodes", *capabilities],
        "status": "ok",
        "site_type": "core",
    }
    return {**row, **more}


def image_row(name: str, label: str, vendor: str | None, **more: object) -> Row:
    row: Row = {
        "id": name if "/" in name else f"linode/{name}", "label": label, "vendor": vendor, "deprecated": False,
        "is_public": True, "size": 1500, "status": "available", "type": "manual", "eol": None, "regions": None,
        "created": None, "tags": [], "capabilities": ["cloud-init"],
    }  # fmt: skip
    return {**row, **more}


def kernel_row(kernel_id: str, **more: object) -> Row:
    name = kernel_id.removeprefix("linode/")
    row: Row = {
        "id": kernel_id, "label": name, "version": name.partition("-")[0], "kvm": True, "architecture": "x86_64",
        "pvops": True, "deprecated": False, "built": "2024-05-06T07:08:09",
    }  # fmt: skip
    return {**row, **more}


TYPES: list[Row] = [
    type_row("g6-nanode-1", 1024, 5.0, **{"class": "nanode"}),
    type_row("g6-standard-1", 2048, 12.0, region_prices=[{"id": "br-gru", "hourly": 0.025, "monthly": 16.8}]),
    type_row("g6-standard-2", 4096, 24.0, vcpus=2),
    type_row("g7-premium-2", 4096, 43.0, vcpus=2, **{"class": "premium"}),
    type_row("g1-gpu-rtx6000-1", 32768, 1000.0, vcpus=8, gpus=1, **{"class": "gpu"}),
]
REGIONS: list[Row] = [
    region_row("us-ord", "us", "Metadata", "Premium Plans", "GPU Linodes"),
    region_row("de-fra-2", "de", "Metadata", "Premium Plans"),
    region_row("nl-ams", "nl", "Metadata"),
    region_row("eu-west", "gb"),
    region_row("br-gru", "br", "Metadata"),
    region_row("de-ber-1", "de", "Metadata", site_type="distributed"),
]
AVAILABILITY: list[Row] = [
    {"region": "us-ord", "plan": "g7-premium-2", "available": False},
    {"region": "us-ord", "plan": "g1-gpu-rtx6000-1", "available": True},
]
IMAGES: list[Row] = [
    image_row("debian12", "Debian 12", "Debian", eol="2028-06-30T00:00:00"),
    image_row("debian11", "Debian 11", "Debian", eol="2026-08-31T00:00:00"),
    image_row("debian9", "Debian 9", "Debian", deprecated=True, eol="2022-06-30T00:00:00"),
    image_row("debian12-kube-v1.36.0", "Kubernetes 1.36.0 on Debian 12", "Debian"),
    image_row("ubuntu25.10", "Ubuntu 25.10", "Ubuntu", eol="2027-07-01T00:00:00"),
    image_row("ubuntu24.04", "Ubuntu 24.04 LTS", "Ubuntu", eol="2029-04-25T00:00:00"),
    image_row("ubuntu24.04-nvidia", "Ubuntu 24.04 LTS NVIDIA", "Ubuntu"),
    image_row("alpine3.9", "Alpine 3.9", "Alpine"),
    image_row("alpine3.22", "Alpine 3.22", "Alpine", size=500),
    image_row("arch", "Arch Linux", "Arch"),
    image_row("private/7", "web-base", None, is_public=False, created="2026-01-02T00:00:00", tags=["web"]),
    image_row("private/9", "web-base", None, is_public=False, created="2026-03-02T00:00:00"),
]
KERNELS: list[Row] = [
    kernel_row("linode/latest-64bit", version="6.9.3"),
    kernel_row("linode/6.9.3-x86_64-linode165"),
    kernel_row("linode/6.10.1-x86_64-linode166"),
    kernel_row("linode/6.11.0-x86_64-linode167", deprecated=True),
    kernel_row("linode/6.12.1-x86-linode168", architecture="i386"),
    kernel_row("linode/6.10.1-x86_64-linode166", label="Latest (6.10.1-x86_64-linode166)"),
]
SMALL: dict[str, Sequence[Row]] = {
    "/linode/types": TYPES,
    "/regions": REGIONS,
    "/regions/availability": AVAILABILITY,
    "/images": IMAGES,
    "/linode/kernels": KERNELS,
}


class RowsClient:
    """Hands out the rows of a path; with a filter, those that `answer` has for it, else all."""

    def __init__(
        self, rows: Mapping[str, Sequence[Row]] = SMALL, answer: Sequence[Row] | None = None
    ) -> None:
        self.rows = rows
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, object] | None]] = []

    def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
        self.asked.append((path, x_filter))
        return self.rows[path] if x_filter is None or self.answer is None else self.answer


def small_catalogs(**rows: Sequence[Row]) -> Catalogs:
    """The small catalogs, with some replaced: types=…, regions=…, availability=…, images=…, kernels=…."""
    paths = {
        "types": "/linode/types",
        "regions": "/regions",
        "availability": "/regions/availability",
        "images": "/images",
        "kernels": "/linode/kernels",
    }
    return Catalogs(RowsClient({**SMALL, **{paths[name]: given for name, given in rows.items()}}))
