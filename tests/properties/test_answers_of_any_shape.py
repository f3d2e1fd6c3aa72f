"""Whatever shape an answer of the API has: what comes of it is a value or one line, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given, strategies as st

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.api.transport import Reply, Transport
from providers.linode.catalogs import Catalogs
from providers.linode.core import grants
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Spec
from providers.linode.provider import SPECS
from providers.linode.resources import guards
from providers.linode.resources.instance import firewalls
from providers.linode.resources.instance.account_lookups import AccountLookups
from tests.sessions import NOWHERE

GOOD: Mapping[str, object] = {
    "id": 7,
    "label": "web-1",
    "status": "running",
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "tags": ["web"],
    "ipv4": ["198.18.0.1"],
    "backups": {"enabled": True, "schedule": {"day": "Sunday"}},
    "specs": {"disk": 1},
    "alerts": {"cpu": 90},
    "placement_group": {"id": 1},
    "interface_generation": "linode",
    "action": "linode_boot",
    "entity": {"id": 7, "type": "linode_interface"},
    "rules": {"inbound": []},
    "entities": [{"id": 7, "type": "linode"}],
    "interfaces": [{"id": 7, "public": {}}],
    "filesystem": "swap",
    "size": 512,
    "euuid": "A",
    "username": "deploy",
    "restricted": True,
    "global": {"add_linodes": True},
    "linode": [{"id": 7, "permissions": "read_only"}],
    "subnets": [{"id": 7}],
    "default_firewall_ids": {"linode": 7},
    "address": "198.18.0.1",
    "automatic": [{"id": 7}],
    "snapshot": {"current": {"id": 7}},
    "user_defined_fields": [],
    "ssh_key": "ssh-ed25519 AAAA",
    "price": {"hourly": 1.0, "monthly": 5.0},
    "capabilities": ["Linodes"],
    "domain": "a.example",
    "rdns": "a.example",
    "name": "web",
    "target": "a.example",
}
KEYS = sorted(GOOD)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", *KEYS]), inner, max_size=3)
    ),
    max_leaves=6,
)
bodies = st.builds(
    lambda changed, lost: {key: each for key, each in {**GOOD, **changed}.items() if key not in lost},
    st.dictionaries(st.sampled_from(KEYS), junk, max_size=4),
    st.sets(st.sampled_from(KEYS), max_size=2),
)


class Odd(Transport):
    """Answers everything with the same object, and every list with it as its only row."""

    def __init__(self, body: Mapping[str, object], data: object) -> None:
        super().__init__(NOWHERE)
        self.body = {**body, "data": [body] if data is None else data, "page": 1, "pages": 1}

    def request(
        self,
        method: str,  # noqa: ARG002 - the base's
        path: str,  # noqa: ARG002
        *,
        query: Mapping[str, str | int] | None = None,  # noqa: ARG002
        x_filter: Mapping[str, object] | None = None,  # noqa: ARG002
        body: Mapping[str, object] | None = None,  # noqa: ARG002
    ) -> Reply:
        return Reply(dict(self.body), {})


DECLARED: Mapping[str, dict[str, object]] = {
    "Instance": {
        "type": "g6-nanode-1",
        "region": "de-fra-2",
        "label": "web-1",
        "tags": [],
        "alerts": {"cpu": 1},
        "backups_day": "Sunday",
        "placement_group": 1,
        "swap_size": 512,
        "booted": True,
        "kernel": "linode/grub2",
        "private_ip": True,
        "firewall_id": 7,
        "interfaces": [{"public": {}, "firewall_id": 7}],
    },
    "Firewall": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "linodes": [7], "inbound": []},
    "SSHKey": {"label": "web", "ssh_key": "ssh-ed25519 AAAA"},
    "Volume": {"label": "web", "region": "de-fra-2", "size": 20, "linode_id": 7},
    "VPC": {"label": "web", "region": "de-fra-2", "description": ""},
    "PlacementGroup": {"label": "web", "region": "de-fra-2", "placement_group_policy": "strict"},
    "StackScript": {"label": "web", "script": "#!/bin/sh\n", "images": ["any/all"], "description": "x"},
    "ReservedIP": {"region": "de-fra-2", "linode_id": 7, "tags": []},
    "IPv6Range": {"route_target": "2001:db8::7", "prefix_length": 64},
    "Domain": {
        "domain": "a.example",
        "type": "master",
        "soa_email": "ops@a.example",
        "axfr_ips": [],
        "ttl_sec": 3,
    },
    "DomainRecord": {"domain_id": 7, "type": "MX", "name": "", "target": "b.example", "priority": 1},
    "ReverseDNS": {"address": "198.18.0.1", "rdns": "a.example"},
    "VolumeAttachment": {"volume_id": 7, "linode_id": 8},
    "NodeBalancer": {
        "region": "de-fra-2",
        "configs": [{"port": 80, "ssl_cert": "x", "nodes": [{"address": "x"}]}],
    },
    "Image": {
        "label": "golden",
        "linode_id": 7,
        "description": "x",
        "cloud_init": True,
        "replica_regions": ["de-fra-2"],
        "tags": [],
    },
    "Subnet": {"vpc_id": 7, "label": "web", "ipv4": "10.0.0.0/24"},
}


def read_back(spec: Spec[Any, Any], session: Session) -> None:
    """As create, refresh and update do it."""
    spec, args = spec.within(DECLARED[spec.kind]), spec.args.read(DECLARED[spec.kind])
    for record in (spec.get(session, 7), *spec.list(session), *session.rows(spec)):
        spec.seen(session, record, args)
        spec.described(session, record)
        spec.outputs(record)


def questions(session: Session) -> list[Callable[[], object]]:
    client, lookups, catalogs = session.client, AccountLookups(session.client), Catalogs(session.client)
    return [
        client.linodes,
        lambda: client.linode(7),
        lambda: client.disks(7),
        lambda: client.configs(7),
        lambda: client.interfaces(7),
        lambda: client.devices(7),
        lambda: client.events({}),
        client.newest_event,
        client.profile,
        client.account_id,
        lambda: session.labels("/nodebalancers"),
        lambda: grants.restricted_user(client),
        lambda: firewalls.held(client, 7, client.interfaces(7), [{"public": {}, "firewall_id": 7}]),
        lambda: lookups.groups,
        lambda: lookups.firewalls,
        lambda: guards.defaults(session),
        lambda: lookups.users,
        lambda: lookups.addresses,
        lambda: lookups.subnets,
        lambda: lookups.stackscript(7),
        lambda: lookups.backup(7, client.linodes(), "de-fra-2"),
        catalogs.types,
        catalogs.regions,
        catalogs.images,
        catalogs.kernels,
        catalogs.availability,
        *(lambda spec=spec: read_back(spec, session) for spec in SPECS.values()),
    ]


@given(bodies, st.none() | junk)
def test_an_answer_of_any_shape_is_read_or_told_in_one_line(body: dict[str, object], data: object) -> None:
    session = Session(NOWHERE)
    session.client = LinodeClient(Odd(body, data))

    for ask in questions(session):
        try:
            ask()
        except LinodeError as error:  # noqa: PERF203 - each question is asked
            said = str(error)
            if "\n" in said or "Next: " not in said or "validation error" in said:
                raise AssertionError(said) from error
