"""`import`: bring Linodes that are there already under a stack, without touching them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import yaml
from pulumi.dynamic.dynamic import serialize_provider

from fleet.cli import asking
from fleet.cli.pins import stack_option
from providers.linode.api.errors import NoMatch
from providers.linode.core.owner import Owner
from providers.linode.pins.file import PROJECT
from providers.linode.provider import InstanceProvider
from providers.linode.resources.instance.importing import Selection, import_file, python_lines, select


@click.command("import")
@stack_option
@click.option("--id", "ids", type=int, multiple=True, help="A Linode's id; can be given several times.")
@click.option("--label", help="A pattern of labels: 'web-*'.")
@click.option("--tag", help="A tag that they have.")
@click.option("--region", help="The region that they are in.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("import.json"), show_default=True
)
def import_linodes(
    stack: str, ids: tuple[int, ...], label: str | None, tag: str | None, region: str | None, out: Path
) -> None:
    """Write the file for `pulumi import --file`, and print the lines that declare the Linodes.

    Nothing is sent to the API but questions. After the import and with the lines in the program, the next
    preview shows them unchanged.
    """
    session = asking.of_stack(stack).session
    linodes = session.client.linodes()
    chosen = select(linodes, Selection(ids, label, tag, region))
    if not chosen:
        raise NoMatch(
            f"none of the account's {len(linodes)} Linodes is meant by that. Next: loosen the options."
        )
    if out.exists():
        raise click.UsageError(f"{out} is there already and was left alone. Next: give another --out")
    owner = Owner(session.account_id, _project_name(), stack, "")
    file = import_file(chosen, owner, serialize_provider(InstanceProvider()))
    out.write_text(json.dumps(file, indent=2) + "\n")
    click.echo(python_lines(chosen))
    click.echo(
        f"{out}: {len(chosen)} Linodes. Next: put the lines above into the program, then "
        f"`pulumi import --file {out} --generate-code=false --protect=false --stack {stack}`",
        err=True,
    )


def _project_name() -> str:
    return str(yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["name"])
