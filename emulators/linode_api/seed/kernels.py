"""Kernels, as GET /linode/kernels lists them. Source: recording ExampleListKernels_all."""

from __future__ import annotations

from typing import Any

from emulators.linode_api.seed import Record, cell, read_table


def kernel_rows() -> list[dict[str, Any]]:
    return [kernel_row(record) for record in read_table("kernels.tsv")]


def kernel_row(record: Record) -> dict[str, Any]:
    flags = record["flags"]
    return {
        "id": "linode/" + record["name"],
        "label": cell(record, "label") or record["name"],
        "version": cell(record, "version") or "",
        "kvm": "k" in flags,
        "architecture": record["architecture"],
        "pvops": "p" in flags,
        "deprecated": "d" in flags,
        "built": None,
    }
