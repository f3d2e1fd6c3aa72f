"""Whole recordings, sent again to the local API at the recorded pace: same statuses, keys and values.

Ids and addresses differ, of course: what was recorded is mapped to what the local API answered in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import Caller

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="needs the recordings in ../shared/recordings"
)

Json = Any
REPLAYED = [
    "ExampleCreateStackscript",
    "TestDomainRecord_Update",
    "TestDomainRecords_List",
    "TestDomain_Get",
    "TestTokens_List",
    "TestFirewallDevice_Get",
    "TestFirewallRules_Update",
    "TestFirewalls_List",
    "TestIPAddress_Instance_Delete",
    "TestInstanceBackups_List",
    "TestInstanceFirewalls_List",
    "TestInstance_Clone",
    "TestInstance_ConfigInterfaces_AppendDelete",
    "TestInstance_ConfigInterfaces_List",
    "TestInstance_Config_Update",
    "TestInstance_Configs_List",
    "TestInstance_CreateUnderFirewall",
    "TestInstance_CreateWithLinodeInterfaces",
    "TestInstance_CreateWithReservedIPAddress",
    "TestInstance_CreateWithoutIPv4Field",
    "TestInstance_DiskEncryption",
    "TestInstance_Disk_Clone",
    "TestInstance_Disk_ListMultiple_Primary",
    "TestInstance_Disk_Resize",
    "TestInstance_MaintenancePolicy",
    "TestInstance_Volumes_List_Instance",
    "TestInstance_withMetadata",
    "TestInstance_withPG",
    "TestLocks",
    "TestMaintenancePolicies_List",
    "TestNodeBalancerNode_Create",
    "TestNodeBalancer_Get",
    "TestPlacementGroup_basic",
    "TestReservedIPAddresses_ListIPAddressesVariants",
    "TestSSHKey_GetFound",
    "TestSSHKey_GetMissing",
    "TestToken_GetMissing",
    "TestVPC_Create_Invalid",
    "TestVPC_CreateGet",
    "TestVPC_ListIPAddresses",
    "TestVPC_Subnet_Update",
    "TestVPC_Subnet_WithInstance",
    "TestVolume_List",
    "TestVolume_Resize",
]
NEWER = {  # keys that later recordings have
    "locks", "system_alerts", "user_alerts", "tags", "is_shared", "image_sharing", "io_ready", "vpc_type", "ipv4",
    "maintenance_policy",
}  # fmt: skip
UNLIKE = {  # values that are another account's, another machine's or another moment's
    "id", "address", "gateway", "subnet_mask", "rdns", "ipv6", "host_uuid", "created", "updated", "finished",
    "url", "created_by", "username", "user_gravatar_id", "fingerprint", "token", "linode_id", "config_id",
    "interface_id", "vpc_id", "subnet_id", "disk_id", "volume_id", "nat_1_1", "percent_complete", "duration",
    "encryption", "last_successful", "network", "description", "range", "backups_enabled", "vpc", "network_helper",
    "maintenance_policy", "results", "rate", "time_remaining", "expiry", "scopes", "nodebalancer_id",
}  # fmt: skip
MOVING = ("provisioning", "booting", "running")
ADDRESS = "192.0.2.0"  # every recorded one was replaced by this


class Replay:
    """The recorded conversation on one side, the local API on the other."""

    def __init__(self, caller: Caller, clock: HeldClock) -> None:
        self.caller, self.clock = caller, clock
        self.ids: dict[int, int] = {}
        self.addresses: list[str] = []
        self.private = ""
        self.at: float | None = None

    def run(self, name: str) -> None:
        for line in (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            if not exchange["request"]["path"].startswith("/v4beta/regions"):
                self.step(exchange)

    def step(self, exchange: Json) -> None:
        request, theirs = exchange["request"], exchange["response"]
        self.keep_pace(theirs["headers"].get("Expires"))
        method, path = request["method"], self.translated_text(request["path"].removeprefix("/v4beta"))
        body = self.translated(request["body"])
        self.ensure_firewall(body)
        where = request["headers"].get("X-Filter")
        answer = self.caller.send(
            method, path, body, where=where and self.translated_filter(where), **request["query"]
        )
        at = f"{exchange['i']} {method} {path}"
        assert answer.status_code == theirs["status"], f"{at}: {answer.text}"
        ours = answer.json()
        self.learn(theirs["body"], ours)
        assert list(differences(theirs["body"], ours)) == [], at
        assert answer.headers["X-Accepted-OAuth-Scopes"] == theirs["headers"]["X-Accepted-Oauth-Scopes"], at

    def keep_pace(self, expires: str | None) -> None:
        """Recorded replies tell their time in `Expires`; a second more, since the grain is one second."""
        now = parsedate_to_datetime(expires).timestamp() if expires else self.at
        self.clock.advance(max(0.0, (now or 0) - (self.at or now or 0)))
        self.at = now

    def ensure_firewall(self, body: Json) -> None:
        """Recordings attach a firewall that was there before them."""
        for entry in [body, *((body or {}).get("interfaces") or [])]:
            wanted = (entry or {}).get("firewall_id")
            if wanted in self.ids:
                entry["firewall_id"] = self.ids[wanted]
            elif wanted and wanted not in self.ids.values():
                rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": []}
                made = self.caller.post(
                    "/networking/firewalls", {"label": f"before-{wanted}", "rules": rules}
                ).json()
                self.ids[wanted] = made["id"]
                entry["firewall_id"] = made["id"]

    def translated(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self.translated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item) for item in value]
        if value == "1234::5678/0":
            return "::/0"
        if value == ADDRESS and self.addresses:
            return self.addresses[-1]
        if str(value).startswith(f"{ADDRESS}:"):  # of a node: only a private one will do
            return value.replace(ADDRESS, self.private)
        return self.ids.get(value, value) if type(value) is int else value

    def translated_text(self, text: str) -> str:
        if ADDRESS in text and self.addresses:
            text = text.replace(ADDRESS, self.addresses.pop())
        return re.sub(r"\d{3,}", lambda found: str(self.ids.get(int(found[0]), found[0])), text)

    def translated_filter(self, text: str) -> str:
        """Event filters by date are left out: the recorded dates are not the real ones."""
        wanted = json.loads(text)
        wanted.pop("created", None)
        return json.dumps(self.translated(wanted))

    def learn(self, theirs: Json, ours: Json) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key, value in theirs.items():
                mine = ours.get(key)
                if key == "id" and str(value).startswith("private/") and mine:
                    value, mine = (int(one.removeprefix("private/")) for one in (value, mine))
                if type(value) is int and type(mine) is int and (key == "id" or key.endswith("_id")):
                    self.ids.setdefault(value, mine)
                self.learn(value, mine)
            if set(ours) >= {"address", "gateway", "reserved"}:
                if ours["public"]:
                    self.addresses.append(ours["address"])
                else:
                    self.private = ours["address"]
        if isinstance(theirs, list) and isinstance(ours, list):
            for value, mine in zip(theirs, ours, strict=False):
                self.learn(value, mine)


def differences(theirs: Json, ours: Json, at: str = "") -> Iterator[str]:
    """Where two answers are not alike: keys, types, and the values that should be the same."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        yield from object_differences(theirs, ours, at)
    elif isinstance(theirs, list) and isinstance(ours, list):
        yield from list_differences(theirs, ours, at)
    elif (
        "1234::5678" not in str(theirs)
        and theirs not in (ADDRESS, "thisIsYourHostName")
        and generic(theirs) != generic(ours)
    ):
        yield f"{at} is {ours!r}, not {theirs!r}"


def generic(value: Json) -> str:
    """Labels that the API makes up hold the Linode's id."""
    return re.sub(r"^linode\d+$", "linode0", str(value))


def object_differences(theirs: Json, ours: Json, at: str) -> Iterator[str]:
    yield from (f"{at}.{key} is ours alone" for key in sorted(set(ours) - set(theirs) - NEWER))
    yield from (f"{at}.{key} is missing" for key in sorted(set(theirs) - set(ours)))
    for key in set(ours) & set(theirs):
        moving = "percent_complete" in theirs or ours.get("status") in MOVING
        pace = key == "status" and moving  # jobs differ by seconds
        if not pace and (key not in UNLIKE or isinstance(theirs[key], dict)):
            yield from differences(theirs[key], ours[key], f"{at}.{key}")


def list_differences(theirs: Json, ours: Json, at: str) -> Iterator[str]:
    """Whole lists of an account hold what it held before: only the rest is compared."""
    if at.rpartition(".")[2] in ("capabilities", "ipv4"):
        return
    if len(theirs) == len(ours):
        for number, pair in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(*pair, f"{at}[{number}]")
    elif at != ".data":
        yield f"{at} has {len(ours)} items, not {len(theirs)}"


@pytest.mark.parametrize("name", REPLAYED)
def test_a_recording_can_be_replayed(api: LocalApi, clock: HeldClock, name: str) -> None:
    caller = Caller(api, api.add_token(name), "/v4beta")
    settings = {"network_helper": False, "maintenance_policy": "linode/power_off_on"}
    caller.put("/account/settings", {**settings, "backups_enabled": name == "TestVPC_ListIPAddresses"})

    Replay(caller, clock).run(name)

    caller.close()


def test_the_recorded_run_into_a_limit_is_refused_at_the_recorded_seconds(tmp_path: Path) -> None:
    """All of TestReservedIPAddresses_ExceedLimit, with the limits that its answers name."""
    clock, addresses = HeldClock(), list[str]()
    with LocalApi(tmp_path / "api.db", clock=clock) as api:
        caller, at = Caller(api, api.add_token(), "/v4beta"), None
        for line in (RECORDINGS / "TestReservedIPAddresses_ExceedLimit.jsonl").read_text().splitlines():
            exchange = json.loads(line)
            request, theirs = exchange["request"], exchange["response"]
            now = parsedate_to_datetime(theirs["headers"]["Expires"]).timestamp()
            clock.advance(now - (at or now))
            at = now
            path = request["path"].removeprefix("/v4beta")
            path = path.replace(ADDRESS, addresses[0] if addresses else "")

            ours = caller.send(request["method"], path, request["body"])

            seen = (ours.status_code, ours.headers["X-RateLimit-Limit"])
            assert seen == (theirs["status"], theirs["headers"]["X-Ratelimit-Limit"]), exchange["i"]
            if theirs["status"] == 200:
                addresses = [*addresses, ours.json()["address"]] if ours.json() else addresses[1:]
        caller.close()
