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
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

from emulators.engine.errors import EngineError, NotSupported, StackNotFound, StateCorrupt
from emulators.engine.state.checkpoint import check_version
from emulators.engine.values import Json, dump


def home() -> Path:
    """Pulumi's own folder of this user."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def credentials_file() -> Path:
    return home() / "credentials.json"


def backend_url(from_project: str | None) -> str:
    """PULUMI_BACKEND_URL, else the project's, else the one that the user is logged in to."""
    logged_in = read_json_object(credentials_file()).get("current")
    if url := os.environ.get("PULUMI_BACKEND_URL") or from_project or logged_in:
        return str(url)
    raise EngineError(
        "not logged in to a backend. Next: set PULUMI_BACKEND_URL=file://<folder> or backend.url"
    )


def open_backend(url: str, project_folder: Path) -> FileBackend:
    """The backend at a file URL; a relative one counts from the project. Raises NotSupported for others."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        next_step = "use pulumi, or set PULUMI_BACKEND_URL=file://<folder>"
        raise NotSupported(f"backend {parts.scheme or url}://", "file://", next_step)
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
        file = self.root / "meta.yaml"
        try:
            meta = yaml.safe_load(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if any((self.root / "stacks").glob("*.json")):
                layout = f"the layout without projects, as in {self.root},"
                raise NotSupported(layout, next_step="pulumi state upgrade") from None
            return
        except yaml.YAMLError as error:
            raise StateCorrupt(f"{file} is not YAML") from error
        if not isinstance(meta, dict) or meta.get("version") != 1:
            raise NotSupported(f"{file}: its version", "version 1")

    def stack(self, project: str, name: str) -> StackFiles:
        return StackFiles(self.root, project, name)

    def stacks(self, project: str | None = None) -> list[StackFiles]:
        """Every stack, sorted by project and name."""
        found = (self.root / "stacks").glob(f"{project or '*'}/*.json")
        return [self.stack(*names) for names in sorted((file.parent.name, file.stem) for file in found)]


@dataclass(frozen=True)
class StackFiles:
    """The files of one stack, which need not be there yet."""

    root: Path
    project: str
    name: str

    @property
    def full_name(self) -> str:
        return f"organization/{self.project}/{self.name}"

    @property
    def state(self) -> Path:
        return self.root / "stacks" / self.project / f"{self.name}.json"

    @property
    def locks(self) -> Path:
        return self.root / "locks" / self.full_name

    @property
    def _tags(self) -> Path:
        return self.state.with_suffix(".pulumi-tags")

    @property
    def _history(self) -> Path:
        return self.root / "history" / self.project / self.name

    def exists(self) -> bool:
        return self.state.exists()

    def latest(self) -> Json:
        """The deployment in the state file, as JSON. Raises StackNotFound, StateCorrupt, NotSupported."""
        try:
            document = json.loads(self.state.read_bytes())
        except FileNotFoundError:
            raise StackNotFound(self.name) from None
        except (ValueError, OSError) as error:
            raise corrupt(self.state, str(error)) from error
        if not isinstance(document, dict) or not isinstance(document.get("checkpoint"), dict):
            raise corrupt(self.state, "not a checkpoint")
        check_version(document)
        latest = document["checkpoint"].get("latest")
        if latest is not None and not isinstance(latest, dict):
            raise corrupt(self.state, "not a deployment")
        return latest or {}

    def write(self, text: bytes) -> None:
        """Put a whole state file on disk."""
        if not (self.root / "meta.yaml").exists():
            write_atomically(self.root / "meta.yaml", b"version: 1\n")
        keep_as_backup(self.state)
        write_atomically(self.state, text)

    def remove(self) -> None:
        """What ``stack rm`` removes: the state and its history; ``.bak`` and backups stay."""
        keep_as_backup(self.state)
        self.state.unlink()
        for file in (f"{self.state}.attrs", self._tags, f"{self._tags}.attrs"):
            Path(file).unlink(missing_ok=True)
        shutil.rmtree(self._history, ignore_errors=True)

    def history(self) -> list[Json]:
        """The entries of finished updates, newest first. Raises StateCorrupt."""
        found = []
        for file in sorted(self._history.glob("*.history.json"), reverse=True):
            try:
                entry = json.loads(file.read_bytes())
            except (ValueError, OSError) as error:
                raise StateCorrupt(f"the history entry {file} cannot be read ({error})") from error
            if isinstance(entry, dict):
                found.append(entry)
        return found

    def keep_history(self, entry: Json) -> None:
        """The entry of one finished update, the state it left, and a backup of that state."""
        now, state = time.time_ns(), self.state.read_bytes()
        start = self._history / f"{self.name}-{now}"
        backup = self.root / "backups" / self.project / self.name / f"{self.name}.{now}.json"
        for file, text in (
            (f"{start}.checkpoint.json", state),
            (f"{start}.history.json", json.dumps(entry, indent=4).encode()),
            (backup, state),
        ):
            write_atomically(Path(file), text, durable=False)

    def tags(self) -> dict[str, str]:
        """The stack's tags, sorted. Raises StateCorrupt."""
        try:
            tags = json.loads(self._tags.read_bytes())["tags"]
            return {str(name): str(value) for name, value in sorted((tags or {}).items())}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise corrupt(self._tags, f"no tags: {error}") from error

    def write_tags(self, tags: dict[str, str]) -> None:
        document = {"version": 1, "tags": dict(sorted(tags.items()))}
        write_atomically(self._tags, dump(document).encode())


def corrupt(file: Path, why: str) -> StateCorrupt:
    """The error for a state file that cannot be trusted: it names the file, the copy, the next step."""
    spare = Path(f"{file}.bak")
    copy = f"the write before it is in {spare.name}" if spare.exists() else "there is no .bak beside it"
    return StateCorrupt(
        f"the state file {file} is corrupt ({why}) and was left as it is; {copy}. "
        "Next: look at both, then move a good one into its place, or run `stack import --file <an export>`"
    )


def read_json_object(file: Path) -> Json:
    """What a file of settings holds; nothing if it is not there or unreadable."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(file.read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def keep_as_backup(file: Path) -> None:
    """Make ``.bak`` the file as it is now; at no moment is there no file."""
    if not file.exists():
        return
    temporary = Path(f"{file}.bak.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(file, temporary)
    except OSError:
        shutil.copyfile(file, temporary)
    os.replace(temporary, f"{file}.bak")


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
