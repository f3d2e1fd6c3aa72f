"""What can be known to be wrong with an Instance before money is spent. Pure; unknown inputs are not judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.linode.core.problems import Problem, hidden
from providers.linode.resources.instance.account_fits import misheld
from providers.linode.resources.instance.changes import ERASES_DISKS, Changes, Outcome
from providers.linode.resources.instance.combinations import RULES, first_addresses, way_in
from providers.linode.resources.instance.declaration import misdeclared
from providers.linode.resources.instance.fits import Facts, misfits
from providers.linode.resources.instance.inputs import known
from providers.linode.resources.instance.password_strength import LENGTHS, is_guessable

Props = Mapping[str, object]


def problems(props: Props, old: Props, facts: Facts, found: Changes) -> list[Problem]:
    """Everything wrong with the new inputs, each with the field to name: "" for a secret one.

    The engine prints the value of a named field. `old` are the inputs in the state, empty for a new resource;
    `found` what differs between them.
    """
    inputs = known(props)
    plan = facts.types.get(str(inputs.get("type")))
    every = [
        *misdeclared(props),
        *(problem for rule in RULES for problem in rule(inputs, props)),
        *_credentials(inputs, props, old, found),
        *misfits(inputs, old, facts),
        *misheld(inputs, props, facts.held, plan.disk_mb if plan else None),
        *(first_addresses(inputs) if not old or found.replaces else ()),
        *_guards(inputs, old, found),
    ]
    return list(map(hidden, every))


def _credentials(inputs: Props, props: Props, old: Props, found: Changes) -> Iterator[Problem]:
    """What the API asks of a password or keys that it is given; what a Linode has already is not judged.

    A replacement deletes first, a rebuild erases first: the refusal of a weak password would come too late.
    """
    deploys = not old or bool(found.of(*ERASES_DISKS))
    if deploys:
        yield from way_in(inputs, props)
    password = inputs.get("root_pass")
    sent = deploys or "root_pass" in found.of(Outcome.OFF)
    if sent and isinstance(password, str) and len(password) in LENGTHS and is_guessable(password):
        yield Problem(
            "root_pass",
            "is too easy to guess: the API refuses it. Next: choose another without words, names, sequences and "
            "repeats, or let RootPassword make one.",
        )


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
