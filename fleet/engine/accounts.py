"""Whose account a command would work in: the stack's connection, and the account its state belongs to."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from fleet.engine import local_stack
from fleet.engine.run import Run
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import ApiMaintenance, ApiRefused, ApiUnreachable, BadConnection, Offline
from providers.linode.core import runtime as sessions
from providers.linode.core.state_files import TYPE_TOKENS
from stacks.errors import EngineFailed


def learn(run: Run) -> None:
    """Let sessions know what the stack's settings say of the connection, its secrets in the clear.

    Raises BadSettings, EngineFailed.
    """
    # Its settings have the same, and an engine needs half a second to decrypt it.
    if run.stack == LOCAL_STACK:
        sessions.learn(local_stack.of_environment(run.env).api(run.env).configuration)
        return
    told = run.config()
    sessions.learn({key: told[key]["value"] for key in sessions.CONFIG_KEYS if key in told})


def require_own(run: Run, deployment: Mapping[str, Any] | None = None) -> None:
    """Raises WrongAccount if the stack was deployed in another account than the token's."""
    try:
        resources = (run.deployment() if deployment is None else deployment).get("resources") or ()
    except EngineFailed:
        return  # nothing is deployed yet
    recorded = (one["outputs"].get("uuid") for one in resources if one["type"] == f"{TYPE_TOKENS}Account")
    if account := next(recorded, None):
        learn(run)
        sessions.require_account(sessions.of_stack(run.stack), str(account), run.stack)


def refuse_another(run: Run, deployment: Mapping[str, Any] | None = None) -> None:
    """As `require_own`, for commands that work without the API: who can't be told whose it is may go on."""
    with contextlib.suppress(
        ApiRefused, ApiUnreachable, ApiMaintenance, BadConnection, Offline, EngineFailed
    ):
        require_own(run, deployment)
