"""What does not go together among an Instance's inputs. Pure.

Every rule gets the inputs that are known, and all as they came, which tell whether an unknown one will be there.
Source of every rule that names none: POST /linode/instances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from providers.linode.core.problems import Problem
from providers.linode.resources.instance.inputs import is_unknown
from providers.linode.resources.instance.interface_models import generation_of, kind_of

Props = Mapping[str, object]
Rule = Callable[[Props, Props], Iterator[Problem]]

WAYS_IN = ("root_pass", "authorized_keys", "authorized_users")
NEED_IMAGE = (*WAYS_IN, "user_data", "stackscript_id", "swap_size", "boot_size")
NOT_WITH_LINODE_INTERFACES = ("private_ip", "reserved_ipv4")
MOST_INTERFACES = 3


def way_in(inputs: Props, props: Props) -> Iterator[Problem]:
    """Where an image is deployed: what is there already has its credentials on its disk."""
    if inputs.get("image") and not any(props.get(key) for key in WAYS_IN):
        yield Problem("image", f"needs one of {', '.join(WAYS_IN)}, or nobody could log in. Next: give one.")


def sources(inputs: Props, props: Props) -> Iterator[Problem]:
    """Image or backup, and what can't be done without either."""
    if inputs.get("image") and inputs.get("backup_id"):
        yield Problem("backup_id", "does not go with image. Next: give one of the two.")
    if props.get("image") or props.get("backup_id"):
        return
    for key in NEED_IMAGE:
        if key in inputs:
            yield Problem(key, "needs an image to be deployed. Next: give an image, or leave it out.")
    if inputs.get("booted"):
        yield Problem("booted", "is not possible without an image or a backup. Next: give an image.")


def stackscripts(inputs: Props, props: Props) -> Iterator[Problem]:
    if "stackscript_data" in inputs and not props.get("stackscript_id"):
        yield Problem("stackscript_data", "needs stackscript_id. Next: give it too.")
    if "stackscript_id" in inputs and str(inputs.get("image", "")).startswith("private/"):
        yield Problem("stackscript_id", "does not go with a private image. Next: choose a public one.")


def generations(inputs: Props, _: Props) -> Iterator[Problem]:
    """What belongs to one generation of interfaces only."""
    generation = inputs.get("interface_generation")
    if generation == "linode":
        if "firewall_id" in inputs:
            yield Problem(
                "firewall_id", "is for legacy interfaces. Next: put firewall_id into each of the interfaces."
            )
        for key in NOT_WITH_LINODE_INTERFACES:
            if inputs.get(key):
                yield Problem(key, "does not go with Linode interfaces. Next: leave it out.")
    if "network_helper" in inputs and generation == "legacy_config":
        yield Problem(
            "network_helper",
            "is for Linode interfaces. Next: leave it out, or interface_generation='linode'.",
        )


def first_addresses(inputs: Props) -> Iterator[Problem]:
    """For a new Linode, which has no public address yet."""
    items = inputs.get("interfaces")
    for number, item in enumerate(items if isinstance(items, list) else ()):
        asked = item.get("ipv4") if isinstance(item, Mapping) else None
        nat = asked.get("nat_1_1") if isinstance(asked, Mapping) else None
        if nat and nat != "any":
            yield Problem(
                "interfaces",
                f"[{number}].ipv4.nat_1_1 can't be an address, as a new Linode has none yet. Next: say 'any'.",
            )


def interfaces_together(inputs: Props, props: Props) -> Iterator[Problem]:
    """What an API that takes each of the interfaces refuses of all of them."""
    given = props.get("interfaces")
    items = given if isinstance(given, (list, tuple)) else ()
    for reason in (*_of_one_generation(inputs, items), *_crowded(items), *_without_any(inputs, props)):
        yield Problem("interfaces", reason)


def _of_one_generation(inputs: Props, items: Sequence[object]) -> Iterator[str]:
    forms = {form for form in map(generation_of, items) if form}
    wanted = inputs.get("interface_generation")
    if len(forms) > 1:
        yield "are of both generations. Next: give all a purpose, or all one of public, vlan and vpc."
    elif wanted == "linode" and "legacy_config" in forms:
        yield "are legacy ones. Next: give each one of public, vlan and vpc, or interface_generation='legacy_config'."
    elif wanted == "legacy_config" and "linode" in forms:
        yield "are Linode interfaces. Next: give each a purpose, or interface_generation='linode'."


def _crowded(items: Sequence[object]) -> Iterator[str]:
    """At most 3; one public one, and no VLAN twice. Of Linode interfaces one VPC too, and one default route."""
    known = [item for item in items if isinstance(item, Mapping)]
    single = Counter(
        kind_of(item) for item in known if kind_of(item) == "public" or "vpc" in _new_kinds(item)
    )
    vlans = Counter(_vlan_of(item) for item in known)
    routes = Counter(route for item in known for route in _routes_of(item))
    if len(items) > MOST_INTERFACES:
        yield f"are {len(items)}, and the API takes {MOST_INTERFACES}. Next: drop some."
    for kind in (kind for kind, count in single.items() if count > 1):
        yield f"can have only one {kind} interface. Next: drop the others."
    for label in (label for label, count in vlans.items() if label is not None and count > 1):
        yield f"have the VLAN '{label}' twice. Next: drop one."
    for route in (route for route, count in routes.items() if count > 1):
        yield f"can have only one {route}. Next: leave it to one of them."


def _new_kinds(item: Mapping[str, object]) -> str:
    return kind_of(item) or "" if generation_of(item) == "linode" else ""


def _vlan_of(item: Mapping[str, object]) -> str | None:
    inner = item.get("vlan")
    label = (
        item.get("label")
        if "purpose" in item
        else inner.get("vlan_label")
        if isinstance(inner, Mapping)
        else None
    )
    return label if isinstance(label, str) and kind_of(item) == "vlan" else None


def _routes_of(item: Mapping[str, object]) -> Iterator[str]:
    if item.get("primary") is True:
        yield "primary interface"
    routes = item.get("default_route")
    for family in ("ipv4", "ipv6"):
        if isinstance(routes, Mapping) and routes.get(family) is True:
            yield f"{family} default route"


def _without_any(inputs: Props, props: Props) -> Iterator[str]:
    boots = (inputs.get("image") or inputs.get("backup_id")) and not _stays_off(props)
    if inputs.get("interface_generation") == "linode" and boots and not props.get("interfaces"):
        yield "needs at least one, or the Linode can't boot. Next: give one."


def _stays_off(props: Props) -> bool:
    return props.get("booted") is False or is_unknown(props.get("booted"))


RULES: tuple[Rule, ...] = (sources, stackscripts, generations, interfaces_together)
