"""What a change does is told, and asked for, by what there is: the outputs of the state, not its inputs."""

from __future__ import annotations

import grpc
import pytest

from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer

UNKNOWN, NONE, SOME = 0, 1, 2
"""What diff answers: inputs differ, nothing, only outputs do."""


def made(provider: Servicer, world: World, **changed: object) -> tuple[str, Props, Props]:
    """Id, outputs and inputs of web-1."""
    inputs, failures = provider.check(world.inputs(**changed))
    assert failures == []
    return *provider.create(inputs), inputs


def broken_off(outs: Props, **reached: object) -> Props:
    """The outputs after an update that broke off; the engine keeps the inputs that it was to reach."""
    return {**outs, **reached, "ready": False}


def test_what_an_update_that_broke_off_has_left_to_do_is_told(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world)
    wanted = {**inputs, "type": "g6-standard-1"}

    news, failures = provider.check(wanted, wanted)
    answer = provider.diff(id_, broken_off(outs), news)

    assert failures == []
    assert answer.changes == SOME, "the inputs that the engine compares are the same"
    told = provider.effects()[-1]
    assert (told["op"], told["level"], told["monthly_usd"]) == ("update", "power off", [5.0, 12.0])
    assert str(told["summary"]).startswith("resized in place from g6-nanode-1 to g6-standard-1, off for")


@pytest.mark.parametrize(
    ("there", "wanted", "reason"),
    [
        ({}, {"type": "g6-standard-1", "allow_downtime": False}, "allow_downtime forbids this change: type"),
        ({"backups_enabled": True}, {"backups_enabled": False}, "backups_enabled off makes the API delete"),
    ],
)  # fmt: skip
def test_what_it_has_left_to_do_is_not_done_without_consent(
    provider: Servicer, world: World, there: Props, wanted: Props, reason: str
) -> None:
    id_, outs, inputs = made(provider, world, **there)
    wanted = {**inputs, **wanted}
    news, _ = provider.check(wanted, wanted)

    with pytest.raises(grpc.RpcError) as caught:
        provider.diff(id_, broken_off(outs), news)

    said = str(caught.value.details())
    assert said.startswith(reason)
    assert "Next: declare" in said
    assert "\n" not in said


def test_what_it_had_done_is_not_asked_for_again(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world)
    larger = {**inputs, "type": "g6-standard-1"}
    provider.update(id_, outs, larger)

    with Servicer(LinodeProvider("Instance"), world.config) as next_command:
        news, failures = next_command.check({**larger, "allow_downtime": False}, inputs)
        answer = next_command.diff(id_, broken_off(outs), news)
        told = next_command.effects()[-1]
        after = next_command.update(id_, broken_off(outs), news)

    assert failures == []
    assert answer.changes == UNKNOWN
    assert (told["level"], told["seconds_off"], after["type"]) == ("billing", None, "g6-standard-1")


def test_what_it_has_already_is_no_reason_to_recreate_it(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world)

    with Servicer(LinodeProvider("Instance"), world.config) as next_command:
        news, _ = next_command.check({**inputs, "disk_encryption": "enabled"}, inputs)
        answer = next_command.diff(id_, outs, news)

    assert (answer.changes, list(answer.replaces)) == (UNKNOWN, [])


def test_a_difference_that_a_refresh_asks_for_is_not_told(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world)
    before = provider.effects()

    answer = provider.diff(id_, {**outs, "type": "g6-standard-1"}, inputs)

    assert answer.changes == UNKNOWN
    assert provider.effects() == before


def test_backups_that_are_not_there_are_not_lost(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world)

    news, failures = provider.check({**inputs, "backups_enabled": False}, inputs)
    provider.diff(id_, outs, news)

    assert failures == []
    assert (provider.effects()[-1]["level"], provider.effects()[-1]["destroys"]) == ("none", [])


def test_backups_that_somebody_turned_on_are_not_lost_in_silence(provider: Servicer, world: World) -> None:
    id_, _, inputs = made(provider, world)
    world.call("POST", f"/linode/instances/{id_}/backups/enable")

    with Servicer(LinodeProvider("Instance"), world.config) as next_command:
        _, failures = next_command.check({**inputs, "backups_enabled": False}, inputs)

    assert [name for name, _ in failures] == ["backups_enabled"]


def drifted(provider: Servicer, id_: str, outs: Props) -> tuple[Props, Props]:
    """Outputs and inputs after a refresh."""
    _, outs, inputs = provider.read(id_, outs)
    return outs, inputs


def test_backups_turned_on_by_hand_hold_up_nothing_and_stay(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world, backups_enabled=False)
    world.call("POST", f"/linode/instances/{id_}/backups/enable")
    outs, seen = drifted(provider, id_, outs)

    news, failures = provider.check({**inputs, "tags": ["blue"]}, seen)
    answer = provider.diff(id_, outs, news)
    after = provider.update(id_, outs, news)

    assert failures == []
    assert (seen["backups_enabled"], outs["backups_enabled"]) == (False, True)
    assert answer.changes == UNKNOWN
    assert [cause["input"] for cause in provider.effects()[-1]["causes"]] == ["tags"]  # type: ignore[attr-defined]
    assert (after["backups_enabled"], after["tags"]) == (True, ["blue"])
    assert world.linodes()[0]["backups"]["enabled"]
    provider.check(news, news)
    assert provider.diff(id_, after, news).changes == NONE


def test_they_are_turned_off_once_that_is_allowed(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world, backups_enabled=False)
    world.call("POST", f"/linode/instances/{id_}/backups/enable")
    outs, seen = drifted(provider, id_, outs)

    news, failures = provider.check({**inputs, "allow_data_loss": True}, seen)
    answer = provider.diff(id_, outs, news)
    told = provider.effects()[-1]
    after = provider.update(id_, outs, news)

    assert failures == []
    assert (answer.changes, told["level"], told["destroys"]) == (UNKNOWN, "data loss", ["backups"])
    assert (after["backups_enabled"], world.linodes()[0]["backups"]["enabled"]) == (False, False)


def test_a_larger_plan_that_somebody_took_stays_where_nothing_may_be_turned_off(
    provider: Servicer, world: World
) -> None:
    id_, outs, inputs = made(provider, world, allow_downtime=False, resize_disk=False)
    path = f"/linode/instances/{id_}"
    world.call("POST", f"{path}/resize", {"type": "g6-standard-1", "allow_auto_disk_resize": False})
    provider.update(id_, outs, inputs)  # waits until it is at rest
    outs, seen = drifted(provider, id_, outs)

    news, failures = provider.check(inputs, seen)
    answer = provider.diff(id_, outs, news)

    assert failures == []
    assert (outs["type"], seen["type"], answer.changes) == ("g6-standard-1", "g6-nanode-1", NONE)


def test_a_move_to_another_region_asks_for_the_backups(provider: Servicer, world: World) -> None:
    id_, outs, inputs = made(provider, world, backups_enabled=True)
    elsewhere = {**inputs, "region": "gb-lon"}

    refused = provider.check(elsewhere, inputs)[1]
    news, failures = provider.check({**elsewhere, "allow_data_loss": True}, inputs)
    provider.diff(id_, outs, news)

    assert [name for name, _ in refused] == ["region"]
    assert "without losing every backup" in refused[0][1]
    assert failures == []
    told = provider.effects()[-1]
    assert (told["level"], told["destroys"]) == ("data loss", ["backups", "addresses"])
    assert "volumes detached: all backups are erased, addresses change" in str(told["summary"])


def test_what_goes_with_a_replacement_is_not_asked_for(provider: Servicer, world: World) -> None:
    _, _, inputs = made(provider, world, type="g6-standard-2", backups_enabled=True)
    other = {"image": "linode/debian12", "type": "g6-nanode-1", "region": "gb-lon", "backups_enabled": False}

    assert provider.check({**inputs, **other}, inputs)[1] == []
