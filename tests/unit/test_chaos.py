"""`make chaos` itself: that it declares every kind, and what it says when somebody ends it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from providers.linode.provider import SPECS
from tests.chaos import __main__ as chaos
from tests.chaos.declared import CHANGES, KINDS, changed, crowd, first, named
from tests.chaos.disturbances import REQUESTS
from tests.chaos.turns import Turns


def test_every_kind_is_declared_and_recreated() -> None:
    declared = first()

    assert set(KINDS) == set(SPECS)
    assert all(declared.resources[kind] for kind in SPECS)
    assert {f"{kind.lower()} recreated" for kind in SPECS} <= set(CHANGES)
    assert {sent for change in CHANGES.values() for sent in change.sends.split()} <= set(REQUESTS)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_changed_names_only_what_is_declared(seed: int) -> None:
    dice, declared = random.Random(seed), first()
    for _ in range(60):
        declared = changed(declared, [CHANGES[name].edit for name in dice.sample(sorted(CHANGES), 3)], dice)
    declared = changed(declared, [crowd(10)], dice)

    gone = [
        (name, other)
        for resources in declared.resources.values()
        for name, inputs in resources.items()
        for value in inputs.values()
        for other in named(value)
        if declared.of(other) is None
    ]

    assert gone == []
    for kind in SPECS:
        assert len(declared.labels(kind)) >= (2 if kind in ("Instance", "DomainRecord") else 1), kind


def test_ctrl_c_says_what_was_counted_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(turns: Turns, *_: int) -> None:
        turns.tally.faulted("create, twice", converged=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(chaos, "run", interrupted)
    monkeypatch.setattr(Turns, "close", lambda _: None)

    code = chaos.main(["--engine", "embedded", "--folder", str(tmp_path), "--faults", "1", "--kills", "0"])

    said = capsys.readouterr().out
    assert code == 1
    assert "1 faulted runs, 1 converged in the same run" in said
    assert list(tmp_path.glob("chaos-*/0/project/Pulumi.yaml"))
