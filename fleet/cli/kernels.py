"""`kernels`: those that a Linode can boot instead of its image's own."""

from __future__ import annotations

from typing import Any

import click

from fleet.cli import asking
from fleet.cli.flags import Flag, as_code, criteria_of, criteria_options
from fleet.cli.listing import Listing, Sort, output_of, output_options
from providers.linode.catalogs import KernelCriteria, Pick, pick_kernel

FLAGS = (
    Flag("--architecture", "architecture", "For this kind of processor.", click.Choice(["x86_64", "i386"])),
    Flag("--version", "version", "Of this version; 6.2 is also 6.2.9."),
)
SORTS = {"id": Sort(lambda item: item.id, "item.id"), "label": Sort(lambda item: item.label, "item.label")}


@click.command()
@criteria_options(FLAGS)
@click.option("--kvm/--any", "kvm", default=True, help="Those that boot here (KVM), or any.")
@output_options(tuple(SORTS))
def kernels(kvm: bool, **given: Any) -> None:
    """Kernels with a version, the newest first; deprecated ones and the moving `latest` are left out."""
    criteria = criteria_of(KernelCriteria, FLAGS, given, kvm=kvm)
    output = output_of(given)
    with asking.catalogs() as catalogs:
        pick = pick_kernel(catalogs, criteria, explain=output.explain)
    listing_of(pick, criteria).show(output)


def listing_of(pick: Pick[Any], criteria: KernelCriteria) -> Listing:
    return Listing(
        pick,
        SORTS,
        {
            "id": lambda item: item.id,
            "label": lambda item: item.label,
            "architecture": lambda item: item.architecture,
            "KVM": lambda item: item.kvm,
            "built": lambda item: item.built.date() if item.built else "",
        },
        lambda item: item.model_dump(mode="json"),
        f"pick_kernel(catalogs, {as_code(criteria)})",
        ("KernelCriteria", "pick_kernel"),
    )
