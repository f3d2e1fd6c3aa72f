"""Everything of one preview in a folder, for a report.

The command never fails because the preview does: the exit code is in the bundle, and a stack that could not run has
a bundle that says why.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from fleet.delivery import bundle_files, git, scrubbing
from fleet.delivery.offline import offline_run
from fleet.delivery.state_copy import copied_run
from fleet.engine.engine import choose
from fleet.engine.previews import PREVIEW, Seen, preview
from fleet.engine.run import Run, run_of
from providers.linode.api.errors import LinodeError
from providers.linode.pins.file import shown
from stacks import explaining
from stacks.errors import BadSettings, EngineFailed
from stacks.pinning import StackFiles

DRIFT = ("refresh", "--preview-only", "--json")
REFRESH = "--refresh"
EXIT_FAILED = 1
FILES = (
    "events.ndjson", "digest.json", "effects.ndjson", "exit", "stderr.txt", "pending.json", "catalog.json",
    "guards.json", "pins.before.json", "pins.after.json", "meta.json",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What to preview. `base`: the commit whose pins count as those before; `commit`: what the report names; `copy`: by
    a copy of the state without secrets.

    `words`: for the engine; `config_file`: the settings, where they are not in stacks/.
    """

    stack: str
    out: Path
    drift: bool = False
    offline: bool = False
    copy: bool = False
    base: str = ""
    commit: str = ""
    words: tuple[str, ...] = ()
    config_file: str = ""


def as_set(wanted: Wanted) -> Wanted:
    """With `--refresh` where the stack's settings ask for it. What is wrong with them, the preview says."""
    with suppress(BadSettings):
        if not (wanted.drift or wanted.offline) and StackFiles.read(wanted.stack).settings.refresh:
            return replace(wanted, words=tuple(dict.fromkeys((*wanted.words, REFRESH))))
    return wanted


def make(wanted: Wanted) -> int:
    """Write the bundle; the exit code of the preview. Raises OSError for a folder that can't be written."""
    wanted = as_set(wanted)
    wanted.out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (wanted.out / name).unlink(missing_ok=True)
    try:
        with _run_of(wanted) as run:
            seen = preview(run, DRIFT if wanted.drift else PREVIEW)
            seen = replace(seen, engine=_version(run), deployment=_deployment(run))
            _write(wanted, seen, run.env)
    except (BadSettings, EngineFailed, LinodeError) as error:
        seen = Seen(EXIT_FAILED, stderr=f"error: {error}\n")
        _write(wanted, seen, os.environ)
    sys.stderr.write(scrubbing.of_environment(os.environ).text(seen.stderr))
    return seen.code


def _run_of(wanted: Wanted) -> AbstractContextManager[Run]:
    if wanted.offline:
        return offline_run(wanted.stack, choose(os.environ), os.environ)
    run = run_of(wanted.stack, wanted.words, wanted.config_file)
    return copied_run(run) if wanted.copy else nullcontext(run)


def _version(run: Run) -> str:
    if run.engine.name != "pulumi":
        return run.engine.name
    try:
        return run.engine.ask("version", env=run.env).strip().lstrip("v")
    except EngineFailed:
        return run.engine.name


def _deployment(run: Run) -> dict[str, Any]:
    try:
        return run.deployment()
    except EngineFailed:  # the preview has said why already
        return {}


def _write(wanted: Wanted, seen: Seen, env: Mapping[str, str]) -> None:
    """The files, those that matter most first."""
    scrubber = scrubbing.of_environment({**os.environ, **env})
    events, digest = scrubber.events(seen.events), scrubber.digest(seen.stdout)
    said = seen.stderr if digest is not None else seen.stderr + seen.stdout
    meta = bundle_files.meta(
        wanted.stack, os.environ, commit=wanted.commit, engine=seen.engine,
        command="refresh" if wanted.drift else "preview", offline=wanted.offline,
    )  # fmt: skip
    _put(wanted, "exit", f"{seen.code}\n")
    _put(wanted, "meta.json", meta)
    _put(wanted, "stderr.txt", scrubber.text(said))
    texts = {"events.ndjson": events, "digest.json": digest, "effects.ndjson": scrubber.text(seen.effects)}
    for name, text in texts.items():
        if text:
            _put(wanted, name, text)
    _put(wanted, "pending.json", bundle_files.pending(seen.deployment))
    _write_settings(wanted, events or digest or "", env)


def _write_settings(wanted: Wanted, seen: str, env: Mapping[str, str]) -> None:
    """What the settings, the pins and the catalogs say. Where they can't be read, the preview has said why."""
    stack, now = wanted.stack, datetime.now(timezone.utc)
    try:
        files = StackFiles.read(stack)
        _put(wanted, "guards.json", explaining.guards_json(stack, files.layer))
        file = files.pins()
    except (BadSettings, LinodeError):
        return
    before = git.text_at(wanted.base, file.path) if wanted.base else file.text
    _put(wanted, "pins.before.json", bundle_files.pins(before, shown(file.path), {}))
    _put(wanted, "pins.after.json", bundle_files.pins(file.text, shown(file.path), {}))
    try:
        connection = files.connection(env)
    except LinodeError:
        return
    try:
        with bundle_files.BundleCatalog.of(connection, env) as catalog:
            pins = bundle_files.pins(file.text, shown(file.path), catalog.newest(file, now))
            _put(wanted, "pins.after.json", pins)
            _put(wanted, "catalog.json", catalog.rows(bundle_files.in_use(seen, pins), now))
    except LinodeError as error:
        print(f"the report will miss prices: {error}", file=sys.stderr)


def _put(wanted: Wanted, name: str, content: object) -> None:
    bundle_files.write(wanted.out, name, content)
