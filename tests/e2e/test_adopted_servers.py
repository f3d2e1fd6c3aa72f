"""Linodes that were there before are servers of a group of the settings; who forgets the line loses none of them."""

from __future__ import annotations

import pytest

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
        "--config-file", str(deployed.local_settings), env=deployed.backend,
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


@pytest.mark.all
def test_one_that_is_recreated_is_a_new_one_and_one_that_is_gone_is_refused_by_itself(
    deployed: Checkout,
) -> None:
    old, older = make(deployed, "old-web"), make(deployed, "older-web")
    deployed.set_group("web", adopt=[old, "older-web"], protect=False)
    adopted = deployed.run("up")
    before = ids(deployed)

    deployed.set_group("web", image={"vendor": "Ubuntu"})
    recreated = deployed.run("up", "--yes")
    again = deployed.run("preview", "--expect-no-changes")

    assert (adopted.code, recreated.code, again.code) == (0, 0, 0), adopted.said + recreated.said + again.said
    after = ids(deployed)
    assert after.keys() == before.keys()
    assert not {old, older} & set(after.values())

    deployed.set_group("web", adopt=[old, "older-web", "nobody"])
    refused = deployed.run("preview")

    assert refused.code != 0
    told = [line for line in refused.said.splitlines() if "is no Linode of this account" in line]
    assert told
    assert all("nobody" in line for line in told)
    assert "web-nobody" in refused.said
    assert ids(deployed) == after
