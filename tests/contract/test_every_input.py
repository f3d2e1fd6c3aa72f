"""Every property that the API takes in a create or change is an input here (skipped without the description).

The other way round than `test_every_property`, which asks the local API. What has no input on purpose is in one table,
with the reason, and so is what the description judges otherwise than the API does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_type_hints

import pytest

from providers.linode.core.args import places
from providers.linode.provider import SPECS
from tests.contract.test_every_property import leaves
from tests.contract.test_local_api_description import DESCRIPTION, description, resolved

pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="needs the description in ../shared/openapi"
)

Operation = tuple[str, str]

OPERATIONS: Mapping[str, Mapping[Operation, str]] = {
    "Instance": {("POST", "/linode/instances"): "", ("PUT", "/linode/instances/{linodeId}"): ""},
    "Firewall": {
        ("POST", "/networking/firewalls"): "",
        ("PUT", "/networking/firewalls/{firewallId}"): "",
        ("PUT", "/networking/firewalls/{firewallId}/rules"): "rules.",
    },
    "Volume": {
        ("POST", "/volumes"): "",
        ("PUT", "/volumes/{volumeId}"): "",
        ("POST", "/volumes/{volumeId}/attach"): "",
        ("POST", "/volumes/{volumeId}/resize"): "",
    },
    "VolumeAttachment": {("POST", "/volumes/{volumeId}/attach"): ""},
    "Domain": {("POST", "/domains"): "", ("PUT", "/domains/{domainId}"): ""},
    "DomainRecord": {
        ("POST", "/domains/{domainId}/records"): "",
        ("PUT", "/domains/{domainId}/records/{recordId}"): "",
    },
    "ReverseDNS": {("PUT", "/networking/ips/{address}"): ""},
    "IPv6Range": {("POST", "/networking/ipv6/ranges"): ""},
    "SSHKey": {("POST", "/profile/sshkeys"): "", ("PUT", "/profile/sshkeys/{sshKeyId}"): ""},
    "StackScript": {
        ("POST", "/linode/stackscripts"): "",
        ("PUT", "/linode/stackscripts/{stackscriptId}"): "",
    },
    "VPC": {("POST", "/vpcs"): "", ("PUT", "/vpcs/{vpcId}"): ""},
    "Subnet": {("POST", "/vpcs/{vpcId}/subnets"): "", ("PUT", "/vpcs/{vpcId}/subnets/{vpcSubnetId}"): ""},
    "PlacementGroup": {("POST", "/placement/groups"): "", ("PUT", "/placement/groups/{groupId}"): ""},
    "NodeBalancer": {
        ("POST", "/nodebalancers"): "",
        ("PUT", "/nodebalancers/{nodeBalancerId}"): "",
        ("POST", "/nodebalancers/{nodeBalancerId}/configs"): "configs.",
        ("PUT", "/nodebalancers/{nodeBalancerId}/configs/{configId}"): "configs.",
        ("POST", "/nodebalancers/{nodeBalancerId}/configs/{configId}/nodes"): "configs.nodes.",
        ("PUT", "/nodebalancers/{nodeBalancerId}/configs/{configId}/nodes/{nodeId}"): "configs.nodes.",
    },
    "ReservedIP": {},
    "Image": {
        ("POST", "/images"): "",
        ("POST", "/images/upload"): "",
        ("PUT", "/images/{imageId}"): "",
    },
}
"""By kind, the requests that its inputs are sent in, with where their properties stand among the inputs."""

UNDESCRIBED: Mapping[str, Sequence[str]] = {
    "Instance": ("boot_size", "kernel", "ipv4", "maintenance_policy", "placement_group.compliant_only"),
    "Firewall": ("devices.linodes", "devices.nodebalancers", "devices.interfaces", "rules.inbound.ruleset"),
    "VPC": ("ipv4.range", "ipv6.range", "ipv6.allocation_class", "vpc_type"),
    "Subnet": ("ipv6.range",),
    "NodeBalancer": ("type", "ipv4", "client_udp_sess_throttle", "vpcs.ipv6_range"),
    "ReservedIP": ("region", "tags"),
}
"""What the description lacks, and clients of the API send."""

LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("Instance", "backups.schedule.day"): "is backups_day",
    ("Instance", "backups.schedule.window"): "is backups_window",
    ("Instance", "metadata.user_data"): "is user_data",
    ("Instance", "group"): "deprecated",
    (
        "Instance",
        "placement_group.compliant_only",
    ): "a create that breaks a strict group's rule is refused anyway",
    ("Domain", "group"): "deprecated",
    ("Firewall", "rules.inbound.ruleset"): "in beta",
    ("IPv6Range", "linode_id"): "route_target is the same Linode's address",
    ("VPC", "subnets.ipv4"): "a Subnet is a resource",
    ("VPC", "subnets.label"): "a Subnet is a resource",
    ("VPC", "vpc_type"): "of networks for RDMA, which are for few",
}

JUDGED: Mapping[tuple[str, str], str] = {
    ("Instance", "root_pass"): "7 characters by the description, 11 by its answers",
    ("Volume", "size"): "10240 by the description, 16384 by its answers",
    ("DomainRecord", "name"): "100 below the domain, which is judged with it",
}
"""What is judged otherwise than the description says."""


def ours(kind: str) -> set[str]:
    """The inputs of a kind, and the keys of their maps, as its requests have them."""
    args, found = SPECS[kind].args, set[str]()
    hints = get_type_hints(args, include_extras=True)
    for name, field in args.fields().items():
        for place in {name, field.key} - {""}:
            found |= {path for path, _ in places(hints[name], place)}
    return found


def taken(kind: str) -> dict[str, Any]:
    """What the API takes in the requests of a kind: schemas by path."""
    found: dict[str, Any] = {}
    for (method, path), prefix in OPERATIONS[kind].items():
        body = resolved(description()["paths"][path][method.lower()]["requestBody"])
        for steps, schema in leaves(body["content"]["application/json"]["schema"]):
            found[prefix + ".".join(str(step) for step in steps if step != 0)] = schema
    return found


def texts(length: int) -> list[object]:
    """One word, and many with dots between them: names of some sort are one of these."""
    return ["a" * length, ("a" * 9 + ".") * (length // 10) + "a" * (length % 10)]


def bounds(schema: Mapping[str, Any]) -> Iterator[tuple[list[object], bool]]:
    """Values at the bounds that a schema names, or beyond these, and whether one of them, or none, is taken."""
    kind = schema.get("type")
    yield from (([value], True) for value in schema.get("enum") or () if value is not None)
    for word, beyond in (("minimum", -1), ("maximum", 1)):
        if kind == "integer" and word in schema:
            yield from (([schema[word]], True), ([schema[word] + beyond], False))
    for word, beyond in (("minLength", -1), ("maxLength", 1)):
        if kind == "string" and (length := schema.get(word, 0)) > 1:
            yield from ((texts(length), True), (texts(length + beyond), False))
    if kind == "array":
        for values, is_taken in bounds(resolved(schema.get("items", {}))):
            yield [[value] for value in values], is_taken


@pytest.mark.parametrize("kind", SPECS)
def test_what_the_api_takes_is_an_input_or_left_out_for_a_reason(kind: str) -> None:
    asked = {*taken(kind), *UNDESCRIBED.get(kind, ())}
    left_out = {path for its, path in LEFT_OUT if its == kind}

    assert asked - ours(kind) == left_out


@pytest.mark.parametrize("kind", SPECS)
def test_an_input_is_judged_as_the_api_judges_it(kind: str) -> None:
    args, wrong = SPECS[kind].args, set[str]()
    for path, schema in taken(kind).items():
        for values, is_taken in bounds(schema) if path in args.fields() else ():
            refused = [any(name == path for name, _ in args.problems({path: value})) for value in values]
            wrong |= {path} if all(refused) is is_taken else set()

    assert wrong == {path for its, path in JUDGED if its == kind}
