"""What a recorded account had before the first recorded request, made in a local one.

Settings and facts as its answers show them; the catalogs of its day, as far as it lists them; and every thing that it
lists, or that its requests name, and that none of its requests made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.resources import images
from tests.contract.names import Names
from tests.contract.recorded import Json, exchanges, operation
from tests.unit.linode_api.serving import Caller, made

BY_REGION = ("Block Storage Encryption", "Maintenance Policy")
"""What Linodes are able to where their region is; it is more in later recordings than in earlier ones."""

LAB = "pl-labkrk-2"
RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": []}
CATALOGS = {"/regions": "id", "/regions/vpc-availability": "region", "/linode/types": "id", "/images": "id"}
"""Lists, and what of a row is the id in its catalog."""

CHOSEN = ("network_helper", "backups_enabled", "maintenance_policy", "interfaces_for_new_linodes")
TOLD = ("company", "state", "zip", "country")
A_MIB = 2**20


@dataclass
class Before:
    """Makes it, and writes down which of ours is which of theirs."""

    file: str
    caller: Caller
    names: Names

    def make(self) -> None:
        self.caller.api.api.edits.apply({**self.regions(), "remove": self.not_listed()})
        made(self.caller.put("/account/settings", self.settings()))
        for account in self.answers("GET /account"):
            made(self.caller.put("/account", {name: account[name] for name in TOLD}))
        for profile in self.answers("GET /profile"):
            made(self.caller.put("/profile", {"two_factor_auth": profile["two_factor_auth"]}))
        for number in sorted(self.firewalls_named()):
            self.firewall({"id": number, "label": f"before-{number}", "rules": RULES, "tags": []})
        for row in self.listed("/networking/firewalls"):
            self.firewall(row)
        for row in self.listed("/volumes"):
            self.volume(row)
        for row in self.listed("/images"):
            self.image(row)
        self.share_and_stop([row for row in self.listed("/images") if row.get("is_shared")])
        for label in self.labels():
            made(self.caller.post("/tags", {"label": label}))
        if self.file == "TestVolume_WaitForLinodeID_volume":
            linode = self.linode(67701824, "go-test-ins-4n57ej5b4bz0", region="ap-west")
            path = f"/linode/instances/{linode['id']}/configs"
            config = made(self.caller.post(path, {"label": "before", "devices": {}}))
            self.names.same(71037128, config["id"])

    # ---- what the file tells

    def answers(self, asked: str) -> Iterator[Json]:
        for exchange in exchanges(self.file):
            if operation(exchange["request"]) == asked and exchange["response"]["status"] == 200:
                yield exchange["response"]["body"]

    def listed(self, path: str) -> list[Json]:
        """The rows of a list that no request made."""
        own = set[int]()
        for exchange in exchanges(self.file):
            answer = exchange["response"]["body"]
            if exchange["request"]["method"] == "POST" and isinstance(answer, dict) and "id" in answer:
                own.add(answer["id"])
        rows = [row for page in self.answers(f"GET {path}") for row in page["data"]]
        return [row for row in rows if row.get("id") not in own]

    def labels(self) -> list[str]:
        """Tags that were used before."""
        own: set[str] = set()
        for exchange in exchanges(self.file):
            body = exchange["request"]["body"] or {}
            own |= {*(body.get("tags") or []), body.get("label", "")}
        return [row["label"] for row in self.listed("/tags") if row["label"] not in own]

    def settings(self) -> Json:
        """Those of the account, as what was made without saying so shows them."""
        found = {
            "network_helper": False,
            "maintenance_policy": "linode/power_off_on",
            "backups_enabled": False,
        }
        for exchange in exchanges(self.file):
            asked, answer = exchange["request"]["body"] or {}, exchange["response"]["body"] or {}
            if exchange["request"]["method"] != "POST" or not isinstance(answer, dict):
                continue
            if "hypervisor" in answer and "maintenance_policy" not in asked and not asked.get("image_id"):
                found["maintenance_policy"] = answer.get("maintenance_policy", found["maintenance_policy"])
            if "hypervisor" in answer and "backups_enabled" not in asked:
                found["backups_enabled"] = answer["backups"]["enabled"]
            if "helpers" in answer and "helpers" not in asked:
                found["network_helper"] = answer["helpers"]["network"]
        for told in self.answers("GET /account/settings"):
            found |= {name: told[name] for name in CHOSEN}
        return found

    def regions(self) -> Json:
        """Regions that were able to something else then, and the laboratory's."""
        found: dict[str, Json] = {LAB: {"id": LAB, "like": "us-ord"}}
        for exchange in exchanges(self.file):
            answer = exchange["response"]["body"]
            if isinstance(answer, dict) and "hypervisor" in answer:
                id_, able = answer["region"], set(answer.get("capabilities", BY_REGION))
                region = dict(catalogs().regions.get(id_) or catalogs().regions["us-ord"])
                more = [name for name in BY_REGION if name in able and name not in region["capabilities"]]
                kept = [name for name in region["capabilities"] if name in able or name not in BY_REGION]
                like = id_ if id_ != LAB else "us-ord"
                found[id_] = {"id": id_, "like": like, "capabilities": kept + more}
        return {"regions": list(found.values())}

    def not_listed(self) -> list[str]:
        """What is in our catalogs, and was in none of the account's."""
        left: set[str] = set()
        for path, key in CATALOGS.items():
            listed = {row[key] for page in self.answers(f"GET {path}") for row in page["data"]}
            known = {"regions": catalogs().regions, "types": catalogs().types, "images": catalogs().images}
            ours = known[path.removeprefix("/linode").split("/")[1]]
            left |= ({*ours, *([LAB] if ours is known["regions"] else [])} - listed) if listed else set()
        return sorted(left)

    def firewalls_named(self) -> set[int]:
        """Those that requests name, and that no request before made."""
        found, own = set[int](), set[int]()
        for exchange in exchanges(self.file):
            body = exchange["request"]["body"] or {}
            wanted, answer = [body, *(body.get("interfaces") or [])], exchange["response"]["body"]
            found |= {one["firewall_id"] for one in wanted if one.get("firewall_id")} - own
            own.add(answer.get("id", 0) if isinstance(answer, dict) else 0)
        return found

    # ---- what it makes

    def linode(self, theirs: int, label: str, region: str = "us-ord", **more: Any) -> Json:
        linode = self.caller.create(type="g6-nanode-1", region=region, label=label, **more)
        self.names.same(theirs, linode["id"])
        return linode

    def firewall(self, row: Json) -> None:
        """With what it guards: interfaces of Linodes, or Linodes."""
        ours = made(
            self.caller.post(
                "/networking/firewalls", {name: row[name] for name in ("label", "rules", "tags")}
            )
        )
        self.names.same(row["id"], ours["id"])
        for guarded in row.get("entities", []):
            owner = guarded["parent_entity"] or guarded
            if guarded["type"] == "linode":
                self.linode(owner["id"], owner["label"], firewall_id=ours["id"])
                continue
            public = [{"public": {}, "firewall_id": ours["id"]}]
            linode = self.linode(
                owner["id"], owner["label"], interface_generation="linode", interfaces=public
            )
            path = f"/linode/instances/{linode['id']}/interfaces"
            [interface] = made(self.caller.get(path))["interfaces"]
            self.names.same(guarded["id"], interface["id"])

    def volume(self, row: Json) -> None:
        wish = {name: row[name] for name in ("label", "region", "size", "tags", "encryption")}
        if row["linode_id"]:
            if row["linode_id"] not in self.names.ours:
                self.linode(row["linode_id"], row["linode_label"], row["region"])
            wish["linode_id"] = self.names.ours[row["linode_id"]]
        self.names.same(row["id"], made(self.caller.post("/volumes", wish))["id"])

    def share_and_stop(self, rows: list[Json]) -> None:
        """Images of which it shows that they were shared once."""
        if rows:
            self.caller.api.clock.advance(60)  # until they are available
            ids = [{"id": f"private/{self.names.ours[int(row['id'].partition('/')[2])]}"} for row in rows]
            group = made(self.caller.post("/images/sharegroups", {"label": "before", "images": ids}))
            made(self.caller.delete(f"/images/sharegroups/{group['id']}"))

    def image(self, row: Json) -> None:
        """One of its own, as if it had been uploaded."""
        if row["is_public"]:
            return
        wish = {"label": row["label"], "description": row["description"], "region": LAB}
        ours = made(self.caller.post("/images/upload", wish))["image"]
        self.names.same(*(int(one["id"].partition("/")[2]) for one in (row, ours)))
        account = self.caller.api.accounts.named("local")
        if row["status"] == "available":
            images.receive(account, int(ours["id"].partition("/")[2]), row["size"] * A_MIB)
