"""A project made from this one (docs/start.md), under a name and in a region of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import yaml

from tests.checkout import COPIED, Checkout, run_in
from tests.project_copy import copy_project

NAME, REGION = "shop", "gb-lon"


def renamed(checkout: Checkout) -> None:
    """By hand, as somebody with a clone does it."""
    file = checkout.root / "Pulumi.yaml"
    file.write_text(file.read_text().replace("name: fleet\n", f"name: {NAME}\n", 1))


def made_by_pulumi_new(checkout: Checkout, folder: Path) -> None:
    """From a copy that stands for the repository; the packages are those of the tests."""
    copy_project(folder, COPIED)
    (folder / ".venv").unlink()
    shutil.rmtree(checkout.root)
    words = (
        "--generate-only",
        "--yes",
        "--name",
        NAME,
        "--description",
        "a shop",
        "--dir",
        str(checkout.root),
    )
    done = run_in(folder, ["pulumi", "new", str(folder), *words], checkout.env)
    assert done.code == 0, done.said
    (checkout.root / ".venv").symlink_to(sys.prefix)


def test_what_is_made_from_the_project_runs_under_its_name_and_in_its_region(
    checkout: Checkout, tmp_path: Path
) -> None:
    if checkout.engine == "pulumi":
        made_by_pulumi_new(checkout, tmp_path / "template")
    else:
        renamed(checkout)
    settings = yaml.safe_load(checkout.settings.read_text())
    settings["config"]["fleet:region"] = REGION
    checkout.settings.write_text(yaml.safe_dump(settings))

    up, again = checkout.run("up"), checkout.run("preview", "--expect-no-changes")

    assert (up.code, again.code) == (0, 0), up.said + again.said
    linodes = checkout.linodes()
    assert set(linodes) == {f"{NAME}-local-{name}" for name in ("db-1", "web-1", "web-2", "web-3")}
    assert {row["region"] for row in linodes.values()} == {REGION}
    assert f"{NAME}-local" in up.said
