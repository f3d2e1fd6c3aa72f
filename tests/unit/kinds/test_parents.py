"""A kind that is a part of something else: what is there, found and made is its parent's alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.output import Unknown

from providers.linode.api.errors import ApiUnreachable
from providers.linode.api.transport import Reply
from providers.linode.core import check, diff, runtime
from providers.linode.core.adoption import find_or_make
from providers.linode.core.effects import REPLACE
from providers.linode.core.importing import Selection, by_label, import_file, python_lines, select
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.resources.ssh_key import SSHKeyArgs
from providers.linode.resources.subnet import SPEC, SubnetArgs, SubnetRecord
from tests import sessions
from tests.sessions import OWNER, Prepared

Row = dict[str, Any]

IN_7: Row = {"id": 71, "label": "web", "ipv4": "10.0.1.0/24"}
IN_8: Row = {"id": 81, "label": "web", "ipv4": "10.0.1.0/24"}
DB: Row = {"id": 72, "label": "db", "ipv4": "10.0.2.0/24"}
VPCS: list[Row] = [{"id": 7, "label": "one"}, {"id": 8, "label": "two"}]
DECLARED: Row = {"vpc_id": 7, "label": "web", "ipv4": "10.0.1.0/24", "owner": OWNER.as_props()}


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    runtime.forget()


@pytest.fixture
def session() -> Session:
    return sessions.prepared(
        {"/vpcs": VPCS, "/vpcs/7/subnets": [IN_7, DB], "/vpcs/8/subnets": [IN_8], "/vpcs/9/subnets": None}
    )


def asked(session: Session) -> list[str]:
    assert isinstance(session.client.transport, Prepared)
    return session.client.transport.asked


def problems(session: Session, olds: Row, **changed: object) -> list[Problem]:
    return check.check(SPEC, session, olds, {**DECLARED, **changed})[1]


def test_a_parent_is_named_by_a_number_a_text_or_what_an_engine_makes_of_it() -> None:
    for id_ in (7, "7", 7.0):
        assert SPEC.within({"vpc_id": id_}).record_path(71) == "/vpcs/7/subnets/71"
    unknown: list[object] = [None, Unknown(), "seven", True, {}]
    for nothing in unknown:
        assert SPEC.within({"vpc_id": nothing}).is_nowhere


def test_a_refresh_asks_for_one_list_of_each_parent(session: Session) -> None:
    found = [
        SPEC.within({"vpc_id": vpc}).find(session, id_) for vpc, id_ in ((7, "71"), (7, "72"), (8, "81"))
    ]

    assert [(each.vpc_id, each.id) for each in found if each] == [(7, 71), (7, 72), (8, 81)]
    assert asked(session) == ["GET /vpcs/7/subnets", "GET /vpcs/8/subnets"]


def test_with_its_parent_it_is_gone() -> None:
    session = sessions.prepared({"/vpcs/9/subnets": None, "/vpcs/9/subnets/91": None})

    assert SPEC.within({"vpc_id": 9}).find(session, "91") is None


def test_nothing_is_asked_of_a_parent_that_is_not_known_yet(session: Session) -> None:
    assert problems(session, {}, vpc_id=Unknown()) == []
    assert [line for line in asked(session) if "/vpcs" in line] == []


def test_a_parent_that_is_not_there_is_told_with_those_that_are() -> None:
    session = sessions.prepared({"/vpcs": VPCS, "/vpcs/9": None, "/vpcs/9/subnets": None})

    [(field, reason)] = problems(session, {}, vpc_id=9)

    assert (field, "has 9, which is no VPC of this account" in reason) == ("vpc_id", True)
    assert "there are 7 one, 8 two" in reason


def test_another_parent_recreates_it_and_labels_are_judged_there(session: Session) -> None:
    there = sessions.prepared(
        {"/vpcs": VPCS, "/vpcs/7/subnets": [IN_7], "/vpcs/8/subnets": [{**IN_8, "ipv4": "10.9.0.0/24"}]}
    )

    taken = problems(there, DECLARED, vpc_id=8)

    assert diff.replacing(diff.between(SPEC, DECLARED, {**DECLARED, "vpc_id": 8}, session)) == ["vpc_id"]
    assert [problem.field for problem in taken] == ["label"]
    assert "is taken by subnet 81" in taken[0].reason
    assert "labels are unique in a VPC" in taken[0].reason


def test_ranges_that_overlap_are_told_also_of_what_is_not_made_yet(session: Session) -> None:
    there = problems(session, {}, label="more", ipv4="10.0.0.0/16")
    elsewhere = problems(session, {}, vpc_id=8, label="more", ipv4="10.0.2.0/24")
    other = {"owner": {**OWNER.as_props(), "name": "other"}}
    declared = problems(session, {}, vpc_id=8, label="other", ipv4="10.0.2.128/25", **other)

    assert [problem.field for problem in there] == ["ipv4", "ipv4"]
    assert "overlaps subnet 71 (web, 10.0.1.0/24)" in there[0].reason
    assert elsewhere == []
    assert [problem.field for problem in declared] == ["ipv4"]
    assert "overlaps 10.0.2.0/24 of web-1, in the same program" in declared[0].reason


def test_one_that_is_recreated_with_linodes_in_it_is_told(session: Session) -> None:
    for linodes, told in (([], 0), ([{"id": 5}], 1)):
        mine = SubnetRecord.read({**IN_7, "vpc_id": 7, "linodes": linodes})
        args = SubnetArgs(vpc_id=7, label="web", ipv4="10.0.9.0/24")
        known = Checking(session, args, DECLARED, None, OWNER, {"ipv4": REPLACE}, mine)

        assert (
            len([each for rule in SPEC.rules for each in rule(known) if "has Linodes" in each.reason]) == told
        )


def test_those_of_all_parents_can_be_imported_by_the_parents_id_and_their_own(session: Session) -> None:
    rows = SPEC.list(session)
    chosen = select(SPEC, rows, Selection(ids=("8/81", "7/81", "72")))

    entries: Any = import_file(by_label(SPEC, chosen), OWNER, "p {}".format)["resources"]

    assert sorted(each.id for each in rows) == [71, 72, 81]
    assert [(each["id"], each["inputs"]["vpc_id"]) for each in entries] == [("72", 7), ("81", 8)]
    assert "Subnet(\"web\", vpc_id=8, label='web', ipv4='10.0.1.0/24'" in python_lines(by_label(SPEC, chosen))
    assert SPEC.imports("8/81", {}) == ("81", {"vpc_id": "8"})


def test_a_parent_has_to_be_an_input_that_says_what_it_names() -> None:
    with pytest.raises(TypeError, match="its parent vpc_id is no input"):
        Spec("Key", "/vpcs/{vpc_id}/keys", SSHKeyArgs, SubnetRecord, by_content("label"), "vpc:read_write")


class Losing(Prepared):
    """Makes one in the parent of the path, and loses the answer of the first."""

    lost = False

    def request(self, method: str, path: str, **words: Any) -> Reply:
        if method == "GET":
            return super().request(method, path, **words)
        self.asked.append(f"{method} {path}")
        rows = self.answers[path]
        assert isinstance(rows, list)
        body: Mapping[str, Any] = words["body"]
        made = {**body, "id": 100 + len(rows)}
        rows.append(made)
        if not self.lost:
            self.lost = True
            raise ApiUnreachable("cut", did_nothing=False)
        return Reply(made, {})


DUPLICATES = Spec(
    "Subnet", SPEC.path, SubnetArgs, SubnetRecord, by_content("label", "ipv4"), "vpc:read_write", "record"
)
"""As records of a domain: of the same content there may be several."""


@pytest.mark.parametrize("spec", [SPEC, DUPLICATES], ids=["labels are unique", "duplicates are legal"])
def test_what_was_made_and_not_answered_is_looked_for_under_its_parent(
    spec: Spec[SubnetArgs, SubnetRecord], session: Session
) -> None:
    session.client.transport = Losing({"/vpcs/7/subnets": [DB], "/vpcs/8/subnets": [IN_8]})
    within = spec.within(DECLARED)

    made = find_or_make(within, session, spec.args.read(DECLARED), OWNER)

    assert (made.id, made.vpc_id) == (101, 7)
    assert [line for line in asked(session) if "POST" in line] == ["POST /vpcs/7/subnets"]


def test_of_two_alike_under_one_parent_each_finds_its_own(session: Session) -> None:
    rows = [DB]
    session.client.transport = Losing({"/vpcs/7/subnets": rows})
    within, args = DUPLICATES.within(DECLARED), DUPLICATES.args.read(DECLARED)

    made = {find_or_make(within, session, args, OWNER).id for _ in range(2)}

    assert made == {101, 102}
    assert len(rows) == 3
