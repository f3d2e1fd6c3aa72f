"""The commands of pins: whose account, which stack, what the settings ask for."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from emulators.linode_api.server import LocalApi
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.core.runtime import Session
from providers.linode.pins import Chosen, Pin, PinFile, Wish, file as pin_file
from providers.linode.pins.pin import make_pin
from providers.linode.project import PROJECT
from stacks import picking, settings as stack_settings, sources
from stacks.pinning import StackFiles
from tests.unit.fleet.terminal.conftest import Run


@pytest.fixture
def project(tmp_path: Path, api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the settings of this one, whose pins can be written."""
    (tmp_path / "stacks").mkdir()
    for file in (PROJECT / "stacks").glob("*.yaml"):
        shutil.copy(file, tmp_path / "stacks")
    for module in (sources, pin_file):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setattr(sources, "FOLDER", tmp_path / "stacks")
    monkeypatch.setenv("LINODE_TOKEN", api.add_token("own"))
    return tmp_path


def pin(stack: str) -> Path:
    """Pin what a stack's settings ask for; the file."""
    files = StackFiles.read(stack)
    catalogs, wishes = Session(files.connection()).catalogs, picking.wishes(files.settings)
    made: dict[str, Pin] = {}
    now = datetime.now(timezone.utc)
    for key in sorted(wishes, key=lambda key: not key.endswith("region")):
        wish = wishes[key]
        if wish.kind == "type":
            wish = wish.in_region(made[key.replace("/type", "/region")].chosen)
        made[key] = make_pin(wish, wish.pick(catalogs, now.date()), now)
    files.pins().write(made)
    return files.pins().path


def set_value(project: Path, stack: str, key: str, value: object) -> None:
    file = project / "stacks" / f"Pulumi.{stack}.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"][key] = value
    file.write_text(yaml.safe_dump(content))


class Recorder:
    """Stands for pins: keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, Wish] = {}

    def pick(self, key: str, wish: Wish) -> Chosen:
        self.asked[key] = wish.in_region("")
        return Chosen("x", "", "")


@pytest.mark.parametrize("stack", [name for name in sources.environments() if name != LOCAL_STACK])
def test_the_files_ask_for_what_the_stack_program_asks_for(stack: str) -> None:
    recorder = Recorder()
    settings = stack_settings.parse(sources.of_files(stack), stack)

    picking.pick_all(settings, recorder, sources.of_files(stack))  # type: ignore[arg-type]  # it uses `pick` alone

    assert picking.wishes(settings) == recorder.asked


def test_all_that_nothing_fits_is_told_at_once_each_at_its_place(run: Run, project: Path) -> None:
    file = project / "stacks" / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("max_monthly_usd: 1", "max_monthly_usd: 0.1"))

    done = run("pin --stack dev")

    lines = [
        line for line in done.err.splitlines() if not line.startswith("engine: ")
    ]  # which, if it is here
    assert done.code == 1
    assert [
        line[: line.index(" in de-fra-2")] for line in lines if line.lstrip()[:1] not in "0123456789"
    ] == [
        "error: stacks/Pulumi.dev.yaml:6: fleet:servers.web.type: no type fits in any region;",
        "stacks/Pulumi.dev.yaml:8: fleet:servers.db.type: no type fits in any region;",
    ]


def test_pins_of_changed_criteria_are_told_to_be_old(run: Run, project: Path) -> None:
    pin("dev")
    file = project / "stacks" / "Pulumi.dev.yaml"
    file.write_text(
        file.read_text().replace("{min_memory_mb: 1024, max_monthly_usd: 10}", "{min_memory_mb: 2048}")
    )

    explained, checked = run("explain --stack dev web/type").out, run("pins check --stack dev").out

    note = "picked for other criteria than the settings have now. Next: fleet pin --stack dev, or up."
    assert explained.splitlines()[1].strip() == note
    assert f"web/type: {note}" in checked
    assert "picked for other" not in run("explain --stack dev db/type").out


def test_promote_copies_only_what_the_target_settings_ask_for(run: Run, project: Path) -> None:
    pin("dev")

    done = run("pins promote dev staging")

    assert done.code == 0, done.err
    pins = json.loads((project / "stacks" / "pins.staging.json").read_text())["pins"]
    assert sorted(pins) == ["db/image", "web/image"]
    assert "web/type: none (left: other criteria: max_monthly_usd, min_memory_mb)" in done.out


@pytest.mark.parametrize("command", ["repin", "pins check", "pins keep"])
def test_another_account_than_the_settings_record_is_told(run: Run, project: Path, command: str) -> None:
    file = pin("dev")
    before = file.read_text()
    set_value(project, "dev", "linode:account", "somebody-else")

    done = run(f"{command} --stack dev")

    assert (done.code, done.out) == (1, "")
    assert "stack 'dev' belongs to account somebody-else, and the token in use" in done.err
    assert "Next: " in done.err
    assert file.read_text() == before


@pytest.mark.usefixtures("project")
def test_another_account_than_a_pin_records_is_told_unless_that_pin_is_to_move(run: Run) -> None:
    file = pin("dev")
    read = PinFile.read(file)
    other = read.pins["web/image"].model_copy(update={"account": "somebody-else"}).summed()
    read.write({**read.pins, "web/image": other})

    stopped = [
        run(line) for line in ("repin --stack dev", "repin --stack dev web/type", "pins check --stack dev")
    ]
    moved = run("repin --stack dev web/image")

    assert [done.code for done in stopped] == [1, 1, 1]
    assert all("belongs to account somebody-else" in done.err for done in stopped)
    assert moved.code == 0, moved.err
    assert PinFile.read(file).pins["web/image"].account is None


def test_without_a_token_nobody_can_tell_whose_account_it_is(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin("dev")
    set_value(project, "dev", "linode:account", "somebody-else")
    monkeypatch.delenv("LINODE_TOKEN")

    assert run("pins check --stack dev").code == 0


@pytest.mark.usefixtures("project")
def test_own_images_are_not_called_gone_for_want_of_a_token(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PinFile.read(pin("dev"))
    own = read.pins["web/image"].model_copy(update={"account": "A"}).summed()
    read.write({**read.pins, "web/image": own})
    monkeypatch.delenv("LINODE_TOKEN")

    done = run("pins check --stack dev")

    assert (done.code, done.out) == (1, "")
    assert "Next: set LINODE_TOKEN" in done.err


@pytest.mark.usefixtures("project")
def test_a_stack_that_is_not_there_has_a_nearest_name(run: Run) -> None:
    done = run("repin --stack devv")

    assert done.code == 1
    assert "stack 'devv' has no settings (Pulumi.devv.yaml) (did you mean dev?)" in done.err


@pytest.mark.usefixtures("project")
def test_check_tells_of_pins_that_nothing_reads(run: Run) -> None:
    read = PinFile.read(pin("dev"))
    pins = {**read.pins, "dbb/image": read.pins["db/image"], "db/imag": read.pins["db/image"]}
    read.write({key: pin for key, pin in pins.items() if key != "db/image"})

    done = run("pins check --stack dev --exit-code")

    assert done.code == 3
    assert "dbb/image: the settings have no group dbb (did you mean db?): nothing reads this pin" in done.out
    assert (
        "db/imag: no pick of a group is called imag (did you mean image?): nothing reads this pin" in done.out
    )


@pytest.mark.usefixtures("project")
def test_explain_says_what_each_criterion_left_of_the_catalog(run: Run) -> None:
    pin("dev")

    all_of_it, one = run("explain --stack dev"), run("explain --stack dev web/type")
    unknown = run("explain --stack dev web/typ")

    assert "web/region: " in all_of_it.out
    assert one.out.startswith("web/type: g6-")
    assert re.search(r"(?m)^  .*with memory ≥ 1024 MB", one.out)
    assert unknown.code == 1
    assert "web/typ is not pinned" in unknown.err
