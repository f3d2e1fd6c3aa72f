"""Commands in advice are those that whoever reads them has."""

from __future__ import annotations

import pytest

from providers.linode.api import advice


def test_who_came_by_make_is_told_of_make(monkeypatch: pytest.MonkeyPatch) -> None:
    by_fleet = [advice.typed("up"), advice.typed("down", "dev", "--remove")]
    monkeypatch.setattr(advice, "TOOL", "make")
    by_make = [
        advice.typed("up"),
        advice.typed("up", "local"),
        advice.typed("down", "dev", "--remove", "--yes"),
    ]

    assert by_fleet == ["fleet up", "fleet down --stack dev --remove"]
    assert by_make == ["make up", "make up STACK=local", "make down STACK=dev ARGS='--remove --yes'"]
