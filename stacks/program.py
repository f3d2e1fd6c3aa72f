"""The stack program: pick from the catalogs, declare the servers, export what was made and why."""

from __future__ import annotations

import logging

import pulumi
from pulumi.runtime import config as runtime_config

from providers.linode import Account, Instance, InstanceArgs, RootPassword
from providers.linode.api.errors import LinodeError, NoMatch
from providers.linode.core import runtime as sessions
from providers.linode.pins import Pinned, is_locked
from stacks import expiry, sources
from stacks import settings as stack_settings
from stacks.errors import BadSettings
from stacks.picking import Picks, pick_all, require_within, total_monthly_usd
from stacks.pinning import pinned_of
from stacks.settings import Group, Settings


def run() -> None:
    """Deploy the stack that Pulumi selected; problems are one line each, without a traceback."""
    logging.getLogger("linode").addHandler(_ToEngine(logging.WARNING))
    stack = pulumi.get_stack()
    try:
        config = _config()
        settings = stack_settings.parse(sources.of_engine(config, stack), stack)
        sessions.learn(config)
        deploy(settings, pinned_of(settings, stack, locked=is_locked(stack)))
    except NoMatch as none:
        raise pulumi.RunError("\n".join([str(none), *_indented(none.explanation)])) from None
    except (LinodeError, BadSettings) as error:
        raise pulumi.RunError(str(error)) from None


def deploy(settings: Settings, pinned: Pinned) -> None:
    """Declare every group of servers and export the stack's outputs."""
    picks = pick_all(settings, pinned)
    pinned.note_strays(settings.servers)
    monthly_usd = total_monthly_usd(settings, picks)
    require_within(settings, monthly_usd, pulumi.get_stack())
    for note in pinned.notes:
        (pulumi.log.warn if note.severity == "warning" else pulumi.log.info)(str(note))
    account = Account()
    if not pulumi.runtime.is_dry_run():
        account.uuid = account.uuid.apply(lambda uuid: _with_pins(uuid, pinned, settings))
    servers: dict[str, pulumi.Output[dict[str, object]]] = {}
    passwords = {
        name: RootPassword(
            f"{name}-root", pulumi.ResourceOptions(aliases=_aliases(settings.servers[name], "root"))
        )
        for name in picks
    }
    for name, chosen in picks.items():
        group = _ending(settings.servers[name], settings)
        before: Instance | None = None
        for number in range(1, group.count + 1):
            args = instance_args(group, chosen, passwords[name], settings.authorized_keys)
            depends_on = [before] if before and group.one_at_a_time else None
            opts = pulumi.ResourceOptions(
                protect=group.protect, depends_on=depends_on, aliases=_aliases(group, number)
            )
            before = Instance(f"{name}-{number}", args, opts)
            servers[f"{name}-{number}"] = _facts(before, chosen.monthly_usd, running=group.running)
    pulumi.export("servers", servers)
    pulumi.export("picks", {name: chosen.why() for name, chosen in picks.items()})
    pulumi.export("explanations", {name: chosen.explanations() for name, chosen in picks.items()})
    pulumi.export("root_passwords", {name: password.result for name, password in passwords.items()})
    pulumi.export("monthly_usd", monthly_usd)
    pulumi.export("account", account.uuid)


def _aliases(group: Group, part: object) -> list[pulumi.Alias]:
    """What a part of a renamed group was called: the engine then takes it for the same, and changes it in place."""
    return [pulumi.Alias(name=f"{group.renamed_from}-{part}")] if group.renamed_from else []


def instance_args(group: Group, chosen: Picks, password: RootPassword, keys: tuple[str, ...]) -> InstanceArgs:
    """One server of a group."""
    return InstanceArgs(
        type=chosen.type.id,
        region=chosen.region.id,
        image=chosen.image.id,
        kernel=chosen.kernel.id if chosen.kernel else None,
        tags=list(group.tags),
        root_pass=password.result,
        authorized_keys=list(keys) or None,
        backups_enabled=group.backups,
        booted=group.running,
        allow_downtime=group.allow_downtime,
        on_image_change=group.on_image_change,
    )


def _ending(group: Group, settings: Settings) -> Group:
    """The group, its servers tagged with the end of the stack if it has one."""
    if settings.ends_at is None:
        return group
    return group.model_copy(update={"tags": (*group.tags, expiry.linode_tag(settings.ends_at))})


def _with_pins(uuid: str, pinned: Pinned, settings: Settings) -> str:
    """The account's id, once the pins are written: every Instance waits for it, so none is made before.

    The id is known when the account was found to be the stack's own; with another one's token nothing is written.
    """
    try:
        pinned.save(settings.servers)
    except LinodeError as error:
        raise pulumi.RunError(str(error)) from None
    return uuid


def _facts(server: Instance, monthly_usd: float, *, running: bool | None) -> pulumi.Output[dict[str, object]]:
    return pulumi.Output.all(
        id=server.id,
        label=server.label,
        status=server.status,
        ipv4=server.ipv4,
        region=server.region,
        type=server.type,
        image=server.image,
    ).apply(lambda facts: {**facts, "monthly_usd": monthly_usd, "running": running})


def _config() -> dict[str, object]:
    """The stack's whole configuration, under full names, as the engine handed it over."""
    return {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


class _ToEngine(logging.Handler):
    """Shows what the provider's modules warn of, such as a catalog that is used late, as the engine's warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        pulumi.log.warn(record.getMessage())
