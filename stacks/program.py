"""The stack program: pick from the catalogs, declare the servers, export what was made and why."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import pulumi
from pulumi.runtime import config as runtime_config

from providers.linode import Account, Instance, InstanceArgs, RootPassword
from providers.linode.api.errors import LinodeError, NoMatch
from providers.linode.core import runtime as sessions
from providers.linode.pins import Pinned, is_locked
from providers.linode.provider import SPECS
from stacks import expiry, renaming, settings as stack_settings, sources
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
        locked = is_locked(stack)
        servers = renaming.servers_in(sessions.of_stack(stack), pulumi.get_project(), stack) if locked else {}
        pinned = pinned_of(settings, stack, locked=locked, halves=renaming.halves(settings.servers, servers))
        deploy(settings, pinned, renaming.instead(settings.servers, servers))
    except NoMatch as none:
        raise pulumi.RunError("\n".join([str(none), *_indented(none.explanation)])) from None
    except (LinodeError, BadSettings) as error:
        raise pulumi.RunError(str(error)) from None


def deploy(settings: Settings, pinned: Pinned, instead: Mapping[str, str]) -> None:
    """Declare every group of servers and export the stack's outputs. For `instead` see `renaming`."""
    picks = pick_all(settings, pinned)
    pinned.note_strays(settings.servers, instead)
    monthly_usd = total_monthly_usd(settings, picks)
    require_within(settings, monthly_usd, pulumi.get_stack())
    for note in pinned.notes:
        (pulumi.log.warn if note.severity == "warning" else pulumi.log.info)(str(note))
    account = Account()
    if not pulumi.runtime.is_dry_run():
        account.uuid = account.uuid.apply(lambda uuid: _with_pins(uuid, pinned))
    servers: dict[str, pulumi.Output[dict[str, object]]] = {}
    passwords = {
        name: RootPassword(f"{name}-root", pulumi.ResourceOptions(aliases=_aliases(pinned, name, "root")))
        for name in picks
    }
    for name, chosen in picks.items():
        group = _ending(settings.servers[name], settings)
        before: Instance | None = None
        called = labels(group, pulumi.get_stack())
        for part in (*range(1, group.count + 1), *group.adopt):
            args = instance_args(group, chosen, passwords[name], settings.authorized_keys)
            depends_on = [before] if before and group.one_at_a_time else None
            protect, aliases = group.protect, _aliases(pinned, name, part)
            if part in group.adopt:
                args = replace(args, adopt=part)
                protect = group.protect or "protect" not in group.model_fields_set
                aliases += [pulumi.Alias(name=called[part])] if part in called else []
            opts = pulumi.ResourceOptions(protect=protect, depends_on=depends_on, aliases=aliases)
            before = Instance(f"{name}-{part}", args, opts)
            servers[f"{name}-{part}"] = _facts(before, chosen.monthly_usd, running=group.running)
    if not pulumi.runtime.is_dry_run():
        pulumi.Output.all(account.uuid, *servers.values()).apply(lambda _: pinned.finish(settings.servers))
    pulumi.export("servers", servers)
    pulumi.export("picks", {name: chosen.why() for name, chosen in picks.items()})
    pulumi.export("explanations", {name: chosen.explanations() for name, chosen in picks.items()})
    pulumi.export("root_passwords", {name: password.result for name, password in passwords.items()})
    pulumi.export("monthly_usd", monthly_usd)
    pulumi.export("account", account.uuid)


def _aliases(pinned: Pinned, group: str, part: object) -> list[pulumi.Alias]:
    """What a part of a renamed group was called: the engine then takes it for the same, and changes it in place."""
    return [pulumi.Alias(name=f"{name}-{part}") for name in pinned.former.get(group, ())]


def labels(group: Group, stack: str) -> dict[int | str, str]:
    """By what the group adopts its label, which `fleet import` calls it by. A Linode that is not there is refused as a
    resource, alone.
    """
    by_id = any(isinstance(each, int) for each in group.adopt)
    known = (sessions.of_stack(stack).labels(SPECS["Instance"].path) if by_id else None) or {}
    return {
        each: label for each in group.adopt if (label := known.get(each) if isinstance(each, int) else each)
    }


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
        allow_data_loss=group.allow_data_loss,
        resize_disk=group.resize_disk,
        on_image_change=group.on_image_change,
    )


def _ending(group: Group, settings: Settings) -> Group:
    """The group, its servers tagged with the end of the stack if it has one."""
    if settings.ends_at is None:
        return group
    return group.model_copy(update={"tags": (*group.tags, expiry.linode_tag(settings.ends_at))})


def _with_pins(uuid: str, pinned: Pinned) -> str:
    """The account's id, once the pins are written: every Instance waits for it, so none is made before.

    The id is known when the account was found to be the stack's own; with another one's token nothing is written.
    """
    try:
        pinned.save()
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
