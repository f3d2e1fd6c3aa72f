from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.errors import HostRefused
from fleet.report.forms import marker
from fleet.report.forms.marker import Marker, Seal
from fleet.report.hosts import comment
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.host import Host
from fleet.report.hosts.http import Http
from tests.unit.report.fake_hosts import BOT, TOKEN, FakeHost, Fault, serving

KEY = "FAKE-key-of-protected-environments"


def client(fake: FakeHost, *, plan_key: str = "", **options: float) -> Host:
    slept: list[float] = []
    if fake.kind == "github":
        http = Http(fake.url, "Authorization", f"Bearer {TOKEN}", sleep=slept.append)
    else:
        http = Http(fake.url, "PRIVATE-TOKEN", TOKEN, sleep=slept.append)
    http.timeout_s = options.get("timeout_s", 5.0)
    kind = GitHub if fake.kind == "github" else GitLab
    return kind(http, "acme/fleet", 7, plan_key=plan_key)


def body(id_: str = "fleet", run: str = "8.1", text: str = "## all well", **more: str) -> str:
    return f"{Marker(id_, 'abc1234', run, 'p', **more).line()}\n{text}\n"


def test_the_first_report_makes_the_comment(fake: FakeHost) -> None:
    outcome = comment.post(client(fake), body())

    assert outcome.action == "created"
    assert [note.body for note in fake.notes] == [body()]


def test_the_next_report_updates_it(fake: FakeHost) -> None:
    note = fake.add(body(run="7.1"))

    outcome = comment.post(client(fake), body())

    assert (outcome.action, outcome.comment) == ("updated", note.id)
    assert [item.body for item in fake.notes] == [body()]


def test_an_equal_comment_is_not_written(fake: FakeHost) -> None:
    fake.add(body().replace("\n", "\r\n").rstrip())

    assert comment.post(client(fake), body()).action == "unchanged"
    assert fake.wrote() == []


def test_a_newer_run_is_never_overwritten(fake: FakeHost) -> None:
    fake.add(body(run="10.1"))

    assert comment.post(client(fake), body(run="9.3")).action == "kept newer"
    assert fake.wrote() == []


def test_a_comment_is_signed_where_there_is_a_key_and_a_forged_newer_one_gives_way(fake: FakeHost) -> None:
    forged = fake.add(body(run="999.1", text="## all is well, merge it", good="0123abcd"))

    outcome = comment.post(client(fake, plan_key=KEY), body())

    assert (outcome.action, outcome.comment) == ("updated", forged.id)
    assert "merge it" not in forged.body
    assert Seal(KEY, "acme/fleet", 7).holds(forged.body)
    assert comment.post(client(fake, plan_key=KEY), body()).action == "unchanged"
    assert comment.post(client(fake, plan_key=KEY), body(run="7.1")).action == "kept newer"


def test_a_second_attempt_is_newer_than_the_first(fake: FakeHost) -> None:
    fake.add(body(run="8.2"))

    assert comment.post(client(fake), body(run="8.1")).action == "kept newer"


def test_the_comment_is_found_on_the_third_page(fake: FakeHost) -> None:
    for number in range(249):
        fake.add(f"comment {number}", author="somebody")
    note = fake.add(body(run="7.1"))

    outcome = comment.post(client(fake), body())

    assert outcome.comment == note.id
    assert len(fake.notes) == 250
    assert (
        sum(call.startswith("GET ") and ("comments" in call or "notes" in call) for call in fake.calls) == 3
    )


def test_a_strangers_marker_is_not_ours(fake: FakeHost) -> None:
    fake.add(body(run="999.1"), author="stranger")

    assert comment.post(client(fake), body()).action == "created"
    assert fake.notes[0].body == body(run="999.1")


@pytest.mark.parametrize("other", ["fleet-eu", "flee", "Fleet", ""])
def test_another_id_is_another_comment(fake: FakeHost, other: str) -> None:
    fake.add(body(id_=other))

    assert comment.post(client(fake), body()).action == "created"
    assert len(fake.notes) == 2


def test_a_marker_that_is_quoted_is_no_marker(fake: FakeHost) -> None:
    fake.add(f"> {body()}")
    fake.add(f"see\n{body()}")

    assert comment.post(client(fake), body()).action == "created"


def test_of_two_the_older_is_kept_and_the_other_folded(fake: FakeHost) -> None:
    fake.add("other", author="somebody")
    oldest, newer = fake.add(body(run="6.1")), fake.add(body(run="7.1", text="## the words of then"))

    outcome = comment.post(client(fake), body())
    again = comment.post(client(fake), body(run="9.1"))

    assert (outcome.comment, outcome.folded) == (oldest.id, 1)
    assert (again.comment, again.folded) == (oldest.id, 0)
    folded = fake.note(newer.id)
    assert folded is not None
    assert marker.read(folded.body) is None
    assert folded.body.startswith("Outdated: ")
    assert "<details>" in folded.body
    assert "## the words of then" in folded.body
    assert fake.minimised == ([f"IC_{newer.id}"] if fake.kind == "github" else [])


def test_a_host_that_does_not_minimise_is_no_failure(fake: FakeHost) -> None:
    first, second = fake.add(body(run="6.1")), fake.add(body(run="7.1"))
    fake.faults.append(Fault("POST", "/graphql", 403))

    outcome = comment.post(client(fake), body())

    assert (outcome.comment, outcome.folded, second.body[:9]) == (first.id, 1, "Outdated:")


def test_no_netrc_replaces_the_token(fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    comment.post(client(fake), body())

    assert fake.tokens == {f"Bearer {TOKEN}" if fake.kind == "github" else TOKEN}
    assert fake.basic == 0


def test_a_failed_report_names_the_last_good_commit(fake: FakeHost) -> None:
    fake.add(body(run="7.1", good="0123abcd"))
    failed = f"{Marker('fleet', 'bad1234', '8.1', 'p').line()}\n## ✖ broke\n"

    comment.post(client(fake), failed)

    assert "Last good report: `0123abcd`." in fake.notes[0].body
    mark = marker.read(fake.notes[0].body)
    assert mark is not None
    assert (mark.head, mark.good) == ("bad1234", "0123abcd")


def test_a_comment_that_was_applied_is_left_alone(fake: FakeHost) -> None:
    fake.add(body())

    closed = comment.close(client(fake), "fleet", "813")
    posted = comment.post(client(fake), body(run="9.1"))

    assert (closed.action, posted.action) == ("closed", "created")
    assert "**Applied in run 813.**" in fake.notes[0].body
    assert len(fake.notes) == 2


def test_closing_nothing_is_fine(fake: FakeHost) -> None:
    assert comment.close(client(fake), "fleet", "813").action == "none"


@pytest.mark.parametrize("status", [403, 422])
def test_a_refusal_is_one_line_with_a_next_step_and_without_the_token(fake: FakeHost, status: int) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults.append(Fault("POST", ending, status, text=f'{{"message": "refused for {TOKEN}"}}'))

    with pytest.raises(HostRefused) as caught:
        comment.post(client(fake), body())

    text = str(caught.value)
    assert caught.value.status == status
    assert "Next:" in text
    assert TOKEN not in text
    assert "\n" not in text
    assert len(fake.wrote()) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reading_is_repeated_when_the_host_is_busy(fake: FakeHost, status: int) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults += [Fault("GET", ending, status) for _ in range(3)]

    assert comment.post(client(fake), body()).action == "created"


def test_repeats_are_bounded(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults += [Fault("GET", ending, 503) for _ in range(50)]

    with pytest.raises(HostRefused, match="503"):
        comment.post(client(fake), body())

    assert len(fake.calls) == 4


def test_a_comment_whose_answer_was_lost_is_not_made_twice(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults.append(Fault("POST", ending, 502, after=True))

    outcome = comment.post(client(fake), body())

    assert outcome.action == "created"
    assert len(fake.notes) == 1


def test_a_comment_that_was_really_lost_is_made_again(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults += [Fault("POST", ending, 502), Fault("POST", ending, 502)]

    assert comment.post(client(fake), body()).action == "created"
    assert len(fake.notes) == 1


def test_a_silent_host_is_not_waited_for(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults += [Fault("GET", ending, 200, stall_s=0.5) for _ in range(4)]

    with pytest.raises(HostRefused, match="no answer"):
        comment.post(client(fake, timeout_s=0.05), body())


def test_an_update_is_repeated(fake: FakeHost) -> None:
    note = fake.add(body(run="7.1"))
    method = "PATCH" if fake.kind == "github" else "PUT"
    fake.faults.append(Fault(method, f"/{note.id}", 503))

    assert comment.post(client(fake), body()).action == "updated"


def test_a_redirect_does_not_take_the_token_along(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    with serving(fake.kind) as other:
        fake.faults.append(Fault("GET", ending, 302, headers={"Location": other.url + "/user"}))

        with pytest.raises(HostRefused, match="302"):
            comment.post(client(fake), body())

        assert other.calls == []


def test_an_answer_that_is_no_json_is_refused(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults.append(Fault("GET", ending, 200, text="<html>proxy</html>"))

    with pytest.raises(HostRefused, match="not JSON"):
        comment.post(client(fake), body())


def test_labels_follow_the_verdict_and_others_stay(fake: FakeHost) -> None:
    fake.labels += ["infra: change", "infra: data loss", "bug"]

    added, removed = comment.set_labels(client(fake), ["infra: blocked", "infra: data loss"])

    assert (added, removed) == (["infra: blocked"], ["infra: change"])
    assert sorted(fake.labels) == ["bug", "infra: blocked", "infra: data loss"]


def test_a_label_is_made_once(fake: FakeHost) -> None:
    fake.repository_labels.append("infra: change")

    comment.set_labels(client(fake), ["infra: change"])

    assert fake.labels == ["infra: change"]


def test_no_report_can_put_the_acknowledgement_on(fake: FakeHost) -> None:
    comment.set_labels(client(fake), ["ack:data-loss", "infra: change"])

    assert fake.labels == ["infra: change"]


def test_a_workflows_token_writes_as_the_bot() -> None:
    with serving("github") as fake:
        fake.user_status = 403
        fake.add(body(run="7.1"), author="github-actions[bot]")

        outcome = comment.post(client(fake), body())

    assert outcome.action == "updated"


NOW = 1_000.0
LIMITS = [
    (403, {"Retry-After": "40"}, '{"message": "no"}', 40.0),
    (429, {"Retry-After": "40"}, '{"message": "no"}', 40.0),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1070"}, '{"message": "no"}', 71.0),
    (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": "1070"}, '{"message": "no"}', 71.0),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "900"}, '{"message": "no"}', 1.0),
    (403, {}, '{"message": "You have exceeded a secondary rate limit."}', 60.0),
    (429, {}, "Retry later", 60.0),
]


def slow(fake: FakeHost) -> tuple[Host, list[float]]:
    slept: list[float] = []
    host = client(fake)
    host.http.sleep, host.http.now = slept.append, lambda: NOW
    return host, slept


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("status", "headers", "text", "wait_s"), LIMITS)
def test_a_rate_limit_is_waited_for(
    fake: FakeHost, method: str, status: int, headers: dict[str, str], text: str, wait_s: float
) -> None:
    """A request beyond it has done nothing: one that makes something is sent again, too."""
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults.append(Fault(method, ending, status, headers=headers, text=text))
    host, slept = slow(fake)

    assert comment.post(host, body()).action == "created"
    assert (slept, len(fake.notes)) == ([wait_s], 1)


def test_all_calls_together_wait_for_rate_limits_no_longer_than_one_may(fake: FakeHost) -> None:
    """A job has 30 minutes: each call, and each try of it, would take a quarter of an hour otherwise."""
    ending = "/comments" if fake.kind == "github" else "/notes"
    limited = [
        Fault(method, ending, 429, headers={"Retry-After": "400"}) for method in ("GET", "POST", "POST")
    ]
    fake.faults += limited
    host, slept = slow(fake)
    host = host.of_pull(7)

    with pytest.raises(HostRefused, match="rate limit ends at"):
        comment.post(host, body())

    assert slept == [400.0, 400.0]


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_that_ends_much_later_is_told_as_one(fake: FakeHost, status: int) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4600"}
    fake.faults.append(Fault("GET", ending, status, headers=headers))
    host, slept = slow(fake)

    with pytest.raises(HostRefused) as caught:
        comment.post(host, body())

    assert str(caught.value).endswith("Next: the host's rate limit ends at 01:16 UTC; run this again then.")
    assert slept == []


def test_a_missing_permission_is_not_waited_for(fake: FakeHost) -> None:
    ending = "/comments" if fake.kind == "github" else "/notes"
    fake.faults.append(Fault("GET", ending, 403, headers={"X-RateLimit-Remaining": "4999"}))
    host, slept = slow(fake)

    with pytest.raises(HostRefused, match="Next: give the token write access"):
        comment.post(host, body())

    assert slept == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_comment_that_is_gone_since_it_was_listed_is_made_again(fake: FakeHost, status: int) -> None:
    method = "PATCH" if fake.kind == "github" else "PUT"
    note = fake.add(body(run="7.1"))
    fake.faults.append(Fault(method, f"/{note.id}", status))

    assert comment.post(client(fake), body()).action == "created"
    assert fake.notes[-1].body == body()


def test_of_two_the_one_that_is_still_there_is_updated(fake: FakeHost) -> None:
    method = "PATCH" if fake.kind == "github" else "PUT"
    gone, there = fake.add(body(run="6.1")), fake.add(body(run="7.1"))
    fake.faults.append(Fault(method, f"/{gone.id}", 404))

    assert comment.post(client(fake), body()) == comment.Outcome("updated", there.id)


def test_one_that_should_be_folded_or_closed_and_is_gone_is_fine(fake: FakeHost) -> None:
    method = "PATCH" if fake.kind == "github" else "PUT"
    first, second = fake.add(body(run="6.1")), fake.add(body(run="7.1"))
    fake.faults.append(Fault(method, f"/{second.id}", 404))

    assert comment.post(client(fake), body()).action == "updated"
    fake.notes[:] = [first]
    fake.faults[:] = [Fault(method, f"/{first.id}", 404)]
    assert comment.close(client(fake), "fleet", "813").action == "none"


def test_system_notes_are_nobodys() -> None:
    with serving("gitlab") as fake:
        fake.add(body(), author=BOT, system=True)

        assert comment.post(client(fake), body()).action == "created"


@pytest.mark.parametrize(
    "line",
    [
        '<!-- fleet-report v=2 id="fleet" -->',
        "<!-- fleet-report v=1 -->",
        '<!-- fleet-report v=1 id="a" onload="x" <b> -->',
        "no marker",
        "",
    ],
)
def test_what_is_no_marker_is_none(line: str) -> None:
    assert marker.read(line) is None


def test_a_marker_cannot_be_broken_out_of() -> None:
    evil = Marker('x" --><b>', "h\nh", "1.1 -->", "p")

    line = evil.line()

    assert line.count("-->") == 1
    assert line.count("<") == 1
    assert marker.read(line + "\n") is not None
