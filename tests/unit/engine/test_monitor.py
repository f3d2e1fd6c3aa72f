"""Calls of programs and providers, while many resources wait for their steps."""

from __future__ import annotations

import threading
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from emulators.engine.protocol.monitor import REGISTERING, MonitorServer


class Busy:
    """A monitor all of whose steps wait for something."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def answer(self, _name: str, _request: Any, _context: Any) -> Any:
        self.over.wait()
        return resource_pb2.RegisterResourceResponse()


def test_a_message_is_heard_while_more_resources_wait_than_are_answered_at_a_time() -> None:
    busy, server, heard = Busy(), MonitorServer(), list[str]()
    server.progress = lambda message, _urn: heard.append(message)
    server.serve(busy)  # type: ignore[arg-type] # all that a server needs of a monitor
    with grpc.insecure_channel(server.monitor_address) as program:
        monitor = resource_pb2_grpc.ResourceMonitorStub(program)
        waiting = [
            monitor.RegisterResource.future(resource_pb2.RegisterResourceRequest())
            for _ in range(REGISTERING + 1)
        ]
        try:
            with grpc.insecure_channel(server.engine_address) as provider:
                message = engine_pb2.LogRequest(severity=engine_pb2.INFO, message="37 run", ephemeral=True)
                engine_pb2_grpc.EngineStub(provider).Log(message, timeout=30)
            answered = any(one.done() for one in waiting)
        finally:
            busy.over.set()
        for one in waiting:
            one.result()
    server.stop()

    assert (heard, answered) == (["37 run"], False)
