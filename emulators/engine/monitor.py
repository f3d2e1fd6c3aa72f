"""The RPC surface for the program: ``ResourceMonitor`` and ``Engine``, as plain ``method(request, context)``.

A request becomes a Goal, the deployment does the work, the answer is what became of it. When the run is over
every call is refused with UNAVAILABLE, which the SDK takes as "stop".
Source: the SDK's ``runtime/resource.py``, ``rpc.py`` and recorded calls.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from emulators.engine import urns
from emulators.engine.deployment import Deployment
from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.events import Diagnostic, Severity
from emulators.engine.executor import RunStopped
from emulators.engine.goals import goal_of, source_position, stack_trace
from emulators.engine.program import RunInfo
from emulators.engine.provider_process import CHANNEL_OPTIONS
from emulators.engine.stack_reference import StackReader, read_reference
from emulators.engine.state import Resource
from emulators.engine.transforms import Transforms
from emulators.engine.values import Properties, from_struct, outputs_from_struct, to_struct

FEATURE_NAMES = {  # the protocol's name: the name that older SDKs ask for
    "RESOURCE_MONITOR_FEATURE_SECRETS": "secrets",
    "RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES": "resourceReferences",
    "RESOURCE_MONITOR_FEATURE_ALIAS_SPECS": "aliasSpecs",
    "RESOURCE_MONITOR_FEATURE_DELETED_WITH": "deletedWith",
    "RESOURCE_MONITOR_FEATURE_TRANSFORMS": "transforms",
}
SEVERITIES: dict[int, Severity] = {1: "info", 2: "warning", 3: "error"}


class Monitor:
    """What the program can ask."""

    def __init__(self, info: RunInfo, deployment: Deployment, read_stack: StackReader) -> None:
        self._info = info
        self._deployment = deployment
        self._read_stack = read_stack
        self._transforms = Transforms()
        self._root = ""

    # ResourceMonitor

    def GetDeploymentInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        info = self._info
        return resource_pb2.DeploymentInfo(
            project=info.project.name,
            stack=info.stack,
            organization=info.organization,
            config=info.config.values,
            configSecretKeys=sorted(info.config.secret_keys),
            dryRun=info.dry_run,
            parallel=info.parallel,
            supportedFeatures=[resource_pb2.ResourceMonitorFeature.Value(name) for name in FEATURE_NAMES],
        )

    def SupportsFeature(self, request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        supported = request.id in FEATURE_NAMES.values()
        return resource_pb2.SupportsFeatureResponse(hasSupport=supported)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - an RPC's name
        try:
            self._transforms.apply(request)
            goal = goal_of(request)
            done = self._deployment.register(goal)
            if urns.is_provider(goal.type) and not (done.failed or done.skipped or done.left_out):
                self._deployment.references.registered(done.resource)
        except RunStopped:
            return _refuse(context)
        except EngineError as error:
            self._deployment.executor.error(str(error))
            return _refuse(context)
        resource = done.resource
        if done.failed or done.skipped:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, result=resource_pb2.Result.FAIL)
        if done.left_out:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, unknown=True)
        outputs = resource.outputs if resource.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn,
            id=_known_id(resource),
            object=to_struct(outputs, secrets=request.acceptSecrets, references=request.acceptResources),
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802 - an RPC's name
        try:
            self._deployment.set_outputs(request.urn, outputs_from_struct(request.outputs))
        except EngineError as error:
            self._deployment.executor.error(str(error), request.urn)
            return _refuse(context)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - an RPC's name
        deployment = self._deployment
        urn = urns.make(self._info.stack, self._info.project.name, request.parent, request.type, request.name)
        new = Resource(
            urn=urn, type=request.type, custom=True, external=True, id=request.id, parent=request.parent,
            inputs=from_struct(request.properties), dependencies=list(request.dependencies),
            provider=request.provider,
            additional_secret_outputs=list(request.additionalSecretOutputs),
            source_position=source_position(request.sourcePosition), stack_trace=list(stack_trace(request.stackTrace)),
        )  # fmt: skip
        try:
            if request.type == urns.STACK_REFERENCE_TYPE:
                resource = read_reference(deployment, new, self._read_stack)
            else:
                resource = deployment.read(new, request.id)
        except RunStopped:
            return _refuse(context)
        except EngineError as error:
            deployment.executor.error(str(error), urn)
            return _refuse(context)
        return resource_pb2.ReadResourceResponse(
            urn=urn,
            id=_known_id(resource),
            properties=to_struct(
                resource.outputs, secrets=request.acceptSecrets, references=request.acceptResources
            ),
        )

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802 - an RPC's name
        if request.tok == "pulumi:pulumi:getResource":
            return self._get_resource(request)
        return self._unsupported(context, f"function '{request.tok}'")

    def _get_resource(self, request: Any) -> Any:
        urn = str(from_struct(request.args).get("urn"))
        resource = self._deployment.registry.registered.get(urn)
        answer: Properties = {"urn": urn, "id": "", "state": {}}
        if resource is not None:
            answer = {"urn": urn, "id": resource.id, "state": resource.outputs}
        reply = resource_pb2.ResourceInvokeResponse()
        getattr(reply, "return").CopyFrom(to_struct(answer, secrets=True, references=True))
        return reply

    def RegisterStackTransform(self, request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        self._transforms.for_the_stack(request)
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        return empty_pb2.Empty()

    def Call(self, request: Any, context: Any) -> Any:  # noqa: N802 - an RPC's name
        return self._unsupported(context, f"method '{request.tok}'")

    def RegisterPackage(self, request: Any, context: Any) -> Any:  # noqa: N802 - an RPC's name
        return self._unsupported(context, f"package '{request.name}'")

    def fail(self, message: str) -> None:
        """End the run with an error that is the engine's own."""
        self._deployment.executor.error(message)

    def _unsupported(self, context: Any, what: str) -> Any:
        error = NotSupported(f"{what} is not supported by the embedded engine. Next: use pulumi")
        self._deployment.executor.error(str(error))
        return _refuse(context)

    # Engine

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        severity = SEVERITIES.get(request.severity)
        executor = self._deployment.executor
        late = severity == "error" and executor.stopping.is_set()
        if severity is not None and not request.ephemeral and not late:
            executor.emit(Diagnostic(severity, request.message, request.urn))
        return empty_pb2.Empty()

    def GetRootResource(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - an RPC's name
        return engine_pb2.RequirePulumiVersionResponse()


class MonitorServer:
    """The monitor on a loopback port."""

    def __init__(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(max_workers=256), options=CHANNEL_OPTIONS)
        self._target: Monitor | None = None
        self._ready = threading.Event()
        relay: Any = _Relay(self)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(relay, self._server)
        engine_pb2_grpc.add_EngineServicer_to_server(relay, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def serve(self, monitor: Monitor) -> None:
        """Answer with this monitor; calls that came earlier were waiting for it."""
        self._target = monitor
        self._ready.set()

    def target(self) -> Monitor | None:
        self._ready.wait()
        return self._target

    def report(self, message: str) -> None:
        if self._target is not None:
            self._target.fail(message)

    def stop(self) -> None:
        self._ready.set()
        self._server.stop(None)


class _Relay:
    """Hands each call to the monitor once there is one, and unknown methods to a refusal."""

    def __init__(self, server: MonitorServer) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        def call(request: Any, context: Any) -> Any:
            method = getattr(self._server.target(), name, None)
            if method is None:
                context.set_code(grpc.StatusCode.UNIMPLEMENTED)
                context.set_details(f"{name} is not supported by the embedded engine")
                raise NotImplementedError(name)
            try:
                return method(request, context)
            except Exception as error:  # noqa: BLE001 - a mistake of ours has to end the run in order
                if error.args:  # an abort has none
                    self._server.report(f"the engine failed in {name}: {type(error).__name__}: {error}")
                return _refuse(context)

        return call


def _refuse(context: Any) -> Any:
    context.abort(grpc.StatusCode.UNAVAILABLE, "the run is over")


def _known_id(resource: Resource) -> str:
    return resource.id
