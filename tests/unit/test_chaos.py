"""`make chaos` itself: that it declares every kind, and what it says when somebody ends it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from providers.linode.provider import SPECS
from tests.chaos import __main__ as chaos
from tests.chaos.declared import CHANGES, KINDS, PLANS, Declared, changed, crowd, first, named, taken_back
from tests.chaos.disturbances import FAULTS, REQUESTS, Fault, Kill, faults, of_runs
from tests.chaos.tally import Tally
from tests.chaos.turns import Turns
from tests.checkout import ENGINES


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


@pytest.mark.parametrize("seed", range(20))
def test_no_linode_whose_disks_fill_the_larger_plan_goes_back_to_the_smaller_one(seed: int) -> None:
    dice, declared, filled = random.Random(seed), first(), set[str]()
    for _ in range(60):
        before, names = declared, dice.choices(["resize", "rebuild", "instance recreated", "more"], k=2)
        declared = changed(before, [CHANGES[name].edit for name in names], dice)
        if dice.random() < 0.2:
            declared = taken_back(declared, before)
        there = declared.resources["Instance"]
        for name, server in there.items():
            old = before.resources["Instance"].get(name)
            if (
                old is None
                or old["image"] != server["image"]
                or old.get("generation") != server.get("generation")
            ):
                filled.discard(name)
                filled |= {name} if server["type"] == PLANS[1] else set()
        assert {there[name]["type"] for name in filled & there.keys()} <= {PLANS[1]}


def test_by_default_every_request_meets_every_fault_and_every_process_is_killed_at_every_moment() -> None:
    options = chaos._parser().parse_args(["--engine", "embedded", "--at-once", "2"])

    stacks = chaos.dealt(options)

    assert sorted(each for stack in stacks for run in stack.faults for each in run) == sorted(faults())
    assert {fault.name for fault in faults()} == {*FAULTS}
    assert {each for stack in stacks for each in stack.kills} == {*Kill.all()}
    assert sum(len(stack.kills) for stack in stacks) == len(Kill.all())
    assert all(len(stack.faults) + len(stack.kills) <= chaos.A_STACK for stack in stacks)
    assert sum(stack.crowds for stack in stacks) == 2
    assert len(stacks) % 2 == 0


def test_every_fault_and_every_kill_is_dealt_to_each_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chaos, "_is_here", lambda _: True)
    options = chaos._parser().parse_args(["--at-once", "4"])
    options.engine = None

    stacks = chaos.dealt(options)

    for engine in ENGINES:
        mine = [stack for stack in stacks if stack.engine == engine]
        assert sorted(each for stack in mine for run in stack.faults for each in run) == sorted(faults())
        assert {each for stack in mine for each in stack.kills} == {*Kill.all()}
        assert sum(stack.crowds for stack in mine) == 2
    assert {stack.engine for stack in stacks[:2]} == {*ENGINES}


def test_without_pulumi_the_end_says_that_only_one_engine_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chaos, "_is_here", lambda engine: engine == "embedded")
    monkeypatch.setattr(chaos, "dealt", lambda _: [])
    monkeypatch.delenv("ENGINE", raising=False)

    chaos.main(["--folder", str(tmp_path)])
    told = capsys.readouterr().out
    chaos.main(["--folder", str(tmp_path), "--engine", "embedded"])

    assert chaos.ONLY_EMBEDDED in told
    assert chaos.ONLY_EMBEDDED not in capsys.readouterr().out


def test_a_seed_deals_the_same_and_more_than_all_deals_some_twice() -> None:
    words = ["--engine", "embedded", "--faults", str(len(faults()) + 1), "--kills", "3", "--seed", "7"]
    options = chaos._parser().parse_args(words)

    first, second = chaos.dealt(options), chaos.dealt(options)

    assert first == second
    met = [each for stack in first for run in stack.faults for each in run]
    assert len(met) == len(faults()) + 1
    assert {*met} == {*faults()}


def test_a_run_meets_three_faults_of_different_requests_while_there_are_such() -> None:
    one, other, third = (Fault("list", "slow"), Fault("list", "429"), Fault("create", "slow"))
    more = (Fault("read", "429"), Fault("delete", "429"))

    assert of_runs([one, other, third, *more]) == [(one, third, more[0]), (other, more[1])]
    assert of_runs([one, other]) == [(one,), (other,)]
    assert of_runs([]) == []


def test_what_goes_in_a_change_does_not_come_back_in_it_as_another() -> None:
    """It would be the same one to an engine, and keep what the new one leaves out."""
    before = first()

    def another(declared: Declared, _: random.Random) -> None:
        del declared.resources["Instance"]["instance-1"]
        declared.add("Instance")

    after = changed(before, [another], random.Random(3))

    assert [*after.resources["Instance"]] == ["instance-2", "instance-3", "instance-4"]
    assert after.made["Instance"] == before.made["Instance"] + 1


def test_the_image_of_a_linode_that_is_recreated_is_made_again_and_that_of_one_that_goes_is_not() -> None:
    before, dice = first(), random.Random(3)

    def recreated(declared: Declared, _: random.Random) -> None:
        declared.resources["Instance"]["instance-1"]["generation"] = 2

    def gone(declared: Declared, _: random.Random) -> None:
        del declared.resources["Instance"]["instance-1"]

    made = [changed(before, [edit], dice).made["Image"] for edit in (recreated, gone)]

    assert made == [before.made["Image"] + 1, before.made["Image"]]


def test_what_was_left_out_before_another_wish_is_declared_as_that_wish_has_it() -> None:
    before = first()
    wish = changed(before, [CHANGES[name].edit for name in ("tags", "swap")], random.Random(3))

    back = taken_back(wish, before)

    for kind, resources in before.resources.items():
        for name, inputs in resources.items():
            kept = wish.resources[kind][name]
            for key in ("tags", "swap_size"):
                assert back.resources[kind][name].get(key) == inputs.get(key, kept.get(key))
    assert any(back.resources["Firewall"][name].get("tags") for name in before.resources["Firewall"])


def test_the_tallies_of_several_stacks_add_up() -> None:
    one, other = Tally(kills=2, notes=["one"]), Tally(kills=3, notes=["other"])
    one.faulted("list, cut before", converged=True)
    other.faulted("list, cut before", converged=False)
    other.faulted("create, twice", converged=True)

    one.add(other)

    assert (one.kills, one.notes, one.runs, one.converged) == (5, ["one", "other"], 3, 2)


def test_ctrl_c_says_what_was_counted_and_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(turns: Turns, *_: object) -> None:
        turns.tally.faulted("create, twice", converged=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(chaos, "run", interrupted)
    monkeypatch.setattr(Turns, "close", lambda _: None)

    code = chaos.main(["--engine", "embedded", "--folder", str(tmp_path), "--faults", "1", "--kills", "0"])

    said = capsys.readouterr().out
    assert code == 1
    assert "| runs that met faults | 1 |\n| … that converged in the same run | 1 |" in said
    assert list(tmp_path.glob("chaos-*/0/project/Pulumi.yaml"))
