"""A whole preview, up, refresh, destroy or import: processes started, the run driven, state and history kept."""

from __future__ import annotations

import time
from contextlib import ExitStack

from emulators.engine import lock
from emulators.engine.children import Child
from emulators.engine.events import Sink
from emulators.engine.executor import Executor
from emulators.engine.interrupt import Interrupt
from emulators.engine.monitor import MonitorServer
from emulators.engine.phases import Phases
from emulators.engine.program import RunInfo, provider_environment
from emulators.engine.project import read_yaml
from emulators.engine.providers import Providers, start_provider
from emulators.engine.redaction import Redactor
from emulators.engine.registry import RunSettings
from emulators.engine.run_options import UpdateOptions, UpdateResult
from emulators.engine.snapshot import Snapshot
from emulators.engine.stack import Stack
from emulators.engine.values import Secret


def run_update(stack: Stack, options: UpdateOptions, sink: Sink, redactor: Redactor) -> UpdateResult:
    """Do it. Raises EngineError before anything began; afterwards errors are counted in the result."""
    started = time.time()
    with ExitStack() as cleanup:
        if not options.preview:
            cleanup.enter_context(lock.locked(stack.backend, stack.project.name, stack.name))
        base = stack.read()
        config = stack.config()
        redactor.learn([Secret(config.values[key]) for key in config.secret_keys])
        info = RunInfo(stack.project, stack.name, config, options.parallel, options.preview)
        server = MonitorServer()
        cleanup.callback(server.stop)
        providers = _providers(info, server.address)
        cleanup.callback(providers.close)
        snapshot = Snapshot(base, stack.crypter, None if options.preview else stack.write)
        executor = Executor(snapshot, providers, sink, redactor, options.preview, options.parallel)
        providers.on_line = executor.hand_on_line
        for resource in base.resources:
            redactor.learn([resource.inputs, resource.outputs])
        settings = RunSettings(
            stack.name, stack.project.name, stack.config_properties(), options.continue_on_error
        )
        pending = [(op.resource.urn, op.type) for op in base.pending_operations]
        phases = Phases(stack, options, executor, settings, info, server, pending)
        cleanup.callback(phases.close)
        with Interrupt(
            phases.cancel, lambda: lock.release_own(stack.backend, stack.project.name, stack.name)
        ):
            phases.run()
        if not options.preview:
            snapshot.save()
        result = UpdateResult(dict(executor.counts), executor.errors, time.time() - started, phases.cancelled)
        if not options.preview:
            _keep_history(stack, options, result, started)
    return result


def _providers(info: RunInfo, address: str) -> Providers:
    python, folder = info.project.python(), info.project.program_folder

    def start() -> Child:
        return start_provider(python, folder, address, provider_environment(info))

    return Providers(start)


def _keep_history(stack: Stack, options: UpdateOptions, result: UpdateResult, started: float) -> None:
    document = read_yaml(stack.config_file) if stack.config_file.exists() else {}
    stack.backend.keep_history(
        stack.project.name,
        stack.name,
        {
            "kind": options.kind,
            "startTime": int(started),
            "message": options.message,
            "environment": {"exec.kind": "embedded", "runtime.name": "python"},
            "config": document.get("config") or {},
            "version": 0,
            "result": "failed" if result.errors else "succeeded",
            "endTime": int(time.time()),
            "resourceChanges": result.counts,
        },
    )
