"""The stacks that a change touches, for the matrix of a workflow.

The program, the provider, what all environments share or what is installed: every stack. A stack's own settings or
pins: that stack. Anything else (documents, tests, the commands, the report, the emulators): none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from fleet.delivery import git
from providers.linode.api.connection import LOCAL_STACK
from stacks.sources import PULL_REQUEST, environments

PROMOTION = ("dev", "test", "staging", "prod")
"""The order in which a change goes through the usual environments; others come before prod."""

_OWN = re.compile(r"stacks/(?:Pulumi|pins)\.([A-Za-z0-9._-]+)\.(?:yaml|json)")
_ALL = re.compile(
    r"__main__\.py|Pulumi\.yaml|requirements\.txt|providers/.*\.py|"
    r"stacks/(?!(?:Pulumi|pins)\.|settings\.schema\.json).*"
)


def since(base: str | None, head: str = "HEAD") -> list[str]:
    """The stacks that differ between two commits; every stack without the first, or where git can't compare."""
    stacks = deployed(environments())
    files = git.changed_files(base, head=head) if base is not None else None
    if base is not None and files is None:
        print(f"git can't compare with {base}, so every stack counts as touched", file=sys.stderr)
    return stacks if files is None else touched(files, stacks)


def touched(files: Iterable[str], stacks: Iterable[str]) -> list[str]:
    """Of these stacks, those that one of the changed files (from the project's folder) is about."""
    names = list(files)
    if any(_ALL.fullmatch(name) for name in names):
        return list(stacks)
    own = {match.group(1) for name in names if (match := _OWN.fullmatch(name))}
    return [stack for stack in stacks if stack in own]


def deployed(environments: Iterable[str]) -> list[str]:
    """The environments that are deployed from the main branch, in the order of promotion."""
    kept = [name for name in environments if name != LOCAL_STACK and not PULL_REQUEST.fullmatch(name)]
    return sorted(kept, key=_position)


def _position(stack: str) -> tuple[int, str]:
    family = re.split(r"[-_.]", stack, maxsplit=1)[0]
    return (PROMOTION.index(family) if family in PROMOTION else len(PROMOTION) - 2, stack)
