"""StackScripts: a few public ones, and an account's own.

The fields that a script asks for are read from its `<UDF …>` tags. Source: recordings ExampleListStackscripts_page1,
ExampleCreateStackscript; API page "Create a StackScript". Texts marked * are a choice.
"""

from __future__ import annotations

import json
import re

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, grants
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import length, problems_in, required, that
from emulators.linode_api.core.errors import Problem, not_found, raise_if
from emulators.linode_api.core.limits import COLLECTION, STACKSCRIPTS
from emulators.linode_api.core.records import Kind, Record, change, get, given, stored
from emulators.linode_api.core.routes import Call, Routes

api = Routes("stackscripts")
SCRIPT = Kind(
    "stackscript", "/linode/stackscripts/{stackscript}", first_id=1_500_000, unique_label=False, granted=True
)
ANY_IMAGE = "any/all"
LARGEST_DATA = 65_535
SHORTENED = 40
TAG = re.compile(r"<UDF\s([^>]*?)/?>", re.IGNORECASE)
PART = re.compile(r"""(\w+)=(?:"([^"]*)"|'([^']*)')""")
UDF_PARTS = ("name", "label", "header", "default", "example", "oneof", "manyof", "required")
GREETING = '# <UDF name="greeting" label="What the login screen says" default="welcome" />'
SITE = '# <UDF name="site" label="Name of the site" />'
PUBLIC_SINCE = 1_700_000_000.0


def public(number: int, label: str, images: list[str], script: str) -> Record:
    body = {"username": "linode", "label": label, "description": "", "images": images, "deployments": 0}
    body |= {"is_public": True, "rev_note": "", "script": f"#!/bin/bash\n{script}\n"}
    return Record("stackscript", number, 0, PUBLIC_SINCE, PUBLIC_SINCE, body)


PUBLIC = (
    public(1_000_001, "plain-update", [ANY_IMAGE], "true"),
    public(1_000_002, "greeting", ["linode/debian12", "linode/debian13"], GREETING),
    public(1_000_003, "site-name", ["linode/ubuntu24.04", "linode/debian13"], SITE),
)
LENGTHS = {"label": length(3, 128), "description": length(0, 65_535), "rev_note": length(0, 512)}
REQUIRED = dict.fromkeys(("label", "script", "images"), required())
SCRIPTS = {
    "images": that(lambda images: all(isinstance(one, str) for one in images), "Must be a list of strings"),
    "script": that(
        lambda script: not script or script.startswith("#!"),
        "Script must begin with a shebang (example: #!/bin/bash).",
    ),
}


@SCRIPT.shows
def row(_: Account, script: Record) -> Json:
    return {
        "id": script.id,
        "username": script["username"],
        "user_gravatar_id": "0" * 32,
        "label": script["label"],
        "description": shortened(script["description"]),
        "ordinal": 0,
        "logo_url": "",
        "images": script["images"],
        "deployments_total": script["deployments"],
        "deployments_active": script["deployments"],
        "is_public": script["is_public"],
        "mine": script not in PUBLIC,
        **script.dates,
        **script.parts("rev_note", "script"),
        "user_defined_fields": user_fields(script["script"]),
    }


def shortened(text: str) -> str:
    """As answers give a description: recording ExampleCreateStackscript. How long one may be at most is a choice."""
    return f"{text[:SHORTENED]}..." if len(text) > SHORTENED + 3 else text


def user_fields(script: str) -> list[Json]:
    """What the script wants to know, in its order."""
    found = []
    for tag in TAG.findall(script):
        parts = {name.lower(): double or single for name, double, single in PART.findall(tag)}
        found.append({name: parts[name] for name in UDF_PARTS if name in parts})
    return found


def find_any(account: Account, script_id: object) -> Record | None:
    """A public or own one."""
    public = [script for script in PUBLIC if script.id == script_id]
    return public[0] if public else get(account, "stackscript", script_id)


def count(account: Account, script_id: object) -> None:
    """One deployment more."""
    own = get(account, "stackscript", script_id)
    if own:
        change(account, own, deployments=own["deployments"] + 1)


def use_problems(account: Account, body: Body, image: Body | None) -> list[Problem]:
    """`stackscript_id` and `stackscript_data` of a create or rebuild: a public image that the script takes."""
    data = body.get("stackscript_data")
    if data is not None and (not isinstance(data, dict) or len(json.dumps(data)) > LARGEST_DATA):
        return [("stackscript_data", "Must be a JSON object of at most 65535 characters")]  # *
    if body.get("stackscript_id") is None:
        return []
    script = find_any(account, body["stackscript_id"])
    if script is None:
        return [("stackscript_id", "stackscript_id is not valid")]
    if image is None or body.get("backup_id") or image["id"] not in catalogs().images:
        return [("stackscript_id", "StackScripts can be deployed with a public image only")]  # *
    if not {ANY_IMAGE, image["id"]} & set(script["images"]):
        return [("stackscript_id", "The image is not valid for this StackScript")]  # *
    missing = [
        field["name"]
        for field in user_fields(script["script"])
        if "default" not in field and field["name"] not in (data or {})
    ]
    return [(f"stackscript_data.{name}", f"{name} is required") for name in missing]  # *


@api.rows(
    "/linode/stackscripts",
    *("deployments_total", "description", "is_public", "label", "mine", "rev_note"),
    budgets=(STACKSCRIPTS, COLLECTION),
)
def rows(call: Call) -> list[Record]:
    return [*PUBLIC, *grants.visible(call.account, "stackscript", stored(call.account, "stackscript"))]


@api.get("/linode/stackscripts/{id}")
def read(call: Call, script_id: int) -> Record:
    found = find_any(call.account, script_id)
    if found is None:
        raise not_found()
    if found not in PUBLIC:
        grants.require(call.account, "stackscript", found.id, changes=False)
    return found


@api.post("/linode/stackscripts", grant="add_stackscripts")
def create(call: Call) -> Record:
    account, body = call.account, call.body
    raise_if(problems_in(body, LENGTHS) + problems_in(body, REQUIRED) + problems_in(body, SCRIPTS))
    kept = {
        "username": account.username,
        "label": body["label"],
        "description": body.get("description") or "",
        "images": list(body["images"]),
        "is_public": body.get("is_public") is True,
        "rev_note": body.get("rev_note") or "",
        "script": body["script"],
        "deployments": 0,
    }
    return SCRIPT.create(account, kept)


@api.put(SCRIPT.url)
def update(call: Call, script: Record) -> Record:
    raise_if(problems_in(call.body, LENGTHS) + problems_in(call.body, SCRIPTS))
    names = ("label", "description", "images", "is_public", "rev_note", "script")
    return SCRIPT.update(call.account, script, given(call.body, *names))


@api.delete(SCRIPT.url)
def delete(call: Call, script: Record) -> None:
    SCRIPT.delete(call.account, script)
