"""The stack of one pull request: made from a template, with an end of its own, and taken away whole.

Its settings are a copy of stacks/Pulumi.pr.yaml, copied again at each update; the template itself is never written to,
and holds no secret. Beside the state stand the tags `pr`, `created` and `expires`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml

from fleet.engine.run import Run, run_of
from stacks import expiry, sources
from stacks.errors import BadSettings
from stacks.layers import PROJECT_SPACE, without_secrets

TEMPLATE = "pr"
PREFIX = "pr-"
MOST = 999_999


@dataclass(frozen=True)
class PrStack:
    """One pull request's stack, in the project's folder."""

    number: int
    folder: Path = sources.FOLDER

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MOST:
            raise BadSettings(
                f"{self.number} is no number of a pull request. Next: give one from 1 to {MOST}."
            )

    @classmethod
    def of_name(cls, name: str) -> PrStack | None:
        """The stack of that name; None if it is no pull request's."""
        number = name.removeprefix(PREFIX)
        digits = number.isascii() and number.isdigit() and not number.startswith("0")
        return cls(int(number)) if name != number and digits and int(number) <= MOST else None

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.number}"

    @property
    def settings(self) -> Path:
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def pins(self) -> Path:
        return self.folder / f"pins.{self.name}.json"

    @property
    def template(self) -> Path:
        return self.folder / f"Pulumi.{TEMPLATE}.yaml"

    def write_files(self, end: datetime, salt: str | None) -> None:
        """The settings, and the pins if the template has some. Raises BadSettings."""
        text = settings_text(self.template.read_text(encoding="utf-8"), end, salt)
        self.settings.write_text(text, encoding="utf-8")
        pins = self.folder / f"pins.{TEMPLATE}.json"
        if pins.exists():
            self.pins.write_bytes(pins.read_bytes())

    def remove_files(self) -> None:
        self.settings.unlink(missing_ok=True)
        self.pins.unlink(missing_ok=True)


def settings_text(template: str, end: datetime, salt: str | None) -> str:
    """A pull request's settings from the template's text. Pure. Raises BadSettings if that has secrets."""
    name = f"stacks/Pulumi.{TEMPLATE}.yaml"
    try:
        document = yaml.safe_load(template)
    except yaml.YAMLError:
        document = None
    if not isinstance(document, Mapping) or not isinstance(document.get("config"), Mapping):
        raise BadSettings(f"{name} has no `config` of settings. Next: correct it.")
    if "encryptionsalt" in document or without_secrets(document["config"]) != document["config"]:
        raise BadSettings(
            f"{name} must hold no secret: every pull request gets a copy of it. "
            "Next: remove `secure` values and `encryptionsalt`; give the token as LINODE_TOKEN."
        )
    values = {**document["config"], f"{PROJECT_SPACE}ends_at": expiry.stack_tag(end)}
    made = {**({"encryptionsalt": salt} if salt else {}), **document, "config": values}
    return (
        f"# Made by pr-up from Pulumi.{TEMPLATE}.yaml, again at each update: change that one.\n"
        + yaml.safe_dump(made, sort_keys=False, allow_unicode=True)
    )


@dataclass(frozen=True)
class Life:
    """How long a stack may live: `ttl` from its making, or from when somebody asks for more, `most` from its making."""

    ttl: timedelta
    most: timedelta
    extend: bool = False

    def end(self, created: datetime, written: datetime | None, now: datetime) -> datetime:
        """The end that is written stays: an update does not move it."""
        return written if written and not self.extend else expiry.expiry(created, now, self.ttl, self.most)


def prepare(pr: PrStack, run: Run, now: datetime, life: Life) -> datetime:
    """Make the stack if there is none, and write down its end, which is returned. Raises BadSettings.

    Whatever breaks off in the middle is put right by the next call: the end is written before anything is made.
    """
    there = pr.name in run.stacks()
    tags = run.tags() if there else {}
    created = expiry.of_stack_tag(tags.get("created")) or now
    if created + life.most <= now:
        raise BadSettings(
            f"stack '{pr.name}' was made at {created:%Y-%m-%d %H:%M} UTC and may not get older than "
            f"{life.most.total_seconds() / 3600:g} hours. Nothing was changed. "
            f"Next: pr-down --number {pr.number}, then pr-up again."
        )
    end = life.end(created, expiry.of_stack_tag(tags.get("expires")), now)
    if end <= now:
        raise BadSettings(
            f"stack '{pr.name}' ended at {end:%Y-%m-%d %H:%M} UTC. Nothing was changed. "
            f"Next: pr-up --number {pr.number} --extend, or pr-down."
        )
    secrets = (run.deployment() if there else {}).get("secrets_providers") or {}
    pr.write_files(end, (secrets.get("state") or {}).get("salt"))
    if not there:
        run.engine.ask("stack", "init", pr.name, "--no-select", env=run.env)
    wanted = {"created": expiry.stack_tag(created), "pr": str(pr.number), "expires": expiry.stack_tag(end)}
    for key, value in wanted.items():
        if tags.get(key) != value:
            run.ask("stack", "tag", "set", key, value)
    return end


def prepared(pr: PrStack, words: tuple[str, ...], life: Life) -> tuple[Run, datetime]:
    """The run that makes or updates the stack of a pull request, and its end. Raises BadSettings."""
    os.environ.setdefault("LINODE_LOCKED", "0")  # it has no pins of its own before its first update
    run = run_of(pr.name, words)
    end = prepare(pr, run, datetime.now(timezone.utc), life)
    print(f"stack '{pr.name}' ends at {end:%Y-%m-%d %H:%M} UTC", flush=True)
    return run, end


def told(pr: PrStack, end: datetime, outputs: Mapping[str, object]) -> dict[str, object]:
    """What a pull request is told of its stack: its end, what it costs a month, and where it answers.

    `outputs`: as `with_servers` has them.
    """
    servers, shared = (outputs.get(key) for key in ("servers", "shared"))
    found = {
        **(servers if isinstance(servers, Mapping) else {}),
        **(shared if isinstance(shared, Mapping) else {}),
    }
    places = [
        {"name": name, "addresses": _addresses(facts), "host": facts.get("host") or ""}
        for name, facts in found.items()
        if isinstance(facts, Mapping) and _addresses(facts)
    ]
    return {
        "stack": pr.name,
        "ends": expiry.stack_tag(end),
        "monthly_usd": outputs.get("monthly_usd"),
        "places": places,
    }


def _addresses(facts: Mapping[str, object]) -> list[str]:
    found = facts.get("ipv4")
    return (
        [found]
        if isinstance(found, str)
        else [str(each) for each in found]
        if isinstance(found, list)
        else []
    )


def take_down(pr: PrStack, words: tuple[str, ...]) -> int:
    """Delete everything of the stack, then the stack; there being none is fine. It stays if any resource does."""
    run = run_of(pr.name, words)
    if pr.name not in run.stacks():
        pr.remove_files()
        print(f"stack '{pr.name}': there is none")
        return 0
    if code := run.verb("destroy", "--continue-on-error"):
        return code
    run.ask("stack", "rm", "--yes")
    pr.remove_files()
    print(f"stack '{pr.name}': removed", flush=True)
    return 0
