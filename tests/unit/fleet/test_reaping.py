from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from fleet.delivery import reaping
from fleet.delivery.reaper import Reaper
from fleet.delivery.reaping import Scope, StackFacts, facts_of, judge_resource, judge_stack
from providers.linode.api.records import Linode, Owned
from providers.linode.core.leftovers import Tagged
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS
from stacks import sources
from stacks.expiry import resource_tag, stack_tag

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
SCOPE = Scope("acc", "fleet", frozenset({"dev", "staging", "prod", "local", "pr"}), "pr-*", NOW)
TAGS = {"pr": "7", "expires": stack_tag(PAST), "created": stack_tag(PAST)}
EXPIRED = StackFacts("pr-7", "acc", frozenset({("Instance", "1")}), tags=TAGS)
ALIVE = replace(EXPIRED, tags={**TAGS, "expires": stack_tag(FUTURE)})
OTHERS_ACCOUNT = replace(EXPIRED, account="other")


@pytest.mark.parametrize(
    ("facts", "scope", "action"),
    [
        (EXPIRED, SCOPE, "delete"),
        (replace(EXPIRED, ids=frozenset(), account=None), SCOPE, "delete"),  # nothing was made yet
        (ALIVE, SCOPE, "keep"),
        (OTHERS_ACCOUNT, SCOPE, "keep"),
        (replace(EXPIRED, account=None), SCOPE, "keep"),  # machines, and no account to compare
        (replace(EXPIRED, tags={}), SCOPE, "keep"),
        (replace(EXPIRED, tags={**TAGS, "pr": "8"}), SCOPE, "keep"),
        (replace(EXPIRED, tags={**TAGS, "expires": "soon"}), SCOPE, "keep"),
        (EXPIRED, replace(SCOPE, pattern="pr-8*"), None),
        (EXPIRED, replace(SCOPE, environments=frozenset({"pr-7"})), None),
        (replace(EXPIRED, name="prod"), replace(SCOPE, pattern="*"), None),
        (replace(EXPIRED, name="dev"), replace(SCOPE, pattern="*", environments=frozenset()), None),
        (replace(EXPIRED, name="pr-x"), replace(SCOPE, pattern="*"), None),
    ],
)
def test_a_stack_is_taken_down_only_past_its_end_in_its_account_and_family(
    facts: StackFacts, scope: Scope, action: str | None
) -> None:
    found = judge_stack(facts, scope)

    assert (found.action if found else None) == action


def machine(
    stack: str = "pr-7",
    name: str = "web-1",
    *,
    ends: datetime | None = PAST,
    label: str | None = None,
    account: str = "acc",
    project: str = "fleet",
    status: str = "running",
    more: tuple[str, ...] = (),
) -> Tagged:
    owner = Owner(account, project, stack, name).tag()
    tags = ("web", owner, *((resource_tag(ends),) if ends else ()), *more)
    label = label or f"fleet-{stack}-{name}"
    return of_linode(Linode(id=9, label=label, status=status, region="de-fra-2", tags=tags))


def of_linode(linode: Linode) -> Tagged:
    return Tagged(SPECS["Instance"], linode)


def retagged(one: Tagged, *tags: str) -> Tagged:
    return replace(one, record=one.record.model_copy(update={"tags": tags}))


def judge(one: Tagged, states: Mapping[str, StackFacts], scope: Scope = SCOPE) -> str | None:
    known = reaping.digests(["pr-7", "pr-8", "dev", "prod", *states], scope.account, scope.project)
    found = judge_resource(one, reaping.stack_of(one, known), states, scope)
    return found.action if found else None


OF_DEV = replace(SCOPE, pattern="", stack="dev", environments=frozenset({"prod"}))
NAMED = replace(SCOPE, named=frozenset({"9"}))
DEV = {"dev": StackFacts("dev", "acc", frozenset({("Instance", "1")}))}
FIREWALL = Tagged(SPECS["Firewall"], Owned(id=9, label="wall", tags=machine("dev", "wall").record.tags))


@pytest.mark.parametrize(
    ("one", "states", "scope", "action"),
    [
        # left behind by a pull request's stack
        (machine(), {}, SCOPE, "delete"),
        (machine(), {"pr-7": ALIVE}, SCOPE, "delete"),
        (machine(ends=FUTURE), {}, SCOPE, "keep"),
        (machine(ends=FUTURE), {"pr-7": ALIVE}, SCOPE, "keep"),
        (machine(ends=None), {}, SCOPE, "keep"),
        (machine(ends=None), {}, NAMED, "delete"),
        (machine(more=(resource_tag(FUTURE),)), {}, SCOPE, "keep"),  # two ends are none
        (machine(label="by-hand"), {}, SCOPE, "keep"),
        (machine(label="fleet-pr-7-web-1-copy"), {}, SCOPE, "keep"),  # a clone has the tags of the first
        (machine(label="by-hand"), {}, NAMED, "delete"),
        (machine(status="deleting"), {}, SCOPE, None),
        (machine(), {}, replace(SCOPE, pattern="pr-8"), None),
        # in the state: its stack's own affair
        (machine(), {"pr-7": replace(ALIVE, ids=frozenset({("Instance", "9")}))}, NAMED, None),
        # being made just now, or cut off
        (machine(), {"pr-7": replace(ALIVE, creating=frozenset({"web-1"}))}, NAMED, "keep"),
        (machine(), {"pr-7": replace(ALIVE, creating=frozenset({"web-2"}))}, SCOPE, "delete"),
        # environments: only an orphan, only by name, only with the state at hand
        (machine("dev"), DEV, SCOPE, "keep"),
        (machine("dev"), DEV, NAMED, "delete"),
        (machine("dev"), {"dev": replace(DEV["dev"], ids=frozenset({("Instance", "9")}))}, NAMED, None),
        (machine("dev"), {}, SCOPE, None),
        (machine("dev"), {}, NAMED, "keep"),
        (machine("dev"), {"dev": StackFacts("dev", "other")}, NAMED, "keep"),
        (machine("prod"), DEV, replace(NAMED, pattern="*"), "keep"),
        # strangers
        (machine(account="other"), {}, NAMED, None),
        (machine(project="shop"), {}, NAMED, None),
        (machine("pr-99"), {}, NAMED, None),  # a digest of no stack that is known
        (machine(more=("pulumi:0123456789ab:0123456789ab:1",)), {}, NAMED, None),
        (retagged(machine(), "web", resource_tag(PAST)), {}, NAMED, None),
        (retagged(machine(), "pulumi:", resource_tag(PAST)), {}, NAMED, None),
        # a stack that was asked for: all that carries its tag and is in no state, or of that what was named
        (machine("dev", ends=None), DEV, OF_DEV, "delete"),
        (machine("dev", label="web"), DEV, OF_DEV, "delete"),
        (machine("dev", ends=FUTURE), {"dev": StackFacts("dev")}, OF_DEV, "delete"),  # destroyed
        (FIREWALL, DEV, OF_DEV, "delete"),
        (FIREWALL, {"dev": replace(DEV["dev"], ids=frozenset({("Instance", "9")}))}, OF_DEV, "delete"),
        (FIREWALL, {"dev": replace(DEV["dev"], ids=frozenset({("Firewall", "9")}))}, OF_DEV, None),
        (machine("dev"), DEV, replace(OF_DEV, named=frozenset({"8"})), "keep"),
        (machine("dev"), DEV, replace(OF_DEV, named=frozenset({"9"})), "delete"),
        (machine("dev"), {"dev": replace(DEV["dev"], creating=frozenset({"web-1"}))}, OF_DEV, "keep"),
        # what had the tag before this backend had the stack: another backend may have it
        (machine("dev"), {"dev": replace(DEV["dev"], not_ours=frozenset({"Instance/9"}))}, OF_DEV, "keep"),
        (FIREWALL, {"dev": replace(DEV["dev"], not_ours=frozenset({"Instance/9"}))}, OF_DEV, "delete"),
        (machine("dev"), {}, OF_DEV, "keep"),
        (machine("dev"), {"dev": StackFacts("dev", "other")}, OF_DEV, "keep"),
        (machine("dev"), {"dev": StackFacts("dev", None, frozenset({("Instance", "1")}))}, OF_DEV, "keep"),
        (machine("prod"), DEV, OF_DEV, None),
        (machine("pr-7"), {}, OF_DEV, None),
        # a destroyed environment's are orphans, too
        (machine("dev"), {"dev": StackFacts("dev")}, SCOPE, "keep"),
        (machine("dev"), {"dev": StackFacts("dev")}, NAMED, "delete"),
    ],
)
def test_a_resource_is_deleted_only_if_it_is_ours_and_left_behind(
    one: Tagged, states: Mapping[str, StackFacts], scope: Scope, action: str | None
) -> None:
    assert judge(one, states, scope) == action


def net(label: str = "fleet-pr-7-net", *linodes: int) -> Tagged:
    """A VPC, which has no tags, with these Linodes in it."""
    inside = [{"id": 5, "linodes": [{"id": id_} for id_ in linodes]}]
    return Tagged(SPECS["VPC"], SPECS["VPC"].read({"id": 9, "label": label, "subnets": inside}))


def disk(name: str = "data", *, ends: datetime | None = PAST) -> Tagged:
    tags = machine(name=name, ends=ends).record.tags
    return Tagged(
        SPECS["Volume"], SPECS["Volume"].read({"id": 9, "label": f"fleet-pr-7-{name}", "tags": tags})
    )


def address(*, ends: datetime | None = PAST) -> Tagged:
    row = {"address": "192.0.2.7", "tags": machine(name="web-1-address", ends=ends).record.tags}
    return Tagged(SPECS["ReservedIP"], SPECS["ReservedIP"].read(row))


OF_7 = {("Instance", "3"): "pr-7", ("Instance", "4"): "pr-7", ("Instance", "6"): "pr-8"}


@pytest.mark.parametrize(
    ("one", "stack"),
    [
        (net(), "pr-7"),
        (net("fleet-pr-7-x-net"), "pr-7-x"),  # the longest name that fits
        (net("by-hand"), None),
        (net("by-hand", 3, 4), "pr-7"),
        (net("by-hand", 3, 6), None),
        (net("by-hand", 3, 99), None),
        (net("shop-pr-7-net"), None),
    ],
)
def test_what_has_no_tags_may_be_of_the_stack_of_its_label_or_of_all_in_it(
    one: Tagged, stack: str | None
) -> None:
    assert reaping.guessed(one, ["pr-7", "pr-7-x", "pr-8"], OF_7, "fleet") == stack


@pytest.mark.parametrize(
    ("one", "states", "scope", "action"),
    [
        (net(), {}, SCOPE, "keep"),
        (net(), {}, NAMED, "delete"),
        (net(), {"pr-8": replace(ALIVE, name="pr-8", ids=frozenset({("VPC", "9")}))}, NAMED, None),
        (net("fleet-pr-7-net", 3), {"pr-7": replace(ALIVE, ids=frozenset({("Instance", "3")}))}, NAMED, None),
        (net(), {"pr-7": replace(ALIVE, creating=frozenset({"net"}))}, NAMED, "keep"),
        (net(), {"pr-7": ALIVE}, replace(SCOPE, pattern="", stack="pr-7"), "keep"),
        (net(), {"pr-7": ALIVE}, replace(NAMED, pattern="", stack="pr-7"), "delete"),
        (net(), {}, replace(NAMED, pattern="", stack="pr-7"), "keep"),  # its state is in no backend of ours
    ],
)
def test_what_has_no_tags_is_shown_and_deleted_only_where_somebody_named_it(
    one: Tagged, states: Mapping[str, StackFacts], scope: Scope, action: str | None
) -> None:
    found = judge_resource(one, "pr-7", states, scope)

    assert (found.action if found else None) == action


@pytest.mark.parametrize("made", [disk, address])
def test_what_is_no_machine_has_its_own_end(made: Callable[..., Tagged]) -> None:
    assert [judge(made(ends=ends), {}) for ends in (PAST, FUTURE, None)] == ["delete", "keep", "keep"]


def test_tags_are_ours_whatever_their_case() -> None:
    one = machine()

    assert judge(retagged(one, *(tag.upper() for tag in one.record.tags)), {}) == "delete"


def test_a_machine_of_a_later_generation_is_ours_too() -> None:
    tags = (Owner("acc", "fleet", "pr-7", "web-1", 3).tag(), resource_tag(PAST))

    assert judge(retagged(machine(), *tags), {}) == "delete"


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("fleet-pr-7-web-1", {"pr-7"}),
        ("fleet-pr-7", {"pr-7"}),
        ("fleet-pr-x-web", set()),
        ("fleet-prod-web-1", set()),
        ("shop-pr-7-web-1", set()),
        ("7-web", set()),
    ],
)
def test_labels_say_which_stacks_to_try(label: str, found: set[str]) -> None:
    assert reaping.candidates([machine(label=label)], "fleet") == found


def test_a_state_tells_its_machines_its_account_and_what_is_being_made() -> None:
    instance, wall, kind = (
        f"pulumi-python:dynamic/linode:{each}" for each in ("Instance", "Firewall", "Account")
    )
    deployment: dict[str, object] = {
        "resources": [
            {"type": kind, "id": "acc", "urn": "urn:a::account", "inputs": {"not_ours": ["Instance/5"]}},
            {"type": instance, "id": "1", "urn": "urn:a::web-1"},
            {"type": wall, "id": "2", "urn": "urn:a::wall", "delete": True},
            {"type": "pulumi-python:dynamic/linode:RootPassword", "id": "pw", "urn": "urn:a::web-root"},
            {"type": "pulumi:pulumi:Stack", "urn": "urn:a::fleet"},
        ],
        "pending_operations": [{"resource": {"type": instance, "urn": "urn:a::web-3"}, "type": "creating"}],
    }

    found = facts_of("pr-7", deployment, TAGS)

    assert found == StackFacts(
        "pr-7", "acc", frozenset({("Instance", "1"), ("Firewall", "2")}), frozenset({"web-3"}), TAGS,
        frozenset({"Instance/5"}),
    )  # fmt: skip
    assert facts_of("pr-7", {"resources": None}, {}) == StackFacts("pr-7")


def test_environments_are_those_that_have_settings_and_this_machines_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("eu", "pr", "pr-7"):
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    look = Reaper("pr-*")
    vars(look).update(session=SimpleNamespace(account_id="A"), _run=SimpleNamespace(project_name="fleet"))

    assert look.scope.environments == {"eu", "pr", "local"}
