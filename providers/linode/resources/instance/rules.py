"""What does not go together among an Instance's inputs, whatever the account says. Pure.

Every rule is asked about what is known; `gives` tells whether an unknown one will be there. Source of every rule that
names none: POST /linode/instances.
"""

from __future__ import annotations

from collections.abc import Iterator

from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking, Refusal, Rule
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.changes import OFF, turns_off
from providers.linode.resources.instance.password_strength import LENGTHS, is_guessable

Check = Checking[InstanceArgs]

WAYS_IN = ("root_pass", "authorized_keys", "authorized_users")
LOSSES = {
    "backups_enabled": "off makes the API delete",
    "region": "can't change in place without losing",
}
NEED_IMAGE = (*WAYS_IN, "user_data", "stackscript_id", "swap_size", "boot_size")


def sources(check: Check) -> Iterator[Problem]:
    """Image or backup, and what can't be done without either, neither declared nor there."""
    args = check.args
    if args.image and args.backup_id:
        yield Problem("backup_id", "does not go with image. Next: give one of the two.")
    if check.gives("image") or check.gives("backup_id") or _stays_deployed(check):
        return
    for key in NEED_IMAGE:
        if args.value(key) is not None:
            yield Problem(key, "needs an image to be deployed. Next: give an image, or leave it out.")
    if args.booted:
        yield Problem("booted", "is not possible without an image or a backup. Next: give an image.")


def _stays_deployed(check: Check) -> bool:
    """Whether it has something to boot, and keeps it; what was imported or adopted need not declare its image."""
    there, erased = check.mine, check.replaces or any(each.erases for each in check.takes.values())
    return (
        check.old is not None
        and not erased
        and there is not None
        and bool(there.image or there.status == "running")
    )


def stackscripts(check: Check) -> Iterator[Problem]:
    if check.args.stackscript_data is not None and not check.gives("stackscript_id"):
        yield Problem("stackscript_data", "needs stackscript_id. Next: give it too.")
    if check.args.stackscript_id is not None and (check.args.image or "").startswith("private/"):
        yield Problem("stackscript_id", "does not go with a private image. Next: choose a public one.")


def credentials(check: Check) -> Iterator[Problem]:
    """What the API asks of a password or keys that it is given; what a Linode has already is not judged.

    A replacement deletes first, a rebuild erases first: the refusal of a weak password would come too late.
    """
    deploys = check.old is None or any(each.erases for each in check.takes.values())
    if deploys and check.args.image and not any(check.props.get(key) for key in WAYS_IN):
        yield Problem("image", f"needs one of {', '.join(WAYS_IN)}, or nobody could log in. Next: give one.")
    password = check.args.root_pass
    reset = check.takes.get("root_pass")
    sent = deploys or (reset is not None and reset.how == OFF.how)
    if sent and password is not None and len(password) in LENGTHS and is_guessable(password):
        yield Problem(
            "root_pass",
            "is too easy to guess: the API refuses it. Next: choose another without words, names, sequences and "
            "repeats, or let RootPassword make one.",
        )


def consents(check: Check) -> Iterator[Refusal]:
    """Changes that the resource's own policies, or the API, refuse."""
    args, old = check.args, check.old
    off = [name for name, each in check.takes.items() if turns_off(each)]
    if args.allow_downtime is False and off:
        why = (
            f"forbids this change: {', '.join(off)} can't change while the Linode runs. "
            "Next: declare what it has, or allow_downtime=True."
        )
        yield Refusal(off, Problem("allow_downtime", why))
    if old is None or check.replaces:
        return
    for name, each in check.takes.items():
        if "backups" in each.destroys and not args.allow_data_loss:
            why = (
                f"{LOSSES[name]} every backup of this Linode, for good. "
                f"Next: declare {name}={old.value(name) or True!r}, or allow_data_loss=True."
            )
            yield Refusal([name], Problem(name, why))
    if (old.private_ip or check.before.get("private_ipv4")) and args.private_ip is False:
        why = "can't be taken away from a Linode. Next: keep it, or replace the Linode with replace_on=['private_ip']."
        yield Refusal(["private_ip"], Problem("private_ip", why))


RULES: tuple[Rule, ...] = (sources, stackscripts, credentials)
