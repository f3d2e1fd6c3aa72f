"""A group of settings gets another name: its servers stay what they are, or the preview says what happens to them."""

from __future__ import annotations

import yaml

from tests.checkout import Checkout


def rename(checkout: Checkout, **values: object) -> None:
    """Group `web` is `front` from here on, with further values."""
    for file in (checkout.root / "stacks" / "common.yaml", checkout.settings):
        settings = yaml.safe_load(file.read_text())
        groups = settings["config"]["fleet:servers"]
        groups["front"] = {**(groups.pop("web", None) or groups["front"]), **values}
        file.write_text(yaml.safe_dump(settings))


def test_a_renamed_groups_servers_keep_their_ids_and_get_new_names(deployed: Checkout) -> None:
    before, pins = deployed.linodes(), (deployed.local / "pins.local.json").read_text()
    rename(deployed)

    warned = deployed.run("preview")

    assert warned.code == 0, warned.said
    assert "group web is gone from the settings, and front comes with the same criteria" in warned.said
    assert "`renamed_from: web`" in warned.said
    assert (deployed.local / "pins.local.json").read_text() == pins

    rename(deployed, renamed_from="web")
    done, again = deployed.run("up"), deployed.run("preview", "--expect-no-changes")

    assert (done.code, again.code) == (0, 0), done.said + again.said
    assert "gone from the settings" not in done.said
    after = deployed.linodes()
    assert {row["id"] for row in after.values()} == {row["id"] for row in before.values()}
    names = {f"fleet-local-front-{number}" for number in (1, 2, 3)}
    assert set(after) == names | {"fleet-local-db-1"}
    assert after["fleet-local-front-1"]["tags"] != before["fleet-local-web-1"]["tags"]
    moved = (deployed.local / "pins.local.json").read_text()
    assert moved.count('"front/') == pins.count('"web/') == 3
    assert '"web/' not in moved
