from __future__ import annotations

import pytest

from providers.linode.client import LinodeClient
from providers.linode.creating import create_once
from providers.linode.errors import ApiRefused, ApiUnreachable, LinodeError, NotAuthorized
from providers.linode.records import Linode
from tests.wire import Answer, ScriptedServer, errors

TAG = "pulumi:x:y:1"
BODY = {"label": "web-1", "type": "g6-nanode-1", "region": "de-fra-2", "tags": [TAG]}
NOTHING = Answer(200, {"data": [], "page": 1, "pages": 1, "results": 0})
MADE = Answer(200, {"id": 7, "label": "web-1", "status": "provisioning", "region": "de-fra-2", "tags": [TAG]})


def listed(*tags: str, label: str = "web-1", status: str = "provisioning") -> Answer:
    row = {"id": 7, "label": label, "status": status, "region": "de-fra-2", "tags": list(tags)}
    return Answer(200, {"data": [row], "page": 1, "pages": 1, "results": 1})


def create(*answers: Answer) -> tuple[Linode | LinodeError, int]:
    """The outcome and the number of create requests that were sent."""
    with ScriptedServer(*answers) as server:
        client = LinodeClient(server.transport(most_tries=1))
        try:
            outcome: Linode | LinodeError = create_once(client, BODY, TAG, sleep=lambda _: None)
        except LinodeError as error:
            outcome = error
        return outcome, sum(seen.method == "POST" for seen in server.seen)


def test_a_create_that_is_answered_is_sent_once() -> None:
    outcome, sends = create(NOTHING, MADE)

    assert isinstance(outcome, Linode)
    assert (outcome.id, sends) == (7, 1)


@pytest.mark.parametrize(
    "lost", [Answer(cut=True), *(Answer(code, errors("x")) for code in (408, 500, 502, 503, 504))]
)
def test_a_create_that_was_done_but_not_answered_is_found_and_not_sent_again(lost: Answer) -> None:
    outcome, sends = create(NOTHING, lost, listed(TAG))

    assert isinstance(outcome, Linode)
    assert (outcome.id, sends) == (7, 1)


@pytest.mark.parametrize("lost", [Answer(cut=True), Answer(503, errors("x"))])
def test_a_create_that_was_not_done_is_sent_again_after_a_look(lost: Answer) -> None:
    outcome, sends = create(NOTHING, lost, NOTHING, MADE)

    assert isinstance(outcome, Linode)
    assert sends == 2


def test_a_late_first_request_makes_the_second_one_find_its_linode() -> None:
    taken = Answer(400, errors("Label must be unique among your linodes", "label"))
    outcome, sends = create(NOTHING, Answer(cut=True), NOTHING, taken, listed(TAG))

    assert isinstance(outcome, Linode)
    assert (outcome.id, sends) == (7, 2)


def test_somebody_elses_linode_of_the_same_label_is_never_taken_over() -> None:
    taken = Answer(400, errors("Label must be unique among your linodes", "label"))
    outcome, sends = create(*[listed("theirs"), taken] * 3, listed("theirs"))

    assert isinstance(outcome, ApiRefused)
    assert "another label" in str(outcome)
    assert sends == 3


def test_a_linode_that_is_being_deleted_is_not_taken_over() -> None:
    outcome, sends = create(listed(TAG, status="deleting"), MADE)

    assert (isinstance(outcome, Linode), sends) == (True, 1)


def test_the_filter_of_the_api_is_not_trusted() -> None:
    outcome, sends = create(listed(TAG, label="web-10"), MADE)

    assert (isinstance(outcome, Linode), sends) == (True, 1)


@pytest.mark.parametrize(("status", "kind"), [(400, ApiRefused), (401, NotAuthorized), (403, ApiRefused)])
def test_a_refused_create_is_not_sent_again(status: int, kind: type[LinodeError]) -> None:
    outcome, sends = create(NOTHING, Answer(status, errors("no", "region")))

    assert isinstance(outcome, kind)
    assert sends == 1


def test_a_create_that_is_never_answered_gives_up_with_the_reason() -> None:
    outcome, sends = create(*[NOTHING, Answer(cut=True)] * 3, NOTHING)

    assert isinstance(outcome, ApiUnreachable)
    assert sends == 3
