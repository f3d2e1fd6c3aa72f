"""Whatever a program declares: every failure is one line with a next step, and a secret is in none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, strategies as st
from pulumi.output import Unknown

from providers.linode.core import check
from providers.linode.core.problems import Problem
from providers.linode.provider import SPECS
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.interfaces import KINDS
from tests import sessions


def nested(value: object, levels: int, in_maps: bool) -> object:
    for _ in range(levels):
        value = {"a": value} if in_maps else [value]
    return value


SESSION = sessions.prepared(
    {
        path: []
        for path in (
            "/networking/firewalls",
            "/nodebalancers",
            "/nodebalancers/types",
            "/profile/sshkeys",
            "/volumes",
            "/volumes/types",
            "/domains",
            "/domains/7/records",
            "/networking/ips",
            "/vpcs",
            "/placement/groups",
            "/networking/reserved/ips",
            "/networking/reserved/ips/types",
            "/linode/stackscripts",
            "/vpcs/7/subnets",
            "/networking/ipv6/ranges",
        )
    }
)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
GOOD: Mapping[str, dict[str, object]] = {
    "Instance": {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1"},
    "Firewall": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    "SSHKey": {"label": "web", "ssh_key": KEY},
    "Volume": {"label": "web", "region": "de-fra-2", "size": 20},
    "VPC": {"label": "web", "region": "de-fra-2"},
    "PlacementGroup": {
        "label": "web",
        "region": "de-fra-2",
        "placement_group_type": "anti_affinity:local",
        "placement_group_policy": "strict",
    },
    "StackScript": {"label": "web", "script": "#!/bin/sh\n", "images": ["any/all"]},
    "ReservedIP": {"region": "de-fra-2"},
    "IPv6Range": {"route_target": "2001:db8::7", "prefix_length": 64},
    "Domain": {"domain": "a.example", "type": "master", "soa_email": "ops@a.example"},
    "DomainRecord": {"domain_id": 7, "type": "A", "name": "web", "target": "192.0.2.1"},
    "ReverseDNS": {"address": "198.18.0.1", "rdns": "a.example"},
    "VolumeAttachment": {"volume_id": 7, "linode_id": 8},
    "NodeBalancer": {"label": "web", "region": "de-fra-2", "configs": [{"port": 80, "nodes": []}]},
    "Image": {"label": "golden", "linode_id": 7},
    "Subnet": {"vpc_id": 7, "label": "web", "ipv4": "10.0.0.0/24"},
}
WORDS = InstanceArgs.nested_names()["interfaces"]
ONE_OF = {"Image": {"linode_id", "disk_id", "file_path"}}
"""By kind, the inputs of which one is required."""

PLANTED = "pl4nted-v4lue"

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70_000)
    | st.floats()
    | st.text(max_size=12)
    | st.text(st.characters(categories=["Cs"]), min_size=1, max_size=2)
    | st.sampled_from(["9" * 5000, "15m", "\u0663"])
    | st.builds(Unknown)
)
junk = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*sorted(WORDS), "cpu", "create", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
) | st.builds(nested, leaves, st.integers(30, 1500), st.booleans())
interface = st.fixed_dictionaries(
    {}, optional={"purpose": st.sampled_from(KINDS), **dict.fromkeys(sorted(WORDS - {"purpose"}), junk)}
)


nodes = st.lists(
    st.fixed_dictionaries(
        {}, optional={"address": junk | st.just("192.168.130.7:80"), "subnet_id": junk, "mode": junk}
    ),
    max_size=3,
)
port = st.fixed_dictionaries(
    {},
    optional={
        "port": junk | st.just(80),
        "protocol": junk | st.sampled_from(["https", "udp"]),
        "check": junk | st.just("http"),
        "nodes": junk | nodes,
        **dict.fromkeys(("algorithm", "ssl_cert", "ssl_key", "check_path", "check_timeout"), junk),
    },
)


def declared(kind: str) -> st.SearchStrategy[tuple[str, dict[str, object]]]:
    fields: dict[str, st.SearchStrategy[object]] = dict.fromkeys(SPECS[kind].fields, junk)
    if kind == "Instance":
        fields["interfaces"] = junk | st.lists(interface, max_size=5)
    if kind == "NodeBalancer":
        fields["configs"] = junk | st.lists(port, max_size=3)
    return st.tuples(st.just(kind), st.fixed_dictionaries({}, optional=fields))


inputs = st.sampled_from(sorted(SPECS)).flatmap(declared)


def problems(kind: str, props: Mapping[str, object]) -> list[Problem]:
    """Those of a new one, and of one that is changed, where the state has what is good or the same again."""
    spec = SPECS[kind]
    found = check.check(spec, SESSION, {}, props)[1]
    for olds in (GOOD[kind], {**GOOD[kind], **props}):
        found += check.check(spec, SESSION, olds, {**GOOD[kind], **props})[1]
    return found


@given(inputs)
def test_every_failure_is_one_line_with_a_next_step(declared: tuple[str, dict[str, object]]) -> None:
    kind, props = declared
    found = problems(kind, props)

    assert all("Next: " in reason and "\n" not in reason for _, reason in found)
    assert {field for field, _ in found} <= {"", *SPECS[kind].fields} - SPECS[kind].secrets()


@given(
    inputs,
    st.sampled_from([lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: {"a": [v]}]),
)
def test_a_secret_is_in_no_failure(declared: tuple[str, dict[str, object]], shape: object) -> None:
    assert callable(shape)
    kind, props = declared
    secret = {name: shape(PLANTED) for name in SPECS[kind].secrets()}

    found = problems(kind, {**props, **secret})

    assert PLANTED not in str(found)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, spec in SPECS.items() for name in spec.fields]
)
def test_a_map_or_list_of_any_shape_is_a_failure_and_no_crash(kind: str, name: str) -> None:
    shapes: list[object] = [{}, {"x": {}}, [{}], [{"x": {}}], [[]], [[{}]], [None], [1.5], [True]]
    for value in shapes:
        assert all("Next: " in reason for _, reason in problems(kind, {name: value})), value


@pytest.mark.parametrize("char", ["\n", "\r", "\x1b[2J", "\x00", "\u2028", "\ud800"])
@pytest.mark.parametrize(
    ("kind", "name"), [("Instance", "adopt"), ("Instance", "region"), ("Volume", "region")]
)
def test_what_a_failure_quotes_stays_in_its_line(kind: str, name: str, char: str) -> None:
    reasons = [reason for _, reason in problems(kind, {name: f"x{char}y"})]

    assert reasons
    assert all(reason.isprintable() for reason in reasons)


@given(inputs)
def test_what_is_not_known_yet_is_never_a_failure_of_its_own(declared: tuple[str, dict[str, object]]) -> None:
    kind, props = declared
    required = {name for name, field in SPECS[kind].fields.items() if field.required}
    if kind in ONE_OF and not props.keys() & ONE_OF[kind]:
        required.add("")

    assert {field for field, _ in problems(kind, dict.fromkeys(props, Unknown()))} <= required
