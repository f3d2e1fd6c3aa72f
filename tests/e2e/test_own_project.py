"""The package in a project of its own: built, installed into a fresh environment in another folder, and used there.

Everything that docs/own-project.md shows runs as it is printed there. The packages that ours needs are lent by the
environment of the tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.project import PROJECT
from tests import by_hand
from tests.checkout import SPEED, Done, free_port, run_in
from tests.project_copy import copy_project

pytestmark = pytest.mark.all

DOCUMENT = (PROJECT / "docs" / "own-project.md").read_text()
SNIPPETS = re.findall(r"^```(yaml|python)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
SETTINGS, PROGRAM, SETTINGS_PROGRAM, WITH_STACKS, COMMON, ONE_STACK, FIXTURE, MOCKS, RENAMED, AUTOMATION = (
    text for _, text in SNIPPETS
)
STACKS = ("stacks/Pulumi.local.yaml", "stacks/Pulumi.dev.yaml")
PACKAGED = ("pyproject.toml", "README.md", "LICENSE", "providers", "stacks", "fleet", "emulators")

BESIDE = """
from providers.own import NAME
from providers.linode import Firewall, InstanceArgs
from providers.linode.catalogs import Images

pulumi.export("beside", NAME)
"""
WRONG = """
from providers.linode import Instance

Instance("web", type="g6-nanode-1", region="de-fra-2", on_image_change="rebild")
"""


def pip(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    copy_project(folder / "source", PACKAGED)
    pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", str(folder), str(folder / "source"))
    (built,) = folder.glob("*.whl")
    return built


def installed(folder: Path, wheel: Path, *, lent: bool = True) -> Path:
    """A virtual environment's folder of commands; `lent`: with the packages that ours needs."""
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    pip("--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    (site,) = venv.glob("lib/python*/site-packages")
    if lent:
        (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return venv / "bin"


class OwnProject:
    """The document's project, whose environment knows nothing of this checkout."""

    def __init__(self, folder: Path, wheel: Path, api: LocalApi) -> None:
        self.folder = folder
        folder.mkdir()
        self.bin = installed(folder, wheel)
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text(SETTINGS)
        (folder / "__main__.py").write_text(PROGRAM)
        (folder / "providers").mkdir()
        (folder / "providers" / "own.py").write_text('NAME = "ours"\n')
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("LINODE_", "PULUMI_", "PYTHON"))
        }
        self.env = {
            **kept,
            "HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "LINODE_URL": api.url,
            "LINODE_TOKEN": api.add_token("shop"),
        }

    def linodes(self) -> dict[str, by_hand.Json]:
        """Its account's, by label."""
        return by_hand.linodes(self.env["LINODE_URL"], self.env["LINODE_TOKEN"])

    def run(self, *words: str) -> Done:
        return run_in(self.folder, words, self.env)

    def python(self, *words: str) -> Done:
        return self.run(str(self.bin / "python"), *words)

    def engine(self, engine: str, *words: str) -> Done:
        given = ("-m", "emulators.engine", *words)
        return self.run("pulumi", *words) if engine == "pulumi" else self.python(*given)


@pytest.fixture
def own(tmp_path: Path, wheel: Path, api: LocalApi) -> OwnProject:
    return OwnProject(tmp_path / "shop", wheel, api)


def test_one_server_in_ten_lines_beside_providers_of_ones_own(engine: str, own: OwnProject) -> None:
    program = own.folder / "__main__.py"
    program.write_text(PROGRAM + BESIDE)

    begun = own.engine(engine, "stack", "init", "dev")
    made = own.engine(engine, "up", "--yes", "--skip-preview", "--stack", "dev")
    again = own.engine(engine, "preview", "--expect-no-changes", "--stack", "dev")
    told = own.engine(engine, "stack", "output", "--stack", "dev")
    gone = own.engine(engine, "destroy", "--yes", "--skip-preview", "--stack", "dev")

    assert [done.code for done in (begun, made, again, told, gone)] == [0] * 5, (
        made.said + again.said + gone.said
    )
    assert "ours" in told.said
    assert re.search(r"address\s+\d+\.\d+\.\d+\.\d+", told.said)


def test_the_ten_lines_run_without_an_account_and_without_pulumi(own: OwnProject) -> None:
    [block] = (
        text
        for text in re.findall(r"^```\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
        if "linode_api serve" in text
    )
    typed = block.replace("8041", str(free_port())).replace("engine up", "engine up --yes --skip-preview")
    shutil.rmtree(own.folder / "state")

    done = own.run("bash", "-e", "-c", f"trap 'kill $!' EXIT\n{typed}")

    assert done.code == 0, done.said
    assert "linode:Instance web created" in done.said


def test_commands_about_a_stack_need_no_settings(own: OwnProject) -> None:
    own.engine("embedded", "stack", "init", "dev")
    made = own.engine("embedded", "up", "--yes", "--skip-preview", "--stack", "dev")
    fleet = str(own.bin / "fleet")

    found = own.run(fleet, "import", "--stack", "dev", "--label", "shop-*")
    freed = own.run(fleet, "unlock", "--stack", "dev")
    reaped = own.run(fleet, "reap", "--stack", "dev")
    shown = own.run(fleet, "show", "--stack", "dev")

    assert made.code == freed.code == reaped.code == 0, made.said + freed.said + reaped.said
    assert "No such file" not in found.said + shown.said
    assert "shop-dev-web" in found.said
    assert shown.code == 1
    assert "this project has no settings (stacks/Pulumi.dev.yaml)" in shown.said


def test_another_name_keeps_the_server(engine: str, own: OwnProject) -> None:
    own.engine(engine, "stack", "init", "dev")
    made = own.engine(engine, "up", "--yes", "--skip-preview", "--stack", "dev")
    before = own.linodes()
    declaration = re.search(r"^web = Instance\(.*?^\)\n", PROGRAM, re.DOTALL | re.MULTILINE)
    assert declaration is not None

    (own.folder / "__main__.py").write_text(PROGRAM.replace(declaration[0], RENAMED))
    renamed = own.engine(engine, "up", "--yes", "--skip-preview", "--stack", "dev")

    assert [made.code, renamed.code] == [0, 0], renamed.said
    assert list(before) == ["shop-dev-web"]
    assert {label: row["id"] for label, row in own.linodes().items()} == {
        "shop-dev-front": before["shop-dev-web"]["id"]
    }


def test_another_program_runs_it(real_engine: str, own: OwnProject) -> None:
    (own.folder / "deploy.py").write_text(AUTOMATION)

    done = own.python("deploy.py")

    assert real_engine == "pulumi"
    assert done.code == 0, done.said
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", done.said.splitlines()[-1])
    assert list(own.linodes()) == ["shop-dev-web"]


def test_servers_from_settings_of_ones_own(engine: str, own: OwnProject) -> None:
    (own.folder / "__main__.py").write_text(SETTINGS_PROGRAM)
    fleet = str(own.bin / "fleet")
    own.env |= {"ENGINE": engine, "LOCAL_PORT": str(free_port()), "LOCAL_SPEED": SPEED}

    without = own.run(fleet, "up")
    (own.folder / "stacks").mkdir()
    files = {"Pulumi.yaml": WITH_STACKS, "stacks/common.yaml": COMMON}
    for name, text in {**files, **dict.fromkeys(STACKS, ONE_STACK)}.items():
        (own.folder / name).write_text(text)
    try:
        checked = own.run(fleet, "settings", "check")
        made = own.run(fleet, "up")
        gone = own.run(fleet, "down")
    finally:
        own.run(fleet, "stop")

    assert without.code == 1
    assert "stacks/Pulumi.local.yaml" in without.said
    assert "call pulumi itself" in without.said
    assert checked.code == made.code == gone.code == 0, checked.said + made.said + gone.said
    assert "2 servers, 24.00 USD a month" in made.said


def test_types_reach_whoever_installs_the_package(own: OwnProject) -> None:
    (own.folder / "wrong.py").write_text(WRONG)
    python = str(own.bin / "python")

    right = own.run(sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "__main__.py")
    wrong = own.run(sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "wrong.py")
    by_pyright = own.run(
        sys.executable, "-m", "basedpyright", "--level", "error", "--pythonpath", python, "wrong.py"
    )
    right_too = own.run(
        sys.executable, "-m", "basedpyright", "--level", "error", "--pythonpath", python, "__main__.py"
    )

    assert right.code == right_too.code == 0, right.said + right_too.said
    assert "wrong.py:4: error" in wrong.said
    assert by_pyright.code != 0
    assert "rebild" in by_pyright.said


def test_the_documents_tests_pass_as_they_are_printed(own: OwnProject) -> None:
    (own.folder / "test_fixture.py").write_text(FIXTURE)
    (own.folder / "test_mocks.py").write_text(MOCKS)

    done = own.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_fixture.py", "test_mocks.py")

    assert done.code == 0, done.said
    assert "2 passed" in done.said


def test_the_command_line_comes_with_its_extra(own: OwnProject, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    bare = installed(tmp_path / "bare", wheel, lent=False)

    types = own.run(str(own.bin / "fleet"), "types", "--class", "nanode")
    without = run_in(tmp_path, [str(bare / "fleet"), "types"], own.env)

    assert types.code == 0, types.said
    assert "g6-nanode-1" in types.said
    assert without.code == 1
    assert without.said.strip() == (
        "error: the command line is not installed. Next: pip install 'linode-fleet[cli]'"
    )
