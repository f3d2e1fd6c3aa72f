"""`python -m fleet bundle --out DIR`: everything of one preview in a folder, for `python -m fleet.report report`.

One run gives both forms: the digest on stdout, the events in a log (`--event-log`, which the command line has
with PULUMI_DEBUG_COMMANDS). The command never fails because the preview does: the exit code is in the bundle,
and a stack that could not run has a bundle that says why.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fleet.cli import settings_commands
from fleet.cli.options import shared
from fleet.delivery import bundle_files, git, scrubbing
from fleet.delivery.bundle_catalog import BundleCatalog, connection_of, now_utc
from fleet.delivery.offline import offline_run
from fleet.engine import engine as engines
from fleet.engine import local_stack
from fleet.engine.runs import Run, run_of
from providers.linode.api.connection import LOCAL_STACK, Connection
from providers.linode.api.errors import LinodeError
from providers.linode.pins import PinFile, default_path
from providers.linode.pins.file import shown
from stacks import settings as stack_settings
from stacks import sources
from stacks.errors import BadSettings, EngineFailed
from stacks.layers import Layer
from stacks.sources import PROJECT

PREVIEW, DRIFT = ("preview", "--json"), ("refresh", "--preview-only", "--json")
EXIT_FAILED = 1


@dataclass(frozen=True)
class Wanted:
    """What to preview. `base`: the commit whose pins count as those before; `commit`: what the report names."""

    stack: str
    out: Path
    drift: bool = False
    offline: bool = False
    base: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Seen:
    """How the preview ended: its exit code, and what it wrote."""

    code: int
    stdout: str = ""
    stderr: str = ""
    events: str = ""
    engine: str = ""
    pending: str = "{}"


def main(stack: str, rest: tuple[str, ...]) -> int:
    parser = argparse.ArgumentParser(prog="python -m fleet bundle", parents=[shared()])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made, or emptied of a bundle")
    parser.add_argument("--drift", action="store_true", help="what changed outside, instead of a preview")
    parser.add_argument("--offline", action="store_true", help="no network, secrets or state: all is new")
    parser.add_argument("--base", default="", metavar="REV", help="the commit whose pins are those before")
    parser.add_argument(
        "--commit", default="", metavar="SHA", help="what the report is about (default: HEAD)"
    )
    options, words = parser.parse_known_args(list(rest))
    wanted = Wanted(stack, options.out, options.drift, options.offline, options.base, options.commit)
    code = make(wanted, tuple(words))
    print(f"{options.out}: the {'look for drift' if wanted.drift else 'preview'} ended with {code}")
    return 0


def make(wanted: Wanted, words: tuple[str, ...] = ()) -> int:
    """Write the bundle; the exit code of the preview. Raises OSError for a folder that can't be written."""
    wanted.out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (wanted.out / name).unlink(missing_ok=True)
    try:
        engine = engines.choose(os.environ)
        with offline_run(wanted.stack, engine, os.environ) if wanted.offline else nullcontext() as offline:
            run = offline or run_of(wanted.stack, words)
            seen = preview(run, DRIFT if wanted.drift else PREVIEW)
            _write(wanted, seen, run.env)
    except (BadSettings, EngineFailed, LinodeError) as error:
        seen = Seen(EXIT_FAILED, stderr=f"error: {error}\n")
        _write(wanted, seen, os.environ)
    sys.stderr.write(scrubbing.of_environment(os.environ).text(seen.stderr))
    return seen.code


FILES = (
    "events.ndjson", "digest.json", "exit", "stderr.txt", "pending.json", "catalog.json", "guards.json",
    "pins.before.json", "pins.after.json", "meta.json",
)  # fmt: skip


def preview(run: Run, words: tuple[str, ...]) -> Seen:
    """Run it; whatever it says is kept, and its failure is not one of ours."""
    with TemporaryDirectory(prefix="preview-") as folder:
        log = Path(folder) / "events.ndjson"
        done = subprocess.run(
            [*run.engine.words, *words, "--event-log", str(log), *run.words],
            cwd=PROJECT,
            env={**run.env, "PULUMI_DEBUG_COMMANDS": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        events = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return Seen(done.returncode, done.stdout, done.stderr, events, _version(run), _pending(run))


def _version(run: Run) -> str:
    if run.engine.name != "pulumi":
        return run.engine.name
    try:
        return run.engine.ask("version", env=run.env).strip().lstrip("v")
    except EngineFailed:
        return run.engine.name


def _pending(run: Run) -> str:
    try:
        return run.engine.ask("stack", "export", "--stack", run.stack, env=run.env)
    except EngineFailed:  # the preview has said why already
        return "{}"


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
    if events:
        _put(wanted, "events.ndjson", events)
    if digest is not None:
        _put(wanted, "digest.json", digest)
    _put(wanted, "pending.json", bundle_files.pending(seen.pending))
    _write_settings(wanted, [events or digest or ""], env)


def _write_settings(wanted: Wanted, texts: list[str], env: Mapping[str, str]) -> None:
    """What the settings, the pins and the catalogs say. Where they can't be read, the preview has said why."""
    try:
        layer = _layer(wanted.stack)
        settings = stack_settings.parse(layer, wanted.stack)
        _put(wanted, "guards.json", settings_commands.guards_json(wanted.stack, layer))
        path = PROJECT / settings.pins if settings.pins else default_path(wanted.stack)
        file = PinFile.read(path)
    except (BadSettings, LinodeError):
        return
    before = git.text_at(wanted.base, path) if wanted.base else file.text
    _put(wanted, "pins.before.json", bundle_files.pins(before, shown(path), {}))
    _put(wanted, "pins.after.json", bundle_files.pins(file.text, shown(path), {}))
    try:
        catalog = BundleCatalog(_connection(wanted.stack, layer, env), env)
    except LinodeError:
        return
    try:
        pins = bundle_files.pins(file.text, shown(path), catalog.newest(file, now_utc()))
        _put(wanted, "pins.after.json", pins)
        _put(wanted, "catalog.json", catalog.rows(bundle_files.in_use(texts, pins), now_utc()))
    except LinodeError as error:
        print(f"the report will miss prices: {error}", file=sys.stderr)
    finally:
        catalog.close()


def _layer(stack: str) -> Layer:
    local = local_stack.of_environment(os.environ) if stack == LOCAL_STACK else None
    return sources.of_files(stack, own=local.settings if local else None)


def _connection(stack: str, layer: Layer, env: Mapping[str, str]) -> Connection:
    """As the program connects, but for a token that only the engine can decrypt. Raises BadConnection."""
    url = sources.linode_values(layer).get("linode:url")
    if stack == LOCAL_STACK:
        return connection_of(
            url, local_stack.of_environment(os.environ).api(os.environ).token_file.read_text()
        )
    return connection_of(env.get("LINODE_URL") or url, env.get("LINODE_TOKEN"))


def _put(wanted: Wanted, name: str, content: object) -> None:
    bundle_files.write(wanted.out, name, content)
