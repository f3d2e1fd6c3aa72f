"""The inputs of an Instance in normal form, so that what means the same compares the same."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.output import Unknown

from providers.linode.owner import in_order, users_tags
from providers.linode.records import Linode

Props = Mapping[str, object]

DECLARED = (
    "type",
    "region",
    "image",
    "label",
    "tags",
    "root_pass",
    "authorized_keys",
    "backups_enabled",
    "owner",
)
"""What a program declares. Everything else among the properties is computed, and never a reason for a change."""

SECRET = frozenset({"root_pass"})
"""Never named in a check failure: the engine would print the value."""


def is_unknown(value: object) -> bool:
    """Whether the value, or a part of it, is not known before the update has run."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(is_unknown(part) for part in value)


def declared(props: Props) -> dict[str, object]:
    """The declared inputs that are there, each in normal form; unknown ones stay as they are."""
    return {
        key: props[key] if is_unknown(props[key]) else _normal(key, props[key])
        for key in DECLARED
        if props.get(key) is not None
    }


def known(props: Props) -> dict[str, object]:
    """The declared inputs whose values can be judged now."""
    return {key: value for key, value in declared(props).items() if not is_unknown(value)}


def _normal(key: str, value: object) -> object:
    if key == "tags" and isinstance(value, (list, tuple)):
        return in_order(str(tag) for tag in value)
    if key == "authorized_keys" and isinstance(value, (list, tuple)):
        return [str(item).strip() for item in value]
    return value


def request_body(inputs: Props, owner_tag: str) -> dict[str, object]:
    """The body of the create request. Source: POST /linode/instances."""
    body: dict[str, object] = {
        key: inputs[key]
        for key in ("type", "region", "image", "label", "root_pass", "authorized_keys", "backups_enabled")
        if inputs.get(key) is not None
    }
    body["tags"] = [*_tags(inputs), owner_tag]
    return body


def put_body(inputs: Props, linode: Linode, owner_tag: str) -> dict[str, object]:
    """What PUT has to change, in one request; empty when nothing. Source: PUT /linode/instances/{linodeId}."""
    body: dict[str, object] = {}
    if inputs.get("label") not in (None, linode.label):
        body["label"] = inputs["label"]
    tags = [*_tags(inputs), owner_tag]
    if {tag.casefold() for tag in tags} != {tag.casefold() for tag in linode.tags}:
        body["tags"] = tags
    return body


def as_reported(inputs: Props, linode: Linode) -> dict[str, object]:
    """The inputs with what the API reports now, so that drift shows as old and new value of a property.

    Only declared inputs are compared; what the API never gives back stays as declared.
    """
    seen: dict[str, object] = {
        "type": linode.type,
        "region": linode.region,
        "image": linode.image,
        "label": linode.label,
        "tags": users_tags(linode.tags),
        "backups_enabled": linode.backups.enabled,
    }
    return {key: seen.get(key, value) for key, value in inputs.items()}


def _tags(inputs: Props) -> list[str]:
    tags = inputs.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, (list, tuple)) else []
