"""Whose a Linode is, as the provider's own process decides it."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.state_folder import state_with

BODY: Props = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1"}


class Owned(World):
    """An account with the Linode that an earlier run made and nobody recorded, or that is in the state."""

    def __init__(self, api: LocalApi) -> None:
        super().__init__(api)
        made = self.call("POST", "/linode/instances", {**BODY, "tags": ["web", self.owner.tag()]})
        self.id = str(made["id"])

    def inputs(self, **changed: object) -> Props:
        return super().inputs(image=None, root_pass=None, **changed)

    def provider(self, env: dict[str, str] | None = None) -> Servicer:
        backend = {"PULUMI_BACKEND_URL": "https://api.pulumi.com"}
        return Servicer(LinodeProvider("Instance"), self.config, {**backend, **(env or {})})

    def state(self, folder: Path, *ids: str) -> dict[str, str]:
        """An environment whose backend is a folder, with a state that has these ids."""
        return state_with(folder, *ids, stack="local")

    def labels(self) -> list[str]:
        return [str(row["label"]) for row in self.linodes()]


@pytest.fixture
def world(api: LocalApi) -> Owned:
    return Owned(api)


def test_what_an_earlier_run_made_is_taken_over_where_the_state_lacks_it(
    world: Owned, tmp_path: Path
) -> None:
    with world.provider(world.state(tmp_path, "1")) as provider:
        id_, _ = provider.create(world.inputs())

    assert id_ == world.id
    assert world.labels() == ["web-1"]


def test_what_a_killed_run_made_in_another_generation_is_named_with_what_to_do(
    world: Owned, tmp_path: Path
) -> None:
    """It was to replace one, and the program wants none in its place by now."""
    owner = {**world.owner.as_props(), "generation": 2}
    with world.provider(world.state(tmp_path, "1")) as provider, pytest.raises(grpc.RpcError) as told:
        provider.create(world.inputs(owner=owner))

    assert (
        f"Linode {world.id}, which an earlier run made, has another generation and the label 'web-1'; "
        in str(told.value)
    )
    assert "Next: declare what it has, or delete it." in str(told.value)
    assert world.labels() == ["web-1"]


def test_the_states_own_linode_is_never_returned_by_a_forced_replacement(
    world: Owned, tmp_path: Path
) -> None:
    with world.provider(world.state(tmp_path, world.id)) as provider:
        with pytest.raises(grpc.RpcError, match=f"held by Linode {world.id}.*to be replaced"):
            provider.create(world.inputs())

    assert world.labels() == ["web-1"]


def test_an_id_that_diff_has_named_is_never_returned(world: Owned, tmp_path: Path) -> None:
    with world.provider(world.state(tmp_path)) as provider:
        provider.diff(world.id, world.inputs(), world.inputs())
        with pytest.raises(grpc.RpcError, match=f"held by Linode {world.id}"):
            provider.create(world.inputs())


def test_where_the_state_cannot_be_seen_the_error_says_which_and_what_to_type(world: Owned) -> None:
    with world.provider() as provider:
        with pytest.raises(grpc.RpcError, match=f"LINODE_TAKE_OVER={world.id} pulumi up"):
            provider.create(world.inputs())

    with world.provider({"LINODE_TAKE_OVER": world.id}) as provider:
        id_, _ = provider.create(world.inputs())

    assert id_ == world.id


def test_another_resource_does_not_get_it(world: Owned, tmp_path: Path) -> None:
    other = Owner(world.owner.account, "fleet", "local", "web-2")
    with world.provider(world.state(tmp_path)) as provider:
        with pytest.raises(grpc.RpcError, match="is not this resource's"):
            provider.create(world.inputs(owner=other.as_props()))


@pytest.mark.parametrize("is_diffed", [True, False])
@pytest.mark.parametrize("kind", ["Instance", "Firewall"])
def test_a_replacement_is_not_refused_for_a_tag_that_somebody_took_away(
    world: Owned, kind: str, *, is_diffed: bool
) -> None:
    """An engine checks it a second time, without old inputs; for `--replace` it doesn't ask what differs."""
    path, inputs = "/linode/instances", world.inputs()
    if kind == "Firewall":
        path, rules = "/networking/firewalls", {"inbound_policy": "DROP", "outbound_policy": "DROP"}
        body = {"label": "wall-1", "rules": {**rules, "inbound": [], "outbound": []}}
        inputs = {"label": "wall-1", **rules, "owner": world.owner.as_props()}
        world.id = str(world.call("POST", path, body)["id"])
    world.call("PUT", f"{path}/{world.id}", {"tags": []})

    with Servicer(LinodeProvider(kind), world.config) as provider:
        first = provider.check(inputs, inputs)[1]
        if is_diffed:
            provider.diff(world.id, inputs, inputs)
        second = provider.check(inputs)[1]

    assert (first, second) == ([], [])


def test_the_label_in_the_state_is_no_proof_where_its_id_is_another(world: Owned) -> None:
    world.call("PUT", f"/linode/instances/{world.id}", {"tags": []})

    with world.provider() as provider:
        provider.check(world.inputs(), world.inputs())
        provider.diff("1", world.inputs(), world.inputs())
        failures = provider.check(world.inputs())[1]

    assert [name for name, _ in failures] == ["label"]
    assert f"is taken by Linode {world.id}" in failures[0][1]


def test_a_create_before_the_delete_says_what_is_in_its_way_without_the_tag_too(
    world: Owned, tmp_path: Path
) -> None:
    world.call("PUT", f"/linode/instances/{world.id}", {"tags": []})

    with world.provider(world.state(tmp_path, world.id)) as provider:
        provider.diff(world.id, world.inputs(), world.inputs())
        with pytest.raises(
            grpc.RpcError, match=f"held by Linode {world.id}.*this resource's and is to be replaced"
        ):
            provider.create(world.inputs())


def test_backups_of_a_linode_without_its_tag_are_not_deleted_by_mistake(world: Owned) -> None:
    world.call("POST", f"/linode/instances/{world.id}/backups/enable")
    world.call("PUT", f"/linode/instances/{world.id}", {"tags": []})

    with world.provider() as provider:
        failures = provider.check(world.inputs(backups_enabled=False), world.inputs())[1]

    assert [name for name, _ in failures] == ["backups_enabled"]


def test_after_a_rename_with_an_alias_the_tag_is_changed_in_place(world: Owned) -> None:
    renamed = Owner(world.owner.account, "fleet", "local", "www-1")
    with world.provider() as provider:
        provider.update(world.id, world.inputs(), world.inputs(owner=renamed.as_props()))

    tags = world.call("GET", f"/linode/instances/{world.id}")["tags"]
    assert isinstance(tags, list)
    assert sorted(tags) == sorted(["web", renamed.tag()])


def test_another_generation_replaces_and_the_old_one_goes_first(world: Owned) -> None:
    second = Owner(world.owner.account, "fleet", "local", "web-1", 2)
    with world.provider() as provider:
        answer = provider.diff(world.id, world.inputs(), world.inputs(owner=second.as_props()))

    assert list(answer.replaces) == ["owner"]
    assert answer.deleteBeforeReplace is True


@pytest.mark.parametrize(("name", "value"), [("region", "us-east"), ("backups_enabled", False)])
def test_what_an_earlier_run_made_loses_neither_addresses_nor_backups_by_being_taken_over(
    name: str, value: object, world: Owned, tmp_path: Path
) -> None:
    world.call("POST", f"/linode/instances/{world.id}/backups/enable")
    before = world.writes()

    with world.provider(world.state(tmp_path, "1")) as provider:
        with pytest.raises(grpc.RpcError) as caught:
            provider.create(world.inputs(**{name: value}))

    assert f"is there already with another {name}, and nothing was changed" in str(caught.value.details())
    assert world.writes() == before
