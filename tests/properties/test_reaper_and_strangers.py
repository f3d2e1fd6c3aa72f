"""Whatever an account holds, the reaper deletes nothing that is not provably ours and past its end."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from hypothesis import example, given, strategies as st

from fleet.delivery import reaping
from fleet.delivery.reaping import Scope, StackFacts, judge_resource, judge_stack
from providers.linode.api.records import Linode
from providers.linode.core.leftovers import Tagged
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS
from stacks.expiry import stack_tag

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
ACCOUNTS, PROJECTS = ("acc", "other"), ("fleet", "shop", "fleet-pr")
STACKS = ("pr-1", "pr-2", "pr-12", "dev", "staging", "prod", "local", "pr", "pr-x", "mine")
NAMES = ("web-1", "web-2", "db-1", "1-web")
ENVIRONMENTS = frozenset({"dev", "staging", "prod", "local", "pr"})

owners = st.builds(
    Owner,
    st.sampled_from(ACCOUNTS), st.sampled_from(PROJECTS), st.sampled_from(STACKS), st.sampled_from(NAMES),
    st.integers(1, 3),
)  # fmt: skip
look_alikes = st.one_of(
    st.sampled_from(
        ["pulumi:", "pulumi", "pulumi:x:y:1", "pulumi::", "web", "expires:", "expires:never", "Pulumi:a:b"]
    ),
    owners.map(lambda owner: owner.tag() + "0:1"),
    owners.map(lambda owner: owner.tag().rpartition(":")[0]),
    owners.map(lambda owner: owner.tag()[1:]),
    owners.map(lambda owner: f"x{owner.tag()}"),
)
ends = st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))
owner_tags = st.one_of(owners.map(Owner.tag), look_alikes)
end_tags = ends.map(lambda end: f"expires:{end:%Y-%m-%dt%H%M}")
tags = st.lists(st.one_of(owners.map(Owner.tag), look_alikes, end_tags), max_size=4)
labels = st.one_of(
    st.builds(
        "-".join, st.tuples(st.sampled_from(PROJECTS), st.sampled_from(STACKS), st.sampled_from(NAMES))
    ),
    st.sampled_from(["by-hand", "fleet", "fleet-pr-1-web-1-copy", "fleet-pr-"]),
)


SPOILERS = (
    "account",
    "project",
    "stack",
    "second owner",
    "label",
    "end",
    "no end",
    "second end",
    "no tags",
    "status",
)


@st.composite
def machines(draw: st.DrawFn) -> Linode:
    """A machine that a pull request's stack left behind, but for at most two things that are not so."""
    spoilt = draw(st.sets(st.sampled_from(SPOILERS), max_size=2))
    stack = draw(st.sampled_from(STACKS if "stack" in spoilt else STACKS[:3]))
    account = draw(st.sampled_from(ACCOUNTS)) if "account" in spoilt else "acc"
    project = draw(st.sampled_from(PROJECTS)) if "project" in spoilt else "fleet"
    owner = Owner(account, project, stack, draw(st.sampled_from(NAMES)), draw(st.integers(1, 3)))
    found = [owner.tag(), draw(end_tags) if "end" in spoilt else "expires:2026-11-24t1100"]
    found = found[:1] if "no end" in spoilt else found
    found = draw(tags) if "no tags" in spoilt else found
    found += [draw(owner_tags)] if "second owner" in spoilt else []
    found += [draw(end_tags)] if "second end" in spoilt else []
    return Linode(
        id=draw(st.integers(1, 4)),
        label=draw(labels) if "label" in spoilt else f"fleet-{stack}-{owner.name}",
        status=draw(st.sampled_from(["running", "offline", "deleting"])) if "status" in spoilt else "running",
        region="de-fra-2",
        tags=tuple(draw(st.permutations(found))),
    )


states = st.dictionaries(
    st.sampled_from(STACKS),
    st.tuples(
        st.sampled_from(["acc", "acc", "other", None]),
        st.frozensets(st.integers(1, 4).map(lambda id_: ("Instance", str(id_))), max_size=2),
        st.frozensets(st.sampled_from(NAMES), max_size=1),
        st.dictionaries(
            st.sampled_from(["pr", "expires"]),
            st.one_of(ends.map(stack_tag), st.sampled_from(["1", "2", "12", ""])),
        ),
    ),
).map(lambda found: {name: StackFacts(name, *rest) for name, rest in found.items()})
patterns = st.sampled_from(["pr-*", "pr-*", "pr-*", "*", "pr-1", "pr-1*", "p*", "dev", ""])


def proof(linode: Linode) -> str | None:
    """The pull request's stack that a machine is surely of: said again, in another way than the reaper does."""
    whole = [tag.lower() for tag in linode.tags if tag.lower().startswith("pulumi:")]
    for number in (1, 2, 12):
        for name in NAMES:
            if linode.label == f"fleet-pr-{number}-{name}":
                ours = {
                    Owner("acc", "fleet", f"pr-{number}", name, generation).tag() for generation in (1, 2, 3)
                }
                if len(whole) == 1 and whole[0] in ours:
                    return f"pr-{number}"
    return None


def is_past(linode: Linode) -> bool:
    written = {tag.lower() for tag in linode.tags if tag.lower().startswith("expires:")}
    return len(written) == 1 and bool(
        re.fullmatch(r"expires:\d{4}-\d\d-\d\dt\d{4}", min(written))
        and min(written) <= f"expires:{NOW:%Y-%m-%dt%H%M}"
    )


@given(linodes=st.lists(machines(), max_size=6), states=states, pattern=patterns)
@example(
    linodes=[
        Linode(id=1, label="fleet-pr-1-web-1", status="running", region="de-fra-2",
               tags=(Owner("acc", "fleet", "pr-1", "web-1").tag(), "expires:2026-11-24t1100"))
    ],
    states={}, pattern="pr-*",
)  # fmt: skip
def test_nothing_is_deleted_unasked_that_is_not_provably_ours_and_past_its_end(
    linodes: list[Linode], states: dict[str, StackFacts], pattern: str
) -> None:
    scope = Scope("acc", "fleet", ENVIRONMENTS, pattern, NOW)
    known = reaping.digests([*STACKS, *states], "acc", "fleet")

    for linode in linodes:
        one = Tagged(SPECS["Instance"], linode)
        found = judge_resource(one, reaping.stack_of(one, known), states, scope)
        if found is not None and found.action == "delete":
            stack = proof(linode)
            assert stack == found.stack
            assert stack is not None
            assert scope.covers(stack)
            assert is_past(linode)
            assert ("Instance", str(linode.id)) not in (states[stack].ids if stack in states else ())


@given(
    linodes=st.lists(machines(), max_size=6), states=states, named=st.frozensets(st.integers(1, 4).map(str))
)
def test_naming_a_machine_deletes_it_only_if_it_is_of_this_account_and_project_and_in_no_state(
    linodes: list[Linode], states: dict[str, StackFacts], named: frozenset[str]
) -> None:
    scope = Scope("acc", "fleet", ENVIRONMENTS, "pr-*", NOW, named)
    known = reaping.digests([*STACKS, *states], "acc", "fleet")
    ours = {Owner("acc", "fleet", stack, "").tag().split(":")[1]: stack for stack in STACKS}

    for linode in linodes:
        one = Tagged(SPECS["Instance"], linode)
        found = judge_resource(one, reaping.stack_of(one, known), states, scope)
        if found is not None and found.action == "delete" and not is_past(linode):
            [tag] = [tag.lower() for tag in linode.tags if tag.lower().startswith("pulumi:")]
            assert str(linode.id) in named
            assert ours[tag.split(":")[1]] == found.stack
            assert ("Instance", str(linode.id)) not in (
                states[found.stack].ids if found.stack in states else ()
            )
            assert found.stack not in ENVIRONMENTS or found.stack in states


@given(states=states, pattern=patterns)
def test_no_environments_stack_is_ever_taken_down(states: dict[str, StackFacts], pattern: str) -> None:
    scope = Scope("acc", "fleet", ENVIRONMENTS, pattern, NOW)

    for facts in states.values():
        found = judge_stack(facts, scope)
        if found is not None and found.action == "delete":
            assert re.fullmatch(r"pr-\d+", facts.name)
            assert facts.tags["pr"] == facts.name.removeprefix("pr-")
            assert facts.tags["expires"] <= stack_tag(NOW)
            assert facts.account == "acc" or not (facts.account or facts.ids)
