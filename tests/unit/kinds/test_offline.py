"""A preview offline has no secrets: what stands for one is not judged, and all around it is."""

from __future__ import annotations

from typing import Any

import pytest

from providers.linode.core import check, runtime
from providers.linode.core.spec import Spec
from providers.linode.resources import domain, nodebalancer
from providers.linode.resources.instance import spec as instance
from tests import sessions
from tests.sessions import OWNER

Row = dict[str, Any]
TLS: Row = {"port": 443, "protocol": "https", "ssl_cert": "placeholder", "ssl_key": "placeholder"}
CASES: list[tuple[Spec[Any, Any], Row, Row]] = [
    (
        nodebalancer.SPEC,
        {"region": "de-fra-2", "configs": [TLS]},
        {"configs": [{**TLS, "check_timeout": 99}]},
    ),
    (domain.SPEC, {"domain": "a.example", "type": "master", "soa_email": "placeholder"}, {"ttl_sec": -1}),
    (
        instance.SPEC,
        {"type": "g6-nanode-1", "region": "de-fra-2", "authorized_keys": ["placeholder"]},
        {"swap_size": -1},
    ),
]


@pytest.mark.parametrize(("spec", "props", "wrong"), CASES)
def test_what_stands_for_a_secret_is_judged_online_alone(
    spec: Spec[Any, Any], props: Row, wrong: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogs: sessions.Answers = {
        "/regions": [{"id": "de-fra-2", "capabilities": ["Linodes", "NodeBalancers"]}],
        "/linode/types": [{"id": "g6-nanode-1", "disk": 25_600}],
        "/nodebalancers": [],
        "/domains": [],
    }

    def problems(**changed: object) -> int:
        runtime.forget()
        news = {"label": "web", "owner": OWNER.as_props(), **props, **changed}
        return len(check.check(spec, sessions.prepared(catalogs), {}, news)[1])

    assert problems() > 0
    monkeypatch.setenv("LINODE_OFFLINE", "1")
    assert problems() == 0
    assert problems(**wrong) > 0
