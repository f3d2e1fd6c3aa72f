"""What a stack costs, by its settings: servers and all that hangs on them, to the cent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from providers.linode.core import runtime
from stacks import servers, sources
from stacks.layers import Layer, merge
from stacks.settings import parse
from tests import sessions


def types(monthly: float, **regions: float) -> list[dict[str, Any]]:
    price = {"hourly": 0.0, "monthly": monthly}
    others = [
        {"id": region.replace("_", "-"), "hourly": 0.0, "monthly": usd} for region, usd in regions.items()
    ]
    return [{"id": "one", "label": "one", "price": price, "region_prices": others}]


PRICES = {
    "/volumes/types": types(0.1, id_cgk=0.12),
    "/nodebalancers/types": types(10.0),
    "/networking/reserved/ips/types": types(2.0),
}


@pytest.mark.parametrize(
    ("group", "region", "usd"),
    [
        ({}, "de-fra-2", 36.0),
        ({"volumes": {"data": {"size": 33}, "log": {}}}, "de-fra-2", 36.0 + 3 * (3.3 + 2.0)),
        ({"volumes": {"data": {"size": 33}}}, "id-cgk", 36.0 + 3 * 3.96),
        ({"load_balancer": [{"port": 80}, {"port": 443, "protocol": "tcp"}]}, "de-fra-2", 46.0),
        ({"reserved_ip": True}, "de-fra-2", 42.0),
        ({"reserved_ip": True, "adopt": [4711]}, "de-fra-2", 56.0),
    ],
)
def test_what_hangs_on_servers_is_in_the_total(
    monkeypatch: pytest.MonkeyPatch, group: dict[str, object], region: str, usd: float
) -> None:
    monkeypatch.setattr(runtime, "of_stack", lambda _: sessions.prepared(PRICES))
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    declared = {"web": {"count": 3, **group}, "db": {"count": 0}}
    settings = parse(merge([sources.of_files("dev"), Layer({"fleet:servers": declared})]), "dev")
    picks: Any = {"web": SimpleNamespace(region=SimpleNamespace(id=region), monthly_usd=12.0)}

    assert servers.total_monthly_usd(settings, picks) == round(usd, 2)
