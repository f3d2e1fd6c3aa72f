"""What can be known to be wrong with an Instance before money is spent. Pure; unknown inputs are not judged."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from providers.linode.catalogs.records import Image, LinodeType, Region
from providers.linode.inputs import SECRET, known
from providers.linode.nearest import did_you_mean
from providers.linode.owner import Owner, is_owner_tag
from providers.linode.records import Linode

LABEL_PATTERN = re.compile(r"[A-Za-z0-9](?!.*(--|__|\.\.))[A-Za-z0-9._-]{1,62}[A-Za-z0-9]")
"""3 to 64 letters, digits, `-`, `_`, `.`; the ends alphanumeric, no sign twice. Source: POST /linode/instances."""

TAG_LENGTHS = range(3, 51)
"""Source: POST /tags."""

ROOT_PASS_LENGTHS = range(11, 129)
"""What the API enforces; its description says 7. Source: POST /linode/instances."""


class Problem(NamedTuple):
    """One thing wrong. `field` is "" where naming it would make the engine print its value."""

    field: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What the API offers and holds, by id, and for Linodes by label in lower case."""

    types: Mapping[str, LinodeType]
    regions: Mapping[str, Region]
    images: Mapping[str, Image]
    linodes: Mapping[str, Linode]


def problems(props: Mapping[str, object], old: Mapping[str, object], facts: Facts) -> list[Problem]:
    """Everything wrong with the new inputs. `old` are the inputs in the state, empty for a new resource."""
    inputs = known(props)
    found = [
        *_required(props),
        *_label(inputs, old, facts, Owner.from_props(props)),
        *_tags(inputs),
        *_credentials(inputs, props),
        *_ids(inputs, facts),
        *_image_fits(inputs, facts),
    ]
    return [Problem("" if problem.field in SECRET else problem.field, problem.reason) for problem in found]


def _required(props: Mapping[str, object]) -> list[Problem]:
    return [
        Problem(key, "is required. Next: pick one from the catalogs.")
        for key in ("type", "region")
        if not props.get(key)
    ]


def _label(
    inputs: Mapping[str, object], old: Mapping[str, object], facts: Facts, owner: Owner
) -> list[Problem]:
    label = inputs.get("label")
    if label is None:
        return []
    if not isinstance(label, str) or not LABEL_PATTERN.fullmatch(label):
        return [
            Problem(
                "label",
                "must have 3 to 64 letters, digits, '-', '_' or '.', begin and end with a letter or digit, and "
                "have no '--', '__' or '..'. Next: correct the label.",
            )
        ]
    holder = facts.linodes.get(label.casefold())
    if holder is None or label == old.get("label") or owner.tag() in holder.tags:
        return []
    return [
        Problem(
            "label",
            f"is taken by Linode {holder.id} ({holder.region}), which is not this resource's; labels are unique "
            "in an account. Next: choose another label, or delete that Linode.",
        )
    ]


def _tags(inputs: Mapping[str, object]) -> list[Problem]:
    tags = inputs.get("tags", [])
    if not isinstance(tags, list):
        return [Problem("tags", "must be a list of texts. Next: correct the tags.")]
    wrong = [tag for tag in tags if len(tag) not in TAG_LENGTHS or is_owner_tag(tag)]
    return [
        Problem(
            "tags", f"'{tag}' must have 3 to 50 characters and not begin with 'pulumi:'. Next: correct it."
        )
        for tag in wrong
    ]


def _credentials(inputs: Mapping[str, object], props: Mapping[str, object]) -> list[Problem]:
    found = []
    password = inputs.get("root_pass")
    if password is not None and len(str(password)) not in ROOT_PASS_LENGTHS:
        found.append(Problem("root_pass", "root_pass must have 11 to 128 characters. Next: choose another."))
    if inputs.get("image") and not (props.get("root_pass") or props.get("authorized_keys")):
        found.append(
            Problem("image", "needs root_pass or authorized_keys, or nobody could log in. Next: give one.")
        )
    return found


def _ids(inputs: Mapping[str, object], facts: Facts) -> list[Problem]:
    catalogs: tuple[tuple[str, Collection[str], str], ...] = (
        ("type", facts.types, "types"),
        ("region", facts.regions, "regions"),
        ("image", facts.images, "images"),
    )
    return [
        Problem(
            key,
            f"is not among the {len(catalog)} {plural} of this account{did_you_mean(str(inputs[key]), catalog)}. "
            "Next: correct the id.",
        )
        for key, catalog, plural in catalogs
        if key in inputs and str(inputs[key]) not in catalog
    ]


def _image_fits(inputs: Mapping[str, object], facts: Facts) -> list[Problem]:
    image = facts.images.get(str(inputs.get("image")))
    plan = facts.types.get(str(inputs.get("type")))
    if image is None or plan is None or image.size_mb <= plan.disk_mb:
        return []
    return [
        Problem(
            "image",
            f"needs a disk of {image.size_mb} MB, and {plan.id} has {plan.disk_mb} MB. Next: choose a larger type.",
        )
    ]
