"""Stack `local`: everything it needs lies in one ignored folder. Its settings are those of stacks/, as they are at each
command, with what this machine adds: the salt, where the pins are, the local API's address and token.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import yaml

from fleet.engine.engine import Engine
from fleet.engine.local_api import DEFAULT_PORT, DEFAULT_SPEED, LocalApi, write_private
from providers.linode.api.advice import typed
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.project import PROJECT, local_folder
from stacks.errors import BadSettings
from stacks.layers import read_layer
from stacks.sources import project_name

PINS = "fleet:pins"
SALT = "encryptionsalt"
"""Of the template none is taken: `pulumi` writes one there when it is called without --config-file."""

TEMPLATE = PROJECT / "stacks" / f"Pulumi.{LOCAL_STACK}.yaml"


@dataclass(frozen=True)
class LocalStack:
    """The folder of stack `local`: settings, passphrase, state, and the local API's database and token."""

    home: Path

    @property
    def settings(self) -> Path:
        return self.home / TEMPLATE.name

    @property
    def pins(self) -> Path:
        """Also in the settings, so that `pulumi` itself finds them."""
        return self.home / f"pins.{LOCAL_STACK}.json"

    @property
    def passphrase(self) -> Path:
        return self.home / "passphrase"

    @property
    def backend(self) -> Path:
        return self.home / "state"

    @property
    def checkpoint(self) -> Path:
        return self.backend / ".pulumi" / "stacks" / project_name() / f"{LOCAL_STACK}.json"

    def pulumi_variables(self) -> dict[str, str]:
        """The variables that point either engine at this folder."""
        return {
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase),
        }

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """The environment for this stack's commands: no token, address or passphrase of somebody else."""
        others = ("LINODE_TOKEN", "LINODE_URL", "PULUMI_CONFIG_PASSPHRASE")
        kept = {key: value for key, value in env.items() if key not in others}
        return {**kept, **self.pulumi_variables(), "PULUMI_SKIP_UPDATE_CHECK": "true"}

    def api(self, env: Mapping[str, str]) -> LocalApi:
        """The local API of this folder, on LOCAL_PORT, else where the settings have it. Raises BadSettings."""
        try:
            given = env.get("LOCAL_PORT")
            port = int(given) if given else self._port_in_settings() or DEFAULT_PORT
            speed = float(env.get("LOCAL_SPEED") or DEFAULT_SPEED)
        except ValueError:
            raise BadSettings(
                "LOCAL_PORT and LOCAL_SPEED must be numbers. Next: correct or unset them."
            ) from None
        if not 1 <= port <= 65_535:
            raise BadSettings(f"LOCAL_PORT={port} is no port. Next: choose one from 1024 to 65535.")
        if not 0 < speed <= 100_000:
            raise BadSettings(
                f"LOCAL_SPEED={speed:g} is no speed. Next: 1 is the real API's, 60 the default."
            )
        return LocalApi(self.home, port, speed, is_speed_given=bool(env.get("LOCAL_SPEED")))

    def made(self, engine: Engine, env: Mapping[str, str]) -> tuple[dict[str, str], Path]:
        """The environment for this stack's commands and its settings, once the API runs and all is there."""
        inside, api = self.environment(env), self.api(env)
        if not TEMPLATE.exists():
            raise BadSettings(
                f"there is no stacks/{TEMPLATE.name}, and this command makes servers of settings. "
                "Next: write it (docs/environments.md), or call pulumi itself for a program without settings."
            )
        if api.start():
            print(
                f"local API: {api.url}, started; {api.speed:g} times as fast as the real one "
                f"(`{typed('stop')}` ends it)",
                file=sys.stderr,
            )
        self.prepare(engine, api, inside)
        return inside, self.settings

    def prepare(self, engine: Engine, api: LocalApi, env: Mapping[str, str]) -> None:
        """Make what is missing: passphrase, stack, settings. The settings appear whole or not at all."""
        self.backend.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.passphrase.exists():
            if self.checkpoint.exists():
                raise BadSettings(
                    f"{self.passphrase} is missing, and the secrets of stack '{LOCAL_STACK}' are encrypted with it. "
                    f"Next: put it back, or remove {self.home} to start over."
                )
            write_private(self.passphrase, secrets.token_urlsafe(24))
        if not self.settings.exists():
            self._make_settings(engine, api, env)
            return
        if self._port_in_settings() != api.port:
            self._tell_api(engine, env, self.settings, api, "linode:url")
        if "linode:token" not in self._values():
            self._tell_api(engine, env, self.settings, api, "linode:token")
        self._follow_template()

    def _make_settings(self, engine: Engine, api: LocalApi, env: Mapping[str, str]) -> None:
        salt = self._salt_in_state() if self.checkpoint.exists() else new_stack(LOCAL_STACK, engine, env)
        write_private(self._unfinished, self._composed(salt, {}))
        self._tell_api(engine, env, self._unfinished, api, "linode:url", "linode:token")
        os.replace(self._unfinished, self.settings)

    @property
    def _unfinished(self) -> Path:
        return self.home / f"{self.settings.name}.unfinished.yaml"

    def _follow_template(self) -> None:
        """Have the settings say what the template says now; of their own they keep the salt and the connection."""
        before = self.settings.read_text(encoding="utf-8")
        document = yaml.safe_load(before)
        connection = {key: document["config"][key] for key in ("linode:url", "linode:token")}
        if (text := self._composed(str(document[SALT]), connection)) != before:
            write_private(self._unfinished, text)
            os.replace(self._unfinished, self.settings)

    def _composed(self, salt: str, connection: Mapping[str, object]) -> str:
        """The template with what this machine adds. Its scalars stay as they are written: an engine reads them."""
        read_layer(TEMPLATE, f"stacks/{TEMPLATE.name}")  # tells what is no YAML
        place = self.pins.relative_to(PROJECT) if self.pins.is_relative_to(PROJECT) else self.pins
        root = _with(yaml.compose(TEMPLATE.read_text(encoding="utf-8")), {SALT: salt})
        config = next((value for key, value in root.value if key.value == "config"), None)
        named = isinstance(config, yaml.MappingNode) and any(key.value == PINS for key, _ in config.value)
        ours = _with(config, {**({} if named else {PINS: str(place)}), **connection})
        pairs = [(key, value) for key, value in root.value if key.value != "config"]
        root.value = [*pairs, (yaml.ScalarNode("tag:yaml.org,2002:str", "config"), ours)]
        return f"# Made from stacks/{TEMPLATE.name} at every command: edit that one.\n{yaml.serialize(root)}"

    def _salt_in_state(self) -> str:
        try:
            latest = json.loads(self.checkpoint.read_text(encoding="utf-8"))["checkpoint"]["latest"]
            return str(latest["secrets_providers"]["state"]["salt"])
        except (ValueError, KeyError, TypeError):
            raise BadSettings(
                f"the state {self.checkpoint} can't be read, and nothing was changed. "
                f"Next: restore it from {self.checkpoint.name}.bak beside it."
            ) from None

    def _tell_api(
        self, engine: Engine, env: Mapping[str, str], file: Path, api: LocalApi, *keys: str
    ) -> None:
        """Write the address and the token of the local API into a file of settings, the token encrypted."""
        for key in keys:
            how = "--secret" if key == "linode:token" else "--plaintext"
            words = ("config", "set", key, "--config-file", str(file), how)
            engine.ask(*words, env=env, stdin=api.configuration[key], stack=LOCAL_STACK)

    def _port_in_settings(self) -> int | None:
        """None before there are any. Raises BadSettings."""
        try:
            return urlsplit(str(self._values()["linode:url"])).port if self.settings.exists() else None
        except (KeyError, ValueError):
            raise BadSettings(
                f"{self.settings} has no usable linode:url. Next: correct it, or remove the file: it is made again."
            ) from None

    def _values(self) -> Mapping[str, object]:
        return read_layer(self.settings, str(self.settings)).values


def _with(node: yaml.Node | None, values: Mapping[str, object]) -> yaml.MappingNode:
    """A map of YAML with these values in it, instead of those that it has."""
    there = node.value if isinstance(node, yaml.MappingNode) else []
    added = yaml.compose(yaml.safe_dump(dict(values)))
    assert isinstance(added, yaml.MappingNode)  # noqa: S101 - for the type checker
    kept = [(key, value) for key, value in there if key.value not in values]
    return yaml.MappingNode("tag:yaml.org,2002:map", [*kept, *added.value], flow_style=False)


@contextmanager
def scratch_project() -> Iterator[Path]:
    """A project of this name with nothing in it, for commands that write a salt into the stack's file beside
    Pulumi.yaml: nothing under version control changes.
    """
    with TemporaryDirectory() as folder:
        (Path(folder) / "Pulumi.yaml").write_text(
            f"name: {project_name()}\nruntime: python\n", encoding="utf-8"
        )
        yield Path(folder)


def new_stack(stack: str, engine: Engine, env: Mapping[str, str]) -> str:
    """Make an empty stack; its encryption salt."""
    with scratch_project() as scratch:
        engine.ask("stack", "init", stack, "--cwd", str(scratch), env=env)
        made = yaml.safe_load((scratch / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return str(made["encryptionsalt"])


def of_environment(env: Mapping[str, str]) -> LocalStack:
    return LocalStack(local_folder(env))
