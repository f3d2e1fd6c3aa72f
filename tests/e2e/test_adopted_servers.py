"""Linodes that were there before are servers of a group of the settings; who forgets the line loses none of them."""

from __future__ import annotations

from tests.checkout import Checkout

LIKE_WEB = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "By-hand-Passw0rd",
}


def make(checkout: Checkout, label: str) -> int:
    return int(str(checkout.call("POST", "/linode/instances", {**LIKE_WEB, "label": label})["id"]))


def ids(checkout: Checkout) -> dict[str, int]:
    return {label: int(str(row["id"])) for label, row in checkout.linodes().items()}


def test_settings_hold_linodes_that_were_there_and_that_nobody_deletes_by_forgetting_a_line(
    deployed: Checkout,
) -> None:
    before = ids(deployed)
    old, older, imported = (make(deployed, label) for label in ("old-web", "older-web", "imported-web"))
    deployed.set_group("web", adopt=["ol-web"])
    wrong = deployed.run("preview")
    deployed.set_group("web", adopt=[])
    written = deployed.run("import", "--label", "imported-web")
    done = deployed.engine_command(
        "import", "--file", "import.json", "--generate-code=false", "--yes", "--skip-preview", "--stack", "local",
        "--config-file", str(deployed.settings), env=deployed.backend,
    )  # fmt: skip
    assert (written.code, done.code) == (0, 0), written.said + done.said
    assert wrong.code != 0
    assert "ol-web is no Linode of this account (did you mean old-web" in wrong.said

    deployed.set_group("web", adopt=["old-web", older, "imported-web"])
    shown, up = deployed.run("preview"), deployed.run("up")
    again = deployed.run("preview", "--expect-no-changes")

    assert (shown.code, up.code, again.code) == (0, 0, 0), shown.said + up.said + again.said
    assert f"adopts Linode {old} (old-web)" in shown.said
    assert ids(deployed) == {**before, "old-web": old, "older-web": older, "imported-web": imported}
    assert "7 servers" in up.said

    deployed.set_group("web", adopt=["old-web"])
    forgotten = deployed.run("up")

    assert forgotten.code != 0
    assert "protect" in forgotten.said
    assert {"old-web", "older-web", "imported-web"} <= set(ids(deployed))
