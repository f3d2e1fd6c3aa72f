from __future__ import annotations

from collections.abc import Mapping
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
from stacks.expiry import linode_tag, stack_tag

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
    tags = ("web", owner, *((linode_tag(ends),) if ends else ()), *more)
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
        (machine(more=(linode_tag(FUTURE),)), {}, SCOPE, "keep"),  # two ends are none
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
        (retagged(machine(), "web", linode_tag(PAST)), {}, NAMED, None),
        (retagged(machine(), "pulumi:", linode_tag(PAST)), {}, NAMED, None),
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


def test_tags_are_ours_whatever_their_case() -> None:
    one = machine()

    assert judge(retagged(one, *(tag.upper() for tag in one.record.tags)), {}) == "delete"


def test_a_machine_of_a_later_generation_is_ours_too() -> None:
    tags = (Owner("acc", "fleet", "pr-7", "web-1", 3).tag(), linode_tag(PAST))

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
