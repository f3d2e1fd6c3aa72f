"""One create makes one, whatever becomes of the answer: for what carries our tag, and for what has no tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers.linode.api.errors import ApiMaintenance, ApiRefused, ApiUnreachable, LabelHeld, LinodeError
from providers.linode.api.writes import PAUSES_S
from providers.linode.core import adoption, check, runtime, state_files
from providers.linode.core.adoption import Create
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Spec
from providers.linode.resources import firewall, ssh_key
from tests import sessions
from tests.state_folder import state_with
from tests.wire import Answer, ScriptedServer, errors

OWNER = Owner("A1", "fleet", "dev", "web")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
CLOUD = {"PULUMI_BACKEND_URL": "https://api.pulumi.com"}
Row = dict[str, Any]

WALL: Row = {"id": 7, "label": "web", "status": "enabled", "tags": [OWNER.tag()], "rules": {}, "entities": []}
SSH: Row = {"id": 7, "label": "web", "ssh_key": KEY, "created": "2026-01-01T00:00:00"}
KINDS: dict[str, tuple[Spec[Any, Any], Row, Row]] = {
    "firewall": (
        firewall.SPEC, WALL, {"label": "web", "inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    ),
    "ssh key": (ssh_key.SPEC, SSH, {"label": "web", "ssh_key": KEY}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    runtime.forget()


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def page(*rows: Mapping[str, Any]) -> Answer:
    return Answer(200, {"data": list(rows), "page": 1, "pages": 1, "results": len(rows)})


NOTHING, CUT = page(), Answer(cut=True)
UNSURE = [CUT, *(Answer(code, errors("x")) for code in (408, 500, 502, 503, 504, 520)), Answer(502, "<html>")]
UNREADABLE = [Answer(200, {}), Answer(200, "<html>"), Answer(200, {"id": "?"})]
TAKEN = Answer(400, errors("Label must be unique", "label"))


def create(
    kind: str, *answers: Answer, before: tuple[Row, ...] = (), environment: dict[str, str] | None = None
) -> tuple[int | LinodeError, list[str]]:
    """The id that came of it, or the error, and what was sent beside questions."""
    spec, _, props = KINDS[kind]
    args = spec.args.read(props)
    with ScriptedServer(*answers) as server:
        session = Session(server.transport(most_tries=1).connection)
        session.client.transport._most_tries = 1  # a lost answer shall stay one
        known = Evidence(spec, OWNER, environment or CLOUD)
        rows = [spec.record.model_validate(row) for row in before]
        body = spec.body(args, OWNER)
        try:
            made = Create(spec, session, args, body, known, rows, lambda _: None).run()
            outcome: int | LinodeError = int(made.id)
        except LinodeError as error:
            outcome = error
        return outcome, [f"{seen.method} {seen.path}" for seen in server.seen if seen.method != "GET"]


def row(kind: str, **changed: Any) -> Row:
    return {**KINDS[kind][1], **changed}


def posts(sent: list[str]) -> int:
    return sum(line.startswith("POST") for line in sent)


def test_a_create_that_is_answered_costs_one_request(kind: str) -> None:
    assert create(kind, Answer(200, row(kind)))[0] == 7


@pytest.mark.parametrize("lost", [*UNSURE, *UNREADABLE])
def test_what_was_made_and_not_answered_is_found_and_not_sent_again(kind: str, lost: Answer) -> None:
    made, sent = create(kind, lost, page(row(kind)))

    assert (made, posts(sent), len(sent)) == (7, 1, 1)


@pytest.mark.parametrize("lost", UNSURE)
def test_what_was_not_made_is_sent_again_after_a_look(kind: str, lost: Answer) -> None:
    made, sent = create(kind, lost, NOTHING, Answer(200, row(kind)), page(row(kind)))

    assert (made, posts(sent), len(sent)) == (7, 2, 2)


def test_nothing_is_sent_again_before_a_look_was_answered(kind: str) -> None:
    made, sent = create(kind, CUT, CUT, CUT, Answer(502, "<html>"), page(row(kind)))

    assert (made, posts(sent)) == (7, 1)


def test_the_filter_of_the_api_is_not_trusted(kind: str) -> None:
    made, sent = create(
        kind, CUT, page(row(kind, label="web-10")), Answer(200, row(kind)), page(row(kind, label="web-10"))
    )

    assert (made, posts(sent), len(sent)) == (7, 2, 2)


def test_a_create_that_is_never_answered_gives_up_and_says_how_the_next_run_finds_it(kind: str) -> None:
    tries = len(PAUSES_S) + 1

    outcome, sent = create(kind, *[CUT, NOTHING] * tries)

    assert isinstance(outcome, ApiUnreachable)
    assert (OWNER.tag() if kind == "firewall" else "the same content") in str(outcome)
    assert posts(sent) == tries


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_create_is_not_sent_again(kind: str, status: int) -> None:
    outcome, sent = create(kind, Answer(status, errors("no", "label")))

    assert isinstance(outcome, ApiRefused)
    assert posts(sent) == 1


def test_maintenance_stops_at_once(kind: str) -> None:
    outcome, sent = create(kind, Answer(503, errors("x"), {"X-Maintenance-Mode": "true"}))

    assert isinstance(outcome, ApiMaintenance)
    assert posts(sent) == 1


def cut_off(kind: str, name: str = OWNER.name) -> tuple[str, ...]:
    """What a killed run was making, as the state names it."""
    return (f"urn:pulumi:dev::fleet::pulumi-python:dynamic/linode:{KINDS[kind][0].kind}::{name}",)


def test_what_an_earlier_run_left_is_adopted_where_the_state_does_not_have_it(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = state_with(tmp_path, "8", creating=cut_off(kind))
    monkeypatch.setenv("PULUMI_BACKEND_URL", environment["PULUMI_BACKEND_URL"])
    Evidence(KINDS[kind][0], OWNER).note_cut_off()

    made, sent = create(kind, Answer(200, row(kind)), before=(row(kind),), environment=environment)

    assert (made, sent) == (7, [])


@pytest.mark.parametrize("other", [cut_off("ssh key", "db"), cut_off("firewall"), ()])
def test_a_key_that_no_create_of_ours_can_have_made_is_not_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: tuple[str, ...]
) -> None:
    environment = state_with(tmp_path, "8", creating=other)
    monkeypatch.setenv("PULUMI_BACKEND_URL", environment["PULUMI_BACKEND_URL"])
    Evidence(ssh_key.SPEC, OWNER).note_cut_off()

    outcome, sent = create("ssh key", Answer(200, SSH), before=(SSH,), environment=environment)

    assert isinstance(outcome, LabelHeld)
    assert str(outcome) == (
        "SSH key 7 has the label 'web' and the content of this resource, and nothing shows that this stack made it. "
        "Next: if it is to belong to this stack, declare adopt=7, import it, or adopt it with `LINODE_TAKE_OVER=7 "
        "pulumi up`; else choose another label, or, if you asked for a replacement, raise `generation` instead."
    )
    assert sent == []


def test_a_create_that_was_cut_off_counts_though_the_list_lacks_what_it_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*state_with(tmp_path, creating=cut_off("ssh key")).popitem())
    spec, _, inputs = KINDS["ssh key"]
    session = sessions.prepared({spec.path: []})

    check.check(spec, session, {}, {**inputs, "owner": OWNER.as_props()})

    assert Evidence(spec, OWNER).is_free(7) is True


def test_a_state_is_read_again_only_when_it_was_written_and_tells_kinds_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = state_with(tmp_path, "5", "6", kind="x:index:DefaultSubnet")
    reads: list[Path] = []
    read_bytes = Path.read_bytes

    def counted(path: Path) -> bytes:
        reads.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)

    def ids(kind: str) -> set[str] | None:
        return state_files.ids_in_state("fleet", "dev", kind, environment)

    assert (ids("DefaultSubnet"), ids("Subnet")) == ({"5", "6"}, set())
    assert len(reads) == 1
    state_with(tmp_path, "7", kind=f"{state_files.TYPE_TOKENS}Subnet")
    assert (ids("DefaultSubnet"), ids("Subnet")) == (set(), {"7"})
    assert len(reads) == 2


def test_a_create_that_this_run_has_begun_is_no_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state tells of it by the time that it is sent."""
    evidence = Evidence(ssh_key.SPEC, OWNER)
    for creating in ((), cut_off("ssh key")):
        environment = state_with(tmp_path, "8", creating=creating)
        monkeypatch.setenv("PULUMI_BACKEND_URL", environment["PULUMI_BACKEND_URL"])
        if not creating:
            evidence.note_cut_off()

    assert evidence.is_free(7) is None


def test_without_a_state_to_look_into_the_person_is_told_what_to_type(kind: str) -> None:
    outcome, sent = create(kind, Answer(200, row(kind)), before=(row(kind),))

    assert isinstance(outcome, LabelHeld)
    assert "LINODE_TAKE_OVER=7 pulumi up" in str(outcome)
    assert ("the tag of this resource" if kind == "firewall" else "the content of this resource") in str(
        outcome
    )
    assert sent == []


def test_with_the_persons_consent_it_is_adopted(kind: str) -> None:
    made, sent = create(
        kind, Answer(200, row(kind)), before=(row(kind),), environment={**CLOUD, "LINODE_TAKE_OVER": "5, 7"}
    )

    assert (made, sent) == (7, [])


def test_a_strangers_firewall_of_the_same_label_is_never_adopted() -> None:
    outcome, sent = create("firewall", TAKEN, page(row("firewall", tags=["theirs"])))

    assert isinstance(outcome, LabelHeld)
    assert "firewall 7" in str(outcome)
    assert posts(sent) == 1


def test_a_firewall_that_the_state_has_is_never_adopted(tmp_path: Path) -> None:
    outcome, _ = create("firewall", TAKEN, page(WALL), before=(WALL,), environment=state_with(tmp_path, "7"))

    assert isinstance(outcome, LabelHeld)
    assert "to be replaced" in str(outcome)


def test_a_key_that_the_state_has_gets_a_second_one_of_the_same_content_beside_it(tmp_path: Path) -> None:
    made, sent = create(
        "ssh key", Answer(200, row("ssh key", id=9)), before=(SSH,), environment=state_with(tmp_path, "7")
    )

    assert (made, posts(sent)) == (9, 1)


def test_a_key_of_another_stack_is_not_adopted(tmp_path: Path) -> None:
    environment = state_with(tmp_path, "1")
    state_with(tmp_path, "7", stack="prod", kind="pulumi-python:dynamic/linode:SSHKey")

    made, sent = create("ssh key", Answer(200, row("ssh key", id=9)), before=(SSH,), environment=environment)

    assert (made, posts(sent)) == (9, 1)


def test_a_lost_answer_finds_the_new_key_and_not_the_one_that_was_there(tmp_path: Path) -> None:
    made, sent = create(
        "ssh key", CUT, page(SSH, row("ssh key", id=9)), before=(SSH,), environment=state_with(tmp_path, "7")
    )

    assert (made, posts(sent)) == (9, 1)


def test_another_content_of_the_same_label_is_another_key() -> None:
    made, sent = create("ssh key", CUT, page(row("ssh key", ssh_key=f"{KEY}2")), Answer(200, row("ssh key", id=9)),
                        page(row("ssh key", id=9)))  # fmt: skip

    assert (made, posts(sent)) == (9, 2)


def test_what_a_first_send_made_after_all_is_removed_where_a_second_one_was_made(tmp_path: Path) -> None:
    late, second, other = row("ssh key", id=8), row("ssh key", id=9), row("ssh key", id=5)
    runtime.current().name("SSHKey", "5")

    made, sent = create(
        "ssh key", CUT, NOTHING, Answer(200, second), page(SSH, late, second, other), Answer(200, {}),
        before=(SSH,), environment=state_with(tmp_path, "7"),
    )  # fmt: skip

    assert made == 9
    assert sent[-1] == "DELETE /v4/profile/sshkeys/8"
    assert len(sent) == 3


@pytest.mark.parametrize("refusal", [[Answer(500, errors("x"))], [page(SSH, {**SSH, "id": 8}), CUT]])
def test_what_was_made_is_kept_where_the_surplus_can_not_be_looked_for_or_removed(
    refusal: list[Answer], tmp_path: Path
) -> None:
    made, _ = create("ssh key", CUT, NOTHING, Answer(200, row("ssh key", id=9)), *refusal, before=(SSH,),
                     environment=state_with(tmp_path, "7"))  # fmt: skip

    assert made == 9


def test_two_resources_of_the_same_content_get_one_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    creating = (*cut_off("ssh key", "web"), *cut_off("ssh key", "db"))
    monkeypatch.setenv(*state_with(tmp_path, "1", creating=creating).popitem())
    both = [row("ssh key", id=8), row("ssh key", id=9)]
    args = ssh_key.SPEC.args.read(KINDS["ssh key"][2])
    owners = [replace(OWNER, name=name) for name in ("web", "db")]
    with ScriptedServer(page(*both), Answer(200, both[0]), Answer(200, both[1])) as server:
        session = Session(server.transport().connection)
        for owner in owners:
            Evidence(ssh_key.SPEC, owner).note_cut_off()

        found = [adoption.find_or_make(ssh_key.SPEC, session, args, owner).id for owner in owners]

    assert found == [8, 9]
    assert all(seen.method == "GET" for seen in server.seen)
