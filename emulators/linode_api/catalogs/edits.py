"""Changes of the catalogs by hand, for tests of pins and previews: stored, so that they survive a restart.

A row that is given replaces the parts it names of the row with that id; a new one starts as a copy of the row
`like` names, or of the first one. What is removed leaves the lists, while Linodes keep their plan and region.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.linode_api.catalogs import Catalogs, seed
from emulators.linode_api.core import Json
from emulators.linode_api.core.database import Database

NAMES = ("types", "regions", "images", "kernels")


class Edits:
    """The catalogs of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._merged: Catalogs | None = None

    @property
    def catalogs(self) -> Catalogs:
        if self._merged is None:
            self._merged = self._merge()
        return self._merged

    def apply(self, wanted: Mapping[str, Any]) -> None:
        """`{"images": [{"id": …}], "remove": [id, …]}`. Raises ValueError saying what is wrong."""
        unknown = sorted(set(wanted) - {*NAMES, "remove"})
        if unknown:
            raise ValueError(f"unknown key {unknown[0]!r}: write {', '.join(NAMES)} or remove")
        with self.database.transaction():
            for name in NAMES:
                for row in wanted.get(name) or []:
                    self._put(name, row)
            for row_id in wanted.get("remove") or []:
                self._remove(row_id)

    def _put(self, name: str, row: Mapping[str, Any]) -> None:
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            raise ValueError(f"each of {name} needs an id")
        known: Mapping[str, Json] = getattr(self.catalogs, name)
        like = row.get("like", row["id"] if row["id"] in known else next(iter(known)))
        if like not in known:
            raise ValueError(f"no {name.removesuffix('s')} {like!r} to be like")
        body = {**known[like], **{key: value for key, value in row.items() if key != "like"}}
        self._store(name, row["id"], True, body)

    def _remove(self, row_id: object) -> None:
        for name in NAMES:
            row = getattr(self.catalogs, name).get(row_id) if isinstance(row_id, str) else None
            if row is not None:
                self._store(name, row["id"], False, row)
                return
        raise ValueError(f"nothing with the id {row_id!r}")

    def sell(self, region: object, plan: object, *, available: bool) -> None:
        """Says that a region has a plan on sale, or has it sold out. Raises ValueError."""
        if region not in self.catalogs.regions or plan not in self.catalogs.types:
            raise ValueError("send a known region and plan")
        body = {"region": region, "plan": plan, "available": available}
        self._store("availability", f"{region}/{plan}", True, body)

    def clear(self) -> None:
        """Back to the seed; what was added leaves the lists."""
        with self.database.transaction():
            known = {row_id for name in NAMES for row_id in getattr(seed(), name)}
            marks = ", ".join("?" for _ in known)
            self.database.run(f"DELETE FROM catalog_edits WHERE id IN ({marks})", *sorted(known))  # noqa: S608 - question marks
            self.database.run("DELETE FROM catalog_edits WHERE catalog = 'availability'")
            self.database.run("UPDATE catalog_edits SET listed = 0")
        self._merged = None

    def reread(self) -> None:
        """After the database was replaced."""
        self._merged = None

    def report(self) -> list[dict[str, Any]]:
        rows = self.database.all("SELECT catalog, id, listed FROM catalog_edits ORDER BY catalog, id")
        return [{**dict(row), "listed": bool(row["listed"])} for row in rows]

    def _store(self, catalog: str, row_id: str, listed: bool, body: Json) -> None:
        row = {"catalog": catalog, "id": row_id, "listed": listed, "body": json.dumps(body)}
        self.database.upsert("catalog_edits", "catalog, id", **row)
        self._merged = None

    def _merge(self) -> Catalogs:
        rows = self.database.all("SELECT * FROM catalog_edits ORDER BY rowid")
        edits = [(row["catalog"], row["id"], bool(row["listed"]), json.loads(row["body"])) for row in rows]
        if not edits:
            return seed()
        merged = {name: merge(getattr(seed(), name), name, edits) for name in NAMES}
        past = {row_id: body for _, row_id, listed, body in edits if not listed}
        sold = {(body["region"], body["plan"]): body for name, _, _, body in edits if name == "availability"}
        known = [sold.pop((row["region"], row["plan"]), row) for row in seed().availability]
        return Catalogs(**merged, availability=[*known, *sold.values()], past=past)


Edit = tuple[str, str, bool, Json]


def merge(rows: Mapping[str, Json], name: str, edits: Sequence[Edit]) -> dict[str, Json]:
    """The rows with those of this catalog replaced, added at the end, or left out."""
    found = dict(rows)
    for catalog, row_id, listed, body in edits:
        if catalog == name:
            found[row_id] = body
            if not listed:
                del found[row_id]
    return found
