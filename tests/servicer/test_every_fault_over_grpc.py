"""What holds for every kind, whatever call meets whatever fault."""

from __future__ import annotations

import grpc
import pytest
from hypothesis import assume, given, settings, strategies as st

from emulators.linode_api.core.faults import FAILURES, KINDS
from emulators.linode_api.server import LocalApi
from providers.linode.provider import SPECS
from tests.servicer.one_of_a_kind import EACH, FEW, UNSHRUNK, One
from tests.servicer.test_lost_answers_over_grpc import STOPS
from tests.servicer_process import Props, Servicer

OVERCOME = tuple(kind for kind in KINDS if kind not in STOPS)

faults = st.builds(
    lambda kind, early, method, skip: {
        "kind": kind, "method": method, "after_commit": not early and kind in ("cut", *FAILURES), "skip": skip,
    },
    st.sampled_from(OVERCOME), st.booleans(), st.sampled_from(("POST", "PUT", "DELETE", "GET")), st.integers(0, 3),
)  # fmt: skip
"""The first one to be tried cuts the answer to what makes it."""


@pytest.mark.parametrize("kind", EACH)
@settings(max_examples=FEW, phases=UNSHRUNK)
@given(data=st.data(), fault=faults)
def test_whatever_call_meets_a_fault_it_ends_with_exactly_what_was_declared(
    api: LocalApi, shared: Servicer, kind: str, data: st.DataObject, fault: Props
) -> None:
    # of what the account takes twice, nothing tells of the second one (docs/reliability.md)
    assume(SPECS[kind].identity.unique or (fault["kind"], fault["method"]) != ("twice", "POST"))
    one = One(api, shared, kind)
    for _ in range(2):
        declared = one.drawn(data)
        api.set_faults({**fault, "times": 1, "delay_s": 0.1})
        try:
            one.up(declared)
        except grpc.RpcError:
            api.set_faults()
            one.up(declared)
        finally:
            api.set_faults()

        assert one.differences(declared) is None
        assert one.unlike() is None
    api.set_faults({**fault, "times": 1, "delay_s": 0.1})
    one.down()
