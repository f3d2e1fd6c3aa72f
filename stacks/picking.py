"""What a stack's criteria are resolved to: a region, a type there, an image, for every group of servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs.picks import OF_TYPES
from providers.linode.pins import Chosen, Pin, Pinned, Wish
from stacks.errors import BadSettings
from stacks.layers import PROJECT_SPACE, Layer, Path_
from stacks.settings import Group, Problem, Settings, lines


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


def outdated(settings: Settings, pins: Mapping[str, Pin]) -> list[str]:
    """The keys of pins for other criteria than the settings have now."""
    return [
        key
        for key, wish in wishes(settings).items()
        if key in pins and pins[key].criteria_hash != wish.in_region(pins[key].for_region or "").digest
    ]


def pick_all(
    settings: Settings, pinned: Pinned, layer: Layer, besides: Iterable[Problem] = ()
) -> dict[str, Picks]:
    """The picks of every group that has servers, by the group's name: as pinned, else from the catalogs.

    `layer`: where the settings stand. `besides`: what else of them the account lacks. Raises BadSettings with all that
    nothing fits, each at its place; BadPins and what the client raises.
    """
    found, lacking = dict[str, Picks](), [*besides]
    for name, group in settings.servers.items():
        if isinstance(picks := _pick(name, group, pinned) if group.size else (), Picks):
            found[name] = picks
        else:
            lacking += [(_place(settings, name, kind), text) for kind, text in picks]
    if lacking:
        told = lines(dict.fromkeys(lacking), layer)
        raise BadSettings("\n".join(line.removeprefix("  ") for line in told))
    return found


def _pick(name: str, group: Group, pinned: Pinned) -> Picks | list[tuple[str, str]]:
    """The group's picks; or of what kind there is nothing, and why."""
    found: dict[str, Chosen] = {}
    lacking: list[tuple[str, str]] = []
    for kind, wish in _wishes(group).items():
        if kind == "type" and "region" not in found:
            continue
        asked = wish.in_region(found["region"].id) if kind == "type" else wish
        picked = _chosen_or_why(f"{name}/{kind}", asked, pinned)
        if isinstance(picked, Chosen):
            found[kind] = picked
        else:
            lacking.append(("type" if picked.criterion == OF_TYPES else kind, _told(picked)))
    return lacking or Picks(**found)


def _chosen_or_why(key: str, wish: Wish, pinned: Pinned) -> Chosen | NoMatch:
    try:
        return pinned.pick(key, wish)
    except NoMatch as none:
        return none


def _told(none: NoMatch) -> str:
    """With what each criterion left, a line each."""
    return "\n".join([str(none), *(f"  {line}" for line in none.explanation.splitlines())])


def _place(settings: Settings, group: str, kind: str) -> Path_:
    """The key path of what a group asks for of a kind."""
    if kind == "region" and settings.region and settings.servers[group].region.ids == (settings.region,):
        return (f"{PROJECT_SPACE}region",)
    return f"{PROJECT_SPACE}servers", group, kind


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
