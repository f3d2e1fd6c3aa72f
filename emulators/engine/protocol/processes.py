"""Program and provider as child processes that end with the engine, and whose lines of output are handed on.

Their standard input is a pipe that only this process holds (see child.py). They have a session of their
own, so that Ctrl-C reaches the engine alone, which lets running steps end.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from emulators.engine.plan.options import RunInfo
from emulators.engine.state.project import Project

CHILD = Path(__file__).with_name("child.py")

OnLine = Callable[[str, bool], None]  # the line, and whether it came from standard error


class Child:
    """One running child."""

    def __init__(self, project: Project, arguments: list[str], extra: dict[str, str]) -> None:
        python = project.python()
        self._process = subprocess.Popen(
            [python, "-u", str(CHILD), *arguments],
            cwd=project.program_folder,
            env=_environment(python, extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._readers: list[threading.Thread] = []

    def first_line(self) -> str:
        """The first line of standard output, "" if the child ended without one."""
        assert self._process.stdout is not None  # noqa: S101 - made with PIPE above
        return self._process.stdout.readline().decode(errors="replace").strip()

    def hand_on_lines(self, on_line: OnLine) -> None:
        """Call on_line for each line from now on."""
        for stream, is_error in ((self._process.stdout, False), (self._process.stderr, True)):
            assert stream is not None  # noqa: S101 - made with PIPE above
            reader = threading.Thread(target=_hand_on, args=(stream, is_error, on_line), daemon=True)
            reader.start()
            self._readers.append(reader)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """The exit code, after all of the output was handed on; None if it is still running."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(timeout=5)
        return code

    def stop(self, grace_s: float) -> None:
        """End it: politely, then not."""
        for name, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
            if self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, name)
                self.wait(wait_s)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.close()


def start_program(info: RunInfo, monitor: str, engine: str) -> Child:
    """The user's program, told the addresses of both services."""
    project = info.stack.project
    settings = {
        "monitor": monitor,
        "engine": engine,
        "project": project.name,
        "stack": info.stack.name,
        "organization": "organization",
        "parallel": info.options.parallel,
        "dry_run": info.options.preview,
        "root_directory": str(project.folder),
        "program": str(project.program),
    }
    environment = {
        "PULUMI_CONFIG": json.dumps(info.config.values),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(info.config.secret_keys)),
    }
    return Child(project, ["program", json.dumps(settings)], environment)


def start_provider(project: Project, engine: str) -> Child:
    """The SDK's dynamic provider, with what the real engine adds to its environment."""
    options = {f"PULUMI_RUNTIME_{key.upper()}": str(value) for key, value in project.options.items()}
    return Child(project, ["provider", engine], {**options, "PULUMI_PROJECT": project.name})


def _environment(python: str, extra: dict[str, str]) -> dict[str, str]:
    """The parent's environment, with the virtualenv of that Python active, if it is in one."""
    merged = {**os.environ, **extra}
    folder = Path(python).parent
    if (folder.parent / "pyvenv.cfg").exists():
        merged["VIRTUAL_ENV"] = str(folder.parent)
        merged["PATH"] = f"{folder}{os.pathsep}{merged.get('PATH', '')}"
        merged.pop("PYTHONHOME", None)
    return merged


def _hand_on(stream: IO[bytes], is_error: bool, on_line: OnLine) -> None:
    with contextlib.suppress(ValueError):  # closed by stop()
        for line in stream:
            on_line(line.decode(errors="replace").rstrip("\r\n"), is_error)
