"""What a destroyed stack leaves in the account is named at the end of the destroy, and reaped when somebody says so."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests import by_hand
from tests.checkout import Done
from tests.project import Project

PROGRAM = """
import pulumi

from providers.linode import Firewall, Instance

retained = pulumi.ResourceOptions(retain_on_delete=True)
where = {"type": "g6-nanode-1", "region": "de-fra-2"}
Instance("kept", opts=retained, **where)
Instance("web", **where)
Firewall("wall", inbound_policy="DROP", outbound_policy="ACCEPT", opts=retained)
"""


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="shop", name="store")


def reap(project: Project, *words: str) -> Done:
    env = {"ENGINE": project.engine}
    return project.command(sys.executable, "-m", "fleet", "reap", "--stack", "shop", *words, env=env)


def made_by_a_lost_request(project: Project, like: str) -> int:
    """A Linode that a create whose answer was lost left behind: the state knows nothing of it."""
    tags = project.linodes()[like]["tags"]
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "lost", "tags": tags}
    return int(project.call("POST", "/linode/instances", body)["id"])


def test_a_destroy_names_what_it_leaves_and_reap_deletes_that_after_showing_it(project: Project) -> None:
    up = project.up()
    assert up.code == 0, up.said
    lost = made_by_a_lost_request(project, "store-shop-web")
    early = reap(project)

    gone = project.destroy()

    assert (early.code, "1 to delete: 1 Linode, 5.00 USD a month" in early.said) == (3, True), early.said
    assert gone.code == 0, gone.said
    [told] = set(re.findall(r"warning: (still in the account .*)", gone.said))
    kept = project.linodes()["store-shop-kept"]["id"]
    assert (
        f"Linode {kept} (store-shop-kept), 5.00 USD a month; Linode {lost} (lost), 5.00 USD a month" in told
    )
    assert "(store-shop-wall)" in told
    assert "Together 10.00 USD a month" in told
    assert "fleet reap --stack shop" in told

    shown, one = reap(project), reap(project, "--yes", "--id", str(lost))

    assert (shown.code, one.code) == (3, 0), shown.said + one.said
    assert "3 to delete: 2 Linodes and 1 firewall, 10.00 USD a month" in shown.said
    assert set(project.linodes()) == {"store-shop-kept"}

    rest, again = reap(project, "--yes"), project.destroy()

    assert (rest.code, again.code) == (0, 0), rest.said + again.said
    assert project.linodes() == {}
    assert project.call("GET", "/networking/firewalls")["data"] == []
    assert "still in the account" not in again.said


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


def test_what_has_no_tags_is_shown_by_its_label_and_goes_only_by_its_id(project: Project) -> None:
    up = project.up()
    script = {"label": "store-shop-site", "script": "#!/bin/sh\n", "images": ["any/all"]}
    net = project.call("POST", "/vpcs", {"label": "store-shop-net", "region": "de-fra-2"})["id"]
    others = project.call("POST", "/vpcs", {"label": "store-shopping-net", "region": "de-fra-2"})["id"]
    project.call("POST", "/linode/stackscripts", script)
    project.call("POST", "/profile/sshkeys", {"label": "store-shop-key", "ssh_key": KEY})

    gone = project.destroy()
    shown, rest = reap(project), reap(project, "--yes")
    left = [row["id"] for row in project.call("GET", "/vpcs")["data"]]
    done = reap(project, "--yes", "--id", str(net))

    assert (up.code, gone.code, shown.code, rest.code, done.code) == (0, 0, 3, 0, 0), rest.said + done.said
    for said in (gone.said, shown.said):
        assert all(f"(store-shop-{each})" in said for each in ("net", "site", "key")), said
        assert "store-shopping-net" not in said
    assert "3 to delete" not in shown.said
    assert f"Next: --id {net}" in " ".join(shown.said.split())
    assert project.linodes() == {}
    assert left == [net, others]
    assert [row["id"] for row in project.call("GET", "/vpcs")["data"]] == [others]


def test_a_record_in_a_domain_that_stays_is_known_by_the_address_that_it_names(project: Project) -> None:
    zone = {"domain": "example.org", "type": "master", "soa_email": "ada@example.org"}
    made = by_hand.call(
        project.api.url, project.token, "POST", "/domains", zone
    )  # its row has a key `errors`
    path = f"/domains/{made['id']}/records"

    def record(name: str, address: str) -> int:
        body = {"type": "A", "name": name, "target": address}
        return int(project.call("POST", path, body)["id"])

    up = project.up()
    linodes = project.linodes()
    web, kept = (record(each, linodes[f"store-shop-{each}"]["ipv4"][0]) for each in ("web", "kept"))
    other = record("other", "198.51.100.9")
    early, typo = reap(project, "--yes"), reap(project, "--yes", "--id", str(other))
    one = reap(project, "--yes", "--id", str(kept))
    gone = project.destroy()

    assert [each.code for each in (up, early, one, gone)] == [0, 0, 0, 0], early.said + one.said + gone.said
    shown = " ".join(early.said.split())
    assert all(f"domain record {id_} ({name}-A)" in shown for id_, name in ((web, "web"), (kept, "kept")))
    assert f"Next: --id {web}" in shown
    assert f"domain record {other} " not in shown + gone.said
    assert typo.code != 0
    assert f"{other}: no orphan of a stack of this project" in typo.said
    of = path.split("/")[2]
    assert (
        f"in domains that stay: domain record {web} (web-A) of domain {of}. Nothing has that address"
        in gone.said
    )
    assert [row["id"] for row in project.call("GET", path)["data"] if row["type"] == "A"] == [web, other]


ALONE = {
    "Instance": ("/linode/instances", "type='g6-nanode-1', region='de-fra-2'"),
    "Firewall": ("/networking/firewalls", "inbound_policy='DROP', outbound_policy='ACCEPT'"),
    "Volume": ("/volumes", "region='de-fra-2', size=20"),
}
"""By kind, its list and what one declares."""


def looks_before_the_create(project: Project, path: str) -> int:
    """How often its list was asked for before one was made."""
    lines = [f"{row['method']} {row['path']}" for row in project.api.requests()]
    return lines[: lines.index(f"POST /v4{path}")].count(f"GET /v4{path}")


@pytest.mark.all
@pytest.mark.parametrize("kind", ALONE)
def test_what_an_up_made_and_could_not_tell_is_named_by_its_error_and_by_the_destroy(
    project: Project, kind: str
) -> None:
    path, inputs = ALONE[kind]
    (project.folder / "__main__.py").write_text(
        f"from providers.linode import {kind}\n\n{kind}('web', {inputs})\n"
    )
    first, before = project.up(), project.destroy()
    project.api.set_faults(
        {"kind": "cut", "after_commit": True, "method": "POST", "path": path},
        {
            "kind": "maintenance",
            "method": "GET",
            "path": path,
            "skip": looks_before_the_create(project, path),
        },
    )

    failed = project.up()
    project.api.set_faults()
    [made] = project.call("GET", path)["data"]
    gone, reaped = project.destroy(), reap(project, "--yes")

    assert (first.code, before.code, gone.code, reaped.code) == (0, 0, 0, 0), gone.said + reaped.said
    assert failed.code != 0
    for said in (failed.said, gone.said):
        assert "fleet reap --stack shop" in said
        assert made["label"] in said
    assert f" {made['id']} (" in gone.said
    assert project.call("GET", path)["data"] == []


def test_a_backend_that_the_stack_was_never_deployed_to_proves_nothing(
    project: Project, tmp_path: Path
) -> None:
    """A laptop, or a wrong PULUMI_BACKEND_URL: what runs is no orphan for it."""
    made = project.up()
    running = set(project.linodes())
    (tmp_path / "elsewhere").mkdir()
    env = {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'elsewhere'}", "ENGINE": project.engine}

    begun = project.run("stack", "init", "shop", env=env)
    words = (sys.executable, "-m", "fleet", "reap", "--stack", "shop", "--yes")
    reaped = project.command(*words, env=env)

    assert (made.code, begun.code) == (0, 0), made.said + begun.said
    assert "the state of its stack is not in this backend" in reaped.said
    assert set(project.linodes()) == running


@pytest.mark.all
def test_a_second_backend_adopts_nothing_of_the_first_and_deletes_nothing_of_it(
    project: Project, tmp_path: Path
) -> None:
    made = project.up()
    running = {label: row["id"] for label, row in project.linodes().items()}
    (tmp_path / "elsewhere").mkdir()
    env = {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'elsewhere'}"}
    words = ("--yes", "--skip-preview", "--stack", "shop")

    begun = project.run("stack", "init", "shop", env=env)
    shown = project.run("preview", "--stack", "shop", env=env)
    first, again = (project.run("up", *words, env=env) for _ in range(2))
    gone = project.run("destroy", *words, env=env)
    same = project.preview("--expect-no-changes")

    assert (made.code, begun.code, gone.code, same.code) == (0, 0, 0, 0), made.said + gone.said + same.said
    for refused in (shown, first, again):
        assert refused.code != 0
        assert "another backend has it" in refused.said
    assert "still in the account" not in gone.said
    assert {label: row["id"] for label, row in project.linodes().items()} == running
