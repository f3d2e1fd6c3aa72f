"""The digest of a preview: ``preview --json``, one object with steps, diagnostics and counts.

The stack is always among the steps, other resources only when they change; a replacement is one step.
Secrets are ``[secret]``, unknowns the protocol's sentinel.
Source: recorded digests of the real command line.
"""

from __future__ import annotations

import json

from emulators.engine import urns
from emulators.engine.plan.options import Result, RunInfo
from emulators.engine.plan.steps import Op, Step
from emulators.engine.run.events import Diagnostic, Event, Redactor, StepBegun, StepEnded
from emulators.engine.state.checkpoint import Resource, resource_as_json
from emulators.engine.values import Json, Properties, Value, masked

LEFT_OUT = {"same", "create-replacement", "delete-replaced", "refresh"}


class Digest:
    """Listens to a run and collects."""

    def __init__(self, info: RunInfo, redactor: Redactor) -> None:
        self._config, self._redactor = info.config.properties(), redactor
        self._refreshes_first = info.options.kind != "refresh"
        self._steps: list[Json] = []
        self._diagnostics: list[Json] = []

    def __call__(self, event: Event) -> None:
        match event:
            case Diagnostic():
                urn = {"urn": event.urn} if event.urn else {}
                message = f"{event.prefix}{event.message}\n"
                self._diagnostics.append({**urn, "message": message, "severity": event.severity})
            case StepBegun(step) | StepEnded(step) if urns.is_default_provider(step.urn):
                pass
            case StepBegun(step):
                is_stack = urns.type_of(step.urn) == urns.STACK_TYPE
                if step.op not in LEFT_OUT or (step.op == "same" and (is_stack or step.protection_changes)):
                    self._add(step, step.op)
            case StepEnded(step) if step.op == "refresh":
                self._refreshed(step, event.result)

    def _refreshed(self, step: Step, result: Op) -> None:
        """Drift without a diff of its own stays ``refresh`` with the old values, as recorded.

        So does everything in a preview that refreshes first.
        """
        if result == "delete" and not self._refreshes_first:
            self._add(Step("delete", step.urn, step.old, None), "delete")
        elif result == "update" and step.detailed is not None and not self._refreshes_first:
            self._add(step, "update")
        else:
            self._add(Step("refresh", step.urn, step.old, step.old), "refresh")

    def _add(self, step: Step, op: Op) -> None:
        document: Json = {"op": op, "urn": step.urn}
        if step.resource.provider:
            document["provider"] = step.resource.provider
        if step.old is not None:
            document["oldState"] = self._state(step.old)
        if step.new is not None:
            document["newState"] = self._state(step.new)
        if step.detailed:
            document["diffReasons"] = step.changed_keys
        if step.keys:
            document["replaceReasons"] = list(step.keys)
        document["detailedDiff"] = step.detailed_json("kind")
        self._steps.append(document)

    def _state(self, resource: Resource) -> Json:
        """Secret texts are taken out of properties only: a short one must not damage a URN."""

        def shown(properties: Properties) -> Value:
            return self._redactor.redact_value(masked(properties))

        return resource_as_json(resource, shown)

    def finish(self, result: Result) -> None:
        """Print the whole of it."""
        document: Json = {}
        if self._config:
            document["config"] = masked(self._config)
        document["steps"] = self._steps
        if self._diagnostics:
            document["diagnostics"] = self._diagnostics
        document["duration"] = int(result.seconds * 1e9)
        document["changeSummary"] = dict(sorted(result.counts.items()))
        print(json.dumps(document, indent=4))
