"""The digest of a preview: ``preview --json``, one object with steps, diagnostics and counts.

The stack is always among the steps, other resources only when they change; a replacement is one step.
Secrets are ``[secret]``, unknowns the protocol's sentinel.
Source: recorded digests of the real command line.
"""

from __future__ import annotations

import json
from typing import Any

from emulators.engine import urns
from emulators.engine.diffs import parse_path
from emulators.engine.events import Diagnostic, Event, Op, Step, StepBegun, StepEnded
from emulators.engine.redaction import Redactor
from emulators.engine.run_options import UpdateResult
from emulators.engine.state import JSON_NAMES, Resource
from emulators.engine.values import Properties, masked

Json = dict[str, Any]
LEFT_OUT = {"same", "create-replacement", "delete-replaced", "refresh"}


class Digest:
    """Listens to a run and collects."""

    def __init__(self, config: Properties, redactor: Redactor) -> None:
        self._config = config
        self._redactor = redactor
        self.steps: list[Json] = []
        self.diagnostics: list[Json] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepBegun):
            self._begun(event.step)
        elif isinstance(event, StepEnded) and event.step.op == "refresh":
            if not urns.is_default_provider(event.step.urn):
                self._refreshed(event.step, event.result)
        elif isinstance(event, Diagnostic):
            self._diagnosed(event)

    def _begun(self, step: Step) -> None:
        is_stack = urns.type_of(step.urn) == urns.STACK_TYPE
        if urns.is_default_provider(step.urn) or (
            step.op in LEFT_OUT and not (is_stack and step.op == "same")
        ):
            return
        self._add(step, step.op)

    def _refreshed(self, step: Step, result: Op) -> None:
        """Drift without a diff of its own stays ``refresh`` with the old values, as recorded."""
        if result == "delete":
            self._add(Step("delete", step.urn, step.old, None), "delete")
        elif result == "update" and step.detailed is not None:
            self._add(step, "update")
        else:
            self._add(Step("refresh", step.urn, step.old, step.old), "refresh")

    def _add(self, step: Step, op: Op) -> None:
        """Secret texts are taken out of properties only: a short one must not damage a URN."""
        document = _step(step, op)
        for state in ("oldState", "newState"):
            for part in ("inputs", "outputs"):
                if part in document.get(state, {}):
                    document[state][part] = self._redactor.redact_value(document[state][part])
        self.steps.append(document)

    def _diagnosed(self, event: Diagnostic) -> None:
        text = event.message
        prefix = f"{event.severity}: " if event.severity in ("error", "warning") else ""
        entry = {"urn": event.urn} if event.urn else {}
        self.diagnostics.append({**entry, "message": f"{prefix}{text}\n", "severity": event.severity})

    def finish(self, result: UpdateResult) -> None:
        """Print the whole of it."""
        print(self.text(result))

    def text(self, result: UpdateResult) -> str:
        document: Json = {}
        if self._config:
            document["config"] = {key: masked(value) for key, value in self._config.items()}
        document["steps"] = self.steps
        if self.diagnostics:
            document["diagnostics"] = self.diagnostics
        document["duration"] = int(result.seconds * 1e9)
        document["changeSummary"] = dict(sorted(result.counts.items()))
        return json.dumps(document, indent=4)


def _step(step: Step, op: Op) -> Json:
    document: Json = {"op": op, "urn": step.urn}
    if step.resource.provider:
        document["provider"] = step.resource.provider
    if step.old is not None and op != "read":
        document["oldState"] = resource_json(step.old)
    if step.new is not None:
        document["newState"] = resource_json(step.new)
    if step.detailed:
        document["diffReasons"] = sorted({str(parse_path(change.path)[0]) for change in step.detailed})
    if step.keys:
        document["replaceReasons"] = list(step.keys)
    document["detailedDiff"] = step.detailed_json("kind") if step.detailed else None
    return document


def resource_json(resource: Resource) -> Json:
    """The entry as the state has it, with secrets masked."""
    document: Json = {}
    for name, json_name in JSON_NAMES.items():
        value = getattr(resource, name)
        if value or name in ("urn", "custom", "type"):
            document[json_name] = masked(value) if name in ("inputs", "outputs") else value
    return document
