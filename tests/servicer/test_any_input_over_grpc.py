"""Whatever a program declares, a check answers: with the inputs in normal form, or with one line for each wrong one."""

from __future__ import annotations

import pytest

from tests.servicer.world import World
from tests.servicer_process import Servicer


def nested(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"firewall_id": ["x"]}, "firewall_id", "must be a whole number of 1 or more"),
        ({"firewall_id": 1e300}, "firewall_id", "must be a whole number of 1 or more"),
        ({"tags": {"web": True}}, "tags", "must be a list"),
        ({"interfaces": {"public": {}}}, "interfaces", "must be a list"),
        ({"label": nested(400)}, "label", "has more than 20 levels"),
        ({"region": {"id": "us-ord"}}, "region", "pick one from the catalogs"),
        ({"timeouts": {"create": "soon"}}, "timeouts", 'such as "15m" or "1h30m"'),
        ({"timeouts": {"create": "9999999d" * 200}}, "timeouts", "at most 7 days"),
        ({"timeouts": {"create": 1e12}}, "timeouts", "at most 7 days"),
    ],
)
def test_a_value_of_a_wrong_shape_is_one_line(
    provider: Servicer, world: World, changed: dict[str, object], field: str, reason: str
) -> None:
    inputs = provider.check(world.inputs())[0]

    _, new = provider.check(world.inputs(**changed))
    _, again = provider.check(world.inputs(**changed), inputs)
    _, kept = provider.check(world.inputs(**changed), {**inputs, **changed} if field != "label" else inputs)

    for failures in (new, again, kept):
        assert [(name, reason in why, "Next: " in why) for name, why in failures] == [(field, True, True)]


def test_times_are_written_as_people_write_them(provider: Servicer, world: World) -> None:
    inputs, failures = provider.check(
        world.inputs(timeouts={"create": "15m", "delete": "1h30m", "update": 90})
    )
    same = provider.diff("1", inputs, world.inputs(timeouts={"create": 900, "delete": 5400, "update": "90s"}))

    assert failures == []
    assert inputs["timeouts"] == {"create": 900, "delete": 5400, "update": 90}
    assert list(same.replaces) == []
