"""The real dynamic-provider process, called over gRPC as an engine calls it."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import pickle
import runpy
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from providers.linode.project import PROJECT

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["pulumi.dynamic", "providers.linode.provider", "providers.linode.resources.instance.spec", "zxcvbn"]
)
"""A process begins as a copy of one that has imported what all need, which takes longer than most tests."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How an engine marks what it does not know yet."""

SECRET_KEY = "4dabf18193072939515e22adb298388d"
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"

Props = dict[str, object]


def secret(value: object) -> Props:
    """A value with the engine's secret mark."""
    return {SECRET_KEY: SECRET_MARK, "value": value}


def written(provider: ResourceProvider) -> str:
    """As a state holds it. The SDK (3.272) patches pickle over its last patch each time, and takes none off: the
    thousandth provider in one process would meet Python's limit of recursion.
    """
    pickler: Any = pickle._Pickler  # what the SDK patches
    unpatched = pickler._batch_setitems
    try:
        return str(serialize_provider(provider))
    finally:
        pickler._batch_setitems = unpatched


class Servicer:
    """One provider process. `config` is the stack's whole configuration, under full names."""

    def __init__(
        self,
        provider: ResourceProvider,
        config: Mapping[str, object],
        env: Mapping[str, str] | None = None,
        urn: str = "",
    ) -> None:
        self._urn = urn or URN
        self._provider = written(provider)
        self._config = config
        clean = {key: value for key, value in os.environ.items() if not key.startswith("LINODE_")}
        self._folder = tempfile.TemporaryDirectory()
        self._effects = Path(self._folder.name) / "effects.ndjson"
        self._env = {
            **clean,
            "PULUMI_PROJECT": "fleet",
            "LINODE_EFFECTS": str(self._effects),
            "LINODE_RATE_LIMITS": "off",
            **({} if "LINODE_CACHE_DIR" in (env or {}) else {"LINODE_CACHE": "off"}),
            **(env or {}),
        }

    def __enter__(self) -> Servicer:
        reading, writing = multiprocessing.Pipe(duplex=False)
        self._process = PROCESSES.Process(target=_serve, args=(writing, self._env), daemon=True)
        self._process.start()
        writing.close()
        self._said = os.fdopen(os.dup(reading.fileno()))
        reading.close()
        port = self._said.readline().strip()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._configure()
        return self

    def serve(self, provider: ResourceProvider, config: Mapping[str, object], urn: str) -> Servicer:
        """From here on another provider, with other configuration: a process serves all of a stack's."""
        self._provider, self._config, self._urn = written(provider), config, urn
        self._configure()
        return self

    def _configure(self) -> None:
        self._stub.Configure(
            provider_pb2.ConfigureRequest(args=_struct(dict(self._config)), acceptSecrets=True)
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self._process.kill()
        with self._said:
            self.printed = self._said.read()
        self._process.join()
        self._folder.cleanup()

    def effects(self) -> list[Props]:
        """What its checks have told programs, a row each."""
        lines = self._effects.read_text().splitlines() if self._effects.exists() else []
        return [json.loads(line) for line in lines]

    def check(
        self, news: Props, olds: Props | None = None, *, name: str = ""
    ) -> tuple[Props, list[tuple[str, str]]]:
        """The checked inputs, and the failures as (property, reason). `name`: of another resource of its kind."""
        urn = f"{self._urn.rpartition('::')[0]}::{name}" if name else self._urn
        request = provider_pb2.CheckRequest(
            urn=urn, olds=_struct(self._with(olds) if olds else {}), news=_struct(self._with(news))
        )
        answer = self._stub.Check(request)
        return _plain(answer.inputs), [(failure.property, failure.reason) for failure in answer.failures]

    def diff(
        self, id_: str, olds: Props, news: Props, *, other_provider: str | None = None
    ) -> provider_pb2.DiffResponse:
        old = self._with(olds) if other_provider is None else {**olds, "__provider": other_provider}
        request = provider_pb2.DiffRequest(
            id=id_, urn=self._urn, olds=_struct(old), news=_struct(self._with(news))
        )
        answer: provider_pb2.DiffResponse = self._stub.Diff(request)
        return answer

    def create(self, props: Props, *, timeout_s: float = 0.0) -> tuple[str, Props]:
        """`timeout_s` of this and other calls: the resource's custom_timeouts, 0 where it has none."""
        request = provider_pb2.CreateRequest(
            urn=self._urn, properties=_struct(self._with(props)), timeout=timeout_s
        )
        answer = self._stub.Create(request)
        return answer.id, _plain(answer.properties)

    def read(self, id_: str, props: Props, inputs: Props | None = None) -> tuple[str, Props, Props]:
        """Id, outputs and inputs. `inputs`: those in the state."""
        olds = _struct(self._with(inputs) if inputs else {})
        request = provider_pb2.ReadRequest(
            id=id_, urn=self._urn, properties=_struct(self._with(props)), inputs=olds
        )
        answer = self._stub.Read(request)
        return answer.id, _plain(answer.properties), _plain(answer.inputs)

    def update(
        self, id_: str, outs: Props, news: Props, *, timeout_s: float = 0.0, olds: Props | None = None
    ) -> Props:
        """`outs` and `olds`: the outputs and the inputs in the state."""
        old, new = _struct(self._with(outs)), _struct(self._with(news))
        request = provider_pb2.UpdateRequest(
            id=id_, urn=self._urn, olds=old, news=new, timeout=timeout_s, old_inputs=_struct(olds or {})
        )
        return _plain(self._stub.Update(request).properties)

    def delete(self, id_: str, props: Props, *, timeout_s: float = 0.0) -> None:
        properties = _struct(self._with(props))
        self._stub.Delete(
            provider_pb2.DeleteRequest(id=id_, urn=self._urn, properties=properties, timeout=timeout_s)
        )

    def cancel(self) -> None:
        """What an engine says when its run is to end."""
        self._stub.Cancel(empty_pb2.Empty())

    def _with(self, props: Props) -> Props:
        return {**props, "__provider": self._provider}


def _serve(said: Connection, env: Mapping[str, str]) -> None:
    """What `python -u -m pulumi.dynamic` does, with what is printed sent to the test."""
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    sys.stdout = sys.stderr = io.TextIOWrapper(open(1, "wb", buffering=0), write_through=True)  # noqa: SIM115 - as long as the process
    os.environ.clear()
    os.environ.update(env)
    os.chdir(PROJECT)
    sys.argv = ["pulumi.dynamic", "127.0.0.1:1"]
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


URN = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:Instance::web-1"


def _struct(props: Props) -> struct_pb2.Struct:
    return json_format.ParseDict(props, struct_pb2.Struct())


def _plain(struct: struct_pb2.Struct) -> Props:
    props: Props = json_format.MessageToDict(struct)
    props.pop("__provider", None)
    return props
