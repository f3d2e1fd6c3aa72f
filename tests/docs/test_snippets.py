"""Every snippet of every document runs in a test, as it is printed; here those that no other test runs.

What a reader puts in for `…` is put in here too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from emulators.linode_api.server import LocalApi
from providers.linode.project import PROJECT
from stacks import settings as stack_settings
from stacks.layers import Layer, merge, read_layer
from stacks.settings import parse
from tests.checkout import Checkout, Done, free_port
from tests.cloud_checkout import CloudCheckout, cloud
from tests.project import Project
from tests.terminal import at_a_terminal, left_on
from tests.two_environments import shims

BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


def blocks(document: str, language: str = "") -> list[str]:
    """The snippets of a document in one language, as they are without their list's indent."""
    found = BLOCK.findall((PROJECT / document).read_text(encoding="utf-8"))
    return [
        re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, kind, text in found if kind == language
    ]


def test_every_document_with_snippets_is_named_by_a_test_that_runs_them() -> None:
    files = (PROJECT / "README.md", *PROJECT.glob("docs/*.md"), *PROJECT.glob("emulators/*/*.md"))
    tests = "".join(file.read_text() for file in (PROJECT / "tests").rglob("test_*.py"))

    shown = {file.name for file in files if BLOCK.search(file.read_text())}

    assert len(shown) > 20
    assert {name for name in shown if name not in tests} == set()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[LocalApi]:
    with LocalApi(tmp_path / "api.sqlite3", speed=2000, limits=False) as served:
        yield served


def typed(block: str, folder: Path, env: dict[str, str], answers: str = "") -> Done:
    """The block as somebody types it, with `fleet` and `pulumi` on PATH; `said` is what is left to be read."""
    path = folder.parent / "bin"
    if not path.exists():
        shims(path, "embedded")
    env = {**env, "PATH": os.pathsep.join([str(path), str(Path(sys.executable).parent), env["PATH"]])}
    done = at_a_terminal(["bash", "-e", "-c", block], folder, env, columns=200, typed=answers)
    return Done(done.code, "\n".join(left_on(done.said)))


@pytest.mark.all
@pytest.mark.parametrize("document", ["README.md", "docs/fleets.md", "docs/instance.md"])
def test_an_example_is_a_whole_program(document: str, tmp_path: Path, api: LocalApi) -> None:
    [program] = blocks(document, "python")
    project = Project(tmp_path / "project", "embedded", api, program.replace("ssh-ed25519 …", KEY))

    done, again = project.up(), project.preview("--expect-no-changes")

    assert (done.code, again.code) == (0, 0), done.said + again.said
    assert project.linodes()


def make_by_hand(project: Project, label: str) -> int:
    body = {
        "type": "g6-nanode-1", "region": "gb-lon", "image": "linode/debian13", "label": label,
        "root_pass": "By-hand-Passw0rd",
    }  # fmt: skip
    return int(project.call("POST", "/linode/instances", body)["id"])


def declared(project: Project, said: str) -> None:
    """Put the lines that `fleet import` printed into the program."""
    lines = [line for line in said.splitlines() if " = Instance(" in line]
    assert len(lines) == 2, said
    head = "import pulumi\n\nfrom providers.linode import Instance\n\n"
    (project.folder / "__main__.py").write_text(head + "\n".join(lines) + "\n")


def assert_taken_over(done: Done) -> None:
    """The last preview of the block changes nothing of them."""
    preview = done.said.rpartition("Previewing")[2]
    assert done.code == 0, done.said
    assert "2 unchanged" in preview or "3 unchanged" in preview, done.said
    assert not re.search(r"to (update|replace|delete)", preview), done.said


@pytest.mark.all
def test_what_terraform_manages_is_taken_over(tmp_path: Path, api: LocalApi) -> None:
    """docs/migrating.md."""
    pull, written, taken = blocks("docs/migrating.md")
    project = Project(tmp_path / "project", "embedded", api, "", stack="dev", name="shop")
    ids = [make_by_hand(project, f"web-{n}") for n in (1, 2)]
    instances = [{"index_key": n, "attributes": {"id": str(each)}} for n, each in enumerate(ids)]
    theirs = {"mode": "managed", "type": "linode_instance", "name": "web", "instances": instances}
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"version": 4, "resources": [theirs]}))
    terraform = shims(tmp_path / "bin", "embedded") / "terraform"
    terraform.write_text(f'#!/bin/sh\n[ "$*" = "state pull" ] && cat {state}\n')
    terraform.chmod(0o755)

    found = typed(pull + written, project.folder, project.env)
    declared(project, found.said)
    done = typed(taken, project.folder, project.env, "yes\n")

    assert_taken_over(done)
    assert sorted(int(str(row["id"])) for row in project.linodes().values()) == sorted(ids)


@pytest.mark.all
def test_linodes_that_are_there_already_are_taken_over(tmp_path: Path, api: LocalApi) -> None:
    """docs/instance.md."""
    [block] = blocks("docs/instance.md")
    written, taken = block.splitlines()
    project = Project(tmp_path / "project", "embedded", api, "", stack="dev", name="shop")
    for label in ("web-1", "web-2", "db-1"):
        make_by_hand(project, label)

    found = typed(written, project.folder, project.env)
    declared(project, found.said)
    done = typed(f"{taken}\npulumi preview --stack dev", project.folder, project.env, "yes\n")

    assert_taken_over(done)


@pytest.mark.all
def test_a_server_of_ones_own_project_is_made(tmp_path: Path, api: LocalApi) -> None:
    """docs/own-project.md."""
    [block] = [each for each in blocks("docs/own-project.md") if "pulumi stack init dev" in each]
    program = blocks("docs/own-project.md", "python")[0]
    project = Project(tmp_path / "project", "embedded", api, program, name="shop")

    done = typed(block.replace("…", project.token), project.folder, project.env, "yes\n")

    assert done.code == 0, done.said
    assert list(project.linodes()) == ["shop-dev-web"]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[CloudCheckout]:
    with cloud(tmp_path, "embedded") as checkout:
        yield checkout


@pytest.mark.all
def test_a_pull_requests_stack_is_made_taken_down_and_reaped(made: CloudCheckout) -> None:
    """docs/backends.md."""
    [block] = blocks("docs/backends.md")

    done = typed(block, made.root, made.env)

    assert done.code == 0, done.said
    assert "stack 'pr-7': removed" in done.said
    assert made.linodes() == {}
    assert (made.root / "reaped.json").exists()


@pytest.mark.all
def test_what_a_stack_has_left_is_told_and_deleted(made: CloudCheckout) -> None:
    """docs/reliability.md."""
    [_, block] = blocks("docs/reliability.md")

    begun = typed("pulumi stack init dev\nfleet up --stack dev --yes --skip-preview", made.root, made.env)
    done = typed(block, made.root, made.env)

    assert (begun.code, done.code) == (0, 0), begun.said + done.said
    assert len(made.linodes()) == 2


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    if not (PROJECT / ".venv" / "requirements.txt.installed").exists():
        pytest.skip("this .venv was not made by make")
    found = Checkout(tmp_path, "embedded")
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy2(PROJECT / name, found.root / name)
    yield found
    found.close()


@pytest.mark.all
def test_after_a_crash_it_goes_on(checkout: Checkout) -> None:
    """docs/reliability.md."""
    [block, _] = blocks("docs/reliability.md")

    done = typed(block, checkout.root, checkout.env)

    assert done.code == 0, done.said
    assert len(checkout.linodes()) == 4


@pytest.mark.all
@pytest.mark.parametrize("with_pulumi", [True, False])
def test_a_real_accounts_stack_is_made(with_pulumi: bool, checkout: Checkout, api: LocalApi) -> None:
    """docs/start.md: with a backend in a folder, and `login` told which."""
    *_, account, folder = blocks("docs/start.md")
    home = Path(checkout.env["HOME"])
    (home / "states").mkdir()
    token, words = api.add_token("team"), account.splitlines()
    if with_pulumi:
        words = [re.sub(r"^pulumi login ", "pulumi login file://~/states ", line) for line in words]
    else:
        words = [line for line in words if not line.startswith("pulumi ")]
        words[2:2] = folder.splitlines()
    words[:2] = [words[0].replace("…", token), words[1].replace("…", "made-up")]

    done = typed("\n".join(words), checkout.root, {**checkout.env, "LINODE_URL": api.url}, "yes\n")

    assert done.code == 0, done.said
    assert "2 servers, 17.00 USD a month" in done.said
    assert "encryptionsalt" in (checkout.root / "stacks" / "Pulumi.dev.yaml").read_text()
    assert (checkout.root / "stacks" / "pins.dev.json").exists()


def test_the_local_api_is_served_and_gives_tokens(tmp_path: Path) -> None:
    """emulators/linode_api/README.md."""
    [block, _] = blocks("emulators/linode_api/README.md")
    serve, token = block.replace("8041", str(free_port())).splitlines()
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}

    done = typed(f"{serve.partition('#')[0]} &\n{token.partition('#')[0]}\nkill %1", tmp_path, env)

    assert done.code == 0, done.said
    assert re.search(r"^[0-9a-f]{16,}$|^\S{16,}$", done.said, re.MULTILINE), done.said


GROUP = {"count": 1, "region": {"continent": "europe"}, "type": {}, "image": {"vendor": "Debian"}}


@pytest.mark.parametrize("snippet", blocks("docs/environments.md", "yaml"))
def test_the_settings_of_the_document_are_valid(
    snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/environments.md: a whole file, some of its settings, or a group."""
    monkeypatch.setattr(stack_settings, "FOLDER", tmp_path)
    (tmp_path / "web.yaml").write_text("#cloud-config\n")
    said = yaml.safe_load(snippet.replace("AAAA…", KEY.split()[1]))
    config = said.get("config") or (said if any(":" in key for key in said) else {"fleet:servers": said})
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    groups = Layer({"fleet:servers": dict.fromkeys(config["fleet:servers"], GROUP)})

    found = parse(merge([groups, read_layer(tmp_path / "Pulumi.dev.yaml", "dev")]), "dev")

    assert found.servers.keys() == config["fleet:servers"].keys()
