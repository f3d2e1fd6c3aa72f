"""`fleet import`: bring what is there already under a stack, chosen in the account or from another tool's state."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click
import yaml

from fleet.cli.options import Command, stack_option
from fleet.report.phrases import counted
from providers.linode.api.connection import Connection, connect
from providers.linode.api.errors import NoMatch
from providers.linode.core.importing import Found, Selection, by_label, import_file, python_lines, select
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.nearest import did_you_mean
from providers.linode.project import project_here
from stacks.layers import read_layer
from stacks.pinning import StackFiles
from stacks.sources import are_here, linode_values, project_name


@click.command("import", cls=Command)
@stack_option
@click.option("--kind", default="Instance", show_default=True, help="The kind of resource.")
@click.option("--id", "ids", multiple=True, help="An id (subnets: VPC/subnet); can be given several times.")
@click.option("--label", help="A pattern of labels: 'web-*'.")
@click.option("--tag", help="A tag that they have.")
@click.option("--region", help="The region that they are in.")
@click.option(
    "--from",
    "state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="All that another tool manages: what `terraform state pull` or `pulumi stack export` prints, in a file.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default="import.json", show_default=True
)
def import_resources(
    stack: str,
    kind: str,
    ids: tuple[str, ...],
    label: str | None,
    tag: str | None,
    region: str | None,
    state: Path | None,
    out: Path,
) -> None:
    """Write the file for `pulumi import --file`, and print the lines that declare what is there already.

    It works in the folder of any project. Nothing is sent to the API but questions. After the import and with the
    lines in the program, the next preview shows them unchanged; they are protected until the program says otherwise.
    """
    from pulumi.dynamic.dynamic import serialize_provider

    from providers.linode.provider import LinodeProvider

    if out.exists():
        raise click.UsageError(f"{out} is there already and was left alone. Next: give another --out")
    selection = Selection(ids, label, tag, region)
    if state and selection != Selection():
        raise click.UsageError(
            "--from takes all that the state has. Next: leave --id, --label, --tag and --region out"
        )
    project, has_settings = project_here(), are_here()
    session = Session(StackFiles.read(stack).connection() if has_settings else _elsewhere(project, stack))
    found = list(_of_state(session, state)) if state else _chosen(session, kind, selection)
    owner = Owner(session.account_id, project_name(project), stack, "")
    file = import_file(found, owner, lambda kind: serialize_provider(LinodeProvider(kind)))
    out.write_text(json.dumps(file, indent=2) + "\n", encoding="utf-8")
    click.echo(python_lines(found))
    adopted = [each.record.label for each in found if each.spec.kind == "Instance" and has_settings]
    adopt = (
        f"; or `adopt: [{', '.join(adopted)}]` in a group of the settings, and no import" if adopted else ""
    )
    click.echo(
        f"{out}: {_counted(found)}. Next: put the lines above into the program, then `pulumi import "
        f"--file {out} --generate-code=false --stack {stack}`{adopt}",
        err=True,
    )


def _chosen(session: Session, kind: str, selection: Selection) -> list[Found]:
    """Those of one kind that meet the selection. Raises UsageError, NoMatch."""
    from providers.linode.provider import SPECS

    spec = next((each for each in SPECS.values() if each.kind.lower() == kind.lower()), None)
    if spec is None:
        near = did_you_mean(kind, SPECS)
        raise click.UsageError(f"there is no kind '{kind}'{near}. Next: one of {', '.join(SPECS)}")
    rows = spec.list(session)
    chosen = [spec.whole(session, row) for row in select(spec, rows, selection)]
    if not chosen:
        raise NoMatch(
            f"none of the account's {len(rows)} {spec.name}s is meant by that. Next: loosen the options."
        )
    return by_label(spec, chosen)


def _of_state(session: Session, file: Path) -> list[Found]:
    """What the account has of it; what stays out is told, each with the reason. Raises BadSettings, NoMatch."""
    from fleet.engine.other_states import managed_by
    from providers.linode.provider import SPECS

    there: dict[str, dict[str, object]] = {}
    found = []
    managed = managed_by(file)
    for each in managed:
        if (spec := each.spec(SPECS)) is None:
            owner = (
                f"is part of its {each.part_of} here"
                if each.part_of
                else "is of a kind that is not there yet"
            )
            click.echo(f"left out: {each} {owner}", err=True)
            continue
        if spec.kind not in there:
            there[spec.kind] = {spec.import_id(row): row for row in spec.list(session)}
        if (row := there[spec.kind].get(each.import_id(spec))) is None:
            click.echo(f"left out: {each} ({each.import_id(spec)}) is not in this account", err=True)
        else:
            found.append(Found(spec, spec.whole(session, row), each.name))
    if not found:
        raise NoMatch(
            f"{file}: of its {len(managed)} resources none can be imported. Next: see above; the token has to be of "
            "the account that they are in."
        )
    return found


def _counted(found: list[Found]) -> str:
    """`2 Linodes, 1 volume`."""
    return ", ".join(
        counted(number, name) for name, number in Counter(each.spec.name for each in found).items()
    )


def _elsewhere(project: Path, stack: str) -> Connection:
    """Of a stack of another project: by the environment and what its file says of the address. Raises BadConnection."""
    folder = (
        yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8")).get("stackConfigDir") or "."
    )
    file = project / str(folder) / f"Pulumi.{stack}.yaml"
    return connect(stack, linode_values(read_layer(file, file.name)))
