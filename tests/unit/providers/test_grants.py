"""What a restricted user is told at preview."""

from __future__ import annotations

from dataclasses import replace

import pytest

from providers.linode.core import check
from providers.linode.core.grants import Restricted, parsed, refusals
from providers.linode.core.problems import Problem
from providers.linode.resources import firewall, placement_group, ssh_key, subnet
from providers.linode.resources.instance.spec import SPEC
from tests import sessions
from tests.sessions import OWNER

STATE: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "label": "web-1",
    "owner": OWNER.as_props(),
}
NOTHING: tuple[str, ...] = ()
TAGS = ("tags",)
WATCHDOG = ("watchdog_enabled",)


@pytest.mark.parametrize(("changed", "is_made"), [(NOTHING, True), (("label",), False)])
def test_a_part_is_granted_as_its_parent_is(changed: tuple[str, ...], is_made: bool) -> None:
    user = Restricted("deploy", {"add_vpcs": False}, {"vpc": frozenset({7})})

    [problem] = refusals(subnet.SPEC, user, changed, 7, is_made=is_made)

    assert "VPC 7 may only be read by the token's user 'deploy'" in problem.reason
    assert list(refusals(subnet.SPEC, user, changed, 8, is_made=is_made)) == []


def test_the_grants_are_read_as_far_as_they_matter() -> None:
    rows = [{"id": 7, "permissions": "read_only"}, {"id": 8, "permissions": "read_write"}]

    found = parsed("deploy", {"global": {"add_linodes": False}, "linode": rows, "volume": []})

    assert found == Restricted("deploy", {"add_linodes": False}, {"linode": frozenset({7})})


@pytest.mark.parametrize("body", [{}, {"global": None, "linode": None}, {"global": {"add_linodes": None}}])
def test_grants_of_another_form_are_not_judged(body: dict[str, object]) -> None:
    assert parsed("deploy", body) == Restricted("deploy")


@pytest.mark.parametrize(
    ("changed", "mine", "is_made", "field", "says"),
    [
        (NOTHING, None, True, "", "can't be made by the token's user 'deploy', who is restricted and may not set tags"),
        (TAGS, 8, False, "tags", "can't be changed by the token's user 'deploy'"),
        (WATCHDOG, 7, False, "", "Linode 7 may only be read by the token's user 'deploy'"),
    ],
)  # fmt: skip
def test_one_line_says_what_will_be_refused(
    changed: tuple[str, ...], mine: int | None, is_made: bool, field: str, says: str
) -> None:
    user = Restricted("deploy", {"add_linodes": True}, {"linode": frozenset({7})})

    [problem] = refusals(SPEC, user, changed, mine, is_made=is_made)

    assert problem.field == field
    assert says in problem.reason
    assert "Next: use a token of an unrestricted user" in problem.reason
    assert "add_linodes" not in problem.reason


def test_a_missing_grant_is_said_in_the_same_line() -> None:
    [problem] = refusals(SPEC, Restricted("deploy", {"add_linodes": False}), NOTHING, None, is_made=True)

    assert "it lacks the grant add_linodes, too" in problem.reason


@pytest.mark.parametrize(("changed", "mine"), [(WATCHDOG, 8), (NOTHING, 7), (WATCHDOG, None)])
def test_what_a_restricted_user_may_do_is_not_refused(changed: tuple[str, ...], mine: int | None) -> None:
    user = Restricted("deploy", read_only={"linode": frozenset({7})})

    assert list(refusals(SPEC, user, changed, mine, is_made=False)) == []


def problems(old: dict[str, object], **changed: object) -> list[Problem]:
    """Those of a check of what is in the state, by a restricted user."""
    linode = {"id": 8, "label": "web-1", "status": "running", "region": "de-fra-2", "tags": [OWNER.tag()]}
    session = sessions.prepared(
        {
            "/linode/types": [{"id": "g6-standard-1"}],
            "/regions": [{"id": "de-fra-2"}],
            "/linode/instances": [linode],
            "/profile": {"username": "deploy", "restricted": True},
        }
    )
    return check.check(SPEC, session, old, {**old, "owner": OWNER.as_props(), **changed})[1]


def test_another_owner_is_another_tag() -> None:
    before = {**STATE, "owner": replace(OWNER, name="app-1").as_props()}

    [problem] = problems(before)

    assert problem.field == "tags"
    assert problems(STATE) == []
    assert problems(STATE, label="web-2") == []
    assert [each.field for each in problems(STATE, tags=["blue"])] == ["tags"]


def test_a_firewall_is_judged_by_its_own_grants() -> None:
    user = Restricted("deploy", {"add_linodes": True, "add_firewalls": False}, {"firewall": frozenset({7})})

    [made] = refusals(firewall.SPEC, user, NOTHING, None, is_made=True)
    [changed] = refusals(firewall.SPEC, user, ("label",), 7, is_made=False)

    assert "whose a firewall is; it lacks the grant add_firewalls, too" in made.reason
    assert "firewall 7 may only be read by the token's user 'deploy'" in changed.reason


def test_a_placement_group_has_a_grant_of_its_own() -> None:
    user = Restricted("deploy", {"add_linodes": False, "add_placement": True})
    other = Restricted("deploy", {"add_linodes": True, "add_placement": False})

    assert list(refusals(placement_group.SPEC, user, NOTHING, None, is_made=True)) == []
    [problem] = refusals(placement_group.SPEC, other, NOTHING, None, is_made=True)
    assert "lacks the grant add_placement" in problem.reason


def test_what_has_no_tags_is_left_to_a_restricted_user() -> None:
    assert list(refusals(ssh_key.SPEC, Restricted("deploy"), ("label",), 7, is_made=True)) == []
