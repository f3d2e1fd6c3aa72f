from __future__ import annotations

import pytest

from stacks import sources
from stacks.errors import BadSettings
from stacks.layers import Layer, merge
from stacks.picking import require_within
from stacks.settings import Settings, parse

PR = sources.of_files("pr")
END = Layer({"fleet:ends_at": "2026-11-27T06:00:00Z"})


def settings(**values: object) -> Settings:
    return parse(merge([PR, END, Layer({f"fleet:{key}": value for key, value in values.items()})]), "pr-7")


def test_all_that_can_have_tags_gets_the_end_as_one_but_what_was_there_before() -> None:
    end = "expires:2026-11-27t0600"

    assert settings().ending({}) == {"tags": [end]}
    assert settings().ending({"size": 20, "tags": ["web"]}) == {"size": 20, "tags": ["web", end]}
    assert settings().ending({"adopt": "disk"}) == {"adopt": "disk"}
    assert parse(sources.of_files("dev"), "dev").ending({"size": 20}) == {"size": 20}


def test_what_the_template_asks_for_is_within_its_own_guards() -> None:
    require_within(settings(), 5.0, "pr-7")


def test_a_pull_request_that_costs_too_much_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"would cost 25\.01 USD a month.*allows 25\.00.*Next: "):
        require_within(settings(), 25.01, "pr-7")


def test_a_pull_request_with_too_many_servers_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"would have 4 servers.*allows 3.*Next: "):
        require_within(settings(servers={"web": {"count": 4}}), 20.0, "pr-7")


def test_stacks_without_an_end_are_judged_in_their_report() -> None:
    require_within(parse(sources.of_files("dev"), "dev"), 10_000.0, "dev")
