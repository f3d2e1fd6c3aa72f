"""A whole preview, up, refresh or destroy: processes started, the run driven, the state and history kept."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from emulators.engine import lock, passphrase
from emulators.engine.children import Child
from emulators.engine.deletes import delete_all
from emulators.engine.deployment import Deployment, warn_of_pending
from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.events import Sink
from emulators.engine.executor import Executor
from emulators.engine.monitor import Monitor, MonitorServer
from emulators.engine.program import SHOWN_TO_USER, RunInfo, provider_environment, start_program
from emulators.engine.project import plain_name, read_yaml
from emulators.engine.provider_process import Providers, start_provider
from emulators.engine.redaction import Redactor
from emulators.engine.refresh import refresh
from emulators.engine.registry import RunSettings
from emulators.engine.snapshot import Snapshot
from emulators.engine.stack import Stack, ask_passphrase, read_latest, read_state, stack_outputs
from emulators.engine.state import Deployment as State
from emulators.engine.state import check_secrets_provider
from emulators.engine.values import Properties, Secret

Kind = Literal["update", "refresh", "destroy"]


@dataclass(frozen=True)
class UpdateOptions:
    kind: Kind
    preview: bool
    parallel: int
    refresh: bool = False
    clear_pending_creates: bool = False
    continue_on_error: bool = False
    message: str = ""


@dataclass(frozen=True)
class UpdateResult:
    counts: dict[str, int]
    errors: int
    seconds: float

    @property
    def changes(self) -> int:
        return sum(number for op, number in self.counts.items() if op != "same")


def default_parallel() -> int:
    return 4 * (os.cpu_count() or 1)


class Interrupt:
    """Ctrl-C: the first lets running steps end, the second ends everything at once."""

    def __init__(self, on_first: Callable[[], None], on_second: Callable[[], None]) -> None:
        self._on_first, self._on_second = on_first, on_second
        self._count = 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._handle)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: object) -> None:
        self._count += 1
        if self._count == 1:
            threading.Thread(target=self._on_first, daemon=True).start()  # it takes locks
        else:
            self._on_second()
            os._exit(1)


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
        runner = _Runner(stack, options, executor, settings, info, server, pending)
        cleanup.callback(runner.close)
        with Interrupt(runner.cancel, runner.release):
            runner.run()
        if not options.preview:
            snapshot.save()
        result = UpdateResult(dict(executor.counts), executor.errors, time.time() - started)
        if not options.preview:
            _keep_history(stack, options, result, started)
    return result


def _providers(info: RunInfo, address: str) -> Providers:
    python, folder = info.project.python(), info.project.program_folder

    def start() -> Child:
        return start_provider(python, folder, address, provider_environment(info))

    return Providers(start)


class _Runner:
    """The phases of one run."""

    def __init__(
        self,
        stack: Stack,
        options: UpdateOptions,
        executor: Executor,
        settings: RunSettings,
        info: RunInfo,
        server: MonitorServer,
        pending: list[tuple[str, str]],
    ) -> None:
        self.stack, self.options, self.executor, self.settings = stack, options, executor, settings
        self.info, self.server, self.pending = info, server, pending
        self.program_ended = threading.Event()
        self._cancelled = False
        self._child: Child | None = None

    def cancel(self) -> None:
        self._cancelled = True
        self.executor.error("update canceled")
        self.program_ended.set()

    def release(self) -> None:
        lock.release_own(self.stack.backend, self.stack.project.name, self.stack.name)

    def close(self) -> None:
        """Let no child outlive the run, however it ended."""
        if self._child is not None:
            self._child.stop(1.0)

    def run(self) -> None:
        executor, options = self.executor, self.options
        executor.on_stop = self.program_ended.set
        if options.kind == "update":
            executor.providers.warm_up()
            self._child = child = start_program(self.info, self.server.address)
        if options.kind == "refresh" or options.refresh:
            deployment = Deployment(executor, self.settings)
            refresh(executor, deployment.references.ensure, options.clear_pending_creates)
            if options.kind != "refresh":
                executor.counts.clear()
        if options.kind == "update":
            self._run_program(child)
        elif options.kind == "destroy":
            deployment = Deployment(executor, self.settings)
            warn_of_pending(executor.emit, self.pending)
            delete_all(executor, list(executor.snapshot.base), deployment.references.ensure)
        if executor.step_errors and not self._cancelled:
            executor.error("preview failed" if options.preview else "update failed", stop=False)

    def _run_program(self, child: Child) -> None:
        executor = self.executor
        deployment = Deployment(executor, self.settings)
        if not self.options.preview:
            warn_of_pending(executor.emit, self.pending)

        child.hand_on_lines(executor.hand_on_line)
        self.server.serve(Monitor(self.info, deployment, self._read_stack))
        code: list[int | None] = []

        def wait() -> None:
            code.append(child.wait())
            self.program_ended.set()

        waiter = threading.Thread(target=wait, daemon=True)
        waiter.start()
        self.program_ended.wait()
        if executor.stopping.is_set():
            child.stop(1.0)
        waiter.join()
        child.stop(0)
        succeeded = code == [0]
        if not succeeded and not executor.stopping.is_set():
            if code != [SHOWN_TO_USER]:
                executor.error(
                    f"an unhandled error occurred: program exited with non-zero exit code: {code[0]}"
                )
            executor.stopping.set()
        deployment.finish(succeeded)

    def _read_stack(self, name: str) -> Properties:
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "organization":
            project, stack = parts[1], parts[2]
        elif len(parts) == 1:
            project, stack = self.stack.project.name, plain_name(name, self.stack.project)
        else:
            raise EngineError(f"stack reference '{name}': give it as organization/<project>/<stack>")
        if not self.stack.backend.exists(project, stack):
            raise EngineError(f"unknown stack '{name}'")
        return stack_outputs(read_foreign(self.stack, project, stack))


def read_foreign(stack: Stack, project: str, name: str) -> State:
    """The state of another stack of the backend, opened with the same passphrase."""
    salt = check_secrets_provider(read_latest(stack.backend, project, name))
    crypter = stack.crypter
    if salt and salt != stack.salt:
        try:
            crypter = passphrase.open_stack(salt, ask_passphrase(interactive=False))
        except passphrase.WrongPassphrase as error:
            raise NotSupported(f"stack 'organization/{project}/{name}' has another passphrase") from error
    return read_state(stack.backend, project, name, crypter)


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
