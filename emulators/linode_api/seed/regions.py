"""Regions, as GET /regions lists them. Source: recording TestVPC_CreateGet.

Resolvers are addresses of the documentation ranges: a Linode that is only played here has no network.
"""

from __future__ import annotations

from typing import Any

from emulators.linode_api.seed import Record, read_table

CAPABILITIES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZa",
        [
            "Linodes",
            "Block Storage Encryption",
            "LA Disk Encryption",
            "Disk Encryption",
            "Backups",
            "NodeBalancers",
            "Block Storage",
            "Object Storage",
            "GPU Linodes",
            "Kubernetes",
            "Kubernetes Enterprise",
            "Cloud Firewall",
            "Vlans",
            "Block Storage Migrations",
            "VPCs",
            "VPC Dual Stack",
            "VPC IPv6 Stack",
            "Managed Databases",
            "Metadata",
            "Distributed Plans",
            "Premium Plans",
            "Placement Group",
            "StackScripts",
            "NETINT Quadra T1U",
            "Maintenance Policy",
            "Linode Interfaces",
            "ACLP Logs Datacenter LKE-E",
        ],
        strict=True,
    )
)
MONITORS = {"L": "Linodes", "D": "Managed Databases", "N": "NodeBalancers", "O": "Object Storage"}
RESOLVERS = {
    "ipv4": ",".join(f"192.0.2.{host}" for host in range(5, 15)),
    "ipv6": ",".join(f"2001:db8::{host}" for host in range(5, 15)),
}


def region_rows() -> list[dict[str, Any]]:
    return [region_row(record) for record in read_table("regions.tsv")]


def region_row(record: Record) -> dict[str, Any]:
    core = record["site_type"] == "core"
    watched = [MONITORS[letter] for letter in record["monitors"] if letter != "-"]
    return {
        "id": record["id"],
        "label": record["label"],
        "country": record["country"],
        "capabilities": [CAPABILITIES[letter] for letter in record["capabilities"]],
        "monitors": {"alerts": watched, "metrics": list(watched)},
        "status": "ok",
        "resolvers": dict(RESOLVERS),
        "placement_group_limits": {
            "maximum_pgs_per_customer": None if core else 0,
            "maximum_linodes_per_pg": 5 if core else 0,
            "maximum_linodes_per_flexible_pg": 250 if core else 0,
        },
        "site_type": record["site_type"],
    }
