"""The two commands as a person types them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from rich.text import Text

from providers.linode.project import PROJECT
from tests.checkout import Checkout, run_in
from tests.pictures import COLUMNS, drawn, said_in
from tests.terminal import at_a_terminal, left_on


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy with the Makefile; its .venv is this one, so nothing is installed."""
    made = Checkout(tmp_path, "embedded")
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy2(PROJECT / name, made.root / name)
    return made


def shown_by_the_document() -> set[str]:
    """The lines that the document shows of `make up`, but for those of the installation, and what it leaves out."""
    text = (PROJECT / "docs" / "start.md").read_text()
    [block] = [each for each in re.findall(r"```\n(.*?)```", text, re.DOTALL) if "Updating (local)" in each]
    lines = [line for line in block.splitlines() if "…" not in line and not line.startswith("installing")]
    assert len(lines) > 15
    return set(map(without_figures, lines))


def without_figures(line: str) -> str:
    """Ports, speeds, ids, addresses and times differ from run to run, and the width of a column with them."""
    return " ".join(re.sub(r"\d+", "N", line).split())


def test_make_up_and_make_down(checkout: Checkout) -> None:
    if not (PROJECT / ".venv" / "requirements.txt.installed").exists():
        pytest.skip("this .venv was not made by make")
    try:
        up = checkout.command("make", "up")
        made = checkout.linodes()
        down = checkout.command("make", "down")

        assert (up.code, down.code) == (0, 0), up.said + down.said
        assert len(made) == 4
        assert "89.00 USD a month" in up.said
        said = up.said.replace(f"{checkout.root}/.local", "…/.local").splitlines()
        assert shown_by_the_document() - set(map(without_figures, said)) == set()
        assert checkout.linodes() == {}
    finally:
        stopped = checkout.command("make", "stop")
    assert "stopped" in stopped.said


def test_the_picture_of_the_readme_is_what_a_terminal_shows(checkout: Checkout) -> None:
    if not (PROJECT / ".venv" / "requirements.txt.installed").exists():
        pytest.skip("this .venv was not made by make")
    try:
        up = at_a_terminal(["make", "up"], checkout.root, checkout.env, columns=COLUMNS)
    finally:
        checkout.command("make", "stop")

    said = [line.replace(f"{checkout.root}/.local", "…/.local") for line in left_on(up.said)]
    end = next(number for number, line in enumerate(said) if "USD a month" in line)
    picture = drawn(["$ make up", *said[: end + 1]], "make-up.svg", "A fresh checkout")
    plain = {without_figures(Text.from_ansi(line).plain) for line in said}
    assert set(map(without_figures, said_in(picture))) - plain == {"$ make up"}


@pytest.mark.all
@pytest.mark.skipif(
    "PYTHONS" not in os.environ, reason="PYTHONS names no other ones (python3.10 python3.13 …)"
)
@pytest.mark.parametrize("python", os.environ.get("PYTHONS", "").split())
def test_a_fresh_checkout_runs_with_another_python(python: str, checkout: Checkout) -> None:
    """With its packages from where pip gets them."""
    (checkout.root / ".venv").unlink()
    try:
        up = checkout.command("make", "up", f"PYTHON={python}")
        used = checkout.command(".venv/bin/python", "--version")
        again, down = checkout.command("make", "up"), checkout.command("make", "down")
    finally:
        checkout.command("make", "stop")

    assert (up.code, again.code, down.code) == (0, 0, 0), up.said + again.said + down.said
    assert python.rpartition("python")[2] in used.said
    assert "4 servers, 89.00 USD a month" in up.said
    assert "no change; a month: $89.00" in again.said


def test_a_wrong_engine_is_one_line(checkout: Checkout) -> None:
    done = checkout.command("make", "up", "ENGINE=terraform")

    assert "error: ENGINE=terraform is no engine. Next: ENGINE=pulumi or ENGINE=embedded." in done.said
    assert "Traceback" not in done.said


def test_make_alone_lists_what_it_can_do() -> None:
    done = run_in(PROJECT, ["make"], dict(os.environ))

    told = dict(line.removeprefix("make ").split(maxsplit=1) for line in done.said.splitlines())
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert done.code == 0
    assert set(told) == set(phony[1].split())
