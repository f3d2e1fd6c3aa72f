"""A copy of the project in a folder of its own, run as a person runs it, with either engine."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
import yaml

from tests import by_hand
from tests.project_copy import copy_project

ENGINE_WORDS = {"embedded": (sys.executable, "-m", "emulators.engine"), "pulumi": ("pulumi",)}
"""How each engine is called."""

ENGINES = tuple(ENGINE_WORDS)
COPIED = ("Pulumi.yaml", "__main__.py", "providers", "stacks", "fleet", "emulators")
SPEED = "600"
"""A minute of the API in a tenth of a second."""

TIMEOUT_S = 1800
"""A command hangs after that; a crowd of creates takes its turns in the limits of the API for ten minutes and more."""


def free_port() -> int:
    """A port that nobody listens at, and that no system gives to an outgoing connection by itself."""
    while True:
        port = random.randrange(16_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True)
class Done:
    """A command that has ended; `said` is everything it printed."""

    code: int
    said: str


def run_in(folder: Path, words: Sequence[str], env: Mapping[str, str]) -> Done:
    """A command, run to its end without anybody who could answer it.

    A `make` that runs these tests is none of its business: a make below another one tells which folder it enters.
    """
    env = {name: value for name, value in env.items() if name not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}
    done = subprocess.run(
        words, cwd=folder, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout)


class Checkout:
    """One copy, one engine, one home folder. Whatever is started here is stopped by `close`.

    With `like` everything is as it is in that closed one: state, account, pins, caches and the port.
    """

    def __init__(self, folder: Path, engine: str, like: Checkout | None = None) -> None:
        self.root = folder / "project"
        self.local = self.root / ".local"
        self.engine = engine
        home = folder / "home"
        if like is None:
            self.port = free_port()
            copy_project(self.root, COPIED)
            home.mkdir()
        else:
            self.port = like.port
            shutil.copytree(like.root.parent, folder, symlinks=True, dirs_exist_ok=True)
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("LINODE_", "PULUMI_", "LOCAL_"))
        }
        self.env = {
            **kept,
            "HOME": str(home),
            "ENGINE": engine,
            "LOCAL_PORT": str(self.port),
            "LOCAL_SPEED": SPEED,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def run(self, *words: str, env: Mapping[str, str] | None = None, engine: str | None = None) -> Done:
        """`fleet …` as make calls it."""
        chosen = {"ENGINE": engine} if engine else {}
        return self.command(sys.executable, "-m", "fleet", *words, env={**(env or {}), **chosen})

    def command(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        return run_in(self.root, words, {**self.env, **(env or {})})

    def close(self) -> None:
        self.run("stop")

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return (self.local / "token").read_text()

    def new_token(self, account: str, scopes: str = "*") -> str:
        """Another token of the local API."""
        database = str(self.local / "linode.sqlite3")
        words = [sys.executable, "-m", "emulators.linode_api", "token", "--database", database]
        return self.command(*words, "--account", account, "--scopes", scopes).said.strip()

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """A call to the local API, as somebody who works by hand makes it."""
        return by_hand.call(self.api, self.token, method, path, body)

    def linodes(self) -> dict[str, dict[str, object]]:
        """The account's Linodes by label."""
        return by_hand.linodes(self.api, self.token)

    def writes(self) -> list[str]:
        """Every request so far that changes something: "POST /v4/linode/instances"."""
        seen = requests.get(f"{self.api}/_local/requests", timeout=10).json()["requests"]
        return [f"{row['method']} {row['path']}" for row in seen if row["method"] != "GET"]

    @property
    def settings(self) -> Path:
        """Those of stack `local` that people edit."""
        return self.root / "stacks" / "Pulumi.local.yaml"

    @property
    def local_settings(self) -> Path:
        """What is made of them for the engine."""
        return self.local / "Pulumi.local.yaml"

    def set_group(self, name: str, **values: object) -> None:
        """Change values of a group of servers in the settings of stack local."""
        settings = yaml.safe_load(self.settings.read_text())
        settings["config"]["fleet:servers"].setdefault(name, {}).update(values)
        self.settings.write_text(yaml.safe_dump(settings))

    def checkpoint(self) -> str:
        return (self.local / "state" / ".pulumi" / "stacks" / "fleet" / "local.json").read_text()

    @property
    def backend(self) -> dict[str, str]:
        """The environment in which the engine finds stack local."""
        return {
            "PULUMI_BACKEND_URL": f"file://{self.local / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.local / "passphrase"),
        }

    def engine_command(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        """A command of the engine itself."""
        return self.command(*ENGINE_WORDS[self.engine], *words, env=env)

    def output(self, name: str) -> object:
        """One output of stack local, secrets in the clear."""
        done = subprocess.run(
            [*ENGINE_WORDS[self.engine], "stack", "output", "--json", "--show-secrets", "--stack", "local"],
            cwd=self.root, env={**self.env, **self.backend},
            capture_output=True, text=True, timeout=TIMEOUT_S, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)[name]
