from __future__ import annotations

from pathlib import Path

import pytest

from providers.linode.api import transport
from providers.linode.api.errors import (
    ApiMaintenance,
    ApiRefused,
    ApiUnreachable,
    LabelHeld,
    LinodeError,
    NotAuthorized,
)
from providers.linode.api.records import Linode
from providers.linode.api.writes import PAUSES_S, Verdict, sort_out
from providers.linode.core import runtime
from providers.linode.core.adoption import Create
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.resources.instance.spec import SPEC
from tests import sessions
from tests.state_folder import state_with
from tests.wire import Answer, ScriptedServer, errors

OWNER = Owner("A1", "fleet", "dev", "web-1")
TAG = OWNER.tag()
ARGS = SPEC.args.read({"label": "web-1", "type": "g6-nanode-1", "region": "de-fra-2"})
NOTHING = Answer(200, {"data": [], "page": 1, "pages": 1, "results": 0})
MADE = Answer(200, {"id": 7, "label": "web-1", "status": "provisioning", "region": "de-fra-2", "tags": [TAG]})
CUT = Answer(cut=True)
TAKEN = Answer(400, errors("Label must be unique among your linodes", "label"))
MAINTENANCE = Answer(503, errors("x"), {"X-Maintenance-Mode": "true"})
ALL_PAUSES = len(PAUSES_S) + 1


def row(*tags: str, id_: int = 7, label: str = "web-1", status: str = "provisioning") -> dict[str, object]:
    return {"id": id_, "label": label, "status": status, "region": "de-fra-2", "tags": list(tags)}


def listed(*tags: str, id_: int = 7, label: str = "web-1", status: str = "provisioning") -> Answer:
    data = [row(*tags, id_=id_, label=label, status=status)]
    return Answer(200, {"data": data, "page": 1, "pages": 1, "results": 1})


def linode(id_: int = 7, *tags: str) -> Linode:
    return Linode.model_validate(row(*tags, id_=id_))


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    runtime.forget()


def create(
    *answers: Answer, before: tuple[Linode, ...] = (), environment: dict[str, str] | None = None
) -> tuple[Linode | LinodeError, int]:
    """The outcome and the number of create requests that were sent."""
    known = Evidence(SPEC, OWNER, environment or {"PULUMI_BACKEND_URL": "https://api.pulumi.com"})
    with ScriptedServer(*answers) as server:
        session, body = sessions.over(server, most_tries=1), SPEC.body(ARGS, OWNER)
        try:
            outcome: Linode | LinodeError = Create(
                SPEC, session, ARGS, body, known, before, lambda _: None
            ).run()
        except LinodeError as error:
            outcome = error
        return outcome, sum(seen.method == "POST" for seen in server.seen)


def made(outcome: Linode | LinodeError) -> int:
    assert isinstance(outcome, Linode), outcome
    return outcome.id


def test_a_create_that_is_answered_costs_one_request() -> None:
    outcome, sends = create(MADE)

    assert (made(outcome), sends) == (7, 1)


UNSURE = [CUT, *(Answer(code, errors("x")) for code in (408, 500, 502, 503, 504)), Answer(502, "<html>")]


@pytest.mark.parametrize("lost", UNSURE)
def test_a_create_that_was_done_but_not_answered_is_found_and_not_sent_again(lost: Answer) -> None:
    outcome, sends = create(lost, listed(TAG))

    assert (made(outcome), sends) == (7, 1)


@pytest.mark.parametrize("lost", UNSURE)
def test_a_create_that_was_not_done_is_sent_again_after_a_look(lost: Answer) -> None:
    outcome, sends = create(lost, NOTHING, MADE)

    assert (made(outcome), sends) == (7, 2)


@pytest.mark.parametrize("unreadable", [Answer(200, {}), Answer(200, "<html>"), Answer(200, {"id": "?"})])
def test_a_good_answer_that_cannot_be_read_is_one_of_a_linode(unreadable: Answer) -> None:
    outcome, sends = create(unreadable, listed(TAG))

    assert (made(outcome), sends) == (7, 1)


def test_a_late_first_request_makes_the_second_one_find_its_linode() -> None:
    outcome, sends = create(CUT, NOTHING, TAKEN, listed(TAG))

    assert (made(outcome), sends) == (7, 2)


def test_tags_are_compared_without_case() -> None:
    outcome, _ = create(CUT, listed(TAG.upper()))

    assert made(outcome) == 7


def test_an_answer_that_takes_too_long_is_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 0.2)
    slow = Answer(200, MADE.body, delay_s=0.5)
    outcome, sends = create(slow, listed(TAG))

    assert (made(outcome), sends) == (7, 1)


def test_a_refusal_for_the_limit_between_lost_answers_changes_nothing() -> None:
    limit = Answer(429, errors("Too many requests"), {"Retry-After": "1"})
    outcome, sends = create(limit, CUT, NOTHING, limit, TAKEN, listed(TAG))

    assert (made(outcome), sends) == (7, 4)


def test_nothing_is_sent_again_before_a_look_was_answered() -> None:
    outcome, sends = create(CUT, CUT, CUT, Answer(502, "<html>"), listed(TAG))

    assert (made(outcome), sends) == (7, 1)


@pytest.mark.parametrize(
    "blind", [CUT, Answer(502, "<html>"), Answer(401, errors("Invalid Token")), MAINTENANCE]
)
def test_a_create_of_which_nobody_can_tell_says_how_to_find_or_reap_what_it_made(blind: Answer) -> None:
    outcome, sends = create(CUT, *[blind] * ALL_PAUSES)

    assert isinstance(outcome, ApiUnreachable)
    assert "whether the create of 'web-1' was done can't be told: POST /linode/instances" in str(outcome)
    assert f"this resource's tag {TAG}, and the next `up` finds it by that" in str(outcome)
    assert "`fleet reap --stack dev` shows what is left" in str(outcome)
    assert sends == 1


def test_a_refusal_after_a_lost_answer_is_no_reason_not_to_look() -> None:
    limit = Answer(400, errors("Account Limit reached. Please open a support ticket."))
    outcome, sends = create(CUT, NOTHING, limit, listed(TAG))

    assert (made(outcome), sends) == (7, 2)


def test_somebody_elses_linode_of_the_same_label_is_never_taken_over() -> None:
    outcome, sends = create(TAKEN, listed("theirs"))

    assert isinstance(outcome, LabelHeld)
    assert "Linode 7" in str(outcome)
    assert "another label" in str(outcome)
    assert sends == 1


def test_another_generation_is_somebody_else() -> None:
    outcome, _ = create(TAKEN, listed(Owner("A1", "fleet", "dev", "web-1", 2).tag()))

    assert isinstance(outcome, LabelHeld)


def test_a_label_that_nobody_shows_yet_is_waited_for() -> None:
    outcome, sends = create(TAKEN, NOTHING, TAKEN, listed(TAG, status="deleting"), MADE)

    assert (made(outcome), sends) == (7, 3)


def test_the_filter_of_the_api_is_not_trusted() -> None:
    outcome, sends = create(CUT, listed(TAG, label="web-10"), MADE)

    assert (made(outcome), sends) == (7, 2)


@pytest.mark.parametrize(("status", "kind"), [(400, ApiRefused), (401, NotAuthorized), (403, ApiRefused)])
def test_a_refused_create_is_not_sent_again(status: int, kind: type[LinodeError]) -> None:
    outcome, sends = create(Answer(status, errors("no", "region")))

    assert isinstance(outcome, kind)
    assert sends == 1


def test_a_create_that_a_proxy_doubles_at_the_accounts_limit_has_made_the_linode() -> None:
    limit = Answer(400, errors("Account limit reached"))
    outcome, sends = create(limit, listed(TAG))

    assert isinstance(outcome, Linode)
    assert (outcome.id, sends) == (7, 1)

    refused, sends = create(limit, NOTHING)

    assert "Account limit reached" in str(refused)
    assert sends == 1


def test_maintenance_stops_at_once() -> None:
    outcome, sends = create(MAINTENANCE)

    assert isinstance(outcome, ApiMaintenance)
    assert sends == 1


@pytest.mark.parametrize("status", [400, 403])
def test_a_user_who_may_not_set_tags_is_told_so(status: int) -> None:
    outcome, sends = create(Answer(status, errors("Unauthorized", "tags")))

    assert "may not set tags" in str(outcome)
    assert "unrestricted user" in str(outcome)
    assert sends == 1


def test_a_create_that_is_never_answered_gives_up_and_names_the_tag() -> None:
    outcome, sends = create(*[CUT, NOTHING] * ALL_PAUSES)

    assert isinstance(outcome, ApiUnreachable)
    assert TAG in str(outcome)
    assert sends == ALL_PAUSES


def test_what_an_earlier_run_left_is_taken_over_when_the_state_does_not_have_it(tmp_path: Path) -> None:
    outcome, sends = create(MADE, before=(linode(7, TAG),), environment=state_with(tmp_path, "8"))

    assert (made(outcome), sends) == (7, 0)


def test_the_linode_that_the_state_has_is_never_taken_over(tmp_path: Path) -> None:
    outcome, sends = create(
        TAKEN, listed(TAG), before=(linode(7, TAG),), environment=state_with(tmp_path, "7")
    )

    assert isinstance(outcome, LabelHeld)
    assert "Linode 7" in str(outcome)
    assert "to be replaced" in str(outcome)
    assert sends == 1


def test_an_id_that_the_engine_has_named_is_never_taken_over(tmp_path: Path) -> None:
    runtime.current().name("Instance", "7")
    outcome, _ = create(TAKEN, listed(TAG), before=(linode(7, TAG),), environment=state_with(tmp_path))

    assert isinstance(outcome, LabelHeld)


def test_what_had_the_tag_before_this_backend_had_the_stack_is_not_taken_over(tmp_path: Path) -> None:
    environment = state_with(tmp_path, "8")
    [file] = tmp_path.rglob("dev.json")
    file.write_text(
        file.read_text().replace('"id": "8"', '"id": "8", "inputs": {"not_ours": ["Instance/7"]}')
    )

    outcome, sends = create(MADE, before=(linode(7, TAG),), environment=environment)
    consented, _ = create(
        MADE, before=(linode(7, TAG),), environment={**environment, "LINODE_TAKE_OVER": "7"}
    )

    assert isinstance(outcome, LabelHeld)
    assert "another backend has it" in str(outcome)
    assert (sends, made(consented)) == (0, 7)


def test_without_a_state_to_look_into_the_person_is_told_what_to_type() -> None:
    outcome, sends = create(MADE, before=(linode(7, TAG),))

    assert isinstance(outcome, LabelHeld)
    assert "LINODE_TAKE_OVER=7 pulumi up" in str(outcome)
    assert sends == 0


def test_with_the_persons_consent_it_is_taken_over() -> None:
    consent = {"LINODE_TAKE_OVER": "5, 7", "PULUMI_BACKEND_URL": "https://api.pulumi.com"}
    outcome, sends = create(MADE, before=(linode(7, TAG),), environment=consent)

    assert (made(outcome), sends) == (7, 0)


def test_consent_does_not_reach_an_id_that_is_being_replaced() -> None:
    runtime.current().name("Instance", "7")
    outcome, _ = create(TAKEN, listed(TAG), before=(linode(7, TAG),), environment={"LINODE_TAKE_OVER": "7"})

    assert isinstance(outcome, LabelHeld)


def test_a_lost_create_after_a_replacement_finds_the_new_one_not_the_old(tmp_path: Path) -> None:
    runtime.current().name("Instance", "7")
    outcome, sends = create(
        CUT, listed(TAG, id_=9), before=(linode(7, TAG),), environment=state_with(tmp_path, "7")
    )

    assert (made(outcome), sends) == (9, 1)


def test_what_is_being_deleted_is_not_taken_over(tmp_path: Path) -> None:
    leaving = Linode.model_validate(row(TAG, id_=5, status="deleting"))

    outcome, sends = create(MADE, before=(leaving,), environment=state_with(tmp_path))

    assert (made(outcome), sends) == (7, 1)


def test_what_is_gone_since_the_list_was_read_is_made_again(tmp_path: Path) -> None:
    gone = Answer(404, errors("Not found"))
    outcome, sends = create(gone, MADE, before=(linode(7, TAG),), environment=state_with(tmp_path))

    assert (made(outcome), sends) == (7, 1)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ApiMaintenance("x"), Verdict.REFUSED),
        (ApiUnreachable("x", did_nothing=True), Verdict.NOTHING),
        (ApiUnreachable("x", did_nothing=False), Verdict.UNKNOWN),
        (ApiRefused("x", status=408), Verdict.UNKNOWN),
        (ApiRefused("x", status=500), Verdict.UNKNOWN),
        (ApiRefused("x", status=599), Verdict.UNKNOWN),
        (ApiRefused("x", status=429), Verdict.REFUSED),
        (ApiRefused("x", status=400, reasons=(("region", "region is not valid"),)), Verdict.REFUSED),
        (ApiRefused("x", status=400, reasons=(("label", "Label must be unique among your linodes"),)), Verdict.TAKEN),
        (ValueError("not a Linode"), Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_each_failure_has_its_verdict(error: Exception, verdict: Verdict) -> None:
    assert sort_out(error) is verdict
