"""What was approved is what is applied, or nothing is.

Previews again, has the report made of it (a command of its own, as anybody would call it), and applies only if
the report's plan is the approved one and no guard refuses it. Never asks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fleet.delivery import bundle, ci
from fleet.delivery.bundle import Wanted
from fleet.engine.run import run_of
from providers.linode.project import PROJECT
from stacks.errors import BadSettings

Json = dict[str, Any]
NOTHING = "none"
"""Instead of a plan: nothing was approved for this stack, so nothing may change."""

LEAST_DIGITS = 12
"""Of a plan's hash, in a command that a person types."""

SHOWN_DIGITS = 12


def deploy(wanted: Wanted, plan: str, folder: Path | None, unapproved: str, *, acknowledged: bool) -> int:
    """Apply the plan of a stack; the engine's exit code. `folder`: where the new report goes, if it is to stay.

    unapproved: why no plan was approved, where it is known.

    Raises BadSettings if the plan is another one by now, or a guard refuses it.
    """
    wanted = bundle.as_set(wanted)
    stack = wanted.stack
    with TemporaryDirectory(prefix="deploy-") as scratch:
        bundled = replace(wanted, out=Path(scratch) / "bundle")
        bundle.make(bundled)
        found = report(bundled, folder or Path(scratch) / "report", acknowledged=acknowledged)
    if why := refusal(found, plan, str(folder or ""), unapproved):
        ci.tell(result="refused", plan=found["plan"])
        raise BadSettings(why)
    if not found["outputs"]["changed"]:
        done = "" if plan == NOTHING else f": plan {plan[:SHOWN_DIGITS]} is applied, or needed no more"
        print(f"stack '{stack}': nothing to do{done}")
        ci.tell(result="nothing", plan=found["plan"])
        return 0
    print(f"stack '{stack}': plan {found['plan'][:SHOWN_DIGITS]} is the approved one", flush=True)
    run = run_of(stack, wanted.words, wanted.config_file)
    code = run.verb("up", "--yes", "--skip-preview", "--suppress-outputs")
    ci.tell(result="failed" if code else "applied", plan=found["plan"])
    return code


def report(wanted: Wanted, folder: Path, *, acknowledged: bool) -> Json:
    """report.json of the bundle, made in the folder by the report's own command. Raises BadSettings."""
    meta = json.loads((wanted.out / "meta.json").read_text(encoding="utf-8"))
    words = [
        "write",
        str(wanted.out.resolve()),
        "--out",
        str(folder.resolve()),
        "--id",
        f"deploy-{wanted.stack}",
    ]
    if acknowledged:
        words += ["--acknowledged", str(meta["commit"])]
    env = {key: value for key, value in os.environ.items() if key != "GITHUB_OUTPUT"}
    done = subprocess.run(
        [sys.executable, "-m", "fleet", "report", *words], cwd=PROJECT, env=env,
        stderr=subprocess.PIPE, encoding="utf-8", check=False
    )  # fmt: skip
    try:
        found: Json = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        said = done.stderr.strip().splitlines()
        raise BadSettings(
            f"there is no report of stack '{wanted.stack}': {said[-1] if said else 'no reason given'} "
            "Nothing was done. Next: fleet bundle, and look at what it wrote."
        ) from None
    return found


def refusal(found: Mapping[str, Any], approved: str, folder: str, unapproved: str = "") -> str | None:
    """Why the plan of a report of one stack is not applied, in one line; None if it is."""
    stack = found["stacks"][0]
    plan, says = str(found["plan"]), _words(found["heading"])
    see = f"see {folder}/summary.md" if folder else "run this with --report DIR to see it"
    approve = f"{see}; then approve plan {plan}"
    if stack["verdict"] == "failed":
        why, todo = says, see
    elif not found["outputs"]["changed"]:
        return None  # nothing would be done: the plan was applied already, or what it was for has gone
    elif approved == NOTHING:
        because = f" ({unapproved})" if unapproved else ""
        why, todo = f"no plan was approved{because}, and {says}", approve
    elif not is_same(plan, approved):
        why = f"the plan is {plan[:SHOWN_DIGITS]} now, and {approved[:SHOWN_DIGITS]} was approved"
        todo = approve
    elif stack["verdict"] == "blocked":
        why, todo = says, f"--acknowledged if that is meant, or {see}" if _asks_for_ack(stack) else see
    else:
        return None
    return f"stack '{stack['stack']}': {why}. Nothing was done. Next: {todo}."


def _asks_for_ack(stack: Mapping[str, Any]) -> bool:
    """Whether all that blocks it is a data loss that somebody may accept."""
    blocking = [guard for guard in stack.get("guards", []) if guard["state"] == "block"]
    return [guard["name"] for guard in blocking] == ["data_loss"] and "acknowledged" in _words(
        [{"text": "- "}, *blocking[0]["short"]]
    )


def is_same(plan: str, approved: str) -> bool:
    return len(approved) >= LEAST_DIGITS and plan.startswith(approved)


def plan_in(folder: Path, stack: str) -> str:
    """The plan that a report has for a stack; `none` if the report is not about it. Raises BadSettings."""
    file = folder / "report.json" if folder.is_dir() else folder
    try:
        stacks = json.loads(file.read_text(encoding="utf-8"))["stacks"]
        return next((str(item["plan"]) for item in stacks if item["stack"] == stack), NOTHING)
    except (OSError, ValueError, KeyError, TypeError):
        raise BadSettings(
            f"{file} is not a report of this tool. Next: fleet report write, or give --plan."
        ) from None


def _words(heading: object) -> str:
    """A heading of the report as plain words, without its sign."""
    pieces = heading if isinstance(heading, list) else []
    return "".join(str(piece.get("text", "")) for piece in pieces).partition(" ")[2] or "it failed"
