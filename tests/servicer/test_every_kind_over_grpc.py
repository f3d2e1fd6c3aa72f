"""What holds for every kind, whatever is declared of it, and how often it is changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from emulators.linode_api.server import LocalApi
from tests.servicer.one_of_a_kind import EACH, FEW, UNSHRUNK, One
from tests.servicer_process import Servicer


@pytest.mark.parametrize("kind", EACH)
@settings(max_examples=FEW, phases=UNSHRUNK)
@given(data=st.data())
def test_after_any_changes_the_account_is_as_declared_and_nothing_is_left_to_do(
    api: LocalApi, shared: Servicer, kind: str, data: st.DataObject
) -> None:
    one = One(api, shared, kind)
    for _ in range(data.draw(st.integers(1, 3), label="ups")):
        declared = one.drawn(data)
        one.up(declared)

        assert one.differences(declared) is None
        one.refresh()
        assert one.differences(declared) is None
        assert one.unlike() is None
    one.down()
