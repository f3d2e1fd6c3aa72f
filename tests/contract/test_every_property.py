"""Nothing that a client sends is accepted and dropped (skipped without the description).

Each property of each request body of the OpenAPI description, where the operation is served, is sent with values of
its kind: a request that is taken must leave something else behind than the same request without it, or answer something
else. Properties that do neither have a line in docs/local-api.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.app import Api
from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core import bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.database import Database
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.events import settle
from emulators.linode_api.core.records import Thing
from emulators.linode_api.core.routes import Call, endpoint_for
from tests.contract.test_local_api_description import DESCRIPTION, description, resolved
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-api.md"
pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="needs the description in ../shared/openapi"
)

Json = Any
Steps = tuple[str | int, ...]
"""Where a property stands in a body: ("interfaces", 0, "purpose")."""

Outcome = tuple[Json, Json] | ApiError
"""The answer and all that is stored, or the refusal."""

TABLES = ("linodes", "records", "events", "tags", "users", "tokens", "accounts")
RANDOM = ("digest", "start", "version")  # columns: of tokens, and the count of how often a Linode was stored
REPAIRS = 6
RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me"
GROUP = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "flexible"}
MADE: list[tuple[str, Json]] = [  # one of each kind, with what it is made of; ids as `{collection}`
    ("/account/users", {"username": "restricted", "email": "r@example.com", "restricted": True}),
    ("/networking/firewalls", {"label": "guard", "rules": RULES}),
    ("/vpcs", {"label": "net", "region": "us-ord"}),
    ("/vpcs/{}/subnets", {"label": "part", "ipv4": "10.0.0.0/24"}),
    ("/placement/groups", {"label": "apart", "region": "us-ord", **GROUP}),
    ("/linode/stackscripts", {"label": "script", "images": ["any/all"], "script": "#!/bin/sh"}),
    ("/volumes", {"label": "data", "region": "us-ord"}),
    ("/domains", {"domain": "example.org", "type": "master", "soa_email": "a@example.org"}),
    ("/domains/{}/records", {"type": "A", "name": "www", "target": "203.0.113.1"}),
    ("/nodebalancers", {"region": "us-ord"}),
    ("/nodebalancers/{}/configs", {"port": 80}),
    ("/nodebalancers/{}/configs/{}/nodes", {"label": "node", "address": "192.168.140.7:80"}),
    ("/networking/reserved/ips", {"region": "us-ord"}),
    ("/profile/sshkeys", {"label": "key", "ssh_key": KEY}),
    ("/profile/tokens", {"label": "token"}),
    ("/tags", {"label": "tag-here"}),
]
OF_LINODE: list[tuple[str, Json]] = [
    ("/linode/instances/{}/configs", {"label": "conf", "interfaces": [{"purpose": "public"}]}),
    ("/linode/instances/{}/disks", {"label": "disk", "size": 600, "filesystem": "raw"}),
]
ROOMY = {**FROM_IMAGE, "type": "g6-standard-2", "boot_size": 10_000}
LINODES: list[Json] = [
    {**ROOMY, "booted": False, "backups_enabled": True, "label": "stopped"},
    {**ROOMY, "label": "running"},
    {**EMPTY, "interface_generation": "linode", "interfaces": [{"public": {}, "firewall_id": None}]},
]


class Undone(Exception):
    """Ends a transaction without its work."""

    def __init__(self, answer: Json, kept: Json) -> None:
        super().__init__("undone")
        self.outcome = (answer, kept)


@dataclass
class World:
    """An account with one thing of each kind, and a few Linodes, the ids by the collection they are in."""

    api: Api
    account: Account
    clock: HeldClock
    common: dict[str, Json] = field(default_factory=dict)
    linodes: list[dict[str, Json]] = field(default_factory=list)

    def send(self, method: str, path: str, body: Json) -> Json:
        found, named = endpoint_for(method, path, beta=True)
        settle(self.account)
        call = Call(self.account, {}, None, bodies.parse(json.dumps(body).encode()))
        answer = found.answer(call, named)
        return answer.shown(self.account) if isinstance(answer, Thing) else answer

    def attempt(self, method: str, path: str, body: Json) -> Outcome:
        """What the request would do; nothing of it stays."""
        try:
            with self.api.database.transaction():
                answer = self.send(method, path, body)
                shown = {**answer, "token": None} if isinstance(answer, dict) else answer
                raise Undone(shown, self.stored())
        except ApiError as refusal:
            return refusal
        except Undone as undone:
            return undone.outcome

    def stored(self) -> Json:
        rows = [row for table in TABLES for row in self.api.database.all(f"SELECT * FROM {table}")]  # noqa: S608 - names from above
        return [{name: row[name] for name in row.keys() if name not in RANDOM} for row in rows]  # noqa: SIM118 - values otherwise

    def make(self, collection: str, body: Json, ids: dict[str, Json]) -> None:
        made = self.send("POST", filled(collection, ids) or "", body)
        ids[collection] = next(made[name] for name in ("id", "username", "address", "label") if name in made)
        self.clock.advance(1000)

    def paths(self, template: str) -> Iterator[str]:
        """The addresses of what is there."""
        for ids in self.linodes if "/linode/instances/{" in template else [self.common]:
            path = filled(re.sub(r"\{\w+\}", "{}", template), {**self.common, **ids})
            if path:
                yield path


def filled(template: str, ids: Mapping[str, Json]) -> str | None:
    """The path with the ids of what it names; None when there is no such thing."""
    words = template.split("{}")
    path = words[0]
    for number, word in enumerate(words[1:], 1):
        collection = "{}".join(words[:number]).rstrip("/")
        if collection not in ids:
            return None
        path += f"{ids[collection]}{word}"
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = HeldClock()
    api = Api(Database(tmp_path_factory.mktemp("properties") / "api.db"), clock, limits=False, latency_s=0)
    account = api.accounts.identify(f"Bearer {api.accounts.token_for('local', '*', None, None)}")
    assert account
    world = World(api, account, clock)
    for collection, body in MADE:
        world.make(collection, body, world.common)
    for linode in LINODES:
        own: dict[str, Json] = {}
        world.linodes.append(own)
        world.make("/linode/instances", linode, own)
        [own["/linode/instances/{}/ips"], *_] = world.send(
            "GET", filled("/linode/instances/{}", own) or "", None
        )["ipv4"]
        for collection, body in OF_LINODE if "image" in linode else []:
            world.make(collection, body, own)
    stopped = world.linodes[0]
    world.common["/networking/ips"] = stopped["/linode/instances/{}/ips"]
    world.make("/linode/instances/{}/backups", {"label": "shot"}, stopped)
    world.make("/images", {"disk_id": stopped["/linode/instances/{}/disks"]}, world.common)
    device = {"id": world.linodes[1]["/linode/instances"], "type": "linode"}
    world.make("/networking/firewalls/{}/devices", device, world.common)
    [interface] = world.send("GET", filled("/linode/instances/{}/configs/{}/interfaces", stopped) or "", None)
    stopped["/linode/instances/{}/configs/{}/interfaces"] = interface["id"]
    ids = world.linodes[2]
    [public] = world.send("GET", filled("/linode/instances/{}/interfaces", ids) or "", None)["interfaces"]
    ids["/linode/instances/{}/interfaces"] = public["id"]
    yield world
    api.database.close()


def merged(schema: Json) -> Json:
    """A schema with the properties and values of all its branches."""
    schema = dict(resolved(schema))
    properties, enum = dict(schema.get("properties", {})), list(schema.get("enum", []))
    for word in ("allOf", "oneOf", "anyOf"):
        for branch in map(merged, schema.get(word, [])):
            schema = {**branch, **schema}
            for name, of in branch.get("properties", {}).items():
                before, of = resolved(properties.get(name, {})), resolved(of)
                choices = [*before.get("enum", []), *of.get("enum", [])]
                properties[name] = {**before, **of, **({"enum": choices} if choices else {})}
            enum += branch.get("enum", [])
    return {**schema, "properties": properties, "enum": enum}


def leaves(schema: Json, at: Steps = ()) -> Iterator[tuple[Steps, Json]]:
    """Every property that a client may send, with its schema; those that were only observed are of answers."""
    schema = merged(schema)
    items = merged(schema.get("items", {}))
    if schema.get("readOnly") or schema.get("x-observed"):
        return
    if schema["properties"]:
        for name, one in schema["properties"].items():
            yield from leaves(one, (*at, name))
    elif items.get("properties"):
        yield from leaves(items, (*at, 0))
    else:
        yield at, schema


def operations() -> list[tuple[str, str]]:
    """Those with a body that are served."""
    found = []
    for path, methods in description()["paths"].items() if DESCRIPTION.is_file() else ():
        for method in ("post", "put"):
            try:
                endpoint_for(method.upper(), re.sub(r"\{\w+\}", "1", path), beta=True)
            except ApiError:
                continue
            if "requestBody" in methods.get(method, {}):
                found.append((method.upper(), path))
    return found


def values(name: str, schema: Json, world: World) -> list[Json]:
    """What may be sent for a property: things that are there, else what the description gives as examples."""
    things = known(world)
    kind = schema.get("type")
    found = [*things.get(name, [])]
    found += [*schema.get("enum", [])]
    found += [schema[word] for word in ("example", "default", "minimum", "maximum") if word in schema]
    if kind == "boolean":
        found += [True, False]
    if kind == "array":
        items = merged(schema.get("items", {}))
        one = values(name.removesuffix("s"), items, world) if items else []
        found = [*found, *([each] for each in one)]
    if kind in ("integer", "number"):
        found += [*(one + 1 for one in found if type(one) is int), *(() if found else (3, 30))]
    if kind == "string" and not schema.get("enum"):
        found += ["some-other-text"]
    if kind == "object":
        found += [{"some": "thing"}]
    return [one for number, one in enumerate(found) if one not in (None, [], {}, *found[:number])]


def known(world: World) -> dict[str, list[Json]]:
    common, [stopped, running, *_] = world.common, world.linodes
    linodes = [ids["/linode/instances"] for ids in (running, stopped)]
    return {
        "region": ["us-ord", "us-sea"],
        "image": ["linode/debian13", "linode/debian12"],
        "root_pass": [PASSWORD],
        "password": [PASSWORD],
        "user_data": ["I2Nsb3VkLWNvbmZpZwo="],
        "kernel": ["linode/grub2", "linode/latest-64bit"],
        "linode_id": linodes,
        "linode": linodes,
        "disk": [stopped["/linode/instances/{}/disks"]],
        "config": [stopped["/linode/instances/{}/configs"]],
        "disk_id": [stopped["/linode/instances/{}/disks"]],
        "config_id": [ids["/linode/instances/{}/configs"] for ids in (running, stopped)],
        "volume_id": [common["/volumes"]],
        "volume": [common["/volumes"]],
        "domain": ["other.example.net", common["/domains"]],
        "nodebalancer": [common["/nodebalancers"]],
        "firewall_id": [common["/networking/firewalls"]],
        "subnet_id": [common["/vpcs/{}/subnets"]],
        "stackscript_id": [common["/linode/stackscripts"]],
        "backup_id": [stopped["/linode/instances/{}/backups"]],
        "entity_id": linodes,
        "ipv4_range": ["10.0.0.64/28"],
        "ip_ranges": [["10.0.0.32/28"]],
        "vpc": ["10.0.0.9"],
        "address": [common["/networking/reserved/ips"], "10.0.0.9"],
        "range": ["10.0.0.32/28"],
        "master_ip": ["203.0.113.7"],
        "axfr_ip": ["203.0.113.7"],
        "rdns": [f"{ids['/linode/instances/{}/ips']}.nip.io" for ids in world.linodes],
        "ssh_key": [KEY],
        "authorized_key": [KEY],
        "authorized_user": ["restricted", "local"],
    }


def put(body: Json, steps: Steps, value: Json) -> Json:
    """A copy with the property set, and what it stands in made."""
    changed = deepcopy(body)
    at = changed
    for step, following in pairwise(steps):
        empty: Json = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not at:
                at.append(empty)
            at = at[0]
        else:
            at[step] = at[step] if isinstance(at.get(step), type(empty)) else empty
            at = at[step]
    if isinstance(steps[-1], int):
        at[:] = [value]
    else:
        at[steps[-1]] = value
    return changed


def has(body: Json, steps: Steps) -> bool:
    for step in steps:
        if not body or (isinstance(body, dict) and step not in body):
            return False
        body = body[step]
    return True


def without(body: Json, steps: Steps) -> Json:
    changed = deepcopy(body)
    at = changed
    for step in steps[:-1]:
        at = at[step]
    del at[steps[-1]]
    return changed


def named(refusal: ApiError) -> Iterator[Steps]:
    """The properties that a refusal speaks of: by field, or in its words."""
    for at, reason in refusal.problems:
        if at:
            parts = re.findall(r"\w+", at)
            yield tuple(int(part) if part.isdigit() else part for part in parts)
        else:
            yield from ((word,) for word in re.findall(r"\w+", reason))


def accepted(
    world: World, method: str, path: str, body: Json, known_at: Mapping[Steps, Json], fixed: Steps = ()
) -> tuple[Json, Outcome]:
    """The body, with what its refusals ask for, and what comes of it."""
    outcome = world.attempt(method, path, body)
    tried: Counter[Steps] = Counter()  # what is asked for again needs another value
    for _ in range(REPAIRS):
        if not isinstance(outcome, ApiError):
            break
        asked = [steps for steps in named(outcome) if steps in known_at and steps != fixed]
        if not asked:
            break
        for steps in asked:
            choices = values(str(steps[-1]), known_at[steps], world)
            if choices:
                body = put(body, steps, choices[tried[steps] % len(choices)])
                tried[steps] += 1
        outcome = world.attempt(method, path, body)
    return body, outcome


def verdict(
    world: World, method: str, path: str, bases: list[Json], properties: Mapping[Steps, Json], steps: Steps
) -> str:
    """What becomes of a property: `effect` if any, `dropped` if it is taken all the same, else `refused`.

    One with a few values is refused if one of them is: the others are what it is anyway.
    """
    found, schema = "refused", properties[steps]
    few = schema.get("type") == "boolean" or schema["enum"]
    for base in bases:
        for value in values(str(next(one for one in reversed(steps) if one)), properties[steps], world):
            body, outcome = accepted(world, method, path, put(base, steps, value), properties, fixed=steps)
            if isinstance(outcome, ApiError):
                if few and steps in named(outcome):
                    return "effect"
                continue
            if world.attempt(method, path, without(body, steps)) != outcome:
                return "effect"
            found = "dropped"
    return found


def kinds(base: Json, properties: Mapping[Steps, Json]) -> Iterator[Json]:
    """Bodies for each value of what says which kind of thing it is: `protocol`, `purpose`, `type`."""
    yield base
    for steps, schema in properties.items():
        if steps[-1] in ("protocol", "purpose", "type"):
            yield from (put(base, steps, value) for value in schema["enum"])


def rich(world: World, method: str, path: str, base: Json, properties: Mapping[Steps, Json]) -> Json:
    """A body with as many of the properties as are taken together."""
    body, _ = accepted(world, method, path, base, properties)
    for steps, schema in [*properties.items()] * 2:  # some are taken once others are there
        if has(body, steps):
            continue
        for value in values(str(next(one for one in reversed(steps) if one)), schema, world)[:2]:
            more = put(body, steps, value)
            if not isinstance(world.attempt(method, path, more), ApiError):
                body = more
                break
    return body


def documented(method: str, template: str) -> set[str]:
    """The properties that the document says are taken without an effect."""
    rows = re.findall(r"^\| `([^|]+)` \| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.M)
    here = re.sub(r"\{\w+\}", "{id}", f"{method} {template}")
    return {
        name
        for names, where in rows
        for name in re.split(r"`, `", names)
        if here in re.findall(r"`([^`]+)`", where)
    }


@pytest.mark.parametrize(("method", "template"), operations())
def test_a_property_that_is_taken_has_an_effect(world: World, method: str, template: str) -> None:
    content = resolved(description()["paths"][template][method.lower()]["requestBody"])["content"]
    properties = dict(leaves(content["application/json"]["schema"]))
    required = merged(content["application/json"]["schema"]).get("required", [])
    verdicts: dict[Steps, set[str]] = {steps: set() for steps in properties}

    for path in world.paths(template):
        base: Json = {}
        for steps, schema in properties.items():
            if len(steps) == 1 and steps[0] in required and (choices := values(str(steps[0]), schema, world)):
                base = put(base, steps, choices[0])
        base, _ = accepted(world, method, path, base, properties)
        bases = [base, *(rich(world, method, path, one, properties) for one in kinds(base, properties))]
        for steps, found in verdicts.items():
            if "effect" not in found:
                found.add(verdict(world, method, path, bases, properties, steps))

    dropped = {
        ".".join(str(step) for step in steps if step != 0)
        for steps, found in verdicts.items()
        if not found or ("dropped" in found and "effect" not in found)
    }
    assert sorted(dropped) == sorted(documented(method, template))
