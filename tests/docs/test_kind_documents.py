"""Each kind's document has the table that its Spec makes, and the examples run; a new kind is one file."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
from pulumi.dynamic import ConfigureRequest

from emulators.linode_api.server import LocalApi
from providers.linode import provider as providers
from providers.linode.core import docs, runtime
from providers.linode.core.owner import Owner
from providers.linode.core.spec import Spec
from providers.linode.project import PROJECT
from providers.linode.resources import (
    domain,
    domain_record,
    firewall,
    image,
    ipv6_range,
    nodebalancer,
    placement_group,
    reserved_ip,
    reverse_dns,
    ssh_key,
    stackscript,
    subnet,
    volume,
    volume_attachment,
    vpc,
)
from tests.project import Project
from tests.state_folder import state_with

DOCS = PROJECT / "docs"
NUMBERS = count(1)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


def code(document: str) -> str:
    """The first Python block."""
    found = re.search(r"```python\n(.+?)```", (DOCS / document).read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", limits=False) as api:
        yield api


@pytest.fixture(scope="module")
def new_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The module that docs/new-kind.md shows, as it stands there."""
    file = tmp_path_factory.mktemp("kind") / "placement_group.py"
    file.write_text(code("new-kind.md"))
    found = importlib.util.spec_from_file_location("placement_group_of_the_document", file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    yield module
    del sys.modules[found.name]


def held(document: str, spec: Spec[Any, Any]) -> tuple[str, str]:
    """The document as it is, and with its table as the Spec makes it; WRITE_DOCS puts that in."""
    file = DOCS / document
    made = docs.with_table(file.read_text(), docs.table(spec))
    if os.environ.get("WRITE_DOCS"):
        file.write_text(made)
    return file.read_text(), made


@pytest.mark.parametrize(
    ("document", "spec"),
    [
        ("firewall.md", firewall.SPEC),
        ("ssh-key.md", ssh_key.SPEC),
        ("volume.md", volume.SPEC),
        ("vpc.md", vpc.SPEC),
        ("subnet.md", subnet.SPEC),
        ("image.md", image.SPEC),
        ("volume-attachment.md", volume_attachment.SPEC),
        ("nodebalancer.md", nodebalancer.SPEC),
        ("reserved-ip.md", reserved_ip.SPEC),
        ("ipv6-range.md", ipv6_range.SPEC),
        ("stackscript.md", stackscript.SPEC),
        ("placement-group.md", placement_group.SPEC),
        ("domain.md", domain.SPEC),
        ("domain-record.md", domain_record.SPEC),
        ("reverse-dns.md", reverse_dns.SPEC),
    ],
)
def test_a_kinds_document_has_the_table_of_its_inputs(document: str, spec: Spec[Any, Any]) -> None:
    there, made = held(document, spec)

    assert there == made


def test_the_page_on_new_kinds_has_the_table_of_its_example(new_kind: ModuleType) -> None:
    there, made = held("new-kind.md", new_kind.SPEC)

    assert there == made


def test_types_are_told_in_words() -> None:
    lines = docs.table(firewall.SPEC, dict.fromkeys(firewall.SPEC.fields, ("PUT rules",))).splitlines()

    assert lines[0] == "| input | type | default | a change is made | note | requests seen |"
    assert "| `inbound_policy` | ACCEPT or DROP | required | in place by a call of its own |" in lines[4]
    assert "| list of maps of action, protocol, addresses, ports, label, description |" in lines[3]
    assert lines[4].endswith("| `PUT rules` |")


def test_the_examples_of_the_documents_run(served: LocalApi, tmp_path: Path) -> None:
    program = (
        code("firewall.md")
        + code("ssh-key.md")
        + code("volume.md")
        + code("vpc.md")
        + code("placement-group.md")
        + code("stackscript.md")
        + code("reserved-ip.md")
        + code("ipv6-range.md")
        + code("volume-attachment.md")
        + code("image.md")
        + code("domain.md")
        + code("nodebalancer.md")
    )
    project = Project(tmp_path / "project", "embedded", served, program, account="documents")
    (project.folder / "id_ed25519.pub").write_text(KEY + "\n")

    done = project.up()
    again = project.preview("--expect-no-changes")

    assert (done.code, again.code) == (0, 0), done.said + again.said


def test_a_new_kind_is_a_short_file() -> None:
    assert len(code("new-kind.md").splitlines()) <= 60


class Life:
    """The document's kind in an account of the local API."""

    def __init__(self, served: LocalApi, account: str) -> None:
        self.api, self.token = served, served.add_token(account)
        self.uuid = str(self.call("GET", "/account")["euuid"])
        self.provider: Any = providers.LinodeProvider("PlacementGroup")
        self.begin()

    def begin(self) -> None:
        """A run has a process of its own."""
        runtime.forget()
        config: Any = {"linode:token": self.token, "linode:url": self.api.url}
        self.provider.configure(ConfigureRequest(config))

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.api.url}/v4{path}"
        found: dict[str, Any] = requests.request(method, url, json=body, headers=headers, timeout=30).json()
        return found

    def inputs(self, **changed: object) -> dict[str, Any]:
        owner = Owner(self.uuid, "fleet", "local", "web").as_props()
        made = {"label": "web", "region": "de-fra-2", "placement_group_type": "anti_affinity:local"}
        return {**made, "placement_group_policy": "strict", "owner": owner, **changed}

    def rows(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "/placement/groups")["data"])


@pytest.fixture
def life(served: LocalApi, new_kind: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    monkeypatch.setattr(providers, "SPECS", {"PlacementGroup": new_kind.SPEC})
    monkeypatch.setattr("providers.linode.core.engine.settle_in", lambda: None)
    yield Life(served, f"kind-{next(NUMBERS)}")
    served.set_faults()
    runtime.forget()


def test_the_new_kind_is_checked_made_kept_changed_read_and_deleted(life: Life) -> None:
    bad = life.provider.check({}, life.inputs(placement_group_policy="strikt"))
    checked = life.provider.check({}, life.inputs())
    made = life.provider.create(checked.inputs)
    again = life.provider.diff(made.id, made.outs, checked.inputs)
    renamed = life.provider.update(made.id, made.outs, life.inputs(label="front"))
    life.call("PUT", f"/placement/groups/{made.id}", {"label": "by-hand"})
    read = life.provider.read(made.id, renamed.outs)
    elsewhere = life.provider.diff(made.id, made.outs, life.inputs(region="gb-lon"))
    life.provider.delete(made.id, made.outs)
    life.provider.delete(made.id, made.outs)

    assert [(failure.property, failure.reason) for failure in bad.failures] == [
        (
            "placement_group_policy",
            "must be one of strict, flexible (did you mean strict?). Next: correct it.",
        )
    ]
    assert (checked.failures, again.changes) == ([], False)
    assert (renamed.outs["label"], read.outs["label"], read.inputs["label"]) == (
        "front",
        "by-hand",
        "by-hand",
    )
    assert (elsewhere.replaces, elsewhere.delete_before_replace) == (["region"], True)
    assert made.outs["is_compliant"] is True
    assert life.rows() == []


@pytest.mark.parametrize(
    "fault", [{"kind": "cut"}, {"kind": "502", "after_commit": True}, {"kind": "cut_midway"}]
)
def test_the_new_kind_is_made_once_whatever_becomes_of_the_answer(life: Life, fault: dict[str, Any]) -> None:
    life.api.set_faults({"method": "POST", "path": "/placement/groups", "times": 1, **fault})

    made = life.provider.create(life.provider.check({}, life.inputs()).inputs)

    assert [str(row["id"]) for row in life.rows()] == [made.id]


def test_one_that_a_killed_run_left_is_no_strangers(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {key: value for key, value in life.inputs().items() if key != "owner"}
    there = life.call("POST", "/placement/groups", body)["id"]
    urn = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:PlacementGroup::web"
    state = state_with(tmp_path, stack="local")
    monkeypatch.setenv("PULUMI_BACKEND_URL", state["PULUMI_BACKEND_URL"])

    other = life.provider.check({}, life.inputs(region="gb-lon"))
    anybodys = life.provider.check({}, life.inputs())
    state_with(tmp_path, stack="local", creating=(urn,))
    life.begin()
    ours = life.provider.check({}, life.inputs())

    assert "is taken by placement group" in other.failures[0].reason
    assert [f"LINODE_TAKE_OVER={there} pulumi up" in each.reason for each in anybodys.failures] == [True]
    assert ours.failures == []
