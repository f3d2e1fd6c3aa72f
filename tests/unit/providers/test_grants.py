"""What a restricted user is told at preview."""

from __future__ import annotations

import pytest

from providers.linode.resources.instance.changes import Changes, Outcome
from providers.linode.resources.instance.grants import Restricted, parsed, refusals

NOTHING = Changes({})
TAGS = Changes({"tags": Outcome.PUT})
WATCHDOG = Changes({"watchdog_enabled": Outcome.PUT})


def test_the_grants_are_read_as_far_as_they_matter() -> None:
    rows = [{"id": 7, "permissions": "read_only"}, {"id": 8, "permissions": "read_write"}]

    found = parsed("deploy", {"global": {"add_linodes": False}, "linode": rows, "volume": []})

    assert found == Restricted("deploy", may_add=False, read_only=frozenset({7}))


@pytest.mark.parametrize("body", [{}, {"global": None, "linode": None}, {"global": {"add_linodes": None}}])
def test_grants_of_another_form_are_not_judged(body: dict[str, object]) -> None:
    assert parsed("deploy", body) == Restricted("deploy")


@pytest.mark.parametrize(
    ("found", "mine", "is_made", "field", "says"),
    [
        (NOTHING, None, True, "", "can't be made by the token's user 'deploy', who is restricted and may not set tags"),
        (TAGS, 8, False, "tags", "can't be changed by the token's user 'deploy'"),
        (WATCHDOG, 7, False, "", "Linode 7 may only be read by the token's user 'deploy'"),
    ],
)  # fmt: skip
def test_one_line_says_what_will_be_refused(
    found: Changes, mine: int | None, is_made: bool, field: str, says: str
) -> None:
    user = Restricted("deploy", may_add=True, read_only=frozenset({7}))

    [problem] = refusals(user, found, mine, is_made=is_made)

    assert problem.field == field
    assert says in problem.reason
    assert "Next: use a token of an unrestricted user" in problem.reason
    assert "add_linodes" not in problem.reason


def test_a_missing_grant_is_said_in_the_same_line() -> None:
    [problem] = refusals(Restricted("deploy", may_add=False), NOTHING, None, is_made=True)

    assert "it lacks the grant add_linodes, too" in problem.reason


@pytest.mark.parametrize(("found", "mine"), [(WATCHDOG, 8), (NOTHING, 7), (WATCHDOG, None)])
def test_what_a_restricted_user_may_do_is_not_refused(found: Changes, mine: int | None) -> None:
    user = Restricted("deploy", read_only=frozenset({7}))

    assert list(refusals(user, found, mine, is_made=False)) == []
