"""A group of settings gets another name: its servers stay what they are, or the preview says what happens to them."""

from __future__ import annotations

import pytest
import requests
import yaml

from tests.checkout import Checkout


def rename(checkout: Checkout, old: str = "web", new: str = "front", **values: object) -> None:
    """Group `old` is `new` from here on, with further values."""
    for file in (checkout.root / "stacks" / "common.yaml", checkout.settings):
        settings = yaml.safe_load(file.read_text())
        groups = settings["config"]["fleet:servers"]
        group = {**(groups.pop(old, None) or groups[new]), "renamed_from": None, **values}
        groups[new] = {key: value for key, value in group.items() if value is not None}
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


@pytest.mark.all
@pytest.mark.parametrize(("name", "locked"), [("web", "0"), ("web", "1"), ("front", "0")])
def test_a_renaming_that_broke_off_is_taken_back_or_goes_on_without_its_line(
    deployed: Checkout, name: str, locked: str
) -> None:
    """A locked run writes no pins: there the account tells."""
    env = {"LINODE_LOCKED": locked}
    before, pins = deployed.linodes(), (deployed.local / "pins.local.json").read_text()
    password = deployed.output("root_passwords")["web"]  # type: ignore[index]  # a map
    last = before["fleet-local-web-2"]["id"]
    rule = {"kind": "maintenance", "method": "PUT", "path": f"/linode/instances/{last}", "times": 99}
    faults = f"{deployed.api}/_local/faults"

    rename(deployed, renamed_from="web")
    requests.put(faults, json={"rules": [rule]}, timeout=10).raise_for_status()
    broken = deployed.run("up", env=env)
    requests.put(faults, json={"rules": []}, timeout=10).raise_for_status()
    rename(deployed, "front", name)
    done, again = deployed.run("up", env=env), deployed.run("preview", "--expect-no-changes", env=env)

    assert broken.code != 0
    assert (done.code, again.code) == (0, 0), done.said + again.said
    after = deployed.linodes()
    assert {row["id"] for row in after.values()} == {row["id"] for row in before.values()}
    assert set(after) == {label.replace("-web-", f"-{name}-") for label in before}
    assert deployed.output("root_passwords")[name] == password  # type: ignore[index]  # a map
    assert (deployed.local / "pins.local.json").read_text() == pins.replace('"web/', f'"{name}/')
