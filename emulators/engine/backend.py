"""The file backend: where states, histories and backups lie, and how they are read and written.

``.pulumi/meta.yaml``, ``stacks/<project>/<stack>.json`` and ``.bak``, ``history/``, ``backups/``, ``locks/``.
Every write is a temporary file, synced, then renamed over the old one, which stays as ``.bak``.
Source: Pulumi's ``pkg/backend/diy`` and recorded folders.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from emulators.engine.errors import EngineError, NotSupported, StackNotFound, StateCorrupt

Json = dict[str, Any]


def home() -> Path:
    """Pulumi's own folder of this user."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def backend_url(from_project: str | None) -> str:
    """PULUMI_BACKEND_URL, else the project's, else the one that the user is logged in to."""
    if url := os.environ.get("PULUMI_BACKEND_URL"):
        return url
    if from_project:
        return from_project
    credentials = home() / "credentials.json"
    with contextlib.suppress(OSError, ValueError):
        if url := json.loads(credentials.read_text(encoding="utf-8")).get("current"):
            return str(url)
    raise EngineError(
        "not logged in to a backend. Next: set PULUMI_BACKEND_URL=file://<folder> or backend.url"
    )


def open_backend(url: str, project_folder: Path) -> FileBackend:
    """The backend at a file URL; a relative one counts from the project. Raises NotSupported for others."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise NotSupported(
            f"backend {parts.scheme or url}:// is not supported by the embedded engine (only file://). "
            "Next: use pulumi, or set PULUMI_BACKEND_URL=file://<folder>"
        )
    path = unquote(url.removeprefix("file://").partition("?")[0])
    folder = (project_folder / Path(path).expanduser()).resolve()
    if not folder.is_dir():
        raise EngineError(f"the backend's folder does not exist: {folder}. Next: mkdir -p {folder}")
    return FileBackend(folder)


class FileBackend:
    """One folder with a ``.pulumi`` folder in it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / ".pulumi"
        self.url = f"file://{folder}"
        self._check_meta()

    def _check_meta(self) -> None:
        try:
            meta = yaml.safe_load((self.root / "meta.yaml").read_text(encoding="utf-8"))
        except FileNotFoundError:
            if any((self.root / "stacks").glob("*.json")):
                raise NotSupported(
                    f"{self.root} has the layout without projects, which the embedded engine does not "
                    "support. Next: pulumi state upgrade"
                ) from None
            return
        except yaml.YAMLError as error:
            raise StateCorrupt(f"{self.root / 'meta.yaml'} is not YAML") from error
        if not isinstance(meta, dict) or meta.get("version") != 1:
            raise NotSupported(f"{self.root / 'meta.yaml'}: only version 1 is supported; use pulumi")

    def state_file(self, project: str, stack: str) -> Path:
        return self.root / "stacks" / project / f"{stack}.json"

    def exists(self, project: str, stack: str) -> bool:
        return self.state_file(project, stack).exists()

    def stacks(self, project: str | None = None) -> list[tuple[str, str]]:
        """Project and name of every stack, sorted."""
        found = (self.root / "stacks").glob(f"{project or '*'}/*.json")
        return sorted((file.parent.name, file.stem) for file in found)

    def read(self, project: str, stack: str) -> Json:
        """The whole state file. Raises StackNotFound, StateCorrupt."""
        file = self.state_file(project, stack)
        try:
            document = json.loads(file.read_bytes())
        except FileNotFoundError:
            raise StackNotFound(f"no stack named '{stack}' found") from None
        except (ValueError, OSError) as error:
            raise corrupt(file, str(error)) from error
        if not isinstance(document, dict) or not isinstance(document.get("checkpoint"), dict):
            raise corrupt(file, "not a checkpoint")
        return document

    def write(self, project: str, stack: str, text: bytes) -> None:
        file = self.state_file(project, stack)
        if not (self.root / "meta.yaml").exists():
            write_atomically(self.root / "meta.yaml", b"version: 1\n")
        keep_as_backup(file)
        write_atomically(file, text)

    def remove(self, project: str, stack: str) -> None:
        """What ``stack rm`` removes: the state and its history; ``.bak`` and backups stay."""
        file = self.state_file(project, stack)
        keep_as_backup(file)
        file.unlink()
        Path(f"{file}.attrs").unlink(missing_ok=True)
        for suffix in (".pulumi-tags", ".pulumi-tags.attrs"):
            file.with_suffix(suffix).unlink(missing_ok=True)
        shutil.rmtree(self.root / "history" / project / stack, ignore_errors=True)

    def history(self, project: str, stack: str) -> list[Json]:
        """The entries of finished updates, newest first. Raises StateCorrupt."""
        found = []
        for file in sorted((self.root / "history" / project / stack).glob("*.history.json"), reverse=True):
            try:
                entry = json.loads(file.read_bytes())
            except (ValueError, OSError) as error:
                raise StateCorrupt(f"the history entry {file} cannot be read ({error})") from error
            if isinstance(entry, dict):
                found.append(entry)
        return found

    def keep_history(self, project: str, stack: str, entry: Json) -> None:
        """The entry of one finished update, the state it left, and a backup of that state."""
        now = time.time_ns()
        state = self.state_file(project, stack).read_bytes()
        folder = self.root / "history" / project / stack
        entry_text = json.dumps(entry, indent=4).encode()
        write_atomically(folder / f"{stack}-{now}.checkpoint.json", state, durable=False)
        write_atomically(folder / f"{stack}-{now}.history.json", entry_text, durable=False)
        backup = self.root / "backups" / project / stack / f"{stack}.{now}.json"
        write_atomically(backup, state, durable=False)


def corrupt(file: Path, why: str) -> StateCorrupt:
    """The error for a state file that cannot be trusted: it names the file, the copy, the next step."""
    spare = Path(f"{file}.bak")
    copy = f"the write before it is in {spare.name}" if spare.exists() else "there is no .bak beside it"
    return StateCorrupt(
        f"the state file {file} is corrupt ({why}) and was left as it is; {copy}. "
        "Next: look at both, then move a good one into its place, or run `stack import --file <an export>`"
    )


def keep_as_backup(file: Path) -> None:
    """Make ``.bak`` the file as it is now; at no moment is there no file."""
    if not file.exists():
        return
    spare = Path(f"{file}.bak")
    temporary = Path(f"{file}.bak.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(file, temporary)
    except OSError:
        shutil.copyfile(file, temporary)
    os.replace(temporary, spare)


def write_atomically(file: Path, content: bytes, *, durable: bool = True) -> None:
    """All of the content or the old file, whatever happens; durable waits until the disk has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        if durable:
            os.fsync(stream.fileno())
    os.replace(temporary, file)
