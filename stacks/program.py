"""The stack program: pick from the catalogs, declare the servers, export what was made and why."""

from __future__ import annotations

import datetime
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType

import pulumi

from providers.linode import sessions
from providers.linode.account import Account
from providers.linode.catalogs import (
    Catalogs,
    Image,
    LinodeType,
    Pick,
    Region,
    pick_image,
    pick_region,
    pick_type,
)
from providers.linode.errors import LinodeError
from providers.linode.instance import Instance, InstanceArgs
from providers.linode.root_password import RootPassword
from stacks import settings as stack_settings
from stacks.errors import BadSettings
from stacks.settings import Group, Settings


@dataclass(frozen=True)
class Picks:
    """What a group's criteria were resolved to."""

    region: Pick[Region]
    type: Pick[LinodeType]
    image: Pick[Image]

    @property
    def monthly_usd(self) -> float:
        """US dollars a month for one server, with backups if its group has them; 0 if the catalog has no price."""
        return self.type.monthly_usd or 0.0

    def why(self) -> dict[str, str]:
        return {"region": self.region.why, "type": self.type.why, "image": self.image.why}


def run() -> None:
    """Deploy the stack that Pulumi selected; problems are one line each, without a traceback."""
    signal.signal(signal.SIGINT, _stop_quietly)
    try:
        settings = stack_settings.parse(_stack_values(), pulumi.get_stack())
        sessions.learn(_linode_values())
        deploy(
            settings,
            sessions.of_stack(pulumi.get_stack()).catalogs,
            datetime.datetime.now(datetime.timezone.utc),
        )
    except (LinodeError, BadSettings) as error:
        raise pulumi.RunError(str(error)) from None


def deploy(settings: Settings, catalogs: Catalogs, now: datetime.datetime) -> None:
    """Declare every group of servers and export the stack's outputs."""
    account = Account()
    servers: dict[str, pulumi.Output[dict[str, object]]] = {}
    picks = {
        name: pick(group, catalogs, now.date()) for name, group in settings.servers.items() if group.count
    }
    passwords = {name: RootPassword(f"{name}-root") for name in picks}
    for name, chosen in picks.items():
        group = settings.servers[name]
        for number in range(1, group.count + 1):
            server = declare(
                f"{name}-{number}", group, chosen, passwords[name], settings.authorized_keys, account
            )
            servers[f"{name}-{number}"] = _facts(server, chosen.monthly_usd)
    pulumi.export("servers", servers)
    pulumi.export("picks", {name: chosen.why() for name, chosen in picks.items()})
    pulumi.export("root_passwords", {name: password.result for name, password in passwords.items()})
    pulumi.export("monthly_usd", total_monthly_usd(settings, picks))
    pulumi.export("account", account.uuid)


def pick(group: Group, catalogs: Catalogs, today: datetime.date) -> Picks:
    """A region that sells such a type, the type there, and an image. Raises NoMatch and what the client raises."""
    wanted = group.type.model_copy(update={"backups": group.backups})
    region = pick_region(catalogs, group.region, sells=wanted)
    return Picks(region, pick_type(catalogs, wanted, region.id), pick_image(catalogs, group.image, today))


def declare(
    name: str, group: Group, chosen: Picks, password: RootPassword, keys: tuple[str, ...], account: Account
) -> Instance:
    args = InstanceArgs(
        type=chosen.type.id,
        region=chosen.region.id,
        image=chosen.image.id,
        tags=list(group.tags),
        root_pass=password.result,
        authorized_keys=list(keys) or None,
        backups_enabled=group.backups,
    )
    return Instance(name, args, account, pulumi.ResourceOptions(protect=group.protect))


def total_monthly_usd(settings: Settings, picks: Mapping[str, Picks]) -> float:
    """US dollars a month for all servers, from the catalog of now: what is stored with a server may be old."""
    return round(sum(settings.servers[name].count * chosen.monthly_usd for name, chosen in picks.items()), 2)


def _facts(server: Instance, monthly_usd: float) -> pulumi.Output[dict[str, object]]:
    return pulumi.Output.all(
        id=server.id,
        label=server.label,
        status=server.status,
        ipv4=server.ipv4,
        region=server.region,
        type=server.type,
        image=server.image,
    ).apply(lambda facts: {**facts, "monthly_usd": monthly_usd})


def _stack_values() -> dict[str, object]:
    """The values of this project's namespace, as far as the stack sets them."""
    config = pulumi.Config()
    values = {
        "servers": config.get_object("servers"),
        "authorized_keys": config.get_object("authorized_keys"),
    }
    return {key: value for key, value in values.items() if value is not None}


def _linode_values() -> dict[str, object]:
    config = pulumi.Config("linode")
    return {key: config.get(key.partition(":")[2]) for key in sessions.CONFIG_KEYS}


def _stop_quietly(_signal: int, _frame: FrameType | None) -> None:
    """The engine interrupts the program after a failure: it has said why, the interpreter's stack adds noise."""
    os._exit(1)
