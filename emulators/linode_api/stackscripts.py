"""StackScripts: a few public ones, and an account's own.

The fields that a script asks for are read from its `<UDF …>` tags. Source: recordings ExampleListStackscripts_page1,
ExampleCreateStackscript; API page "Create a StackScript". Texts marked * are a choice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from emulators.linode_api import events, records
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import Problem, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.records import Record
from emulators.linode_api.validation import raise_if, text

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(
    frozenset({"deployments_total", "description", "is_public", "label", "mine", "rev_note"})
)
ANY_IMAGE = "any/all"
LARGEST_DATA = 65_535
TAG = re.compile(r"<UDF\s([^>]*?)/?>", re.IGNORECASE)
PART = re.compile(r"""(\w+)=(?:"([^"]*)"|'([^']*)')""")
FIELDS = ("name", "label", "default", "example", "oneof", "manyof")
GREETING = '# <UDF name="greeting" label="What the login screen says" default="welcome" />'
PUBLIC: tuple[tuple[int, str, list[str], str], ...] = (
    (1_000_001, "plain-update", [ANY_IMAGE], "#!/bin/bash\ntrue\n"),
    (1_000_002, "greeting", ["linode/debian12", "linode/debian13"], f"#!/bin/bash\n{GREETING}\n"),
    (
        1_000_003,
        "site-name",
        ["linode/ubuntu24.04", "linode/debian13"],
        '#!/bin/bash\n# <UDF name="site" label="Name of the site" />\n',
    ),
)
PUBLIC_SINCE = 1_700_000_000.0


def script_row(script_id: int, owner: str, body: Body, dates: Body, *, mine: bool) -> Json:
    return {
        "id": script_id,
        "username": owner,
        "user_gravatar_id": "0" * 32,
        "label": body["label"],
        "description": body["description"],
        "ordinal": 0,
        "logo_url": "",
        "images": body["images"],
        "deployments_total": body["deployments"],
        "deployments_active": body["deployments"],
        "is_public": body["is_public"],
        "mine": mine,
        **dates,
        "rev_note": body["rev_note"],
        "script": body["script"],
        "user_defined_fields": user_fields(body["script"]),
    }


def user_fields(script: str) -> list[Json]:
    """What the script wants to know, in its order."""
    found = []
    for tag in TAG.findall(script):
        parts = {name.lower(): double or single for name, double, single in PART.findall(tag)}
        found.append({name: parts[name] for name in FIELDS if name in parts})
    return found


def public_rows() -> list[Json]:
    dates = {"created": stamp(PUBLIC_SINCE), "updated": stamp(PUBLIC_SINCE)}
    shared = {"description": "", "deployments": 0, "is_public": True, "rev_note": ""}
    return [
        script_row(
            number,
            "linode",
            {**shared, "label": label, "images": images, "script": script},
            dates,
            mine=False,
        )
        for number, label, images, script in PUBLIC
    ]


def own_row(script: Record) -> Json:
    return script_row(script.id, script.body["username"], script.body, script.dates, mine=True)


def rows(account: Account) -> list[Json]:
    return [*public_rows(), *(own_row(one) for one in records.all_of(account, "stackscript"))]


def find(account: Account, script_id: object) -> Json | None:
    public = [row for row in public_rows() if row["id"] == script_id]
    own = records.get(account, "stackscript", script_id)
    if own:
        return own_row(own)
    return public[0] if public else None


def require(account: Account, script_id: int) -> Json:
    found = find(account, script_id)
    if found is None:
        raise not_found()
    return found


def field_problems(body: Body, *, new: bool) -> list[Problem]:
    problems = (
        text(body, "label", 3, 128) + text(body, "description", 0, 65_535) + text(body, "rev_note", 0, 512)
    )
    for name in ("label", "script", "images"):
        if new and not body.get(name):
            problems.append((name, f"{name} is required"))
    if not isinstance(body.get("script"), str | None):
        problems.append(("script", "Must be a string"))
    elif body.get("script") and not body["script"].startswith("#!"):
        problems.append(("script", "Script must begin with a shebang (example: #!/bin/bash)."))
    images = body.get("images") or []
    known = isinstance(images, list) and all(isinstance(one, str) for one in images)
    if not known:
        problems.append(("images", "Must be a list of image ids"))  # *
    return problems


def create(account: Account, body: Body) -> Record:
    raise_if(field_problems(body, new=True))
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
    with account.database.transaction():
        made = records.add(account, "stackscript", kept)
        events.notify(account, "stackscript_create", entity(made))
    return made


def entity(script: Record) -> Json:
    return events.entity("stackscript", script.id, script.body["label"], f"/linode/stackscripts/{script.id}")


def update(account: Account, script: Record, body: Body) -> Record:
    raise_if(field_problems(body, new=False))
    names = ("label", "description", "images", "is_public", "rev_note", "script")
    with account.database.transaction():
        changed = records.change(account, script, {n: body[n] for n in names if body.get(n) is not None})
        events.notify(account, "stackscript_update", entity(changed))
    return changed


def delete(account: Account, script: Record) -> None:
    with account.database.transaction():
        records.remove(account, script)
        events.notify(account, "stackscript_delete", entity(script))


def count(account: Account, script_id: object) -> None:
    """One deployment more."""
    own = records.get(account, "stackscript", script_id)
    if own:
        records.change(account, own, {"deployments": own.body["deployments"] + 1})


def use_problems(account: Account, body: Body, image: Body | None) -> list[Problem]:
    """`stackscript_id` and `stackscript_data` of a create or rebuild: a public image that the script takes."""
    data = body.get("stackscript_data")
    if data is not None and (not isinstance(data, dict) or len(json.dumps(data)) > LARGEST_DATA):
        return [("stackscript_data", "Must be a JSON object of at most 65535 characters")]  # *
    if body.get("stackscript_id") is None:
        return []
    script = find(account, body["stackscript_id"])
    if script is None:
        return [("stackscript_id", "stackscript_id is not valid")]
    if image is None or body.get("backup_id") or image["id"] not in catalogs().image_by_id:
        return [("stackscript_id", "StackScripts can be deployed with a public image only")]  # *
    if not {ANY_IMAGE, image["id"]} & set(script["images"]):
        return [("stackscript_id", "The image is not valid for this StackScript")]  # *
    missing = [
        field["name"]
        for field in script["user_defined_fields"]
        if "default" not in field and field["name"] not in (data or {})
    ]
    return [(f"stackscript_data.{name}", f"{name} is required") for name in missing]  # *
