from __future__ import annotations

import logging

import pytest

from providers.linode.api.connection import Connection
from providers.linode.api.errors import NotAuthorized
from providers.linode.api.rotation import candidates, choose

CONFIG = {"linode:token": "from-config"}
ENVIRONMENT = {"LINODE_TOKEN": "from-env", "LINODE_CLI_TOKEN": "from-cli"}


def sources(found: list[Connection]) -> list[str]:
    return [connection.token_source for connection in found]


def chosen(accounts: dict[str, str], account: str | None = "A1", *, config: dict[str, str] = CONFIG) -> str:
    """The source of the token that is used where only the tokens of `accounts` are valid."""

    def account_of(connection: Connection) -> str:
        if connection.token not in accounts:
            raise NotAuthorized("Invalid Token", status=401)
        return accounts[connection.token]

    return choose(candidates("dev", config, account, ENVIRONMENT), account, account_of).token_source


def test_the_environment_goes_before_the_configuration() -> None:
    assert sources(candidates("dev", CONFIG, "A1", ENVIRONMENT)) == [
        "LINODE_TOKEN", "linode:token", "LINODE_CLI_TOKEN",
    ]  # fmt: skip


def test_the_spare_is_no_candidate_while_the_account_is_unknown() -> None:
    assert sources(candidates("dev", CONFIG, None, ENVIRONMENT)) == ["LINODE_TOKEN", "linode:token"]


def test_the_local_stack_has_one_token() -> None:
    config = {**CONFIG, "linode:url": "http://127.0.0.1:8041"}

    assert sources(candidates("local", config, "A1", ENVIRONMENT)) == ["linode:token"]


def test_the_same_token_is_not_tried_twice() -> None:
    assert len(candidates("dev", {"linode:token": "from-env"}, None, ENVIRONMENT)) == 1


def test_a_valid_first_token_is_used() -> None:
    assert chosen({"from-env": "A1", "from-config": "A1"}) == "LINODE_TOKEN"


def test_a_revoked_token_gives_way_to_the_next_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    assert chosen({"from-config": "A1"}) == "linode:token"
    assert "LINODE_TOKEN is not valid any more; using the one from linode:token" in caplog.text
    assert "from-env" not in caplog.text


def test_a_token_of_another_account_is_passed_over() -> None:
    assert chosen({"from-config": "B2", "from-cli": "A1"}) == "LINODE_CLI_TOKEN"
    assert chosen({"from-config": "B2", "from-cli": "B2"}) == "LINODE_TOKEN"


def test_a_valid_token_of_another_account_is_not_replaced_by_a_fitting_one() -> None:
    assert chosen({"from-env": "B2", "from-config": "A1"}) == "LINODE_TOKEN"


def test_without_any_valid_token_the_first_one_tells_what_is_wrong() -> None:
    assert chosen({}) == "LINODE_TOKEN"


def test_one_candidate_costs_no_request() -> None:
    def account_of(_: Connection) -> str:
        raise AssertionError("asked")

    [only] = candidates("dev", CONFIG, "A1", {})

    assert choose([only], "A1", account_of) is only
