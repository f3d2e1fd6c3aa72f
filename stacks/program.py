"""The stack program: pick from the catalogs, declare the servers, export what was made."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import NoReturn

import pulumi
from pulumi.runtime import config as runtime_config

from providers.linode import Account
from providers.linode.api.errors import LinodeError
from providers.linode.core import runtime as sessions
from providers.linode.pins import Pinned, is_locked
from stacks import renaming, servers as declared, settings as stack_settings, sources
from stacks.errors import BadSettings
from stacks.layers import Layer
from stacks.picking import pick_all, require_within
from stacks.pinning import pinned_of
from stacks.settings import Settings
from stacks.shared import Shared, missing_zones

TOLD = 32
"""The exit code of a program that has told its error: after another one engines add that it ended with an error.
Source: pulumi-language-python-exec."""


def run() -> None:
    """Deploy the stack that Pulumi selected; problems are one line each, told once, without a traceback."""
    logging.getLogger("linode").addHandler(_ToEngine(logging.WARNING))
    stack = pulumi.get_stack()
    try:
        config = _config()
        layer = sources.of_engine(config, stack)
        settings = stack_settings.parse(layer, stack)
        sessions.learn(config)
        locked = is_locked(stack)
        servers = renaming.servers_in(sessions.of_stack(stack), pulumi.get_project(), stack) if locked else {}
        pinned = pinned_of(settings, stack, locked=locked, halves=renaming.halves(settings.servers, servers))
        deploy(settings, layer, pinned, renaming.instead(settings.servers, servers))
    except (LinodeError, BadSettings) as error:
        _fail(str(error))


def _fail(reason: str) -> NoReturn:
    pulumi.log.error(reason)
    sys.exit(TOLD)


def deploy(settings: Settings, layer: Layer, pinned: Pinned, instead: Mapping[str, str]) -> None:
    """Declare every group of servers and export what they are and cost. For `instead` see `renaming`.

    Why each was picked stands in the pins, what they share in the state: outputs are shown at every change.
    """
    picks = pick_all(settings, pinned, layer, missing_zones(settings))
    pinned.note_strays(settings.servers, instead)
    monthly_usd = declared.total_monthly_usd(settings, picks)
    require_within(settings, monthly_usd, pulumi.get_stack())
    for note in pinned.notes:
        (pulumi.log.warn if note.severity == "warning" else pulumi.log.info)(str(note))
    account = Account()
    if not pulumi.runtime.is_dry_run():
        account.uuid = account.uuid.apply(lambda uuid: _with_pins(uuid, pinned))
    passwords = declared.root_passwords(picks, pinned)
    shared = Shared(settings)
    for domain in settings.zones:
        shared.zone(domain)
    servers = {
        name: server.facts() for name, server in declared.declare(shared, picks, pinned, passwords).items()
    }
    if not pulumi.runtime.is_dry_run():
        pulumi.Output.all(account.uuid, *servers.values()).apply(lambda _: pinned.finish(settings.servers))
    pulumi.export("servers", servers)
    if settings.root_password_outputs:
        pulumi.export("root_passwords", {name: password.result for name, password in passwords.items()})
    pulumi.export("monthly_usd", monthly_usd)


def _with_pins(uuid: str, pinned: Pinned) -> str:
    """The account's id, once the pins are written: every Instance waits for it, so none is made before.

    The id is known when the account was found to be the stack's own; with another one's token nothing is written.
    """
    try:
        pinned.save()
    except LinodeError as error:
        raise pulumi.RunError(str(error)) from None
    return uuid


def _config() -> dict[str, object]:
    """The stack's whole configuration, under full names, as the engine handed it over."""
    return {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}


class _ToEngine(logging.Handler):
    """Shows what the provider's modules warn of, such as a catalog that is used late, as the engine's warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        pulumi.log.warn(record.getMessage())
