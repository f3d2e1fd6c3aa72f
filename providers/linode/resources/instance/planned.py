"""What an update will do, said in one line for the preview. Pure.

Durations are about: a cold resize takes 3 to 5 minutes, a boot 25 s after a shutdown of 30 s, a rebuild as
long as a create (about a minute); a migration between regions copies every disk.
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.linode.resources.instance.changes import Changes, Outcome

Props = Mapping[str, object]

CREATE = "create"
NOTHING = "nothing"
REPLACED = "all disks are erased, id and addresses change"
AS_ASKED = f"replace, as was asked for: {REPLACED}"
"""For a replacement that the program or the command asks for, and no input of ours."""


def planned(found: Changes, olds: Props, news: Props) -> str:
    """One line: what happens, and how long the Linode is off for it."""
    if not olds:
        return CREATE
    if found.replaces:
        return f"replace because of {_list(found.replaces)}: {REPLACED}"
    parts = [
        _rebuild(found, news),
        _move(found, olds, news),
        _cycle(found),
        _in_place(found, news),
        _kept(found),
    ]
    return "; ".join(part for part in parts if part) or NOTHING


def _rebuild(found: Changes, news: Props) -> str:
    causes = found.of(Outcome.REBUILD)
    if not causes:
        return ""
    return (
        f"rebuild with {news.get('image')} because of {_list(causes)}: all disks are erased, about 2 min off"
    )


def _move(found: Changes, olds: Props, news: Props) -> str:
    parts = []
    if found.of(Outcome.MIGRATE):
        parts.append(
            f"migrate from {olds.get('region')} to {news.get('region')}: off while its disks are copied, "
            "public addresses change"
        )
    if found.of(Outcome.RESIZE):
        warm = news.get("migration_type") == "warm"
        off = "a reboot at the end" if warm else "about 5 min off"
        parts.append(f"resize in place from {olds.get('type')} to {news.get('type')}, {off}")
    return "; ".join(parts)


def _cycle(found: Changes) -> str:
    off, reboot = found.of(Outcome.OFF), found.of(Outcome.REBOOT)
    if off == ("booted",) and not reboot:
        return "shut down"
    if off:
        return f"one power cycle for {_list((*off, *reboot))}, about 1 min off"
    return f"one reboot for {_list(reboot)}, about 1 min off" if reboot else ""


def _in_place(found: Changes, news: Props) -> str:
    keys = found.of(Outcome.PUT, Outcome.ACTION)
    lost = "backups_enabled" in keys and news.get("backups_enabled") is False
    warning = " (every backup of the Linode is deleted, for good)" if lost else ""
    return f"in place without downtime: {', '.join(keys)}{warning}" if keys else ""


def _kept(found: Changes) -> str:
    keys = found.of(Outcome.KEPT)
    return f"kept as at creation: {', '.join(keys)}" if keys else ""


def _list(keys: tuple[str, ...]) -> str:
    *first, last = keys
    return f"{', '.join(first)} and {last}" if first else last
