from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from providers.linode.core import engine as engine_contact
from providers.linode.core.engine import (
    PartialFailure,
    current_call,
    differing,
    hear_of_cancel,
    keep_partial,
    show_differences,
    widen_pool,
)
from providers.linode.project import PROJECT
from tests.interpreters import interpreters
from tests.until import GIVE_UP_S

URN = "urn:pulumi:dev::fleet::pulumi-python:dynamic/linode:Instance::web-1"


class Context:
    """gRPC's context as far as it is used."""

    def __init__(self) -> None:
        self.trailer: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, trailer: tuple[tuple[str, bytes], ...]) -> None:
        self.trailer = trailer


class DynamicResourceProviderServicer:
    """A method with the locals that the SDK's has."""

    def answer(self, request: object, context: object, work: Callable[[], object]) -> object:  # noqa: ARG002 - found by frame
        return work()


def within_call(work: Callable[[], object], context: object) -> object:
    request = SimpleNamespace(urn=URN, timeout=30.0)
    return DynamicResourceProviderServicer().answer(request, context, work)


def test_urn_name_and_timeout_are_found_on_the_stack() -> None:
    call = within_call(lambda: current_call(), Context())

    assert isinstance(call, engine_contact.Call)
    assert (call.urn, call.name, call.timeout_s) == (URN, "web-1", 30.0)


@pytest.mark.parametrize("context", [None, object()])
def test_a_servicer_of_another_kind_is_no_call(context: object) -> None:
    assert within_call(lambda: current_call(), context) is None


def test_outside_a_call_there_is_none() -> None:
    assert current_call() is None


def test_a_half_made_resource_is_told_with_id_outputs_and_reason() -> None:
    context = Context()

    with pytest.raises(PartialFailure, match="too slow"):
        within_call(
            lambda: keep_partial("7", {"ipv4": ("192.0.2.1",), "ipv6": None}, "too slow", "blob"), context
        )

    [(key, raw)] = context.trailer
    status = status_pb2.Status.FromString(raw)
    failed = provider_pb2.ErrorResourceInitFailed()
    assert key == "grpc-status-details-bin"
    assert status.details[0].Unpack(failed)
    assert (failed.id, list(failed.reasons)) == ("7", ["too slow"])
    assert dict(failed.properties.items())["__provider"] == "blob"
    assert set(failed.properties.keys()) == {"ipv4", "__provider"}


def test_without_contact_the_caller_is_told_to_fall_back() -> None:
    assert keep_partial("7", {}, "too slow", "blob") is False


def test_without_the_provider_in_the_properties_the_caller_falls_back() -> None:
    assert within_call(lambda: keep_partial("7", {}, "x", None), Context()) is False


def test_a_context_that_refuses_makes_the_caller_fall_back() -> None:
    class Refusing(Context):
        def set_trailing_metadata(self, trailer: object) -> None:
            raise ValueError(f"another gRPC does not take {trailer}")

    assert within_call(lambda: keep_partial("7", {}, "x", "blob"), Refusing()) is False


def test_outside_of_the_servicer_the_engine_shows_what_differs_by_itself() -> None:
    assert show_differences() is False
    assert differing({"label": "UPDATE"}).changes is None


def test_without_a_servicer_nothing_hears_of_a_cancel() -> None:
    assert hear_of_cancel() is False


def test_the_pool_of_this_thread_is_widened_and_no_other() -> None:
    with ThreadPoolExecutor(max_workers=4) as stock, ThreadPoolExecutor(max_workers=4) as other:
        other.submit(int).result()
        widened = stock.submit(widen_pool, 16).result()
        all_at_once = threading.Barrier(16, timeout=GIVE_UP_S)
        list(stock.map(lambda _: all_at_once.wait(), range(16)))

        assert widened is True
        assert other._max_workers == 4


def test_calls_that_wait_when_the_pool_is_widened_are_begun() -> None:
    with ThreadPoolExecutor(max_workers=4) as stock:
        all_have_come, all_at_once = threading.Event(), threading.Barrier(16, timeout=GIVE_UP_S)
        widened = stock.submit(lambda: all_have_come.wait(GIVE_UP_S) and widen_pool(16))
        calls = [stock.submit(all_at_once.wait) for _ in range(16)]
        all_have_come.set()

        assert widened.result() is True
        assert sorted(call.result() for call in calls) == list(range(16))


ALL_AT_ONCE = """
import sys, threading, types
from concurrent.futures import ThreadPoolExecutor

package = types.ModuleType("providers.linode")  # without what it imports, which this Python may lack
package.__path__ = [sys.argv[1] + "/providers/linode"]
sys.modules["providers.linode"] = package
sys.path.insert(0, sys.argv[1])
from providers.linode.core.engine import widen_pool

with ThreadPoolExecutor(max_workers=4) as stock:
    give_up_s = float(sys.argv[2])
    all_have_come, all_at_once = threading.Event(), threading.Barrier(16, timeout=give_up_s)
    widened = stock.submit(lambda: all_have_come.wait(give_up_s) and widen_pool(16))
    calls = [stock.submit(all_at_once.wait) for _ in range(16)]
    all_have_come.set()
    print(widened.result(), sorted(call.result() for call in calls) == list(range(16)))
"""


def test_calls_that_wait_are_begun_under_every_python_that_is_here() -> None:
    for python in interpreters():
        words = [python, "-c", ALL_AT_ONCE, str(PROJECT), str(GIVE_UP_S)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=GIVE_UP_S, check=False)

        assert (done.stdout, done.stderr) == ("True True\n", ""), python


def test_a_pool_of_another_size_is_left_alone() -> None:
    with ThreadPoolExecutor(max_workers=3) as pool:
        assert pool.submit(widen_pool).result() is False


def test_a_provider_ends_soon_after_its_engine() -> None:
    code = (
        "import sys, time; from providers.linode.core import engine as e; "
        "print(e.end_with_engine(sys.argv), flush=True); time.sleep(60)"
    )
    with socket.socket() as engine:
        engine.bind(("127.0.0.1", 0))
        engine.listen(64)
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        process = subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        watched = process.stdout.readline().strip()
        lives = process.poll() is None

    assert process.wait(timeout=GIVE_UP_S) == 1
    process.stdout.close()
    assert (watched, lives) == ("True", True)


def test_no_engine_at_the_address_is_not_watched() -> None:
    assert engine_contact.end_with_engine(["x", "127.0.0.1:1"]) is False
    assert engine_contact.end_with_engine(["x"]) is False
