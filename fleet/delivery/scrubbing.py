"""A preview's events and digest without what a stranger should not read. Pure but for one random key.

Bundles are kept as files that many can open. The engine marks secrets, but not everywhere: a plain output made
from a secret is printed in full, and so is every plain setting. So settings and most outputs are left out, the
stack's outputs become fingerprints (they only tell whether something differs), secret inputs are masked by name,
and at the end every secret that the environment holds is looked for by its value.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.linode.api.masking import without
from providers.linode.provider import SPECS
from stacks.layers import SECRET

Json = dict[str, Any]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""A value that is not known before the update. Source: the engine's protocol."""

SHOWN_OUTPUTS = (
    "__provider", "id", "status", "label", "ipv4", "ipv6", "public_ipv4", "private_ipv4", "monthly_usd",
)  # fmt: skip
NOISE = ("config", "stackTrace", "sourcePosition")
STACK_TYPE = "pulumi:pulumi:Stack"
SECRET_INPUTS = frozenset(name for spec in SPECS.values() for name in spec.secrets())

SECRET_NAME = re.compile(r"TOKEN(?!S)|SECRET|PASSW|PASSPHRASE|PRIVATE|CREDENTIAL|(?:^|_)KEY$")
SHORTEST = 6
"""Characters that a secret must have to be looked for by its value: shorter ones stand in innocent text."""


@dataclass(frozen=True)
class Scrubber:
    """What is to be hidden in one bundle. `values`: secrets by value, longest first."""

    values: tuple[str, ...] = ()
    key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    def events(self, text: str) -> str:
        """The lines of an event log; what is no JSON is dropped, as is what the engine tells its developers."""
        lines = []
        for line in text.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and _is_told(event):
                lines.append(_compact(self._walk(event)))
        return self.text("".join(f"{line}\n" for line in lines))

    def digest(self, text: str) -> str | None:
        """The digest; None if the text is none."""
        try:
            found = json.loads(text)
        except ValueError:
            return None
        if not isinstance(found, dict) or not {"steps", "diagnostics", "changeSummary"} & found.keys():
            return None
        return self.text(_compact(self._walk(found)) + "\n")

    def text(self, text: str) -> str:
        """Any text without the secret values, in whatever form they are written."""
        return without(text, self.values)

    def _walk(self, value: object) -> Any:
        if isinstance(value, list):
            return [self._walk(part) for part in value]
        if not isinstance(value, dict):
            return value
        kept = {key: part for key, part in value.items() if key not in NOISE}
        if "urn" in kept and ("inputs" in kept or "outputs" in kept):
            return self._state(kept)
        return {key: self._walk(part) for key, part in kept.items()}

    def _state(self, state: Json) -> Json:
        outputs = state.get("outputs") or {}
        if state.get("type") == STACK_TYPE:
            shown = {name: self._fingerprint(value) for name, value in outputs.items()}
        else:
            shown = {name: outputs[name] for name in SHOWN_OUTPUTS if name in outputs}
        inputs = {
            name: SECRET if name in SECRET_INPUTS and value not in (None, UNKNOWN) else value
            for name, value in (state.get("inputs") or {}).items()
        }
        return {**state, "inputs": inputs, "outputs": shown}

    def _fingerprint(self, value: object) -> str:
        """The same for the same value in this bundle alone; the unknown stays the unknown."""
        text = json.dumps(value, sort_keys=True)
        if UNKNOWN in text:
            return UNKNOWN
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:16]


def of_environment(env: Mapping[str, str]) -> Scrubber:
    """Hides the values of variables whose names say that they are secrets."""
    found = {value.strip() for name, value in env.items() if SECRET_NAME.search(name)}
    usable = (value for value in found if len(value) >= SHORTEST and not value.startswith("/"))
    return Scrubber(tuple(sorted(usable, key=lambda value: (-len(value), value))))


def _is_told(event: Mapping[str, Any]) -> bool:
    body = event.get("diagnosticEvent")
    return not (isinstance(body, Mapping) and body.get("severity") == "debug")


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
