"""What can be known to be wrong with an Instance before money is spent. Pure; unknown inputs are not judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.linode.changes import Changes, Outcome
from providers.linode.fields import SECRET
from providers.linode.fits import Facts, misfits
from providers.linode.inputs import known
from providers.linode.rules import RULES, Problem, way_in

Props = Mapping[str, object]


def problems(props: Props, old: Props, facts: Facts, found: Changes) -> list[Problem]:
    """Everything wrong with the new inputs, each with the field to name: "" for a secret one.

    The engine prints the value of a named field. `old` are the inputs in the state, empty for a new resource;
    `found` what differs between them.
    """
    inputs = known(props)
    every = [
        *(problem for rule in RULES for problem in rule(inputs, props)),
        *(way_in(inputs, props) if not old or found.replaces else ()),
        *misfits(inputs, old, facts),
        *_guards(inputs, old, found),
    ]
    return [Problem("" if problem.field in SECRET else problem.field, problem.reason) for problem in every]


def _guards(inputs: Props, old: Props, found: Changes) -> Iterator[Problem]:
    """Changes that the resource's own policies, or the API, refuse."""
    if not old:
        return
    if inputs.get("allow_downtime") is False and found.with_downtime:
        causes = ", ".join(found.with_downtime)
        yield Problem(
            "allow_downtime",
            f"forbids this change: {causes} can't change while the Linode runs. "
            "Next: take the change back, or allow_downtime=True.",
        )
    backups_off = old.get("backups_enabled") is True and inputs.get("backups_enabled") is False
    if backups_off and "backups_enabled" in found.of(Outcome.ACTION) and not inputs.get("allow_data_loss"):
        yield Problem(
            "backups_enabled",
            "off makes the API delete every backup of this Linode, for good. "
            "Next: keep it on, or say allow_data_loss=True.",
        )
    if old.get("private_ip") is True and inputs.get("private_ip") is False and not found.replaces:
        yield Problem(
            "private_ip",
            "can't be taken away from a Linode. Next: keep it, or replace the Linode with replace_on=['private_ip'].",
        )
