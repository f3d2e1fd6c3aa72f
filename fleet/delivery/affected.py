"""The stacks that a change touches, for the matrix of a workflow.

The program, the provider, what all environments share or what is installed: every stack. A stack's own settings or
pins: that stack. Anything else (documents, tests, the commands, the report, the emulators): none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from fleet.delivery import git
from providers.linode.api.connection import LOCAL_STACK
from stacks import sources
from stacks.errors import BadSettings

HEAD = "HEAD"
_OWN = re.compile(r"stacks/(?:Pulumi|pins)\.([A-Za-z0-9._-]+)\.(?:yaml|json)")
_ALL = re.compile(
    r"__main__\.py|Pulumi\.yaml|requirements\.txt|providers/.*\.py|"
    r"stacks/(?!(?:Pulumi|pins)\.|settings\.schema\.json).*"
)


def since(base: str | None, head: str = HEAD) -> tuple[list[str], list[str]]:
    """The stacks that differ between two commits, in the order of deployment, and such as are not deployed at all.

    Every stack without the first commit, or where git can't compare. Raises BadSettings.
    """
    stacks, others = environments(head)
    files = git.changed_files(base, head=head) if base is not None else None
    if base is not None and files is None:
        print(f"git can't compare with {base}, so every stack counts as touched", file=sys.stderr)
    return (stacks, others) if files is None else (touched(files, stacks), touched(files, others))


def touched(files: Iterable[str], stacks: Iterable[str]) -> list[str]:
    """Of these stacks, those that one of the changed files (from the project's folder) is about."""
    names = list(files)
    if any(_ALL.fullmatch(name) for name in names):
        return list(stacks)
    own = {match.group(1) for name in names if (match := _OWN.fullmatch(name))}
    return [stack for stack in stacks if stack in own]


def environments(head: str = HEAD) -> tuple[list[str], list[str]]:
    """Of a commit, or as they stand here: those that are deployed, in their order, and those with settings alone.

    Raises BadSettings.
    """
    common = sources.FOLDER / sources.COMMON
    here = head == HEAD
    text = _text(common) if here else git.text_at(head, common)
    files = None if here else git.names_at(head, sources.FOLDER)
    if text is None:
        raise BadSettings(f"git has no {sources.COMMON} of {head} here. Next: fetch that commit.")
    stacks, there = sources.deployed(text), sources.environments(files)
    if gone := [name for name in stacks if name not in there]:
        raise sources.no_settings(gone[0])
    return stacks, [name for name in there if name not in stacks and not _is_nobodys(name)]


def problem_of_list() -> str | None:
    """What is wrong with the list of those that are deployed, as it stands here; None if nothing."""
    try:
        environments()
    except BadSettings as error:
        return str(error)
    return None


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _is_nobodys(name: str) -> bool:
    """The stack of this machine, and the template of pull requests."""
    return name == LOCAL_STACK or sources.PULL_REQUEST.fullmatch(name) is not None
