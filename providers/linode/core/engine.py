"""What the SDK's dynamic provider doesn't offer and the engine understands: every unofficial hold on them is here.

Each part tests first whether what it relies on is there, and tells its caller when it isn't, so that another
SDK costs a comfort and never a Linode. Relied on: the servicer's methods have the locals `request` and
`context`, and `Diff` makes a `proto.DiffResponse` of a local `result` (pulumi/dynamic/__main__.py, SDK 3.272); an
error that carries ErrorResourceInitFailed keeps a resource in the state, and the next `up` updates it
(pulumi/provider.proto); the servicer runs on one ThreadPoolExecutor of 4 threads, which looks at `_max_workers`
whenever work comes; it tells an error as what its `traceback.format_exc()` gives; its `Cancel` answers with an
`empty_pb2.Empty()`.
"""

from __future__ import annotations

import functools
import gc
import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from providers.linode.api import interruption
from providers.linode.api.errors import LinodeError

if TYPE_CHECKING:
    from pulumi.dynamic import DiffResult

log = logging.getLogger("linode.engine")

SERVICER = "DynamicResourceProviderServicer"
PROVIDER_KEY = "__provider"
DETAILS_KEY = "grpc-status-details-bin"
UNKNOWN_ERROR = 2
"""gRPC's code for an error of no particular kind."""

STOCK_THREADS = 4
WIDE_THREADS = 128
"""Provider calls at once. They mostly wait, and the engine's --parallel sets how many there really are."""

SELDOM = 100_000
"""Objects made until the next look for garbage: what a provider keeps of each resource lives as long as it."""

POOL_LOOKS = 3
POOL_PAUSE_S = 0.01
LOOK_FOR_ENGINE_S = 1.0
LOST_ENGINE_LOOKS = 2


class PartialFailure(Exception):
    """The resource exists and is not ready: the engine has been told to keep it. Its text is the reason."""


@dataclass(frozen=True)
class Call:
    """The engine's call that this thread is answering. `timeout_s`: from custom_timeouts, 0 if none is set."""

    urn: str
    timeout_s: float
    context: Any
    request: Any = None

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def project(self) -> str:
        """urn:pulumi:<stack>::<project>::<type>::<name>."""
        return self.urn.split("::")[1] if "::" in self.urn else ""


def current_call() -> Call | None:
    """The call that this thread is answering, None where the servicer can't be found on the stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        names = frame.f_locals
        if type(names.get("self")).__name__ == SERVICER and "request" in names and "context" in names:
            request, context = names["request"], names["context"]
            if not callable(getattr(context, "set_trailing_metadata", None)):
                return None
            urn, timeout = getattr(request, "urn", ""), getattr(request, "timeout", 0.0)
            return Call(str(urn), float(timeout or 0.0), context, request)
        frame = frame.f_back
    return None


def old_inputs() -> dict[str, Any]:
    """The inputs that the state holds, where the call brings them and the SDK doesn't hand them on; else empty."""
    call = current_call()
    sent = (
        next(
            (getattr(call.request, name) for name in ("old_inputs", "inputs") if hasattr(call.request, name)),
            None,
        )
        if call
        else None
    )
    if sent is None:
        return {}
    from pulumi.runtime import rpc

    found: dict[str, Any] = rpc.deserialize_properties(sent) or {}
    return found


def keep_partial(id_: str, outputs: Mapping[str, object], reason: str, provider: object) -> bool:
    """Have the engine keep the resource with this id, these outputs and the reason why it isn't ready.

    Raises PartialFailure when the engine will; returns False, having done nothing, when it can't be told.
    `provider` is the property `__provider` of the resource's inputs, without which the state is of no use.
    """
    call = current_call()
    if call is None or not provider:
        return False
    try:
        details = _details(id_, {**outputs, PROVIDER_KEY: provider}, reason)
        call.context.set_trailing_metadata(((DETAILS_KEY, details),))
    except Exception as error:  # noqa: BLE001 - whatever an other SDK raises, the fallback has to be taken
        log.debug("the engine can't be told of a half-made resource: %s", error)
        return False
    raise PartialFailure(reason)


def _details(id_: str, properties: Mapping[str, object], reason: str) -> bytes:
    from pulumi.runtime.proto import provider_pb2, status_pb2

    failed = provider_pb2.ErrorResourceInitFailed(id=id_, reasons=[reason])
    failed.properties.update(_without_none(properties))
    status = status_pb2.Status(code=UNKNOWN_ERROR, message=reason)
    status.details.add().Pack(failed)
    return bytes(status.SerializeToString())


def _without_none(properties: Mapping[str, object]) -> dict[str, Any]:
    """As the servicer does it: None is left out, also within maps; tuples are lists."""
    return {key: _plain(value) for key, value in properties.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _without_none({str(key): part for key, part in value.items()})
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value


@functools.cache
def settle_in() -> None:
    """What every provider needs of the servicer that made it, done once a process."""
    gc.set_threshold(SELDOM)
    say_errors_plainly()
    show_differences()
    widen_pool()
    end_with_engine()
    hear_of_cancel()


def say_errors_plainly(environment: Mapping[str, str] = os.environ) -> bool:
    """Have an error reach people as one line: the servicer sends `traceback.format_exc()`. Whether that worked.

    With LINODE_DEBUG nothing is done. Only to be called once the provider is being configured: the SDK hangs in
    a program that has set `tracebacklimit`.
    """
    if environment.get("LINODE_DEBUG"):
        return False
    sys.tracebacklimit = 0
    servicer = sys.modules["__main__"]
    if getattr(servicer, "traceback", None) is not traceback:
        return False
    servicer.traceback = _PlainTraceback()  # type: ignore[attr-defined]  # looked up just now
    return True


class _PlainTraceback:
    """Stands for the module `traceback` in the servicer."""

    @staticmethod
    def format_exc() -> str:
        error = sys.exc_info()[1]
        if isinstance(error, (LinodeError, PartialFailure)):
            return str(error)
        said = " ".join(traceback.format_exc().split())
        return (
            f"the provider failed where it should not: {said}. Next: LINODE_DEBUG=1 shows where; report it."
        )


def differing(kinds: Mapping[str, str]) -> DiffResult:
    """What differs, by property: ADD, DELETE or UPDATE. An engine shows that and nothing else.

    Where it can't be told, the engine compares old and new inputs itself.
    """
    from pulumi.dynamic import DiffResult

    result = DiffResult(changes=None)
    result.kinds = kinds  # type: ignore[attr-defined]  # for _DiffResponse
    return result


class _DiffResponse:
    """Stands for the servicer's, which has no place for what differs."""

    def __init__(self, proto: Any) -> None:
        self._proto = proto

    def __getattr__(self, name: str) -> object:
        return getattr(self._proto.DiffResponse, name)

    def __call__(self, **fields: Any) -> object:
        result, one = sys._getframe(1).f_locals.get("result"), self._proto.PropertyDiff
        if kinds := getattr(result, "kinds", None):
            differs = {key: one(kind=one.Kind.Value(kind), inputDiff=True) for key, kind in kinds.items()}
            fields |= {"changes": self.DIFF_SOME, "hasDetailedDiff": True, "detailedDiff": differs}
        return self._proto.DiffResponse(**fields)


def show_differences() -> bool:
    """Have the servicer hand on what `differing` says. Whether that worked."""
    servicer: Any = sys.modules["__main__"]
    proto = getattr(servicer, "proto", None)
    if not hasattr(proto, "PropertyDiff"):
        return False
    servicer.proto = SimpleNamespace(**{**vars(proto), "DiffResponse": _DiffResponse(proto)})
    return True


def widen_pool(threads: int = WIDE_THREADS) -> bool:
    """Let the servicer that runs this thread answer more than 4 calls at once. Whether that worked."""
    for _ in range(POOL_LOOKS):
        for pool in _stock_pools():
            if threading.current_thread() in getattr(pool, "_threads", ()):
                pool._max_workers = threads
                _begin_waiting(pool)
                return True
        time.sleep(POOL_PAUSE_S)  # a thread that has just been started isn't in its pool's list yet
    return False


def _begin_waiting(pool: ThreadPoolExecutor) -> None:
    """Give the calls that came before the pool was wide a thread each: a pool starts one only as work comes.

    A destroy on an idle engine sends all its calls at once.
    """
    for _ in range(pool._work_queue.qsize()):
        pool.submit(_nothing)


def _nothing() -> None:
    """Work that brings its pool to start a thread."""


def _stock_pools() -> list[ThreadPoolExecutor]:
    return [
        found
        for found in gc.get_objects()
        if type(found) is ThreadPoolExecutor and getattr(found, "_max_workers", None) == STOCK_THREADS
    ]


def end_with_engine(arguments: list[str] | None = None) -> bool:
    """End this process when its engine is gone: a killed engine leaves it behind, with requests still to send.

    The engine's address is the servicer's argument. Whether the engine answered there, and so is watched.
    """
    address = (sys.argv if arguments is None else arguments)[1:2]
    host, _, port = address[0].rpartition(":") if address else ("", "", "")
    if not port.isdigit() or not _listens(host, int(port)):
        return False
    watch = threading.Thread(target=_watch, args=(host, int(port)), name="engine-watch", daemon=True)
    watch.start()
    return True


def _watch(host: str, port: int) -> None:
    missed = 0
    while missed < LOST_ENGINE_LOOKS:
        time.sleep(LOOK_FOR_ENGINE_S)
        missed = 0 if _listens(host, port) else missed + 1
    os._exit(1)


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=LOOK_FOR_ENGINE_S):
            return True
    except TimeoutError:
        return True  # busy, not gone
    except OSError:
        return False


@functools.cache
def keep_the_programs_frames() -> bool:
    """Have states hold the program's lines without the interpreter's and the SDK's that ran it, a quarter of a
    resource's size in a state that an engine writes at every step. Whether that worked.
    """
    sdk: Any = sys.modules["pulumi.runtime.resource"]
    if getattr(sdk, "traceback", None) is not traceback:
        return False
    sdk.traceback = SimpleNamespace(**{**vars(traceback), "extract_stack": _program_stack})
    return True


def _program_stack() -> list[traceback.FrameSummary]:
    """From the outermost frame of the program on, without the lines of text: `extract_stack` looks at every file."""
    found, frame = [], cast("FrameType | None", sys._getframe(1))
    while frame is not None and "runpy" not in frame.f_code.co_filename:
        code = frame.f_code
        found.append(
            traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name, lookup_line=False)
        )
        frame = frame.f_back
    return found[::-1]


def hear_of_cancel() -> bool:
    """Have what only waits end when the engine says Cancel, to which the servicer does nothing. Whether that worked."""
    servicer: Any = sys.modules["__main__"]
    proto: Any = getattr(servicer, "empty_pb2", None)
    if not hasattr(proto, "Empty"):
        return False

    def empty() -> object:
        if sys._getframe(1).f_code.co_name == "Cancel":
            interruption.ask()
        return proto.Empty()

    servicer.empty_pb2 = SimpleNamespace(Empty=empty)
    return True


class EngineLog:
    """The engine's log, which shows a message beside its resource, in previews too. The address is the servicer's."""

    def __init__(self, address: str) -> None:
        import grpc
        from pulumi.runtime.proto import engine_pb2_grpc

        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def tell(self, urn: str, message: str, *, warning: bool = False, passing: bool = False) -> None:
        """Show one line, a passing one until the next. An engine that takes none costs the line and nothing else."""
        import grpc
        from pulumi.runtime.proto import engine_pb2

        severity = engine_pb2.WARNING if warning else engine_pb2.INFO
        try:
            self._stub.Log(
                engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=passing),
                timeout=5,
            )
        except grpc.RpcError as error:
            log.debug("the engine takes no message: %s", error)


@functools.cache
def engine_log() -> EngineLog | None:
    """The log of the engine that started this process, None where none listens."""
    address = sys.argv[1] if len(sys.argv) > 1 else ""
    host, _, port = address.rpartition(":")
    return EngineLog(address) if port.isdigit() and _listens(host, int(port)) else None


def tell_who_waits(message: str) -> None:
    """That a request waits: beside its resource no more than a note, else a warning, as nobody sees less."""
    tell(message, warning=current_call() is None)


def tell(message: str, *, warning: bool = True) -> None:
    """A line beside the resource whose call this thread is answering; without an engine, into our own log."""
    call, shown = current_call(), engine_log()
    if call is None or shown is None:
        log.log(logging.WARNING if warning else logging.INFO, "%s", message)
        return
    shown.tell(call.urn, message, warning=warning)


def tell_of_all(message: str) -> None:
    """A line beside the stack, of what concerns many resources."""
    _tell_of_all(message, passing=False)


def show_for_all(message: str) -> None:
    """The same for a while: it is in no summary at the end."""
    _tell_of_all(message, passing=True)


def _tell_of_all(message: str, *, passing: bool) -> None:
    if (shown := engine_log()) is not None:
        shown.tell("", message, passing=passing)
    else:
        log.info("%s", message)
