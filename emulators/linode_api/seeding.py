"""An account made from a description: the requests that would make it, answered at once, and in the past.

{"account": "local", "things": [
  {"post": "/vpcs", "body": {"label": "inner", "region": "us-ord"}},
  {"post": "/vpcs/{inner}/subnets", "body": {"label": "front", "ipv4": "10.0.0.0/16"}},
  {"post": "/linode/instances", "count": 10000,
   "body": {"label": "web-{n}", "region": "us-ord", "type": "g6-nanode-1"}},
  {"post": "/volumes", "count": 100, "body": {"label": "data-{n}", "size": 20, "linode_id": "{web-{n}}"}}]}

`{n}` counts from 1 to `count`; `{label}` is the id of what the description gave that label. Each of `things` finds the
jobs of those before it done. Nothing of it is in the log of requests, and no limit counts it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api.app import Api
from emulators.linode_api.catalogs import using
from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core import Json, bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.events import settle
from emulators.linode_api.core.records import Thing
from emulators.linode_api.core.routes import Call, endpoint_for

EACH_TAKES_S = 600.0
"""Of the real API: longer than any job that a create queues."""

KEYS = {"post": str, "body": dict, "count": int}


def seed(api: Api, description: object) -> Json:
    """The account, and how many things were made; all or none. Raises ValueError saying what is wrong, and where."""
    name, things = checked(description)
    made = 0
    ids: dict[str, Any] = {}
    with api.database.transaction(), using(api.edits.catalogs):
        account = api.accounts.named(name)
        begun = api.clock.now() - api.clock.shrink(EACH_TAKES_S) * len(things)
        for number, thing in enumerate(things):
            now = begun + api.clock.shrink(EACH_TAKES_S) * number
            account = replace(account, clock=HeldClock(now, api.clock.speed))
            settle(account)
            for n in range(1, thing.get("count", 1) + 1):
                try:
                    label, made_id = post(account, thing, n, ids)
                except (ApiError, ValueError) as problem:
                    place = f"things[{number}] (POST {thing['post']}, n = {n})"
                    raise ValueError(f"{place}: {problem}") from problem
                ids[label] = made_id
                made += 1
        settle(replace(account, clock=api.clock))
    return {"account": name, "made": made}


def checked(description: object) -> tuple[str, list[Json]]:
    if not isinstance(description, dict) or not {"things"} <= description.keys() <= {"account", "things"}:
        raise ValueError(
            'a description is {"account": NAME, "things": [{"post": PATH, "body": {}, "count": 1}]}'
        )
    things = description["things"]
    for number, thing in enumerate(things if isinstance(things, list) else [None]):
        wrong = not isinstance(thing, dict) or any(
            not isinstance(value, KEYS.get(key, ())) for key, value in thing.items()
        )
        if wrong or "post" not in thing:
            raise ValueError(f'things[{number}] is not {{"post": PATH, "body": {{}}, "count": 1}}')
    return str(description.get("account", "local")), things


def post(account: Account, thing: Mapping[str, Any], n: int, ids: Mapping[str, Any]) -> tuple[str, Any]:
    """Label and id of what was made."""
    body = bodies.parse(json.dumps(filled(thing.get("body", {}), n, ids)).encode())
    found, named = endpoint_for("POST", str(filled(thing["post"], n, ids)), beta=True)
    answer = found.answer(Call(account, {}, None, body), named)
    shown: Json = answer.shown(account) if isinstance(answer, Thing) else answer or {}
    return str(body.get("label") or shown.get("label") or shown.get("domain")), shown.get("id")


def filled(value: Any, n: int, ids: Mapping[str, Any]) -> Any:
    """With the number and the ids in their places; a text that is nothing but an id becomes the id."""
    if isinstance(value, dict):
        return {key: filled(one, n, ids) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, n, ids) for one in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    text = value.replace("{n}", str(n))
    whole = re.fullmatch(r"{([^{}]+)}", text)
    return id_of(whole[1], ids) if whole else re.sub(r"{([^{}]+)}", lambda at: str(id_of(at[1], ids)), text)


def id_of(label: str, ids: Mapping[str, Any]) -> Any:
    if label not in ids:
        raise ValueError(f"nothing before it has the label {label!r}")
    return ids[label]
