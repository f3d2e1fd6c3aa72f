"""What the account has is read once, and is not known where the token may not or nobody may ask."""

from __future__ import annotations

import pytest

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused
from providers.linode.api.records import Backups, Linode
from providers.linode.resources.instance.account_lookups import MOST_LINODES_FOR_A_BACKUP, AccountLookups
from tests.wire import Answer, ScriptedServer, errors


def page(*rows: dict[str, object]) -> Answer:
    return Answer(200, {"data": list(rows), "page": 1, "pages": 1, "results": len(rows)})


def held(*backup_ids: int) -> Answer:
    rows = [{"id": id_, "region": "de-fra-2", "status": "successful"} for id_ in backup_ids]
    return Answer(200, {"automatic": rows, "snapshot": {"current": None, "in_progress": None}})


def linodes(count: int, region: str = "de-fra-2", *, enabled: bool = True) -> list[Linode]:
    service = Backups(enabled=enabled)
    return [
        Linode(id=n, label=f"l-{n}", status="running", region=region, backups=service) for n in range(count)
    ]


def test_a_list_is_asked_for_once() -> None:
    with ScriptedServer(page({"id": 1, "label": "wall", "status": "enabled"})) as server:
        lookups = AccountLookups(LinodeClient(server.transport()))

        assert lookups.firewalls == lookups.firewalls
        assert len(server.seen) == 1


def test_who_joins_while_it_runs_is_seen_and_who_never_does_is_asked_about_once_more() -> None:
    first: dict[str, object] = {"username": "ops"}
    later: dict[str, object] = {"username": "made-meanwhile"}
    with ScriptedServer(page(first), page(first, later), page(first, later)) as server:
        lookups = AccountLookups(LinodeClient(server.transport()))

        seen = [[*lookups.holding("users", [name])] for name in ("ops", "made-meanwhile", "nobody", "nobody")]

        assert seen == [["ops"], *[["ops", "made-meanwhile"]] * 3]
        assert len(server.seen) == 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_the_token_may_not_read_is_not_known(status: int) -> None:
    with ScriptedServer(Answer(status, errors("no"))) as server:
        lookups = AccountLookups(LinodeClient(server.transport()))

        assert lookups.users is None
        assert lookups.addresses is None
        assert lookups.groups is None


def test_a_stackscript_that_is_missing_is_known_to_be_missing() -> None:
    with ScriptedServer(Answer(404, errors("Not found"))) as server:
        assert AccountLookups(LinodeClient(server.transport())).stackscript(7) == {}


def test_another_refusal_is_an_error() -> None:
    with ScriptedServer(Answer(400, errors("odd"))) as server:
        with pytest.raises(ApiRefused):
            _ = AccountLookups(LinodeClient(server.transport())).subnets


def test_nothing_is_asked_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINODE_OFFLINE", "1")
    with ScriptedServer(page()) as server:
        lookups = AccountLookups(LinodeClient(server.transport()))

        found = (
            lookups.firewalls,
            lookups.users,
            lookups.addresses,
            lookups.subnets,
            lookups.stackscript(1),
        )

        assert found == (None,) * 5
        assert lookups.backup(1, [], "de-fra-2") is None
        assert server.seen == []


def test_a_subnet_is_known_with_the_region_of_its_vpc() -> None:
    vpc = {"id": 1, "region": "gb-lon", "subnets": [{"id": 3, "label": "web"}, {"id": 4, "label": "db"}]}
    with ScriptedServer(page(vpc, {"id": 2, "region": "de-fra-2", "subnets": []})) as server:
        subnets = AccountLookups(LinodeClient(server.transport())).subnets

    assert subnets is not None
    assert {id_: subnet.region for id_, subnet in subnets.items()} == {3: "gb-lon", 4: "gb-lon"}


def test_a_backup_is_looked_for_in_its_region_first_and_no_further_than_it_is_found() -> None:
    far, near, without = linodes(2, "gb-lon"), linodes(3)[2:], linodes(5, enabled=False)[4:]
    with ScriptedServer(held(20)) as server:
        lookups = AccountLookups(LinodeClient(server.transport()))

        found = lookups.backup(20, [*far, *near, *without], "de-fra-2")

        assert found is not None
        assert list(found) == [20]
        assert [seen.path for seen in server.seen] == ["/v4/linode/instances/2/backups"]


def test_a_backup_that_no_linode_has_is_known_to_be_missing_unless_there_are_too_many_to_ask() -> None:
    with ScriptedServer(held(20)) as server:
        lookups = AccountLookups(LinodeClient(server.transport()))

        assert lookups.backup(21, linodes(2), "de-fra-2") == {}
        assert lookups.backup(21, linodes(MOST_LINODES_FOR_A_BACKUP + 1), "de-fra-2") is None
        assert len(server.seen) == MOST_LINODES_FOR_A_BACKUP, "each Linode was asked once"
