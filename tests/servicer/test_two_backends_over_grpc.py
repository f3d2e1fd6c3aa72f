"""A second backend with a stack of the same name in the same account: it adopts nothing of the first one's."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest

from providers.linode.provider import AccountProvider, LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import URN, Props, Servicer
from tests.state_folder import state_with

ACCOUNT = URN.replace("Instance::web-1", "Account::account")
RULES: Props = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}


def of_first_backend(world: World, kind: str) -> tuple[str, Props]:
    """What the other backend has: its id, and the inputs that declare it."""
    path = "/linode/instances"
    body: Props = {"type": "g6-nanode-1", "region": "de-fra-2"}
    inputs = world.inputs(image=None, root_pass=None, tags=None)
    if kind == "Firewall":
        path, body = "/networking/firewalls", {"rules": {**RULES, "inbound": [], "outbound": []}}
        inputs = {"label": "web-1", **RULES, "owner": world.owner.as_props()}
    made = world.call("POST", path, {**body, "label": "web-1", "tags": [world.owner.tag()]})
    return str(made["id"]), inputs


class Backend:
    """A backend in a folder, and a process that serves one of its runs."""

    def __init__(self, world: World, folder: Path, kind: str, **env: str) -> None:
        self.world, self.kind = world, kind
        self.stack: Props = {"stack": "local"}
        self.process = Servicer(
            AccountProvider(), world.config, {**state_with(folder, stack="local"), **env}, ACCOUNT
        )

    def __enter__(self) -> Backend:
        self.process.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.process.__exit__(None, None, None)

    def account(self, olds: Props | None = None) -> Props:
        inputs, failures = self.process.check(self.stack, olds)
        assert failures == []
        return inputs

    def resource(self) -> Servicer:
        urn = f"{URN.rpartition(':Instance')[0]}:{self.kind}::web-1"
        return self.process.serve(LinodeProvider(self.kind), self.world.config, urn)


@pytest.fixture(params=["Instance", "Firewall"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_was_there_before_the_stack_came_is_refused_at_preview_and_not_adopted(
    world: World, tmp_path: Path, kind: str
) -> None:
    id_, inputs = of_first_backend(world, kind)
    before = world.writes()

    with Backend(world, tmp_path, kind) as backend:
        account = backend.account()
        resource = backend.resource()
        failures = resource.check(inputs)[1]
        with pytest.raises(grpc.RpcError, match="another backend has it"):
            resource.create(inputs)

    assert account["not_ours"] == [f"{kind}/{id_}"]
    assert [name for name, _ in failures] == [""]
    assert f"{id_} has the label 'web-1'" in failures[0][1]
    assert "another backend has it, and changes and deletes it" in failures[0][1]
    assert f"LINODE_TAKE_OVER={id_} pulumi up" in failures[0][1]
    assert world.writes() == before


def test_it_stays_so_in_later_runs(world: World, tmp_path: Path, kind: str) -> None:
    """Also in one that has a target: then the engine does not have the account checked."""
    id_, inputs = of_first_backend(world, kind)
    with Backend(world, tmp_path / "1", kind) as backend:
        noted = backend.account()
    (tmp_path / "2").mkdir()
    environment = state_with(tmp_path / "2", stack="local")
    file = next((tmp_path / "2").rglob("local.json"))
    entry = {"urn": ACCOUNT, "type": ACCOUNT.split("::")[2], "id": world.uuid, "inputs": noted}
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [entry]}}}))

    with Servicer(LinodeProvider(kind), world.config, environment) as targeted:
        failures = targeted.check(inputs)[1]
    with Servicer(AccountProvider(), world.config, environment, ACCOUNT) as again:
        kept = again.check({"stack": "local"}, noted)[0]
        read = again.read(world.uuid, noted)[2]

    assert "another backend has it" in failures[0][1]
    assert kept["not_ours"] == read["not_ours"] == [f"{kind}/{id_}"]


def test_with_the_persons_consent_it_is_adopted(world: World, tmp_path: Path, kind: str) -> None:
    id_, inputs = of_first_backend(world, kind)

    with Backend(world, tmp_path, kind, LINODE_TAKE_OVER=id_) as backend:
        backend.account()
        resource = backend.resource()
        checked, failures = resource.check(inputs)
        adopted, _ = resource.create(checked)

    assert (failures, adopted) == ([], id_)


def test_what_a_run_of_this_backend_left_is_adopted_as_ever(world: World, tmp_path: Path, kind: str) -> None:
    with Backend(world, tmp_path, kind) as backend:
        noted = backend.account()
    id_, inputs = of_first_backend(world, kind)

    with Backend(world, tmp_path, kind) as backend:
        again = backend.account(noted)
        resource = backend.resource()
        checked, failures = resource.check(inputs)
        adopted, _ = resource.create(checked)

    assert "not_ours" not in noted | again
    assert (failures, adopted) == ([], id_)


def test_every_kind_with_tags_is_asked_for_once_when_a_stack_first_comes(
    world: World, tmp_path: Path
) -> None:
    with Backend(world, tmp_path, "Instance") as backend:
        noted = backend.account()
        first = world.seen()
        backend.account(noted)

    lists = [line for line in first if line.endswith(("/instances", "/firewalls", "/volumes"))]
    assert len(lists) == len(set(lists)) == 3
    assert world.seen() == first


def test_the_end_of_a_destroy_does_not_name_it_as_left_behind(world: World, tmp_path: Path) -> None:
    id_, _ = of_first_backend(world, "Instance")

    with Backend(world, tmp_path, "Instance") as backend:
        backend.process.delete(world.uuid, backend.account())

    assert id_ not in backend.process.printed
