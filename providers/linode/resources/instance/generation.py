"""Which generation of interfaces a Linode has or gets, and who says so.

What is there keeps its own. A new one, and one that is recreated, gets the declared one, else the account's.
Source: POST /linode/instances, interface_generation; GET /account/settings, interfaces_for_new_linodes.
"""

from __future__ import annotations

from dataclasses import dataclass

from providers.linode.core.values import is_unknown
from providers.linode.resources.instance.account_lookups import lookups
from providers.linode.resources.instance.rules import Check

CALLED = {"linode": "Linode interfaces", "legacy_config": "legacy interfaces"}
NAME = "interface_generation"
ONLY = {"linode_only": "linode", "legacy_config_only": "legacy_config"}
"""What an account gives new Linodes, where it takes no other for them."""


@dataclass(frozen=True)
class Generation:
    """`name` is None where nobody knows. `why`: who says so, where the program doesn't; `instead`: how to have the
    other one.
    """

    name: str | None = None
    why: str = ""
    instead: str = ""


def of(check: Check) -> Generation:
    """The account is asked once a session, for what is made alone. Raises what the call raises."""
    declared = check.args.interface_generation
    if is_unknown(check.props.get(NAME)):
        return Generation()
    if is_there(check):
        has = check.mine.interface_generation if check.mine is not None else None
        if has in (None, declared):
            return Generation(declared, instead=_instead(declared))
        instead = "" if check.adopts else f"{_instead(has)}, which recreates it"
        return Generation(has, f"Linode {check.mine.id} has {CALLED.get(has)}", instead)
    if declared is not None:
        return Generation(declared, instead=_instead(declared))
    setting = lookups(check.session).generation_of_new or ""
    default = next((name for name in CALLED if setting.startswith(name)), None)
    why = f"new Linodes of this account get {CALLED.get(default or '')}"
    return Generation(default, why, "" if setting in ONLY else _instead(default))


def is_there(check: Check) -> bool:
    """Whether there is a Linode already that stays."""
    return check.old is not None and not check.replaces and not check.is_recreated


def refused(check: Check) -> str | None:
    """What this account gives all new Linodes, where another generation is declared for one."""
    declared = check.args.interface_generation
    if declared is None or is_there(check):
        return None
    only = ONLY.get(lookups(check.session).generation_of_new or "")
    return CALLED[only] if only not in (None, declared) else None


def _instead(name: str | None) -> str:
    other = next((each for each in CALLED if each != name), None)
    return f", or {NAME}={other!r}" if name else ""
