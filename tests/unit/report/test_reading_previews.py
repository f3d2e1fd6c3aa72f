from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleet.report.errors import BundleUnreadable
from fleet.report.judge.report import build
from fleet.report.phrases import plain
from fleet.report.read.bundle import read_bundle
from fleet.report.read.messages import presentable
from fleet.report.read.previews import parse_lines, read_digest, read_events
from fleet.report.read.steps import clean
from tests.unit.report.making import (
    CATALOG,
    Json,
    bundle,
    created,
    deleted,
    digest,
    events,
    kept,
    lines,
    replaced,
    server,
    stack_of,
    updated,
    urn,
    write,
)

ACTS = [
    created("new", type="g6-nanode-1"),
    deleted("old"),
    updated("web", {"type": "g6-standard-2"}),
    replaced("db", {"image": "linode/debian13"}),
]


def test_events_and_digest_tell_the_same_changes(tmp_path: Path) -> None:
    told = stack_of(tmp_path / "e", ACTS, form="events")
    digested = stack_of(tmp_path / "d", ACTS, form="digest")

    assert told.changes == digested.changes
    assert (told.now, told.then, told.verdict) == (digested.now, digested.then, digested.verdict)


def test_the_plan_hash_is_that_of_the_plan_and_not_of_the_form(tmp_path: Path) -> None:
    plans = {build([bundle(tmp_path / form, ACTS, form=form)]).plan for form in ("events", "digest")}

    assert len(plans) == 1


def test_only_events_know_what_stays(tmp_path: Path) -> None:
    acts = [kept("still", type="g6-dedicated-4"), *ACTS]

    told = stack_of(tmp_path / "e", acts, form="events")
    digested = stack_of(tmp_path / "d", acts, form="digest")

    assert told.unchanged_known
    assert not told.now.at_least
    assert not digested.unchanged_known
    assert digested.now.at_least
    assert told.then.amount - told.now.amount == digested.then.amount - digested.now.amount


def test_events_are_taken_in_the_order_of_their_sequence() -> None:
    found = events(ACTS)

    reversed_events, whole = parse_lines(lines(found[::-1]))

    assert whole
    assert read_events(reversed_events) == read_events(found)
    assert read_events(found).outputs == ({}, {})


def test_unknown_events_and_fields_are_ignored() -> None:
    strange: list[Json] = [
        {"somethingNewEvent": {"a": 1}},
        {"resourcePreEvent": {"other": 1}},
        {"policyEvent": {}},
    ]

    reading = read_events(events(ACTS, more=strange))

    assert reading == read_events(events(ACTS))


def test_a_preview_cut_off_in_a_line_is_not_complete(tmp_path: Path) -> None:
    text = lines(events(ACTS))[:-25]

    found = read_bundle(write(tmp_path / "dev", events=text))

    assert not found.reading.complete
    assert build([found]).verdict == "failed"


def test_a_line_that_is_no_json_in_the_middle_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "dev", events="{}\nnot json\n{}\n")

    with pytest.raises(BundleUnreadable, match=r"dev/events.ndjson: line 2 is not JSON"):
        read_bundle(folder)


def test_a_number_where_an_event_should_be_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleUnreadable, match="line 1 is not an object"):
        read_bundle(write(tmp_path / "dev", events="1\n{}\n"))


def test_errors_and_warnings_are_kept_and_traces_dropped() -> None:
    told = [
        {"severity": "error", "message": "error: it broke\n", "urn": urn("web")},
        {"severity": "info#err", "message": "Traceback (most recent call last):\n"},
        {"severity": "debug", "message": "registering"},
        {"severity": "warning", "message": "warning: careful\n"},
    ]

    reading = read_digest(digest([], diagnostics=told))

    assert [(item.severity, item.text) for item in reading.messages] == [
        ("error", "it broke"),
        ("warning", "careful"),
    ]


def test_a_refused_secret_is_not_told(tmp_path: Path) -> None:
    message = "property root_pass value {FAKE-short} has a problem: short; property type value {x} has a problem: no"
    told = [{"severity": "error", "message": message}]

    found = read_bundle(write(tmp_path / "dev", digest=digest([], diagnostics=told), exit="1"))

    assert "FAKE-short" not in found.reading.messages[0].text


def test_a_refused_secret_is_not_told_behind_another_refusal() -> None:
    label, secret = (
        "property label value {abc} has a problem",
        "property root_pass value {FAKE}!} has a problem",
    )

    assert presentable(f"{label}: long\n{secret}: short") == (
        f"{label}: long\nproperty root_pass value {{[secret]}} has a problem: short"
    )
    assert presentable(f"{label}: long\n{label}: short") == f"{label}: long\n{label}: short"


def test_paths_of_the_machine_are_not_told() -> None:
    message = (
        "File /srv/somewhere/project/web.py line 3, see https://www.pulumi.com/docs/ and file:///srv/x/y.zip"
    )

    reading = read_digest(digest([], diagnostics=[{"severity": "error", "message": message}]))

    told = reading.messages[0].text
    assert told == "File (outside)/web.py line 3, see https://www.pulumi.com/docs/ and file://(outside)"


def test_a_replacement_in_steps_is_one_change_with_its_order() -> None:
    found = events([replaced("db", {"image": "linode/debian13"})])
    main = found[2]["resourcePreEvent"]["metadata"]
    part = {"urn": main["urn"], "old": main["old"], "new": main["new"]}
    first = [{"resourcePreEvent": {"metadata": {**part, "op": "delete-replaced"}}},
             {"resourcePreEvent": {"metadata": {**part, "op": "create-replacement", "keys": ["image"]}}}]  # fmt: skip

    delete_first = read_events(events([replaced("db", {"image": "linode/debian13"})], more=first))
    create_first = read_events(events([replaced("db", {"image": "linode/debian13"})], more=first[::-1]))

    assert [(step.op, step.delete_first) for step in delete_first.steps] == [("replace", True)]
    assert [(step.op, step.delete_first) for step in create_first.steps] == [("replace", False)]


def test_a_folder_without_a_preview_is_a_failed_stack(tmp_path: Path) -> None:
    folder = write(tmp_path / "dev", stderr="warning: x\nerror: no stack named 'dev' found\n", exit="6")

    report = build([read_bundle(folder)])

    assert report.exit == 1
    assert report.stacks[0].stack == "dev"
    assert "no stack named 'dev' found" in str(report.heading)


def test_both_forms_in_one_bundle_give_events_with_dependencies(tmp_path: Path) -> None:
    acts = [updated("db", {"tags": ["x"]}), replaced("api", {"user_data": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
                                                     {"user_data": ["db"]}, user_data="nothing of db")]  # fmt: skip

    found = stack_of(tmp_path, acts, digest=digest(acts))

    api = next(change for change in found.changes if change.name == "api")
    assert found.form == "events"
    assert (api.sources, api.likely) == (("db",), "unlikely")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("exit", "ok", "dev/exit is not a number"),
        ("guards", '{"max_monthly": "much"}', "dev/guards.json: max_monthly.value"),
        ("guards", '{"max_montly": 3}', "dev/guards.json: max_montly: Extra inputs"),
        ("catalog", '{"types": 3}', "dev/catalog.json: types"),
        ("meta", "[", "dev/meta.json is not JSON"),
        ("pending", "3", "dev/pending.json is not a list"),
        ("digest", "[]", "dev/digest.json is not a preview's digest"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    folder = write(tmp_path / "dev", **{name: text})

    with pytest.raises(BundleUnreadable) as caught:
        read_bundle(folder)

    assert message in str(caught.value)


def test_a_stack_is_named_by_its_urns_when_nothing_else_does(tmp_path: Path) -> None:
    folder = write(tmp_path / "whatever", digest=digest([], stack="prod-eu"))

    assert read_bundle(folder).stack == "prod-eu"


def test_pending_operations_are_read_from_an_exported_stack(tmp_path: Path) -> None:
    pending = {"pending_operations": [{"type": "creating", "resource": {"urn": urn("web-2")}}]}
    folder = write(tmp_path / "dev", digest=digest([]), pending=pending, exit="0")

    report = build([read_bundle(folder)])

    assert report.stacks[0].pending == ("web-2",)
    assert report.verdict == "look"


def test_an_event_log_of_a_refresh_tells_drift(tmp_path: Path) -> None:
    old, new = {"inputs": server(tags=["a"])}, {"inputs": server(tags=["by-hand"])}
    root = urn("fleet-dev", kind="pulumi:pulumi:Stack")
    found: list[Json] = [
        {"resourcePreEvent": {"metadata": {"op": "refresh", "urn": root}}},
        {"resourcePreEvent": {"metadata": {"op": "refresh", "urn": urn("web"), "old": old, "new": old}}},
        {"resOutputsEvent": {"metadata": {"op": "update", "urn": urn("web"), "old": old, "new": new,
                                          "detailedDiff": {"tags[0]": {"diffKind": "update", "inputDiff": True}}}}},
        {"summaryEvent": {"result": "succeeded"}},
    ]  # fmt: skip
    text = "".join(json.dumps({"sequence": index, **event}) + "\n" for index, event in enumerate(found))

    report = build([read_bundle(write(tmp_path / "dev", events=text, catalog=CATALOG, exit="0"))])

    change = report.stacks[0].changes[0]
    assert report.stacks[0].drift
    assert (change.op, change.paths[0].after.text, report.verdict) == ("update", "by-hand", "look")
    assert not change.off
    assert report.outputs.data_loss == 0


def test_a_secret_in_a_list_is_a_secret_and_the_rest_stays() -> None:
    mask = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "FAKE"}

    assert clean({"keys": ["plain", mask], "other": ["plain"]}) == {
        "keys": ["plain", "[secret]"],
        "other": ["plain"],
    }


def test_a_last_line_cut_off_after_the_summary_is_not_complete(tmp_path: Path) -> None:
    found = read_bundle(write(tmp_path / "dev", events=lines(events(ACTS)) + '{"cancelEv', exit="0"))

    assert not found.reading.complete


def test_a_digest_without_its_summary_is_not_complete(tmp_path: Path) -> None:
    told = digest(ACTS)
    del told["changeSummary"]

    assert build([read_bundle(write(tmp_path / "dev", digest=told, exit="0"))]).exit == 1


@pytest.mark.parametrize("form", ["events", "digest"])
def test_without_an_exit_code_a_preview_failed_whatever_it_says_of_itself(tmp_path: Path, form: str) -> None:
    """A job that was cut off wrote none, and neither did whoever left the code of a failure out."""
    whole = {"events": lines(events(ACTS)), "digest": digest(ACTS)}

    report = build([read_bundle(write(tmp_path / "dev", **{form: whole[form]}))])

    assert (report.exit, report.stacks[0].complete) == (1, False)
    assert "it left no exit code, so nobody knows how it ended" in plain(report.heading)
    assert plain(report.findings[0].text) == (
        "it left no exit code, so nobody knows how it ended. Next: run its job again."
    )


def test_a_stacks_own_file_of_pins_will_do(tmp_path: Path) -> None:
    def pins(chosen: str) -> Json:
        pin = {"kind": "image", "chosen": chosen, "why": "newest Debian", "picked_at": "x", "criteria": {}}
        return {"version": 1, "pins": {"db.image": pin}}

    folder = write(
        tmp_path / "dev",
        events=lines(events([replaced("db", {"image": "linode/debian13"})])),
        pins_before=pins("linode/debian12"),
        pins_after=pins("linode/debian13"),
        exit="0",
    )

    report = build([read_bundle(folder)])

    assert report.stacks[0].choices[0].what == "newest Debian"
    assert "stacks/pins.dev.json" in str(report.findings[0].text)


def test_the_error_that_says_something_is_the_one_told(tmp_path: Path) -> None:
    told = [
        {
            "severity": "error",
            "message": "error: an unhandled error occurred: program exited with code 1",
        },
        {"severity": "error", "message": "error: preview failed"},
        {"severity": "error", "message": "error: the settings are not valid.\n  fleet:x: no such setting"},
    ]

    report = build([read_bundle(write(tmp_path / "dev", digest=digest([], diagnostics=told), exit="1"))])

    assert "the settings are not valid" in str(report.heading)
