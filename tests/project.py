"""A small Pulumi project around one program, run by either engine against a local API in this process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from emulators.linode_api.server import LocalApi
from providers.linode.project import PROJECT
from tests import by_hand
from tests.checkout import ENGINE_WORDS, Done, run_in

INSTANCES = """
import json

from providers.linode import Instance, InstanceArgs

with open("instances.json") as file:
    for name, args in json.load(file).items():
        Instance(name, InstanceArgs(**args))
"""
"""Declares what instances.json says: {name: {input: value}}."""


class Project:
    """One stack of a project, with a token of its own account."""

    def __init__(
        self,
        folder: Path,
        engine: str,
        api: LocalApi,
        program: str = INSTANCES,
        account: str = "e2e",
        stack: str = "test",
        name: str = "fleet",
    ) -> None:
        self.folder, self.engine, self.api, self.account = folder, engine, api, account
        self.stack, self.name = stack, name
        self.token = api.add_token(account)
        (folder / "state").mkdir(parents=True)
        (folder / "home").mkdir()
        runtime = f"{{name: python, options: {{toolchain: pip, virtualenv: {sys.prefix}}}}}"
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: {runtime}\n")
        (folder / "__main__.py").write_text(program)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("LINODE_", "PULUMI_"))}
        self.env = {
            **kept,
            "HOME": str(folder / "home"),
            "PYTHONPATH": str(PROJECT),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "LINODE_URL": api.url,
            "LINODE_TOKEN": self.token,
            **({} if api.limits else {"LINODE_RATE_LIMITS": "off"}),
        }
        done = self.run("stack", "init", stack)
        assert done.code == 0, done.said

    def declare(self, instances: Mapping[str, Mapping[str, object]]) -> None:
        (self.folder / "instances.json").write_text(json.dumps(instances))

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        """A command of the engine."""
        return self.command(*ENGINE_WORDS[self.engine], *words, env=env)

    def command(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        return run_in(self.folder, words, {**self.env, **(env or {})})

    def call(self, method: str, path: str, body: object = None) -> by_hand.Json:
        """A call by hand that must succeed; of the beta API with a path that begins with `beta/`."""
        found = by_hand.call(self.api.url, self.token, method, path, body)
        assert "errors" not in found, (path, found)
        return found

    def linodes(self) -> dict[str, by_hand.Json]:
        """The account's Linodes by label."""
        return by_hand.linodes(self.api.url, self.token)

    def up(self, *words: str) -> Done:
        return self.run("up", "--yes", "--skip-preview", "--stack", self.stack, *words)

    def preview(self, *words: str) -> Done:
        return self.run("preview", "--stack", self.stack, *words)

    def destroy(self) -> Done:
        return self.run("destroy", "--yes", "--skip-preview", "--stack", self.stack)

    @property
    def checkpoint(self) -> Path:
        return self.folder / "state" / ".pulumi" / "stacks" / self.name / f"{self.stack}.json"
