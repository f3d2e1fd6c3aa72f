from __future__ import annotations

import pytest

from fleet.report.forms.marker import Marker
from fleet.report.hosts import approval
from tests.unit.report.fake_hosts import BOT, FakeHost
from tests.unit.report.test_sticky_comment import KEY, client

LABEL = "ack:data-loss"
HEAD, OTHER = "a" * 40, "b" * 40
BEFORE, REPORTED, AFTER = "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00.500+00:00"


@pytest.fixture
def fake(fake: FakeHost) -> FakeHost:
    fake.writers = {"writer"}
    return fake


def reported(fake: FakeHost, head: str = HEAD, ack: str = "") -> None:
    fake.add(Marker("fleet", head, "8.1", "p", ack=ack).line() + "\n## x\n", updated_at=REPORTED)


def labelled(fake: FakeHost, at: str = AFTER, who: str = "writer") -> None:
    fake.labels.append(LABEL)
    fake.label_events.append(("add", who, at, LABEL))


def test_a_writers_label_after_the_report_counts(fake: FakeHost) -> None:
    reported(fake)
    labelled(fake)

    found = approval.acknowledgement(client(fake), "fleet", HEAD)

    assert (found.commit, found.why) == (HEAD, "acknowledged by writer")
    assert fake.labels == [LABEL]


def test_without_the_label_nothing_is_acknowledged(fake: FakeHost) -> None:
    reported(fake)
    fake.label_events.append(("add", "writer", AFTER, LABEL))

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""


def test_the_next_push_takes_it_off(fake: FakeHost) -> None:
    reported(fake, OTHER)
    labelled(fake)

    found = approval.acknowledgement(client(fake), "fleet", HEAD)

    assert found.commit == ""
    assert fake.labels == []


def test_who_only_reads_leaves_it_on(fake: FakeHost) -> None:
    reported(fake, OTHER)
    labelled(fake)

    found = approval.acknowledgement(client(fake), "fleet", HEAD, read_only=True)

    assert found.commit == ""
    assert fake.labels == [LABEL]


@pytest.mark.parametrize("at", [BEFORE, REPORTED, "yesterday", ""])
def test_a_label_that_is_not_newer_than_the_report_does_not_count(fake: FakeHost, at: str) -> None:
    reported(fake)
    labelled(fake, at)

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""
    assert fake.labels == []


@pytest.mark.parametrize("who", ["reader-of-it", BOT, ""])
def test_only_a_writers_label_counts(fake: FakeHost, who: str) -> None:
    reported(fake)
    labelled(fake, who=who)

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""
    assert fake.labels == []


def test_without_a_report_there_was_nothing_to_acknowledge(fake: FakeHost) -> None:
    labelled(fake)

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""


def test_a_forged_report_carries_no_acknowledgement_to_another_commit(fake: FakeHost) -> None:
    """A branch's workflow may write as our user: that the new commit was acknowledged, before the report is there."""
    reported(fake, ack=HEAD)
    labelled(fake, BEFORE)
    signer = client(fake, plan_key=KEY)
    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == HEAD

    found = approval.acknowledgement(signer, "fleet", HEAD)

    assert (found.commit, fake.labels) == ("", [])


def test_a_signed_report_keeps_it(fake: FakeHost) -> None:
    signer = client(fake, plan_key=KEY)
    reported(fake, ack=HEAD)
    fake.notes[0].body = signer.seal.on(fake.notes[0].body)
    labelled(fake, BEFORE)

    assert approval.acknowledgement(signer, "fleet", HEAD).commit == HEAD


def test_a_strangers_report_is_none(fake: FakeHost) -> None:
    fake.add(Marker("fleet", HEAD, "8.1", "p").line() + "\n", author="stranger", updated_at=REPORTED)
    labelled(fake)

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""


def test_the_last_of_several_events_counts(fake: FakeHost) -> None:
    reported(fake)
    fake.label_events += [
        ("add", "writer", AFTER, LABEL),
        ("remove", "writer", "2026-11-23T11:30:00Z", LABEL),
    ]
    labelled(fake, "2026-11-23T12:00:00Z", "reader-of-it")

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""


def test_once_acknowledged_a_rewritten_report_keeps_it(fake: FakeHost) -> None:
    reported(fake, ack=HEAD)
    labelled(fake, BEFORE)

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == HEAD


def test_another_label_says_nothing(fake: FakeHost) -> None:
    reported(fake)
    fake.labels.append(LABEL)
    fake.label_events.append(("add", "writer", AFTER, "bug"))

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""


def test_our_own_user_acknowledges_nothing_even_if_it_may_write(fake: FakeHost) -> None:
    fake.writers.add(BOT)
    reported(fake)
    labelled(fake, who=BOT)

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""


def test_a_label_whose_last_known_event_is_its_removal_does_not_count(fake: FakeHost) -> None:
    reported(fake)
    labelled(fake)
    fake.label_events.append(("remove", "writer", "2026-11-23T12:00:00Z", LABEL))

    assert approval.acknowledgement(client(fake), "fleet", HEAD).commit == ""
