"""Names, targets and seconds in the form in which the API keeps them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from emulators.linode_api.resources import domains as local_api
from providers.linode.resources.domain import STEPS, rounded
from providers.linode.resources.domain_record import as_kept, below


@given(st.integers(0, STEPS[-1]))
def test_seconds_go_up_to_the_step_that_the_api_takes(seconds: int) -> None:
    assert rounded(seconds) == local_api.rounded(seconds) in STEPS
    assert rounded(seconds) >= seconds


@pytest.mark.parametrize("seconds", [-1, STEPS[-1] + 1])
def test_seconds_that_the_api_does_not_take_stay_to_be_told(seconds: int) -> None:
    assert rounded(seconds) == seconds


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("www", "www"), ("WWW.Example.org", "www"), ("www.example.org.", "www"), ("example.org", ""), ("@", ""),
        ("", ""), ("a.b", "a.b"), ("notexample.org", "notexample.org"), ("www.other.org.", "www.other.org."),
    ],
)  # fmt: skip
def test_a_name_is_kept_below_its_domain(name: str, kept: str) -> None:
    assert below(name, "example.org") == kept
    assert below(kept, "example.org") == kept


@pytest.mark.parametrize(
    ("kind", "target", "kept"),
    [
        ("AAAA", "2001:0DB8::0001", "2001:db8::1"),
        ("AAAA", "2001:db8::1/128", "2001:db8::1"), ("A", "192.0.2.1", "192.0.2.1"),
        ("MX", "Mail.A.Example.", "mail.a.example"),
        ("SRV", "sip", "sip.example.org"), ("SRV", "sip.a.example.", "sip.a.example"), ("CNAME", "edge", "edge"),
        ("TXT", "Ends with a dot.", "Ends with a dot."), ("CAA", "CA.example", "CA.example"),
    ],
)  # fmt: skip
def test_a_target_is_kept_as_its_type_has_it(kind: str, target: str, kept: str) -> None:
    assert as_kept(kind, target, "example.org") == kept
    assert as_kept(kind, kept, "example.org") == kept
