"""Any sequence of changes leaves the account as a plain model says, and a second `up` sends no writes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import users_tags
from tests.by_hand import Json
from tests.project import Project

pytestmark = pytest.mark.all

NAMES = ("web-1", "web-2", "db-1")
SPECS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["g6-nanode-1", "g6-standard-1"]),
        "region": st.sampled_from(["de-fra-2", "gb-lon"]),
        "image": st.sampled_from(["linode/debian12", "linode/debian13"]),
        "on_image_change": st.sampled_from(["replace", "rebuild"]),
        "tags": st.lists(st.sampled_from(["blue", "Green", "red"]), unique=True, max_size=2),
        "watchdog_enabled": st.booleans(),
        "booted": st.booleans(),
    }
)
DECLARATIONS = st.dictionaries(st.sampled_from(NAMES), SPECS, max_size=len(NAMES))
COMPARED = ("type", "region", "image", "watchdog_enabled")


class LifeCycle(RuleBasedStateMachine):
    """The model is what was declared when `up` last ran."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.api = LocalApi(self.folder / "api.sqlite3", speed=5000, limits=False)
        self.api.start()
        self.project = Project(self.folder / "project", "embedded", self.api)
        self.model: Mapping[str, Mapping[str, object]] = {}

    def teardown(self) -> None:
        self.api.stop()
        shutil.rmtree(self.folder)

    @rule(declared=DECLARATIONS)
    def declare_and_up(self, declared: dict[str, dict[str, object]]) -> None:
        self.model = {name: self._never_smaller(name, spec) for name, spec in declared.items()}
        self._up()

    def _never_smaller(self, name: str, spec: dict[str, object]) -> dict[str, object]:
        """A smaller plan is refused at preview while the disks don't fit it; that has a test of its own."""
        grown = self.model.get(name, {}).get("type") == "g6-standard-1"
        return {**spec, "type": "g6-standard-1"} if grown else spec

    @rule()
    def up_again(self) -> None:
        before = self._writes()

        self._up()

        assert self._writes() == before

    @precondition(lambda self: self.model)
    @rule(label=st.sampled_from(["by-hand", "also-by-hand"]), tag=st.sampled_from(["odd", "blue"]))
    def drift_refresh_and_up(self, label: str, tag: str) -> None:
        name = sorted(self.model)[0]
        linode = self._linodes()[f"fleet-test-{name}"]
        owned = [kept for kept in _texts(linode["tags"]) if kept.startswith("pulumi:")]
        self.project.call("PUT", f"/linode/instances/{linode['id']}", {"label": label, "tags": [*owned, tag]})

        refreshed = self.project.run("refresh", "--yes", "--skip-preview", "--stack", "test")

        assert refreshed.code == 0, refreshed.said
        self._up()

    @precondition(lambda self: self.model)
    @rule()
    def delete_by_hand_refresh_and_up(self) -> None:
        linode = self._linodes()[f"fleet-test-{sorted(self.model)[-1]}"]
        self.project.call("DELETE", f"/linode/instances/{linode['id']}")

        self.project.run("refresh", "--yes", "--skip-preview", "--stack", "test")

        self._up()

    @rule()
    def destroy(self) -> None:
        done = self.project.destroy()

        assert done.code == 0, done.said
        self.model = {}
        assert self._linodes() == {}

    def _up(self) -> None:
        access = {"root_pass": "Some-Passw0rd-42"}
        self.project.declare({name: {**spec, **access} for name, spec in self.model.items()})
        done = self.project.up()
        assert done.code == 0, done.said
        self._account_is_as_the_model()

    def _account_is_as_the_model(self) -> None:
        found = self._linodes()
        assert set(found) == {f"fleet-test-{name}" for name in self.model}
        for name, spec in self.model.items():
            linode = found[f"fleet-test-{name}"]
            assert {key: linode[key] for key in COMPARED} == {key: spec[key] for key in COMPARED}
            assert linode["status"] == ("running" if spec["booted"] else "offline")
            assert users_tags(_texts(linode["tags"])) == users_tags(_texts(spec["tags"]))

    def _writes(self) -> int:
        return sum(entry["method"] != "GET" for entry in self.api.requests())

    def _linodes(self) -> dict[str, Json]:
        return {label: row for label, row in self.project.linodes().items() if row["status"] != "deleting"}


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


TestLifeCycle = LifeCycle.TestCase
TestLifeCycle.settings = settings(
    max_examples=int(os.environ.get("LIFE_CYCLES", "4")),
    stateful_step_count=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
