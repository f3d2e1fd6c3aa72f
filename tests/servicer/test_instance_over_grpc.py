"""The provider of Instances in its real process, against the local API on a socket."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from providers.linode.provider import AccountProvider, LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with
from tests.until import until


def test_a_checked_instance_shows_its_monthly_cost(provider: Servicer, world: World) -> None:
    inputs, failures = provider.check(world.inputs(backups_enabled=True))

    assert failures == []
    assert provider.effects()[-1]["monthly_usd"] == [None, 7.0]
    assert inputs == world.inputs(backups_enabled=True)  # an output is never an input


def test_a_wrong_id_is_a_failure_of_its_property_with_the_nearest_names(
    provider: Servicer, world: World
) -> None:
    _, failures = provider.check(
        world.inputs(type="g6-nanode-2", region="de-fra-22", image="linode/debian131")
    )

    assert [name for name, _ in failures] == ["type", "region", "image"]
    assert all("did you mean" in reason for _, reason in failures)


def test_a_bad_password_is_never_named_nor_shown(provider: Servicer, world: World) -> None:
    _, failures = provider.check(world.inputs(root_pass="tiny-Pw1"))

    assert [name for name, _ in failures] == [""]
    assert "tiny-Pw1" not in failures[0][1]


def test_unknown_inputs_are_not_judged(provider: Servicer, world: World) -> None:
    inputs, failures = provider.check(world.inputs(type=UNKNOWN, tags=[UNKNOWN], root_pass=UNKNOWN))

    assert failures == []
    assert inputs["type"] == UNKNOWN


def test_a_label_of_a_strangers_linode_is_refused_at_preview(provider: Servicer, world: World) -> None:
    made = world.call(
        "POST", "/linode/instances", {"type": "g6-nanode-1", "region": "gb-lon", "label": "web-1"}
    )

    _, failures = provider.check(world.inputs())

    assert failures[0][0] == "label"
    assert f"taken by Linode {made['id']}" in failures[0][1]


def test_an_unreachable_api_is_one_line_at_preview(world: World) -> None:
    with Servicer(
        LinodeProvider("Instance"), {**world.config, "linode:url": "http://127.0.0.1:9"}
    ) as provider:
        _, failures = provider.check(world.inputs())

    assert [name for name, _ in failures] == [""]
    assert "can't be reached" in failures[0][1]
    assert "fleet api" in failures[0][1]


def test_a_created_linode_runs_and_carries_its_owners_tag(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())

    id_, outs = provider.create(inputs)

    [linode] = world.linodes()
    assert id_ == str(linode["id"])
    assert linode["status"] == outs["status"] == "running"
    assert sorted(map(str, linode["tags"])) == sorted(["web", world.owner.tag()])
    assert outs["ipv4"] == linode["ipv4"]


def test_after_a_create_nothing_differs(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)

    again, _ = provider.check(world.inputs(), inputs)

    assert provider.diff(id_, outs, again).changes == 1  # DIFF_NONE


def test_a_second_create_of_the_same_resource_takes_over_what_is_there(
    provider: Servicer, world: World
) -> None:
    inputs, _ = provider.check(world.inputs())
    first, _ = provider.create(inputs)

    second, _ = provider.create(inputs)

    assert first == second
    assert len(world.linodes()) == 1


@pytest.mark.parametrize(
    ("changed", "changes", "replaces"),
    [
        ({"label": "web-2"}, 0, []),
        ({"type": "g6-standard-1"}, 0, []),
        ({"region": "gb-lon"}, 0, []),
        ({"region": "gb-lon", "placement_group": 5}, 0, ["region"]),
        ({"image": "linode/debian12"}, 0, ["image"]),
        ({"root_pass": "Another-Passw0rd-2"}, 0, []),
        ({"timeouts": {"create": 60}}, 0, []),
    ],
)
def test_a_change_lets_the_engine_show_the_properties(
    provider: Servicer, world: World, changed: Props, changes: int, replaces: list[str]
) -> None:
    outs = {**world.inputs(), "status": "running"}

    found = provider.diff("7", outs, world.inputs(**changed))

    assert (found.changes, list(found.replaces)) == (changes, replaces)  # 0 DIFF_UNKNOWN, 1 DIFF_NONE
    assert found.deleteBeforeReplace is bool(replaces)


def test_a_moved_provider_module_is_a_change(provider: Servicer, world: World) -> None:
    outs = {**world.inputs(), "status": "running"}

    assert provider.diff("7", outs, world.inputs(), other_provider="b2xk").changes == 2  # DIFF_SOME


def test_a_linode_that_did_not_get_ready_is_a_change(provider: Servicer, world: World) -> None:
    outs = {**world.inputs(), "status": "provisioning", "ready": False}

    assert provider.diff("7", outs, world.inputs()).changes == 2  # DIFF_SOME


def test_an_update_changes_in_place_and_keeps_the_password(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(label="web-9", tags=["blue"], type="g6-standard-1"), inputs)

    updated = provider.update(id_, outs, news)

    [linode] = world.linodes()
    assert (str(linode["id"]), linode["label"], linode["type"]) == (id_, "web-9", "g6-standard-1")
    assert linode["status"] == updated["status"] == "running"
    assert sorted(map(str, linode["tags"])) == sorted(["blue", world.owner.tag()])
    assert updated["root_pass"] == PLANTED


def test_an_update_boots_what_somebody_shut_down(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs(booted=True))
    id_, outs = provider.create(inputs)
    world.call("POST", f"/linode/instances/{id_}/shutdown")

    updated = provider.update(id_, outs, inputs)

    assert updated["status"] == "running"


def test_drift_is_read_into_outputs_and_inputs(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    world.call("PUT", f"/linode/instances/{id_}", {"label": "by-hand", "tags": ["web", world.owner.tag()]})

    _, seen, drifted = provider.read(id_, outs)

    assert seen["label"] == drifted["label"] == "by-hand"
    assert drifted["root_pass"] == PLANTED


def test_reading_an_untouched_linode_changes_nothing(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)

    _, seen, read_inputs = provider.read(id_, outs)

    assert seen == outs
    assert read_inputs == inputs


def test_a_linode_that_is_gone_is_read_as_gone(provider: Servicer, world: World) -> None:
    assert provider.read("123", {**world.inputs(), "status": "running", "ready": True})[0] == ""


def test_a_delete_waits_until_it_is_gone_and_a_second_one_succeeds(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)

    provider.delete(id_, outs)

    assert world.linodes() == []
    provider.delete(id_, outs)


def test_a_delete_does_not_end_before_the_linode_is_gone(
    held_provider: Servicer, held: World, clock: HeldClock
) -> None:
    id_, outs = held_provider.create(held.inputs(wait_for="accepted"))
    clock.advance(200)
    before = len(held.seen())

    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(held_provider.delete, id_, {**outs, "wait_for": "running"})
        until(lambda: ending.done() or held.seen()[before:].count("GET /v4/account/events") >= 3, held.seen)
        ended_early = ending.done()
        clock.advance(60)
        ending.result()

    assert f"DELETE /v4/linode/instances/{id_}" in held.seen()
    assert not ended_early
    assert held.linodes() == []


@pytest.mark.parametrize("call", ["create", "read", "update", "delete"])
def test_no_call_works_with_another_accounts_token(call: str, api: LocalApi, world: World) -> None:
    with Servicer(LinodeProvider("Instance"), world.config) as provider:
        inputs, _ = provider.check(world.inputs())
        id_, outs = provider.create(inputs)
    stranger = {**world.config, "linode:token": api.add_token(f"other-{call}")}

    with Servicer(LinodeProvider("Instance"), stranger) as provider:
        calls: dict[str, Callable[[], object]] = {
            "create": lambda: provider.create(world.inputs(label="second")),
            "update": lambda: provider.update(id_, outs, world.inputs(label="second")),
            "read": lambda: provider.read(id_, outs),
            "delete": lambda: provider.delete(id_, outs),
        }
        with pytest.raises(grpc.RpcError) as caught:
            calls[call]()

    assert str(caught.value.details()).startswith(f"stack 'local' belongs to account {world.uuid}")
    assert [linode["label"] for linode in world.linodes()] == ["web-1"]


def test_an_error_is_one_line_without_a_traceback(world: World) -> None:
    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": "wrong"}) as provider:
        with pytest.raises(grpc.RpcError) as caught:
            provider.create(world.inputs())

    details = str(caught.value.details()).strip()
    assert "\n" not in details
    assert "Invalid Token" in details
    assert "Next:" in details


def test_an_error_that_nobody_foresaw_is_one_line_too(provider: Servicer, world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        provider.delete("no number", world.inputs())

    details = str(caught.value.details())
    assert details.startswith("the provider failed where it should not: ValueError: ")
    assert details.endswith("Next: LINODE_DEBUG=1 shows where; report it.")
    assert "\n" not in details


def test_debugging_shows_the_traceback_and_the_requests_but_no_secret(world: World) -> None:
    with Servicer(LinodeProvider("Instance"), world.config, {"LINODE_DEBUG": "1"}) as provider:
        inputs, _ = provider.check(world.inputs())
        provider.create(inputs)
        with pytest.raises(grpc.RpcError) as caught:
            provider.create({**inputs, "region": "nowhere", "label": "web-2"})

    assert "Traceback" in str(caught.value.details())
    assert "POST /linode/instances" in provider.printed
    assert PLANTED not in provider.printed
    assert world.token not in provider.printed


def test_stack_local_ignores_the_environment(world: World) -> None:
    env = {"LINODE_TOKEN": "stolen", "LINODE_URL": "https://api.linode.com"}
    with Servicer(LinodeProvider("Instance"), world.config, env) as provider:
        _, failures = provider.check(world.inputs())

    assert failures == []


def test_the_account_is_recorded_and_known_at_preview(world: World) -> None:
    with Servicer(AccountProvider(), world.config) as provider:
        inputs, failures = provider.check({"stack": "local"})

    assert (inputs["uuid"], failures) == (world.uuid, [])


def test_a_token_of_another_account_stops_the_stack_at_its_account(api: LocalApi, world: World) -> None:
    stranger = {**world.config, "linode:token": api.add_token("stranger")}

    with Servicer(AccountProvider(), stranger) as provider:
        _, failures = provider.check({"stack": "local"}, {"stack": "local", "uuid": world.uuid})

    assert f"belongs to account {world.uuid}" in failures[0][1]


@pytest.mark.parametrize("call", ["create", "read", "delete"])
def test_no_call_of_the_account_works_with_anothers_token(call: str, api: LocalApi, world: World) -> None:
    stranger = {**world.config, "linode:token": api.add_token(f"account-{call}")}
    props: Props = {"stack": "local", "uuid": world.uuid}

    with Servicer(AccountProvider(), stranger) as provider:
        calls: dict[str, Callable[[], object]] = {
            "create": lambda: provider.create(props),
            "read": lambda: provider.read(world.uuid, props),
            "delete": lambda: provider.delete(world.uuid, props),
        }
        with pytest.raises(grpc.RpcError) as caught:
            calls[call]()

    assert f"belongs to account {world.uuid}" in str(caught.value.details())


def test_settings_can_demand_an_account_from_the_start(world: World) -> None:
    with Servicer(AccountProvider(), {**world.config, "linode:account": "ANOTHER"}) as provider:
        _, failures = provider.check({"stack": "local"})

    assert "belongs to account ANOTHER" in failures[0][1]


def test_an_update_that_breaks_off_does_not_leave_the_linode_off(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(swap_size=1024), inputs)
    path = f"/linode/instances/{id_}/disks/*/resize"
    world.api.set_faults({"kind": "maintenance", "method": "POST", "path": path, "times": 1})

    with pytest.raises(grpc.RpcError):
        provider.update(id_, outs, news)
    until(lambda: world.linodes()[0]["status"] == "running", world.linodes)
    world.api.set_faults()
    provider.update(id_, {**outs, "ready": False}, news)

    [linode] = world.linodes()
    assert linode["status"] == "running"


@pytest.mark.parametrize(("resize_disk", "grows"), [(False, False), (None, True)])
def test_the_disk_grows_with_the_plan_unless_that_is_declined(
    provider: Servicer, world: World, resize_disk: bool | None, grows: bool
) -> None:
    inputs, _ = provider.check(world.inputs(resize_disk=resize_disk))
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(resize_disk=resize_disk, type="g6-standard-1"), inputs)

    def size() -> int:
        return sum(disk["size"] for disk in world.call("GET", f"/linode/instances/{id_}/disks")["data"])

    before = size()
    provider.update(id_, outs, news)

    assert (size() > before) is grows


def test_downtime_that_is_not_allowed_is_refused_whatever_takes_it(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs(allow_downtime=False))

    refused = {
        key: [
            name for name, _ in provider.check(world.inputs(allow_downtime=False, **{key: value}), inputs)[1]
        ]
        for key, value in {
            "kernel": "linode/latest-64bit",
            "swap_size": 1024,
            "type": "g6-standard-1",
            "booted": False,
            "tags": ["blue"],
        }.items()
    }

    assert {key for key, names in refused.items() if names == ["allow_downtime"]} == {
        "kernel", "swap_size", "type", "booted",
    }  # fmt: skip
    assert refused["tags"] == []


@pytest.mark.parametrize(
    ("bound", "replaces"),
    [({}, []), ({"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "lan"}]}, ["region"])],
)
def test_another_region_is_migrated_to_unless_a_network_binds_the_linode_to_its_own(
    provider: Servicer, world: World, bound: Props, replaces: list[str]
) -> None:
    inputs, _ = provider.check(world.inputs(**bound))
    news, failures = provider.check(world.inputs(**bound, region="gb-lon"), inputs)

    found = provider.diff("7", {**inputs, "status": "running"}, news)

    assert failures == []
    assert list(found.replaces) == replaces


def test_an_image_that_is_ignored_is_no_drift(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs(on_image_change="ignore"))
    id_, outs = provider.create(inputs)
    body = {"image": "linode/debian12", "root_pass": PLANTED}
    assert "errors" not in world.call("POST", f"/linode/instances/{id_}/rebuild", body)

    _, _, seen = provider.read(id_, outs)

    assert seen["image"] == inputs["image"]


def test_a_rebuild_keeps_what_is_declared_of_the_configuration(provider: Servicer, world: World) -> None:
    declared = {"kernel": "linode/latest-64bit", "swap_size": 1024, "on_image_change": "rebuild"}
    inputs, _ = provider.check(world.inputs(**declared))
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(**declared, image="linode/debian12"), inputs)

    updated = provider.update(id_, outs, news)

    assert updated["status"] == "running"
    configs: Any = world.call("GET", f"/linode/instances/{id_}/configs")["data"]
    disks: Any = world.call("GET", f"/linode/instances/{id_}/disks")["data"]
    assert configs[0]["kernel"] == "linode/latest-64bit"
    assert [disk["size"] for disk in disks if disk["filesystem"] == "swap"] == [1024]


OWN_INTERFACES: Props = {
    "interface_generation": "linode",
    "interfaces": [{"public": {}, "firewall_id": 0}],
}


@pytest.mark.parametrize(
    ("declared", "changed", "step"),
    [
        ({}, {"root_pass": PLANTED + "8", "on_root_pass_change": "reset"}, "password"),
        ({**OWN_INTERFACES, "network_helper": True}, {"network_helper": False}, "settings"),
    ],
)
def test_a_rebuild_does_not_boot_what_has_to_be_off_next(
    provider: Servicer, world: World, declared: Props, changed: Props, step: str
) -> None:
    inputs, _ = provider.check(world.inputs(**declared, on_image_change="rebuild"))
    id_, outs = provider.create(inputs)
    there = {**declared, **changed, "on_image_change": "rebuild", "image": "linode/debian12"}
    news, failures = provider.check(world.inputs(**there), inputs)
    writes = len(world.writes())

    updated = provider.update(id_, outs, news)

    assert failures == []
    assert [line.rpartition("/")[2] for line in world.writes()[writes:]] == ["rebuild", step, "boot"]
    assert updated["status"] == "running"


def test_a_linode_that_would_have_to_be_erased_is_not_taken_into_the_state(
    provider: Servicer, world: World
) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian12", "label": "web-1"}
    made = world.call("POST", "/linode/instances", {**body, "root_pass": PLANTED})

    with pytest.raises(grpc.RpcError) as caught:
        provider.create(world.inputs(adopt=made["id"]))

    assert "with another image, and nothing was changed" in str(caught.value.details())
    assert caught.value.trailing_metadata() is None or not any(
        "status-details" in str(item) for item in caught.value.trailing_metadata()
    )


def test_a_linode_that_the_state_has_as_another_resource_is_not_adopted(world: World, tmp_path: Path) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "label": "imported"}
    made = world.call("POST", "/linode/instances", {**body, "root_pass": PLANTED})
    env = state_with(tmp_path, str(made["id"]), stack="local")

    with Servicer(LinodeProvider("Instance"), world.config, env) as provider:
        _, failures = provider.check(world.inputs(adopt=made["id"]))

    assert [name for name, _ in failures] == ["adopt"]
    assert "is in the state already, as another resource" in failures[0][1]


def test_a_linode_is_adopted_by_one_resource_alone(provider: Servicer, world: World) -> None:
    """The second would delete it together with the first."""
    inputs = world.inputs(label="by-hand")
    given = {key: inputs[key] for key in ("type", "region", "image", "root_pass", "label")}
    made = world.call("POST", "/linode/instances", given)
    provider.create({**inputs, "adopt": made["id"]})

    other = {**inputs, "owner": {**world.owner.as_props(), "name": "other"}}
    with pytest.raises(Exception, match="is another resource of this stack already"):
        provider.create({**other, "adopt": made["id"]})


def test_the_preview_says_which_linode_is_adopted(provider: Servicer, world: World) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "label": "by-hand"}
    made = world.call("POST", "/linode/instances", {**body, "root_pass": PLANTED})

    _, failures = provider.check(world.inputs(adopt=made["id"]))

    assert failures == []
    assert [(row["op"], row["summary"]) for row in provider.effects()] == [
        ("adopt", f"adopts Linode {made['id']} (by-hand); label and tags changed in place")
    ]


def test_a_final_snapshot_of_what_is_gone_is_no_failure(provider: Servicer, world: World) -> None:
    provider.delete("123", {**world.inputs(final_snapshot=True), "status": "running"})


def test_a_replacement_is_still_told_as_one_when_it_is_checked_again(
    provider: Servicer, world: World
) -> None:
    inputs, _ = provider.check(world.inputs())
    provider.check(world.inputs(image="linode/debian12"), inputs)

    provider.check(world.inputs(image="linode/debian12"))

    assert [row["op"] for row in provider.effects()] == ["create", "replace"]
    assert str(provider.effects()[-1]["summary"]).startswith(
        "recreated because of image: all disks are erased"
    )


def test_a_replacement_that_was_asked_for_is_told_as_one(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    provider.check(world.inputs(), inputs)

    provider.check(world.inputs())

    told = provider.effects()[-1]
    assert told["summary"] == "recreated, as was asked for: all disks are erased, id and addresses change"
    assert told["level"] == "data loss"


def test_another_generation_keeps_the_label_of_the_one_that_it_replaces(
    provider: Servicer, world: World
) -> None:
    world.call("POST", "/linode/instances", {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1",
                                             "tags": [world.owner.tag()]})  # fmt: skip
    next_one = {**world.owner.as_props(), "generation": 2}

    _, failures = provider.check(world.inputs(owner=next_one))

    assert failures == []
