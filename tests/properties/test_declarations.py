"""Whatever a program declares: every failure is one line with a next step, and a secret is in none."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from providers.linode.core import check
from providers.linode.core.problems import Problem
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.interfaces import KINDS
from providers.linode.resources.instance.spec import SPEC
from tests import sessions

SESSION = sessions.prepared()
DECLARED, SECRET = list(InstanceArgs.fields()), SPEC.secrets()
WORDS = InstanceArgs.nested_names()["interfaces"]
GOOD: dict[str, object] = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1"}
PLANTED = "pl4nted-v4lue"

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-3, 70_000)
    | st.floats()
    | st.text(max_size=12)
    | st.builds(Unknown)
)
junk = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*sorted(WORDS), "cpu", "create", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
interface = st.fixed_dictionaries(
    {}, optional={"purpose": st.sampled_from(KINDS), **dict.fromkeys(sorted(WORDS - {"purpose"}), junk)}
)
inputs = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(DECLARED, junk), "interfaces": junk | st.lists(interface, max_size=5)}
)


def problems(props: Mapping[str, object]) -> list[Problem]:
    """Those of a new one, and of one that is changed."""
    found = check.check(SPEC, SESSION, {}, props)[1]
    changed = check.check(SPEC, SESSION, GOOD, {**GOOD, **props})[1]
    return [*found, *changed]


@given(props=inputs)
def test_every_failure_is_one_line_with_a_next_step(props: dict[str, object]) -> None:
    found = problems(props)

    assert all("Next: " in reason and "\n" not in reason for _, reason in found)
    assert {field for field, _ in found} <= {"", *DECLARED} - SECRET


@given(
    props=inputs,
    shape=st.sampled_from([lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: {"a": [v]}]),
)
def test_a_secret_is_in_no_failure(props: dict[str, object], shape: object) -> None:
    assert callable(shape)
    secret = {name: shape(PLANTED) for name in SECRET}

    found = problems({**props, **secret})

    assert PLANTED not in str(found)


@given(props=inputs)
def test_what_is_not_known_yet_is_never_a_failure_of_its_own(props: dict[str, object]) -> None:
    unknown = dict.fromkeys(props, Unknown())

    assert {field for field, _ in problems(unknown)} <= {"type", "region"}
