from __future__ import annotations

from pathlib import Path

from fleet.engine.unlock import mend

WHOLE = '{"user.content_type":"application/json","md5":"x"}'


def folder(root: Path) -> Path:
    for place in ("stacks/fleet", "history/fleet/dev", "backups/fleet/dev"):
        (root / place).mkdir(parents=True)
    (root / "stacks/fleet/dev.json").write_text("{}")
    (root / "stacks/fleet/dev.json.attrs").write_text(WHOLE)
    return root


def test_whole_files_stay(tmp_path: Path) -> None:
    root = folder(tmp_path)

    said = mend(root, "fleet", "dev")

    assert said == []
    assert (root / "stacks/fleet/dev.json.attrs").read_text() == WHOLE


def test_torn_ones_go_and_the_state_stays(tmp_path: Path) -> None:
    root = folder(tmp_path)
    for name in (
        "stacks/fleet/dev.json.attrs",
        "stacks/fleet/dev.json.bak.attrs",
        "history/fleet/dev/1.json.attrs",
    ):
        (root / name).write_text("")
    (root / "backups/fleet/dev/1.json.attrs").write_text('{"user.con')

    [line] = mend(root, "fleet", "dev")

    assert list(root.rglob("*.attrs")) == []
    assert (root / "stacks/fleet/dev.json").read_text() == "{}"
    assert "dev.json.attrs" in line


def test_another_stacks_files_are_not_touched(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (root / "stacks/fleet/prod.json.attrs").write_text("")

    mend(root, "fleet", "dev")

    assert (root / "stacks/fleet/prod.json.attrs").exists()
