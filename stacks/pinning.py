"""Pin what a stack's settings ask for without deploying it, so that a change of criteria can be reviewed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import yaml

from providers.linode import sessions
from providers.linode.connection import LOCAL_STACK
from providers.linode.pins import PinFile, Pinned, default_path
from stacks import local_stack
from stacks import settings as stack_settings
from stacks.engine import PROJECT
from stacks.errors import BadSettings
from stacks.local_stack import project_name
from stacks.picking import pick_all


def pin(stack: str, env: Mapping[str, str]) -> list[str]:
    """Pick what is not pinned, or pinned for other criteria, and write the file; a line for each change.

    Raises LinodeError, BadSettings.
    """
    config = _config(stack, env)
    prefix = f"{project_name()}:"
    values = {key.removeprefix(prefix): value for key, value in config.items() if str(key).startswith(prefix)}
    settings = stack_settings.parse(values, stack)
    sessions.learn({key: value for key, value in config.items() if isinstance(value, str)})
    session = sessions.of_stack(stack)
    file = PinFile.read(PROJECT / settings.pins if settings.pins else default_path(stack, env))
    now = datetime.datetime.now(datetime.timezone.utc)
    pinned = Pinned(file, session.catalogs, now, stack=stack, account=lambda: session.account_id)
    pick_all(settings, pinned)
    after = pinned.save(settings.servers)
    changed = sorted(key for key in {*file.pins, *after.pins} if file.pins.get(key) != after.pins.get(key))
    lines = [f"{key}: {after.pins[key].why}" if key in after.pins else f"{key}: removed" for key in changed]
    lines += [str(note) for note in pinned.notes if note.key not in changed]
    return [*lines, f"{file.name}: {len(after.pins)} pins, {len(changed)} changed"]


def _config(stack: str, env: Mapping[str, str]) -> dict[str, object]:
    """The stack's settings as they stand in its file; of secrets only the local API's token."""
    local = local_stack.of_environment(env)
    file = local.settings if stack == LOCAL_STACK else PROJECT / "stacks" / f"Pulumi.{stack}.yaml"
    config = _read(file, stack)
    if stack == LOCAL_STACK:
        config["linode:token"] = local.api(env).token_file.read_text().strip()
    return config


def _read(file: Path, stack: str) -> dict[str, object]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSettings(
            f"stack '{stack}' has no settings at {file}. Next: name another stack, or run `make up`."
        ) from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadSettings(f"{file} can't be read: {str(error).splitlines()[0]}. Next: correct it.") from None
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        raise BadSettings(f"{file} has no config. Next: correct it.")
    return dict(config)
