"""The RPC surface for the program: ``ResourceMonitor`` and ``Engine``, as plain ``method(request, context)``.

A request becomes a Goal, the run does the work, the answer is what became of it. When the run is over
every call is refused with UNAVAILABLE, which the SDK takes as "stop".
Source: the SDK's ``runtime/resource.py``, ``rpc.py`` and recorded calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, Protocol

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from emulators.engine.errors import EngineError, NotSupported, RunStopped
from emulators.engine.plan.goals import Goal, Registered
from emulators.engine.plan.options import RunInfo
from emulators.engine.protocol.provider import CHANNEL_OPTIONS
from emulators.engine.protocol.registration import goal_of, position
from emulators.engine.protocol.transforms import Transforms
from emulators.engine.protocol.wire import from_struct, outputs_from_struct, to_struct
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import Properties

FEATURE_NAMES = {  # the protocol's name: the name that older SDKs ask for
    "RESOURCE_MONITOR_FEATURE_SECRETS": "secrets",
    "RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES": "resourceReferences",
    "RESOURCE_MONITOR_FEATURE_ALIAS_SPECS": "aliasSpecs",
    "RESOURCE_MONITOR_FEATURE_DELETED_WITH": "deletedWith",
    "RESOURCE_MONITOR_FEATURE_TRANSFORMS": "transforms",
    "RESOURCE_MONITOR_FEATURE_REPLACE_WITH": "replaceWith",  # sent, to be refused here in one line
}
NOTHING_TO_DO = {
    "SignalAndWaitForShutdown": empty_pb2.Empty,
    "RequirePulumiVersion": engine_pb2.RequirePulumiVersionResponse,
}
Severity = Literal["info", "warning", "error"]
SEVERITIES: dict[int, Severity] = {1: "info", 2: "warning", 3: "error"}


class Run(Protocol):
    """What the program's calls lead to. Each may raise RunStopped, or EngineError to end the run."""

    def registered(self, urn: str) -> Resource | None: ...
    def register(self, goal: Goal) -> Registered: ...
    def read(self, new: Resource) -> Resource: ...
    def set_outputs(self, urn: str, outputs: Properties) -> None: ...
    def fail(self, message: str, urn: str) -> None: ...


class Monitor:
    """What the program can ask."""

    def __init__(self, info: RunInfo, run: Run) -> None:
        self._info, self._run = info, run
        self._transforms = Transforms()
        self._root = ""

    def _urn(self, request: Any) -> str:
        return self._info.urn(request.parent, request.type, request.name)

    # ResourceMonitor

    def GetDeploymentInfo(self, _request: Any) -> Any:  # noqa: N802 - an RPC's name
        info = self._info
        return resource_pb2.DeploymentInfo(
            project=info.stack.project.name,
            stack=info.stack.name,
            organization="organization",
            config=info.config.values,
            configSecretKeys=sorted(info.config.secret_keys),
            dryRun=info.options.preview,
            parallel=info.options.parallel,
            supportedFeatures=[resource_pb2.ResourceMonitorFeature.Value(name) for name in FEATURE_NAMES],
        )

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        supported = request.id in FEATURE_NAMES.values()
        return resource_pb2.SupportsFeatureResponse(hasSupport=supported)

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        self._transforms.apply(request)
        done = self._run.register(goal_of(request, self._urn(request)))
        resource = done.resource
        if done.failed:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, result=resource_pb2.Result.FAIL)
        if done.left_out:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, unknown=True)
        outputs = resource.outputs if resource.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=resource.id, object=_accepted(outputs, request)
        )

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        self._run.set_outputs(request.urn, outputs_from_struct(request.outputs))
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        new = Resource(
            urn=self._urn(request), type=request.type, custom=True, external=True, id=request.id,
            parent=request.parent, inputs=from_struct(request.properties), provider=request.provider,
            dependencies=list(request.dependencies),
            additional_secret_outputs=list(request.additionalSecretOutputs), **position(request),
        )  # fmt: skip
        resource = self._run.read(new)
        properties = _accepted(resource.outputs, request)
        return resource_pb2.ReadResourceResponse(urn=resource.urn, id=resource.id, properties=properties)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        if request.tok != "pulumi:pulumi:getResource":
            raise NotSupported(f"function '{request.tok}'")
        urn = str(from_struct(request.args).get("urn"))
        found = self._run.registered(urn)
        answer = {"urn": urn, "id": found.id if found else "", "state": found.outputs if found else {}}
        reply = resource_pb2.ResourceInvokeResponse()
        getattr(reply, "return").CopyFrom(to_struct(answer, secrets=True, references=True))
        return reply

    def RegisterStackTransform(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        self._transforms.for_the_stack(request)
        return empty_pb2.Empty()

    def Call(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        raise NotSupported(f"method '{request.tok}'")

    def RegisterPackage(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        raise NotSupported(f"package '{request.name}'")

    # Engine

    def GetRootResource(self, _request: Any) -> Any:  # noqa: N802 - an RPC's name
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any) -> Any:  # noqa: N802 - an RPC's name
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    # every call

    def answer(self, name: str, request: Any, context: Any) -> Any:
        """What the method of that name answers; a call that fails ends the run and is refused."""
        if name in NOTHING_TO_DO:
            return NOTHING_TO_DO[name]()
        method = getattr(self, name, None)
        if method is None:
            context.set_code(grpc.StatusCode.UNIMPLEMENTED)
            context.set_details(f"{name} is not supported by the embedded engine")
            raise NotImplementedError(name)
        try:
            return method(request)
        except RunStopped:
            pass
        except EngineError as error:
            urn = request.urn if name == "RegisterResourceOutputs" else ""
            self._run.fail(str(error), urn)
        except Exception as error:  # noqa: BLE001 - a mistake of ours has to end the run in order
            self._run.fail(f"the engine failed in {name}: {type(error).__name__}: {error}", "")
        return _refuse(context)


def _accepted(properties: Properties, request: Any) -> Any:
    """The properties as far as the program takes them: with marks and references, or without."""
    return to_struct(properties, secrets=request.acceptSecrets, references=request.acceptResources)


def _refuse(context: Any) -> Any:
    context.abort(grpc.StatusCode.UNAVAILABLE, "the run is over")


REGISTERING, TALKING = 256, 16
"""Calls of each service that are answered at the same time. Those to the monitor may last as long as a step does."""


class MonitorServer:
    """The monitor and the engine on loopback ports of their own, as with the real one: a call to the engine waits
    for no step. Calls that come before there is a monitor wait for it.

    But for messages: a provider has something to say, too, where no program runs (destroy, refresh).
    """

    def __init__(self) -> None:
        self.log: Callable[[Severity, str, str], None] = lambda *_: None
        self.progress: Callable[[str, str], None] = lambda *_: None
        self._monitor: Monitor | None = None
        self._ready = threading.Event()
        relay: Any = _Relay(self)
        registering, talking = (
            grpc.server(ThreadPoolExecutor(max_workers=most), options=CHANNEL_OPTIONS)
            for most in (REGISTERING, TALKING)
        )
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(relay, registering)
        engine_pb2_grpc.add_EngineServicer_to_server(relay, talking)
        self._servers = (registering, talking)
        self.monitor_address, self.engine_address = (
            f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}" for server in self._servers
        )
        for server in self._servers:
            server.start()

    def serve(self, monitor: Monitor) -> None:
        """Answer with this monitor."""
        self._monitor = monitor
        self._ready.set()

    def answer(self, name: str, request: Any, context: Any) -> Any:
        if name == "Log":
            severity = SEVERITIES.get(request.severity)
            if severity is not None and request.ephemeral:
                self.progress(request.message, request.urn)
            elif severity is not None:
                self.log(severity, request.message, request.urn)
            return empty_pb2.Empty()
        self._ready.wait()
        if self._monitor is None:
            return _refuse(context)
        return self._monitor.answer(name, request, context)

    def stop(self) -> None:
        self._ready.set()
        for server in self._servers:
            server.stop(None)


class _Relay:
    """Has every method that a service may have: each hands its call on."""

    def __init__(self, server: MonitorServer) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        return lambda request, context: self._server.answer(name, request, context)
