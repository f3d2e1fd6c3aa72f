"""From a change to what runs: bundles, deployments, stacks of pull requests and what they leave behind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet.cli.options import Command, config_file_option, for_engine, format_option, stack_option, table
from fleet.report.phrases import counted

if TYPE_CHECKING:
    from fleet.delivery.gitlab_pipeline import Part

FOLDER = click.Path(path_type=Path)
WOULD_DELETE = 3
commit_option = click.option(
    "--commit", default="", metavar="SHA", help="What it is about. [default: HEAD, or the CI's commit]"
)
number_option = click.option(
    "--number", type=click.IntRange(min=1), required=True, help="Of the pull request."
)
TTL = "72h"
MOST_AGE = "14d"
"""The upper bound from the creation of a pull request's stack, however often it is updated."""


@click.command(cls=Command)
@click.option("--base", metavar="REV", help="The commit to compare with; without one: every stack.")
@click.option("--head", default="HEAD", metavar="REV", help="The commit that is compared.")
@click.option("--undeployed", is_flag=True, help="Instead: those touched that are never deployed.")
@format_option("lines", "json")
def affected(base: str | None, head: str, form: str, *, undeployed: bool) -> None:
    """The stacks that a change touches, in the order of their deployment."""
    from fleet.delivery import ci
    from fleet.delivery.affected import since

    stacks, others = since(base, head)
    shown = others if undeployed else stacks
    click.echo(json.dumps(shown) if form == "json" else "\n".join(shown))
    for stack in others:
        click.echo(
            f"{stack} is not deployed: `environments` in stacks/common.yaml does not name it", err=True
        )
    ci.tell(stacks=json.dumps(stacks), undeployed=json.dumps(others))


@click.command("gitlab-pipeline", cls=Command)
@click.argument("part", type=click.Choice(["previews", "deployments", "drift"]))
@click.option("--base", metavar="REV", help="The commit to compare with; without one: every stack.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE")
def gitlab_pipeline(part: Part, base: str | None, out: Path) -> None:
    """Write the jobs of a pipeline on GitLab: one for each stack."""
    from fleet.delivery.affected import since
    from fleet.delivery.gitlab_pipeline import pipeline

    source, target = (os.environ.get(f"CI_MERGE_REQUEST_{which}PROJECT_PATH") for which in ("SOURCE_", ""))
    stacks, others = since(base)
    out.write_text(pipeline(part, stacks, others, offline=source != target), encoding="utf-8")
    click.echo(f"{out}: {len(stacks)} stacks")


@for_engine(
    stack_option,
    click.option("--out", type=FOLDER, required=True, metavar="DIR", help="Made, or emptied of a bundle."),
    click.option("--drift", is_flag=True, help="A look for drift, instead of a preview."),
    click.option("--offline", is_flag=True, help="No network, secrets or state: all is new."),
    click.option("--copy", is_flag=True, help="By the state's copy without secrets (copy-state)."),
    click.option("--base", default="", metavar="REV", help="The commit whose pins are those before."),
    commit_option,
    config_file_option,
)
def bundle(**wanted: Any) -> int:
    """What a pull request's report is made from: a folder with everything of one preview."""
    from fleet.delivery.bundle import Wanted, make

    if wanted["copy"] and wanted["offline"]:
        raise click.UsageError("bundle takes --copy or --offline, and not both")
    code = make(Wanted(**wanted))
    what = "look for drift" if wanted["drift"] else "preview"
    click.echo(f"{wanted['out']}: the {what} ended with {code}")
    return 0


@for_engine(
    stack_option,
    click.option(
        "--to", "url", required=True, envvar="COPY_BACKEND_URL", metavar="URL",
        help="The backend of copies. [default: COPY_BACKEND_URL]",
    ),
    config_file_option,
    name="copy-state",
)  # fmt: skip
def copy_state(stack: str, url: str, words: tuple[str, ...], config_file: str) -> int:
    """Copy a stack's state without its secrets, for previews of code that nobody has read yet."""
    from fleet.delivery.state_copy import copy
    from fleet.engine.run import run_of

    copy(run_of(stack, words, config_file), url)
    click.echo(f"stack '{stack}': its state without secrets is in {url}")
    return 0


@for_engine(
    stack_option,
    click.option("--plan", metavar="HASH", help="The approved plan; `none`: nothing may change."),
    click.option("--why", default="", metavar="TEXT", help="With `none`: why no plan was approved."),
    click.option("--approved", type=FOLDER, metavar="DIR", help="The report that was approved."),
    click.option("--acknowledged", is_flag=True, help="The data loss in exactly this plan is accepted."),
    click.option("--report", type=FOLDER, metavar="DIR", help="Where the new report goes."),
    commit_option,
    config_file_option,
)
def deploy(
    plan: str | None, why: str, approved: Path | None, report: Path | None, acknowledged: bool, **wanted: Any
) -> int:
    """Deploy, if the plan is still the one that was approved."""
    from fleet.delivery import deploy as delivery
    from fleet.delivery.bundle import Wanted

    if (plan is None) == (approved is None):
        raise click.UsageError("deploy takes --plan or --approved, and one of them alone")
    chosen = plan or delivery.plan_in(approved or Path(), wanted["stack"])
    return delivery.deploy(Wanted(out=Path(), **wanted), chosen, report, why, acknowledged=acknowledged)


@for_engine(
    number_option,
    click.option("--ttl", default=TTL, show_default=True, help="How long it lives, once made."),
    click.option("--max-age", default=MOST_AGE, show_default=True, help="The most from its creation."),
    click.option("--extend", is_flag=True, help="Let it live for --ttl from now; else its end stays."),
    name="pr-up",
)
def pr_up(number: int, ttl: str, max_age: str, words: tuple[str, ...], *, extend: bool) -> int:
    """Make or update the stack of a pull request; its end stays, unless --extend moves it."""
    from fleet.cli.stack import show_outputs
    from fleet.delivery import ci
    from fleet.delivery.pull_requests import Life, PrStack, prepared, told
    from fleet.engine.servers import with_servers
    from stacks import expiry

    life, pr = Life(expiry.duration(ttl), expiry.duration(max_age), extend), PrStack(number)
    run, end = prepared(pr, words, life)
    code = run.verb("up", "--suppress-outputs")
    if code == 0:
        outputs = with_servers(run, run.deployment())
        show_outputs(outputs)
        ci.tell(own_stack=json.dumps(told(pr, end, outputs)))
    return code


@for_engine(number_option, name="pr-down")
def pr_down(number: int, words: tuple[str, ...]) -> int:
    """Delete the stack of a pull request with everything in it; there being none is fine."""
    from fleet.delivery.pull_requests import PrStack, take_down

    return take_down(PrStack(number), words)


@click.command(cls=Command)
@click.option("--yes", is_flag=True, help="Delete; without it only what would be deleted is said.")
@click.option(
    "--stack-pattern",
    default="pr-*",
    show_default=True,
    metavar="PATTERN",
    help="Which pull requests' stacks.",
)
@click.option(
    "-s",
    "--stack",
    default="",
    metavar="STACK",
    help="Instead: all that has the tag of this stack and is not in it.",
)
@click.option(
    "--id",
    "ids",
    multiple=True,
    metavar="ID",
    help="Also delete this orphan of a stack of ours; with --stack no other.",
)
@click.option(
    "--ending",
    default="0s",
    metavar="TIME",
    help="Also name the stacks that end within that time, each once with --yes.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What was found, as JSON.",
)
def reap(
    yes: bool, stack_pattern: str, stack: str, ids: tuple[str, ...], ending: str, report: Path | None
) -> int:
    """Find pull requests' stacks past their end and what such stacks left behind; delete that with --yes.

    With --stack: what that stack left behind, whatever its end. Ends with 0: nothing is left to delete, 1: something
    failed, 3: something would be deleted without --yes.
    """
    from fleet.delivery import ci
    from fleet.delivery.reaper import Reaper
    from fleet.delivery.reaping import COLUMNS, total
    from stacks import expiry

    within = expiry.duration(ending)
    reaper = Reaper("" if stack else stack_pattern, frozenset(ids), stack)
    found = reaper.found()
    failed = reaper.unknown_names(found)
    if found:
        table(COLUMNS, [row.cells() for row in found])
    click.echo(total(found))
    if reaper.others:
        click.echo(f"of other projects or stacks, and left alone: {counted(reaper.others, 'resource')}")
    doomed = [row for row in found if row.verdict.action == "delete"]
    soon = reaper.ending(found, within)
    for row in soon:
        click.echo(f"stack {row.verdict.stack} ends at {row.verdict.ends:%Y-%m-%d %H:%M} UTC")
    ci.tell(ending=json.dumps([row.as_json() for row in soon]))
    if yes:
        reaper.note_told(soon)
        failed += [problem for row in doomed if (problem := reaper.delete(row))]
    elif doomed:
        click.echo("nothing was deleted. Next: the same with --yes")
    for problem in failed:
        click.echo(f"error: {problem}", err=True)
    if report:
        document = {
            "found": [row.as_json() for row in found],
            "ending": [row.as_json() for row in soon],
            "deleted": yes,
            "failed": failed,
        }
        report.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 1 if failed else WOULD_DELETE if doomed and not yes else 0
