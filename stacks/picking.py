"""What a stack's criteria are resolved to: a region, a type there, an image, for every group of servers."""

from __future__ import annotations

from dataclasses import dataclass

from providers.linode.pins import Chosen, Pinned, Wish
from stacks.errors import BadSettings
from stacks.settings import Group, Settings


@dataclass(frozen=True)
class Picks:
    """What a group's criteria were resolved to."""

    region: Chosen
    type: Chosen
    image: Chosen
    kernel: Chosen | None = None

    @property
    def monthly_usd(self) -> float:
        """US dollars a month for one server, with backups if its group has them; 0 if the catalog has no price."""
        return self.type.monthly_usd or 0.0


def wishes(settings: Settings) -> dict[str, Wish]:
    """What the settings ask of the catalogs, by the keys of the pins; that of a type names no region yet."""
    return {
        f"{name}/{kind}": wish
        for name, group in settings.servers.items()
        if group.size
        for kind, wish in _wishes(group).items()
    }


def _wishes(group: Group) -> dict[str, Wish]:
    """A region that sells such a type, the type there, an image, and a kernel if one is asked for."""
    sells = group.type.model_copy(update={"backups": group.backups})
    found = {
        "region": Wish("region", group.region, sells=sells),
        "type": Wish("type", sells),
        "image": Wish("image", group.image),
    }
    return {**found, "kernel": Wish("kernel", group.kernel)} if group.kernel else found


def pick_all(settings: Settings, pinned: Pinned) -> dict[str, Picks]:
    """The picks of every group that has servers, by the group's name: as pinned, else from the catalogs.

    Raises NoMatch, BadPins and what the client raises.
    """
    return {name: _pick(name, group, pinned) for name, group in settings.servers.items() if group.size}


def _pick(name: str, group: Group, pinned: Pinned) -> Picks:
    found: dict[str, Chosen] = {}
    for kind, wish in _wishes(group).items():
        asked = wish.in_region(found["region"].id) if kind == "type" else wish
        found[kind] = pinned.pick(f"{name}/{kind}", asked)
    return Picks(**found)


def require_within(settings: Settings, monthly_usd: float, stack: str) -> None:
    """Raises BadSettings if the stack of a pull request would be larger or dearer than its guards allow.

    Nobody approves such a stack's plan, so its guards hold in the program itself; others' are judged in the report.
    """
    if settings.ends_at is None:
        return
    most_usd, most = settings.guards.max_monthly, settings.guards.max_servers
    count = sum(group.size for group in settings.servers.values())
    if most_usd is not None and monthly_usd > most_usd:
        found = f"cost {monthly_usd:.2f} USD a month, and fleet:guards.max_monthly allows {most_usd:.2f}"
        less = "less"
    elif most is not None and count > most:
        found, less = f"have {count} servers, and fleet:guards.max_servers allows {most}", "fewer"
    else:
        return
    raise BadSettings(
        f"stack '{stack}' would {found}. Nothing was changed. "
        f"Next: ask for {less}, or raise it in stacks/Pulumi.pr.yaml."
    )
