"""The inputs of an Instance in normal form, so that what means the same compares the same."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from pulumi.output import Unknown

from providers.linode.api.records import Linode
from providers.linode.core.owner import in_order, users_tags
from providers.linode.resources.instance.fields import BY_NAME, DECLARED

Props = Mapping[str, object]

COMPUTED = ("monthly_usd", "planned", "region_move", "ipv4", "public_ipv4", "private_ipv4", "ipv6")
"""What check adds for the preview to show and to keep known. Never a reason for a change."""

ALERTS = ("cpu", "io", "network_in", "network_out", "transfer_quota")


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
    if key in ("authorized_keys", "authorized_users") and isinstance(value, (list, tuple)):
        return [str(item).strip() for item in value]
    return whole_numbers(value)


def whole_numbers(value: object) -> object:
    """The value with 3.0 as 3 all through: the engine hands every number over as a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [whole_numbers(part) for part in value]
    return value


def request_body(inputs: Props, owner_tag: str) -> dict[str, object]:
    """The body of the create request. Source: POST /linode/instances."""
    body = {
        BY_NAME[key].wire: _on_the_wire(key, value)
        for key, value in inputs.items()
        if key in BY_NAME and BY_NAME[key].wire
    }
    body["tags"] = [*_tags(inputs), owner_tag]
    return body


def rebuild_body(inputs: Props) -> dict[str, object]:
    """The body of a rebuild: the image and what belongs to its first boot.

    Source: POST /linode/instances/{linodeId}/rebuild.
    """
    keys = ("image", "root_pass", "authorized_keys", "authorized_users", "user_data", "booted", "disk_encryption",
            "stackscript_id", "stackscript_data")  # fmt: skip
    return {BY_NAME[key].wire: _on_the_wire(key, inputs[key]) for key in keys if key in inputs}


def _on_the_wire(key: str, value: object) -> object:
    if key == "user_data":
        return {"user_data": base64.b64encode(str(value).encode()).decode()}
    if key == "reserved_ipv4":
        return [value]
    if key == "placement_group":
        return {"id": value}
    return value


def put_body(inputs: Props, linode: Linode, owner_tag: str) -> dict[str, object]:
    """What PUT has to change, in one request; empty when nothing. Source: PUT /linode/instances/{linodeId}."""
    body: dict[str, object] = {
        key: inputs[key]
        for key in ("label", "watchdog_enabled", "maintenance_policy")
        if key in inputs and inputs[key] != getattr(linode, key)
    }
    tags = [*(_tags(inputs) if "tags" in inputs else users_tags(linode.tags)), owner_tag]
    if {tag.casefold() for tag in tags} != {tag.casefold() for tag in linode.tags}:
        body["tags"] = tags
    alerts = _mapping(inputs.get("alerts"))
    if any(linode.alerts.get(key) != value for key, value in alerts.items()):
        body["alerts"] = alerts
    schedule = {part: inputs[key] for part, key in SCHEDULE.items() if key in inputs}
    if linode.backups.enabled and any(
        linode.backups.schedule.get(key) != value for key, value in schedule.items()
    ):
        body["backups"] = {"schedule": schedule}
    return body


SCHEDULE = {"day": "backups_day", "window": "backups_window"}


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
        "watchdog_enabled": linode.watchdog_enabled,
        "disk_encryption": linode.disk_encryption,
        "interface_generation": linode.interface_generation,
        "maintenance_policy": linode.maintenance_policy,
        "placement_group": linode.placement_group.id if linode.placement_group else None,
        "alerts": {key: linode.alerts.get(key) for key in _mapping(inputs.get("alerts"))},
        "backups_day": linode.backups.schedule.get("day"),
        "backups_window": linode.backups.schedule.get("window"),
    }
    found = {key: seen.get(key, value) for key, value in inputs.items()}
    if inputs.get("on_image_change") == "ignore":
        found["image"] = inputs["image"]
    return {key: value for key, value in found.items() if value is not None}


def _tags(inputs: Props) -> list[str]:
    tags = inputs.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, (list, tuple)) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
