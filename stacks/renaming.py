"""Groups that were renamed, as the account shows it: a locked run writes no pins, which say it elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from providers.linode.api.cache import is_offline
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.provider import SPECS

Servers = Mapping[str, Collection[int]]
"""The numbers of a group's servers."""


def servers_in(session: Session, project: str, stack: str) -> Servers:
    """The servers that a stack has in its account, by the labels that groups give them; none offline.

    Raises LinodeError: a renaming that broke off must not be overlooked.
    """
    if is_offline():
        return {}
    owner, found = Owner(session.account_id, project, stack, name=""), dict[str, list[int]]()
    for row in session.rows(SPECS["Instance"]):
        name = row.label.removeprefix(owner.default_label)
        group, _, number = name.rpartition("-")
        if number.isdecimal() and replace(owner, name=name).owns(row.tags):
            found.setdefault(group, []).append(int(number))
    return found


def halves(groups: Collection[str], servers: Servers) -> dict[str, str]:
    """By groups that are gone from the settings those that have the rest of their servers.

    Every group numbers its servers from 1: only one that was being renamed has some of them under each name.
    """
    return _only(
        (gone, group)
        for gone in servers.keys() - groups
        for group in servers.keys() & groups
        if not {*servers[gone]} & {*servers[group]}
    )


def instead(groups: Collection[str], servers: Servers) -> dict[str, str]:
    """By groups that are gone from the settings those that have no server yet, and may be the same."""
    left = halves(groups, servers)
    return _only((gone, new) for gone in servers.keys() - {*groups, *left} for new in {*groups} - {*servers})


def _only(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Without those that fit several others."""
    found = sorted(pairs)
    gone, there = [gone for gone, _ in found], [group for _, group in found]
    return {old: new for old, new in found if gone.count(old) == there.count(new) == 1}
