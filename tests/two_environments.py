"""A project of two environments, dev and staging, in a git repository of its own, on a local API in this process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from emulators.linode_api.server import LocalApi
from tests.checkout import COPIED, Done, run_in
from tests.project_copy import copy_project
from tests.workflow_runner import Runner, machine

COPIED_TOO = (*COPIED, "requirements.txt", ".gitignore", ".gitlab-ci.yml", ".gitlab")
LEFT_OUT = ("Pulumi.prod.yaml",)
STACKS = ("dev", "staging")
READING = "linodes:read_only events:read_only account:read_only"


class TwoEnvironments:
    """The repository, and what a pull request of it needs: runs of workflows with a code host on loopback."""

    def __init__(
        self, folder: Path, engine: str, api: LocalApi, host_url: str = "", host_token: str = ""
    ) -> None:
        self.folder, self.engine, self.api = folder, engine, api
        self.root = folder / "fleet"
        self.token = api.add_token("two")
        self.reader = api.add_token("two", scopes=READING)
        self.host_token = host_token
        self.runs = 800
        self.guards = ""
        (folder / "state").mkdir()
        (folder / "copies").mkdir()
        self.copies = f"file://{folder / 'copies'}"
        (folder / "home").mkdir()
        bin_first = shims(folder / "bin", engine)
        self.machine = machine(
            str(bin_first), HOME=str(folder / "home"), ENGINE=engine, LINODE_URL=api.url, GITHUB_API_URL=host_url,
            LINODE_CACHE_DIR=str(folder / "catalogs"), GIT_CONFIG_GLOBAL=str(identity(folder)),
        )  # fmt: skip
        self.secrets = {"PULUMI_CONFIG_PASSPHRASE": "planted-passphrase", "LINODE_READ_TOKEN": self.reader}
        self.secrets |= {"LINODE_TOKEN": self.token, "PLAN_KEY": "planted-key-of-protected-environments"}
        self.secrets |= {"NOTICE_URL": f"{host_url}/hook"} if host_url else {}
        self.env = {
            **self.machine,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": self.secrets["PULUMI_CONFIG_PASSPHRASE"],
            "LINODE_TOKEN": self.token,
        }
        self._copy()

    def _copy(self) -> None:
        copy_project(self.root, COPIED_TOO)
        for name in LEFT_OUT:
            (self.root / "stacks" / name).unlink()
        self.edit("stacks/common.yaml", "[dev, staging, prod]", "[dev, staging]")
        (self.root / ".gitignore").write_text((self.root / ".gitignore").read_text() + ".venv\n")
        self.git("init", "-q", "-b", "main")
        self.commit("the project")

    def make_all(self) -> None:
        """Both stacks there, pinned and committed."""
        for stack in STACKS:
            for words in (f"pulumi stack init {stack}", f".venv/bin/python -m fleet pin --stack {stack}"):
                done = self.sh(words)
                assert done.code == 0, done.said
            self._copy_state(stack)
        self.commit("two environments")

    def deploy_all(self) -> None:
        self.make_all()
        for stack in STACKS:
            done = self.stacks("up", "--stack", stack, "--yes", "--skip-preview")
            assert done.code == 0, done.said
            self._copy_state(stack)

    def _copy_state(self, stack: str) -> None:
        done = self.stacks("copy-state", "--stack", stack, "--to", self.copies)
        assert done.code == 0, done.said

    def stacks(self, *words: str) -> Done:
        return self.sh(" ".join((".venv/bin/python -m fleet", *words)))

    def sh(self, command: str) -> Done:
        return run_in(self.root, ["bash", "-c", command], self.env)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=self.machine, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """All of it; the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text, f"{file} has no {old}"
        path.write_text(text.replace(old, new, 1))

    def run_of(self, event: str, sha: str, **payload: Any) -> Runner:
        """A new run of some workflow for an event."""
        self.runs += 1
        github = {
            "event_name": event, "sha": sha, "repository": "acme/fleet", "run_id": self.runs,
            "run_attempt": 1, "server_url": "https://git.example",
            "token": self.host_token, "event": {"repository": {"default_branch": "main"}, **payload},
        }  # fmt: skip
        return Runner(
            self.folder / f"run-{self.runs}", self.root, self.machine, {"github": github}, self.environment
        )

    def environment(self, name: str) -> dict[str, dict[str, str]]:
        """The variables and secrets of an environment of the repository, as docs/pull-requests.md has them."""
        state, copies = self.env["PULUMI_BACKEND_URL"], {"COPY_BACKEND_URL": self.copies}
        alone = {"signing": "PLAN_KEY", "notices": "NOTICE_URL"}
        if name in alone:
            return {"vars": {}, "secrets": {alone[name]: self.secrets.get(alone[name], "")}}
        if name.startswith("preview-"):
            return {"vars": copies, "secrets": {"LINODE_READ_TOKEN": self.secrets["LINODE_READ_TOKEN"]}}
        others = {key: value for key, value in self.secrets.items() if key != "LINODE_READ_TOKEN"}
        return {
            "vars": {"PULUMI_BACKEND_URL": state, **copies, "FLEET_GUARDS": self.guards},
            "secrets": others,
        }

    def linodes(self) -> dict[str, dict[str, Any]]:
        """The account's Linodes by label."""
        rows = self.call("GET", "/linode/instances").json()["data"]
        return {str(row["label"]): row for row in rows}

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        """As somebody works by hand."""
        answer = self.try_(method, path, self.token, body)
        answer.raise_for_status()
        return answer

    def try_(self, method: str, path: str, token: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{self.api.url}/v4{path}", json=body, headers=headers, timeout=10)


def shims(folder: Path, engine: str) -> Path:
    """`pulumi` is the engine under test, `fleet` the command of the copy that a command runs in."""
    folder.mkdir()
    (folder / "fleet").write_text(f'#!/bin/sh\nexec {sys.executable} -m fleet "$@"\n')
    (folder / "fleet").chmod(0o755)
    if engine == "embedded":
        shim = folder / "pulumi"
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m emulators.engine "$@"\n')
        shim.chmod(0o755)
    return folder


def identity(folder: Path) -> Path:
    file = folder / "gitconfig"
    file.write_text('[user]\n\tname = Ada\n\temail = ada@example.com\n[protocol "file"]\n\tallow = always\n')
    return file
