"""Whose a Linode is, as the provider's own process decides it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import requests

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import InstanceProvider
from tests.servicer_process import Props, Servicer

BODY: Props = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1"}


class World:
    """An account with the Linode that an earlier run made and nobody recorded, or that is in the state."""

    def __init__(self, api: LocalApi) -> None:
        self.api, self.token = api, api.add_token("acme")
        self.owner = Owner(str(self.call("GET", "/account")["euuid"]), "fleet", "local", "web-1")
        made = self.call("POST", "/linode/instances", {**BODY, "tags": ["web", self.owner.tag()]})
        self.id = str(made["id"])

    def inputs(self, owner: Owner | None = None) -> Props:
        return {**BODY, "tags": ["web"], "owner": (owner or self.owner).as_props()}

    def call(self, method: str, path: str, body: object = None) -> Props:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer: Props = requests.request(
            method, f"{self.api.url}/v4{path}", json=body, headers=headers, timeout=10
        ).json()
        return answer

    def provider(self, env: dict[str, str] | None = None) -> Servicer:
        config: Props = {"linode:token": self.token, "linode:url": self.api.url}
        return Servicer(
            InstanceProvider(), config, {"PULUMI_BACKEND_URL": "https://api.pulumi.com", **(env or {})}
        )

    def state(self, folder: Path, *ids: str) -> dict[str, str]:
        """An environment whose backend is a folder, with a state that has these ids."""
        stacks = folder / ".pulumi" / "stacks" / "fleet"
        stacks.mkdir(parents=True)
        resources = [{"urn": f"urn:{id_}", "id": id_} for id_ in ids]
        text = json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}})
        (stacks / "local.json").write_text(text)
        return {"PULUMI_BACKEND_URL": f"file://{folder}"}

    def labels(self) -> list[str]:
        rows = self.call("GET", "/linode/instances")["data"]
        assert isinstance(rows, list)
        return [str(row["label"]) for row in rows]


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", speed=2000, limits=False) as served:
        yield World(served)


def test_what_an_earlier_run_made_is_taken_over_where_the_state_lacks_it(
    world: World, tmp_path: Path
) -> None:
    with world.provider(world.state(tmp_path, "1")) as provider:
        id_, _ = provider.create(world.inputs())

    assert id_ == world.id
    assert world.labels() == ["web-1"]


def test_the_states_own_linode_is_never_returned_by_a_forced_replacement(
    world: World, tmp_path: Path
) -> None:
    with world.provider(world.state(tmp_path, world.id)) as provider:
        with pytest.raises(grpc.RpcError, match=f"held by Linode {world.id}.*to be replaced"):
            provider.create(world.inputs())

    assert world.labels() == ["web-1"]


def test_an_id_that_diff_has_named_is_never_returned(world: World, tmp_path: Path) -> None:
    with world.provider(world.state(tmp_path)) as provider:
        provider.diff(world.id, world.inputs(), world.inputs())
        with pytest.raises(grpc.RpcError, match=f"held by Linode {world.id}"):
            provider.create(world.inputs())


def test_where_the_state_cannot_be_seen_the_error_says_which_and_what_to_type(world: World) -> None:
    with world.provider() as provider:
        with pytest.raises(grpc.RpcError, match=f"LINODE_TAKE_OVER={world.id} pulumi up"):
            provider.create(world.inputs())

    with world.provider({"LINODE_TAKE_OVER": world.id}) as provider:
        id_, _ = provider.create(world.inputs())

    assert id_ == world.id


def test_another_resource_does_not_get_it(world: World, tmp_path: Path) -> None:
    other = Owner(world.owner.account, "fleet", "local", "web-2")
    with world.provider(world.state(tmp_path)) as provider:
        with pytest.raises(grpc.RpcError, match="is not this resource's"):
            provider.create(world.inputs(other))


def test_after_a_rename_with_an_alias_the_tag_is_changed_in_place(world: World) -> None:
    renamed = Owner(world.owner.account, "fleet", "local", "www-1")
    with world.provider() as provider:
        provider.update(world.id, world.inputs(), world.inputs(renamed))

    tags = world.call("GET", f"/linode/instances/{world.id}")["tags"]
    assert isinstance(tags, list)
    assert sorted(tags) == sorted(["web", renamed.tag()])


def test_another_generation_replaces_and_the_old_one_goes_first(world: World) -> None:
    second = Owner(world.owner.account, "fleet", "local", "web-1", 2)
    with world.provider() as provider:
        answer = provider.diff(world.id, world.inputs(), world.inputs(second))

    assert list(answer.replaces) == ["owner"]
    assert answer.deleteBeforeReplace is True
