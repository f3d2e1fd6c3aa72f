"""What a stack's criteria are resolved to: a region, a type there, an image, for every group of servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from providers.linode.pins import Chosen, Pinned, Wish
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

    def why(self) -> dict[str, str]:
        return {kind: chosen.why for kind, chosen in self._all().items()}

    def explanations(self) -> dict[str, list[str]]:
        """Line by line: a text of several lines is shown by the engine as if it were YAML."""
        return {kind: chosen.explanation.splitlines() for kind, chosen in self._all().items()}

    def _all(self) -> dict[str, Chosen]:
        found = {"region": self.region, "type": self.type, "image": self.image}
        return {**found, "kernel": self.kernel} if self.kernel else found


def pick_all(settings: Settings, pinned: Pinned) -> dict[str, Picks]:
    """The picks of every group that has servers, by the group's name. Raises what `pick` raises."""
    return {name: pick(name, group, pinned) for name, group in settings.servers.items() if group.count}


def pick(name: str, group: Group, pinned: Pinned) -> Picks:
    """A region that sells such a type, the type there, and an image: as pinned, else from the catalogs.

    Raises NoMatch, BadPins and what the client raises.
    """
    wanted = group.type.model_copy(update={"backups": group.backups})
    region = pinned.pick(f"{name}/region", Wish("region", group.region, sells=wanted))
    return Picks(
        region,
        pinned.pick(f"{name}/type", Wish("type", wanted, region=region.id)),
        pinned.pick(f"{name}/image", Wish("image", group.image)),
        pinned.pick(f"{name}/kernel", Wish("kernel", group.kernel)) if group.kernel else None,
    )


def total_monthly_usd(settings: Settings, picks: Mapping[str, Picks]) -> float:
    """US dollars a month for all servers, from the catalog of now: what is stored with a server may be old."""
    return round(sum(settings.servers[name].count * chosen.monthly_usd for name, chosen in picks.items()), 2)
