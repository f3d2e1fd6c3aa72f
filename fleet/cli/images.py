"""`images`: the public images, and with a token the account's own."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import click

from fleet.cli import asking
from fleet.cli.flags import Flag, Megabytes, as_code, criteria_of, criteria_options
from fleet.cli.listing import Listing, Sort, output_of, output_options
from providers.linode.catalogs import AnyImages, Pick, pick_image
from providers.linode.core import runtime as sessions

FLAGS = (
    Flag("--vendor", "vendor", "Of this vendor, such as Debian."),
    Flag("--distribution", "distribution", "Of this distribution, such as centos-stream."),
    Flag("--version", "version", "Of this version; 12 is also 12.5."),
    Flag("--min-version", "min_version", "Of this version or a later one."),
    Flag("--max-version", "max_version", "Of this version or an earlier one."),
    Flag("--lts", "lts", "With long-term support.", bool),
    Flag("--capability", "capabilities", "That can do this, such as cloud-init.", many=True),
    Flag("--max-size", "max_size_mb", "That fits on a disk of so many MB.", Megabytes()),
    Flag(
        "--supported-until",
        "supported_until",
        "Supported by its maker on this day.",
        click.DateTime(["%Y-%m-%d"]),
    ),
    Flag("--deprecated", "deprecated", "Deprecated ones too.", bool),
    Flag("--variant", "variant", "This variant, such as nvidia, instead of the plain ones."),
    Flag("--own", "own", "The account's own.", bool),
    Flag("--label", "label", "An own image with this label."),
    Flag("--tag", "tags", "An own image with this tag.", many=True),
    Flag("--exclude", "exclude", "Not this image.", many=True),
)
SORTS = {
    "vendor": Sort(lambda item: item.vendor or "", 'item.vendor or ""'),
    "id": Sort(lambda item: item.id, "item.id"),
    "size": Sort(lambda item: item.size_mb, "item.size_mb"),
    "eol": Sort(lambda item: item.eol or date.max, "item.eol or date.max"),
}


@click.command()
@criteria_options(FLAGS)
@output_options(tuple(SORTS))
def images(**given: Any) -> None:
    """Images: the newest version first, of plain, supported ones; --deprecated and --variant show others."""
    if (until := given.get("supported_until")) is not None:
        given["supported_until"] = until.date()
    criteria = criteria_of(AnyImages, FLAGS, given)
    output = output_of(
        given if given["sort"] or given["vendor"] or given["own"] else {**given, "sort": "vendor"}
    )
    if criteria.own:
        asking.require_token(sessions.of_environment())
    with asking.catalogs() as catalogs:
        today = datetime.now(timezone.utc).date()
        pick = pick_image(catalogs, criteria, today, explain=output.explain)
    listing_of(pick, criteria).show(output)


def listing_of(pick: Pick[Any], criteria: AnyImages) -> Listing:
    return Listing(
        pick,
        SORTS,
        {
            "id": lambda item: item.id,
            "label": lambda item: item.label,
            "vendor": lambda item: item.vendor or "own",
            "version": lambda item: item.release.version_text if item.release else "",
            "size MB>": lambda item: item.size_mb,
            "supported until": lambda item: item.eol or "",
            "deprecated": lambda item: item.deprecated,
        },
        lambda item: item.model_dump(mode="json"),
        f"pick_image(catalogs, {as_code(criteria).replace('datetime.date(', 'date(')}, date.today())",
        ("AnyImages", "pick_image"),
        "\nfrom datetime import date\n",
    )
