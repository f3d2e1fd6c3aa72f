"""A secret is masked where it stands, whole, before anything is cut, escaped or joined; nothing around it goes."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms import html_page, markdown, schema
from fleet.report.forms.redacting import redacted
from fleet.report.judge.report import Options, build
from fleet.report.masking import named_values, swept
from fleet.report.model import Report
from fleet.report.read.bundle import read_bundle
from tests.unit.report import markdown_reading
from tests.unit.report.making import (
    CATALOG,
    Act,
    bundle,
    created,
    events,
    lines,
    report,
    server,
    updated,
    write,
)
from tests.unit.report.test_masked_texts import everything

BEGIN, END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
AWKWARD = 'pass|word "with" <all> & \\every\\ `kind`\nof sign'
LONG = "".join(f"{number:03}-{chr(97 + number % 26)}" for number in range(24))[:116]


def three(folder: Path, *tags: str) -> Report:
    stacks = ("dev", "staging", "prod")
    given = [
        bundle(folder, [updated(f"web-{stack}", {"tags": [tag]})], stack=stack)
        for stack, tag in zip(stacks, tags, strict=True)
    ]
    return build(given, Options(expected=stacks))


@pytest.mark.parametrize("tags", [(BEGIN, "plain", END), (BEGIN, END, "plain"), (BEGIN, "plain", "plain")])
def test_a_key_begun_in_one_value_takes_nothing_of_another(tmp_path: Path, tags: tuple[str, ...]) -> None:
    told = three(tmp_path, *tags)

    for text in (markdown.comment(told), markdown.summary(told), html_page.html_page(told)):
        assert all(f"web-{stack}" in text for stack in ("dev", "staging", "prod"))
        assert "recreated" in text  # the legend in the footer
        assert "BEGIN PRIVATE" not in text
    (table, *_) = markdown_reading.tables(markdown.comment(told))
    assert [row[0] for row in table[1:]] == ["**`dev`**", "**`staging`**", "**`prod`**"]
    assert len(schema.read_report(schema.report_json(told)).stacks) == 3


def test_a_key_in_a_list_takes_only_its_own_element(tmp_path: Path) -> None:
    told = build([bundle(tmp_path, [created("web", tags=[BEGIN + "\nMIIabc", "kept"])])])

    text = schema.report_json(told)

    assert "MIIabc" not in text
    assert '[\\"[secret]\\",\\"kept\\"]' in text


def forms_of(secret: str) -> set[str]:
    """How a secret, or eight characters of it, would look in one of the outputs."""
    found = {secret[at : at + 8] for at in range(len(secret) - 7)}
    escaped = {html.escape(part) for part in found} | {json.dumps(part)[1:-1] for part in found}
    return {form for form in found | escaped if "\n" not in form}


def leaky(folder: Path, secret: str, **more: Any) -> Report:
    """A secret in every place that a branch can write."""
    acts = [
        updated("label", {"label": secret}),
        updated("tags", {"tags": ["a", secret, f"x{secret}y"]}),
        updated("map", {"settings": {secret: {"deep": [secret]}}}),
        updated("long", {"user_data": "u" * 980 + secret + "v" * 3000, "image": "w" * 950 + secret}),
        created(f"name-{secret}", region=secret, type=secret, image=f"{'i' * 30}{secret}{'j' * 30}"),
        Act("replace", "why", server(label=secret), server(label="other"), ("label",), {"label": "update"}),
    ]
    messages = [
        {"diagnosticEvent": {"severity": "error", "message": f"failed: {'m' * 60} {secret} {'n' * 60}"}},
        {"policyEvent": {"policyName": secret, "message": f"{'m' * 190}{secret}", "enforcementLevel": "advisory",
                         "resourceUrn": "u::v::w::x"}},
    ]  # fmt: skip
    pin = {"chosen": secret, "what": secret, "newest": "b"}
    files: dict[str, Any] = {
        "events": lines(events(acts, more=messages, outputs=({}, {secret: 1}))),
        "guards": {"allowed_types": {"value": [secret + "x"], "file": f"stacks/{secret}.yaml", "line": 3}},
        "pins_after": {"file": secret, "pins": {secret: pin}},
        "catalog": CATALOG,
        "stderr": f"error: {secret}",
        **more,
    }
    return build([read_bundle(write(folder / "dev", **files), (secret,))])


@pytest.mark.parametrize("secret", [LONG, AWKWARD, 'a"quoted"one', "back\\slash\\es", "/etc/se/cr/et/value"])
def test_no_part_of_a_named_value_is_left(tmp_path: Path, secret: str) -> None:
    text = everything(leaky(tmp_path, secret, exit="1"), (secret,))

    assert sorted(form for form in forms_of(secret) if form in text) == []
    assert "[secret]" in text


@pytest.mark.parametrize("secret", [LONG, AWKWARD])
def test_a_report_with_masked_values_keeps_its_structure(tmp_path: Path, secret: str) -> None:
    told = leaky(tmp_path, secret, exit="0")

    for text in (markdown.comment(told, (secret,)), markdown.summary(told, (secret,))):
        assert all(len(row) == len(table[0]) for table in markdown_reading.tables(text) for row in table)
        assert text.rstrip().endswith("</sub>")
    assert schema.read_report(schema.report_json(told, (secret,))).plan == told.plan


@pytest.mark.parametrize(
    "secret", ["verdict", "blocked", "<table>", "|:--|:--", "details", "</code>", "changes"]
)
def test_a_value_that_looks_like_the_frame_breaks_nothing(tmp_path: Path, secret: str) -> None:
    told = build([bundle(tmp_path, [created("web"), updated("db", {"tags": ["x"]})])])
    plain, masked = (html_page.html_page(told, secrets) for secrets in ((), (secret,)))

    assert schema.read_report(schema.report_json(told, (secret,))).verdict == told.verdict
    assert plain.count("<") == masked.count("<")
    assert len(markdown_reading.tables(markdown.comment(told, (secret,)))) == 2


def test_the_plan_does_not_hang_on_what_is_masked(tmp_path: Path) -> None:
    acts = [updated("web", {"label": LONG, "user_data": LONG * 50})]
    plans = {
        build([read_bundle(bundle_folder, secrets)]).plan
        for bundle_folder in [write(tmp_path / "dev", events=lines(events(acts)), exit="0")]
        for secrets in ((), (LONG,))
    }

    assert len(plans) == 1


@pytest.mark.parametrize(
    ("text", "swept_text"),
    [
        ("a `va&lue<1` b", "a `[secret]` b"),
        ("<code>va&amp;lue&lt;1</code>", "<code>[secret]</code>"),
        ('<i class="va&amp;lue&lt;1">', '<i class="va&amp;lue&lt;1">'),
        ("see ghp_" + "a1B2" * 9, "see [secret]"),
        (f"| {BEGIN} | x |", f"| {BEGIN} | x |"),
    ],
)
def test_the_net_knows_escaped_forms_and_leaves_the_frame(text: str, swept_text: str) -> None:
    assert swept(text, named_values({"LINODE_TOKEN": "va&lue<1"})) == swept_text


def test_a_long_value_is_cut_after_it_was_masked_and_two_long_ones_differ(tmp_path: Path) -> None:
    texts = ("a" * 5000 + letter + "ghp_" + "b" * 36 + "c" * 5000 for letter in "xy")
    one, other = (report(tmp_path, [updated("web", {"motd": text})]) for text in texts)
    shown, another = (redacted(told).stacks[0].changes[0].paths[0].after.text for told in (one, other))

    assert len(shown) < 2100
    assert shown.startswith("aaa")
    assert shown.endswith("ccc")
    assert shown != another
    assert one.plan != other.plan
    assert redacted(redacted(one)) == redacted(one)
