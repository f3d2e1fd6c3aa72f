"""The engine's events as JSON, one a line: ``--json`` of a run, a streamed preview, ``--event-log``.

Events are written as they happen, for the states in them change later. Secrets are marked, never shown,
and secret texts are taken out of everything else.
Source: ``apitype/events.go`` and recorded streams of the real command line.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from emulators.engine import urns
from emulators.engine.plan.options import Result, RunInfo
from emulators.engine.plan.steps import Op, Step
from emulators.engine.run.events import (
    Diagnostic,
    Event,
    OutputsSet,
    Redactor,
    StackOutputs,
    StepBegun,
    StepBroke,
    StepEnded,
)
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import Json, dump, masked, to_state

NOT_LOGICAL = {"create-replacement", "delete-replaced", "refresh"}
WITHOUT_NEW = {"delete", "delete-replaced"}
SHOWN_WHEN_SET = {
    "delete": "delete", "protect": "protect", "external": "external", "retain_on_delete": "retainOnDelete",
    "init_errors": "initErrors", "hide_diff": "hideDiffs",
}  # fmt: skip


class EventStream:
    """Listens to a run and writes a line for each event."""

    def __init__(
        self, write: Callable[[str], object], info: RunInfo, redactor: Redactor, *, internal: bool = False
    ) -> None:
        """Internal: with the events of default providers, as an event log has them."""
        self._write, self._config, self._redactor = write, info.config.properties(), redactor
        self._preview, self._internal = info.options.preview, internal
        self._is_refresh = info.options.kind == "refresh"
        self._maybe_corrupt = False
        self._sequence = 0
        self._steps = 0

    def __call__(self, event: Event) -> None:
        self._start()
        match event:
            case StepBegun(step):
                self._send_step("resourcePreEvent", step, step.op)
            case StepEnded():
                self._ended(event)
            case OutputsSet(step) | StackOutputs(step=Step() as step):
                self._send_step("resOutputsEvent", step, step.op)
            case StepBroke():
                self._broke(event)
            case Diagnostic():
                self._diagnosed(event)

    def finish(self, result: Result) -> None:
        """The summary, and the mark of the end."""
        self._start()
        outcome = "failed" if result.errors else "succeeded"
        summary = {
            "maybeCorrupt": self._maybe_corrupt,
            "durationSeconds": int(result.seconds),
            "resourceChanges": dict(sorted(result.counts.items())),
            "PolicyPacks": {},
            "isPreview": self._preview,
            "result": "canceled" if result.cancelled else outcome,
        }
        self._send("summaryEvent", summary)
        self._send("cancelEvent", {})

    def _start(self) -> None:
        if not self._sequence:
            self._send("preludeEvent", {"config": masked(self._config)})

    def _send(self, kind: str, body: Json) -> None:
        event = {"sequence": self._sequence, "timestamp": int(time.time()), kind: body}
        self._sequence += 1
        self._write(dump(event) + "\n")

    def _ended(self, event: StepEnded) -> None:
        """A component's outputs come later, from the program; a preview tells of its step as well."""
        step = event.step
        self._steps += step.op not in NOT_LOGICAL and not urns.is_default_provider(step.urn)
        if self._preview or step.resource.custom or step.op in ("delete", "refresh"):
            if step.op == "import":
                step = Step("import", step.urn, step.new, step.new)
            self._send_step("resOutputsEvent", step, event.result if self._is_refresh else step.op)

    def _broke(self, event: StepBroke) -> None:
        step = event.step
        if not self._preview and (self._internal or not urns.is_default_provider(step.urn)):
            self._maybe_corrupt |= event.status == 2
            body = {"metadata": self._metadata(step, step.op), "status": event.status, "steps": self._steps}
            self._send("resOpFailedEvent", body)

    def _send_step(self, kind: str, step: Step, op: Op) -> None:
        if self._internal or not urns.is_default_provider(step.urn):
            planning = {"planning": True} if self._preview else {}
            self._send(kind, {"metadata": self._metadata(step, op), **planning})

    def _metadata(self, step: Step, op: Op) -> Json:
        gone = op in WITHOUT_NEW
        metadata: Json = {"op": op, "urn": step.urn, "type": urns.type_of(step.urn)}
        metadata["old"] = self._state(step.old)
        metadata["new"] = None if gone else self._state(step.new)
        if step.keys and not gone:
            metadata["keys"] = list(step.keys)
        if step.detailed and not gone:
            metadata["diffs"] = step.changed_keys
        metadata["detailedDiff"] = None if gone else step.detailed_json("diffKind")
        if step.op not in NOT_LOGICAL:
            metadata["logical"] = True
        metadata["provider"] = step.resource.provider
        return metadata

    def _state(self, resource: Resource | None) -> Json | None:
        if resource is None:
            return None
        state: Json = {"type": resource.type, "urn": resource.urn}
        if resource.custom:
            state["custom"] = True
        state |= {"id": resource.id, "parent": resource.parent, "provider": resource.provider}
        for name, properties in (("inputs", resource.inputs), ("outputs", resource.outputs)):
            state[name] = self._redactor.redact_value(to_state(properties, lambda _plain: "[secret]"))
        return state | {
            json_name: value
            for name, json_name in SHOWN_WHEN_SET.items()
            if (value := getattr(resource, name))
        }

    def _diagnosed(self, event: Diagnostic) -> None:
        body: Json = {"urn": event.urn} if event.urn else {}
        if event.prefix:
            body["prefix"] = event.prefix
        message = event.message.rstrip("\n") + "\n"
        self._send(
            "diagnosticEvent", {**body, "message": message, "color": "never", "severity": event.severity}
        )
