"""Public images, as GET /images lists them. Source: recording ExampleListImages_all; dates: see the table."""

from __future__ import annotations

from typing import Any

from emulators.linode_api.seed import Record, cell, read_table

CAPABILITIES = {"c": "cloud-init", "d": "distributed-sites"}


def image_rows() -> list[dict[str, Any]]:
    """Sizes in MB. `regions` of a public image is null, not an empty list."""
    return [image_row(record) for record in read_table("images.tsv")]


def image_row(record: Record) -> dict[str, Any]:
    eol = cell(record, "eol")
    released = record["released"] + "T00:00:00"
    return {
        "id": "linode/" + record["name"],
        "label": record["label"],
        "deprecated": record["deprecated"] == "yes",
        "size": int(record["size"]),
        "created": released,
        "updated": released,
        "description": "",
        "created_by": "linode",
        "type": "manual",
        "tags": [],
        "is_public": True,
        "is_shared": False,
        "vendor": record["vendor"],
        "expiry": None,
        "eol": eol and eol + "T00:00:00",
        "regions": None,
        "status": "available",
        "capabilities": [CAPABILITIES[letter] for letter in record["capabilities"] if letter != "-"],
        "image_sharing": None,
    }
