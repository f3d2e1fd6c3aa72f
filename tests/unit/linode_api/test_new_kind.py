"""The kind of the local API's README, as it stands there, is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators import linode_api
from emulators.linode_api.core.records import KINDS, ROWS
from emulators.linode_api.core.routes import ENDPOINTS
from tests.unit.linode_api.serving import Caller, made, reasons

README = Path(str(linode_api.__file__)).parent / "README.md"
IMPORTS = """
from __future__ import annotations
from emulators.linode_api.catalogs import region_problems
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check, length, problems_in, required, tags
from emulators.linode_api.core.errors import raise_if
from emulators.linode_api.core.records import Kind, Record, given
from emulators.linode_api.core.routes import Call, Routes
"""


@pytest.fixture
def databases() -> Iterator[None]:
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(IMPORTS + example, {})  # noqa: S102 - our own README
    yield
    del ENDPOINTS["databases"], KINDS["database"], ROWS["database"]


@pytest.mark.usefixtures("databases")
def test_a_kind_of_one_file_is_made_found_changed_and_deleted(caller: Caller) -> None:
    new = made(caller.post("/databases/instances", {"label": "front", "region": "us-ord", "tags": ["web"]}))
    path = f"/databases/instances/{new['id']}"

    found = caller.rows("/databases/instances", where={"label": "front"})
    changed = made(caller.put(path, {"label": "back"}))
    made(caller.delete(path))

    assert (new["id"], found) == (1_700_001, [new])
    assert (changed["label"], changed["tags"], caller.get(path).status_code) == ("back", ["web"], 404)
    assert caller.actions() == [f"database_{what}" for what in ("create", "update", "delete")]


@pytest.mark.usefixtures("databases")
def test_a_kind_of_one_file_refuses_as_the_api_does(caller: Caller) -> None:
    reader = Caller(caller.api, caller.api.add_token("reader", "databases:read_only"))

    wrong = caller.post("/databases/instances", {"label": "x", "region": "nope"})
    unknown = caller.get("/databases/instances", where={"status": "x"})

    assert reasons(wrong) == [
        ("label", "Length must be 3-32 characters"),
        ("region", "region is not valid"),
    ]
    assert reasons(unknown) == [("X-Filter", "Cannot filter on status")]
    assert (
        reader.get("/databases/instances").status_code,
        reader.post("/databases/instances").status_code,
    ) == (200, 401)
    reader.close()
