"""What was made by hand or by another tool comes under a stack of any project untouched and protected."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.checkout import run_in
from tests.project import Project

PROGRAM = """
import pulumi

from providers.linode import Instance, InstanceArgs

"""


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="shop", name="store")


def make(project: Project, label: str) -> dict[str, object]:
    body = {"type": "g6-nanode-1", "region": "gb-lon", "image": "linode/debian13", "label": label, "tags": ["old"],
            "root_pass": "By-hand-Passw0rd", "backups_enabled": True}  # fmt: skip
    return project.call("POST", "/linode/instances", body)


def test_an_imported_linode_is_unchanged_at_the_next_preview(project: Project) -> None:
    made = [make(project, label) for label in ("web-1", "web-2", "other")]
    words = [sys.executable, "-m", "fleet", "import", "--stack", "shop", "--label", "web-*"]

    written = project.command(*words, "--out", str(project.folder / "import.json"))
    lines = [line for line in written.said.splitlines() if " = Instance(" in line]
    (project.folder / "__main__.py").write_text(PROGRAM + "\n".join(lines) + "\n")
    project.up()  # the account's own resource; both Linodes are refused, their labels are taken
    imported = project.run(
        "import", "--file", "import.json", "--generate-code=false", "--yes", "--skip-preview", "--stack", "shop",
    )  # fmt: skip
    shown = project.preview("--expect-no-changes")

    assert written.code == 0, written.said
    assert imported.code == 0, imported.said
    assert shown.code == 0, shown.said
    assert all(str(row["id"]) in project.checkpoint.read_text() for row in made[:2])
    writes = [entry for entry in project.api.requests() if entry["method"] != "GET"]
    assert len(writes) == 3

    (project.folder / "__main__.py").write_text(PROGRAM + lines[0] + "\n")
    forgotten = project.up()

    assert forgotten.code != 0
    assert "protect" in forgotten.said
    assert set(project.linodes()) == {"web-1", "web-2", "other"}


def test_a_file_that_is_there_is_not_overwritten(project: Project) -> None:
    make(project, "web-1")
    (project.folder / "import.json").write_text("precious")
    words = [sys.executable, "-m", "fleet", "import", "--stack", "shop"]

    done = project.command(*words, "--out", str(project.folder / "import.json"))

    assert done.code == 2
    assert "left alone" in done.said
    assert (project.folder / "import.json").read_text() == "precious"


def test_a_pattern_that_means_none_says_so(project: Project) -> None:
    done = project.command(sys.executable, "-m", "fleet", "import", "--stack", "shop", "--tag", "nope")

    assert done.code == 1
    assert "none of the account's" in done.said


THEIRS = """
terraform {
  required_providers {
    linode = { source = "linode/linode" }
  }
}
provider "linode" {
  url   = "URL"
  token = "TOKEN"
}
resource "linode_instance" "web" {
  count     = 2
  label     = "web-${count.index}"
  type      = "g6-nanode-1"
  region    = "de-fra-2"
  image     = "linode/debian13"
  root_pass = "By-hand-Passw0rd-7"
  tags      = ["web"]
}
resource "linode_volume" "data" {
  label     = "data"
  region    = "de-fra-2"
  size      = 20
  linode_id = linode_instance.web[0].id
}
resource "linode_firewall" "wall" {
  label           = "wall"
  inbound_policy  = "DROP"
  outbound_policy = "ACCEPT"
  linodes         = linode_instance.web[*].id
  inbound {
    label    = "https"
    action   = "ACCEPT"
    protocol = "TCP"
    ports    = "443"
    ipv4     = ["0.0.0.0/0"]
  }
}
resource "linode_vpc" "net" {
  label  = "net"
  region = "de-fra-2"
}
resource "linode_vpc_subnet" "inner" {
  vpc_id = linode_vpc.net.id
  label  = "inner"
  ipv4   = "10.0.1.0/24"
}
resource "linode_domain" "zone" {
  domain    = "example.org"
  type      = "master"
  soa_email = "ada@example.org"
}
resource "linode_domain_record" "www" {
  domain_id   = linode_domain.zone.id
  name        = "www"
  record_type = "A"
  target      = linode_instance.web[0].ip_address
}
resource "linode_nodebalancer" "entry" {
  label  = "entry"
  region = "de-fra-2"
}
resource "linode_nodebalancer_config" "http" {
  nodebalancer_id = linode_nodebalancer.entry.id
  port            = 80
  protocol        = "http"
}
resource "linode_sshkey" "ada" {
  label   = "ada"
  ssh_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKEXWbaYYnhzzGDgJsUzX1oPZZ0vXfsfM0dTBEIkxkjg ada"
}
"""
"""Linodes and what stands around them, as another tool has them."""


@pytest.mark.all
@pytest.mark.skipif(
    "TERRAFORM" not in os.environ, reason="TERRAFORM names no Terraform with the Linode provider"
)
def test_what_terraform_has_made_is_unchanged_at_the_next_preview(project: Project, tmp_path: Path) -> None:
    theirs, binary = tmp_path / "theirs", os.environ["TERRAFORM"]
    theirs.mkdir()
    (theirs / "main.tf").write_text(THEIRS.replace("URL", project.api.url).replace("TOKEN", project.token))
    made = run_in(theirs, [binary, "apply", "-auto-approve", "-input=false"], dict(os.environ))
    state = run_in(theirs, [binary, "state", "pull"], dict(os.environ))
    (project.folder / "theirs.json").write_text(state.said)
    before = len(project.api.requests())

    written = project.command(
        sys.executable, "-m", "fleet", "import", "--stack", "shop", "--from", "theirs.json"
    )
    imported = project.run(
        "import", "--file", "import.json", "--generate-code=false", "--yes", "--skip-preview", "--stack", "shop",
    )  # fmt: skip
    lines = [line for line in written.said.splitlines() if "ResourceOptions" in line]
    kinds = {line.split(" = ")[1].partition("(")[0] for line in lines}
    (project.folder / "__main__.py").write_text(
        f"import pulumi\n\nfrom providers.linode import {', '.join(sorted(kinds))}\n\n"
        + "\n".join(lines)
        + "\n"
    )
    shown = project.preview("--json")

    assert made.code == 0, made.said
    assert written.code == 0, written.said
    assert imported.code == 0, imported.said
    assert "left out: linode_nodebalancer_config.http is part of its NodeBalancer here" in written.said
    assert len(lines) == 10
    told = json.loads(shown.said[shown.said.index("{") :])
    changed = {step["urn"].rpartition("::")[2]: step["op"] for step in told["steps"] if step["op"] != "same"}
    assert changed == {"account": "create"}
    assert told["changeSummary"]["same"] == len(lines) + 1  # and the stack
    assert all(entry["method"] == "GET" for entry in list(project.api.requests())[before:])
