"""A small program with firewalls and SSH keys, run by either engine; nobody passes an account."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests import by_hand
from tests.project import Project

PROGRAM = """
import json
import sys

import pulumi

from providers.linode import Firewall, FirewallArgs, Instance, InstanceArgs, SSHKey, SSHKeyArgs

with open("wanted.json") as file:
    wanted = json.load(file)
laptop = SSHKey("laptop", label="laptop", ssh_key=wanted["key"])
SSHKey("twin", SSHKeyArgs(label="laptop", ssh_key=wanted["key"]))
web = Instance("web-1", type="g6-nanode-1", region="de-fra-2", interface_generation="legacy_config")
behind = {"linodes": [web.id]} if wanted["behind"] else {}
wall = Firewall("web", FirewallArgs(inbound_policy="DROP", outbound_policy="ACCEPT", **{**behind, **wanted["web"]}))
db_wall = Firewall(
    "db",
    inbound=[{"action": "ACCEPT", "protocol": "TCP", "ports": "5432", "addresses": {"ipv4": ["10.0.0.0/8"]}}],
    inbound_policy="DROP",
    outbound_policy="DROP",
    tags=[laptop.id.apply(lambda id_: f"key-{id_}")],
    opts=pulumi.ResourceOptions(depends_on=[wall]),
)
db = InstanceArgs(
    type="g6-nanode-1", region="de-fra-2", interface_generation="legacy_config", firewall_id=db_wall
)
Instance("db-1", db)
pulumi.export("wall", wall.id)
"""
DECLARATIONS = {
    "laptop": 'laptop = SSHKey("laptop", label="laptop", ssh_key=wanted["key"])',
    "web-1": 'web = Instance("web-1", type="g6-nanode-1", region="de-fra-2", interface_generation="legacy_config")',
    "db-1": 'Instance("db-1", db)',
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
WEB: dict[str, Any] = {
    "action": "ACCEPT",
    "protocol": "TCP",
    "ports": "80, 443",
    "addresses": {"ipv4": ["0.0.0.0/0"]},
}
SSH: dict[str, Any] = {**WEB, "ports": "22"}


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="dev")


def want(project: Project, *, behind: bool = True, **web: object) -> None:
    """What the program declares of firewall `web`; `behind`: with the Linode of the program behind it."""
    (project.folder / "wanted.json").write_text(json.dumps({"key": KEY, "web": web, "behind": behind}))


def firewalls(project: Project) -> dict[str, Any]:
    return {row["label"]: row for row in project.call("GET", "/networking/firewalls")["data"]}


def writes(project: Project) -> list[str]:
    return [f"{row['method']} {row['path']}" for row in project.api.requests() if row["method"] != "GET"]


def lines_of_program(project: Project) -> dict[str, int]:
    """The line of the program that declares each resource, as the state has it for whoever looks for it."""
    found = {}
    for one in json.loads(project.checkpoint.read_text())["checkpoint"]["latest"]["resources"]:
        file, _, line = one.get("sourcePosition", "").rpartition("#")
        name = one["urn"].rpartition("::")[2]
        if one["type"].startswith("pulumi-python:dynamic/linode:"):
            traced = [frame["sourcePosition"].rpartition("#")[0] for frame in one["stackTrace"]]
            assert traced[-1].endswith("/__main__.py"), "the program's lines, not those of what runs it"
        if name in DECLARATIONS and file.endswith("/__main__.py"):
            found[name] = int(line)
    return found


def test_firewalls_and_keys_are_made_kept_changed_put_back_and_deleted(project: Project) -> None:
    want(project, inbound=[WEB])

    made = project.up()
    again = project.preview("--expect-no-changes")

    assert made.code == again.code == 0, made.said + again.said
    keys = project.call("GET", "/profile/sshkeys")["data"]
    assert [(row["label"], row["ssh_key"]) for row in keys] == [("laptop", KEY)] * 2
    wall, db_wall = firewalls(project)["fleet-dev-web"], firewalls(project)["fleet-dev-db"]
    guarded = [entity["label"] for row in (wall, db_wall) for entity in row["entities"]]
    assert guarded == ["fleet-dev-web-1", "fleet-dev-db-1"]
    assert wall["rules"]["inbound"] == [WEB]
    assert any(tag.startswith("key-") for tag in db_wall["tags"])
    assert all(str(row["id"]) in project.checkpoint.read_text() for row in [*keys, wall])
    declared = {name: PROGRAM.splitlines().index(line) + 1 for name, line in DECLARATIONS.items()}
    assert lines_of_program(project) == declared

    want(project, inbound=[WEB], label="front", behind=False, linodes=[])
    before = len(writes(project))
    changed = project.up()

    assert changed.code == 0, changed.said
    assert firewalls(project)["front"]["id"] == wall["id"]
    assert firewalls(project)["front"]["entities"] == []
    assert [line.split()[0] for line in writes(project)[before:]] == ["DELETE", "PUT"]

    project.call("PUT", f"/networking/firewalls/{wall['id']}", {"status": "disabled"})
    project.call("DELETE", f"/profile/sshkeys/{keys[0]['id']}")
    want(project, inbound=[WEB], label="front", behind=False, linodes=[], status="enabled")
    back = project.up("--refresh")

    assert back.code == 0, back.said
    assert firewalls(project)["front"]["status"] == "enabled"
    assert len(project.call("GET", "/profile/sshkeys")["data"]) == 2

    gone = project.destroy()

    assert gone.code == 0, gone.said
    assert (firewalls(project), project.call("GET", "/profile/sshkeys")["data"]) == ({}, [])


def test_a_preview_tells_what_is_wrong_in_one_line_and_what_is_doubtful_beside_its_resource(
    project: Project,
) -> None:
    want(project, inbound=[{**WEB, "protocl": "TCP"}], behind=False, linodes=[98000001])
    wrong = project.preview()
    want(project, inbound=[SSH])
    open_to_all = project.preview()

    assert wrong.code != 0
    assert "[0] takes no 'protocl' (did you mean protocol or ports?)" in wrong.said
    assert "has 98000001, which is no Linode of this account (there are none)" in wrong.said
    assert "Traceback" not in wrong.said
    assert open_to_all.code == 0, open_to_all.said
    assert "SSH (port 22) is open to everybody: 0.0.0.0/0" in open_to_all.said
    assert writes(project) == []


def test_a_program_without_a_required_input_is_told_which(project: Project) -> None:
    (project.folder / "__main__.py").write_text(
        "from providers.linode import Firewall\nFirewall('web', inbound_policy='DROP')\n"
    )

    done = project.preview()

    assert done.code != 0
    assert "outbound_policy" in done.said


RECORDS: list[dict[str, object]] = [
    {"type": "A", "name": "www", "target": "192.0.2.1"},
    {"type": "A", "name": "www", "target": "192.0.2.1"},
    {"type": "MX", "target": "Mail.example.net", "priority": 10},
    {"type": "TXT", "target": 'say "hi"'},
    {
        "type": "SRV",
        "service": "sip",
        "protocol": "tcp",
        "port": 5060,
        "priority": 0,
        "weight": 0,
        "target": "sip",
    },
    {"type": "CAA", "tag": "issue", "target": "ca.example"},
]


@pytest.mark.all
def test_what_was_made_by_hand_is_imported_and_then_unchanged(project: Project) -> None:
    rules = {"inbound": [WEB], "inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    project.call("POST", "/networking/firewalls", {"label": "front", "rules": rules, "tags": ["old"]})
    for _ in range(2):
        project.call("POST", "/profile/sshkeys", {"label": "laptop", "ssh_key": KEY})
    zone = {
        "domain": f"{project.account}-{project.engine}.example",
        "type": "master",
        "soa_email": "ops@a.example",
    }
    domain = by_hand.call(project.api.url, project.token, "POST", "/domains", zone)["id"]
    for record in RECORDS:
        project.call("POST", f"/domains/{domain}/records", record)
    address = project.call("POST", "/networking/reserved/ips", {"region": "gb-lon"})["address"]
    project.call("PUT", f"/networking/ips/{address}", {"rdns": f"{address}.nip.io"})
    program = project.folder / "__main__.py"
    kinds = ("Firewall", "SSHKey", "Domain", "DomainRecord", "ReverseDNS")
    program.write_text(
        f"import pulumi\n\nfrom providers.linode import Account, {', '.join(kinds)}\n\nAccount()\n"
    )
    project.up()
    before = len(writes(project))

    lines = []
    for kind in kinds:
        words = [
            sys.executable,
            "-m",
            "fleet",
            "import",
            "--stack",
            "dev",
            "--kind",
            kind,
            "--out",
            f"{kind}.json",
        ]
        written = project.command(*words)
        imported = project.run(
            "import", "--file", f"{kind}.json", "--generate-code=false", "--yes", "--skip-preview", "--stack", "dev",
        )  # fmt: skip
        assert written.code == imported.code == 0, written.said + imported.said
        lines += [line for line in written.said.splitlines() if f" = {kind}(" in line]
    program.write_text(program.read_text() + "\n".join(lines) + "\n")
    shown = project.preview("--expect-no-changes")

    assert len(lines) == 5 + len(RECORDS)
    assert shown.code == 0, shown.said
    assert len(writes(project)) == before
