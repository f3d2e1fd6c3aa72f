from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.escaping import code_span, cut, plain_text, visible
from fleet.report.forms import markdown
from fleet.report.judge.report import Options, build
from fleet.report.read.bundle import Bundle
from tests.unit.report import markdown_reading
from tests.unit.report.making import (
    bundle,
    created,
    deleted,
    effects_line,
    kept,
    lines,
    replaced,
    report,
    updated,
    urn,
)

RESIZE = {"type": "g6-standard-2"}


@pytest.mark.parametrize(
    ("text", "table", "shown"),
    [
        ("plain", False, "`plain`"),
        ("a`b", False, "``a`b``"),
        ("a``b`c", False, "```a``b`c```"),
        ("`", False, "`` ` ``"),
        ("", False, "*empty*"),
        ("  ", False, "*empty*"),
        ("a|b", True, "`a\\|b`"),
        ("a|b", False, "`a|b`"),
        ("two\nlines\r\nhere", False, "`two⏎lines⏎here`"),
        ("\u202eesrever", False, "`\\u{202e}esrever`"),
        ("bell\x07", False, "`bell\\x07`"),
        ("\ud800", False, "`\\u{d800}`"),
        ("-->", False, "`-- >`"),
        ("x" * 100, False, "`" + "x" * 39 + "…" + "x" * 39 + "`"),
    ],
)
def test_data_is_shown_in_a_code_span(text: str, table: bool, shown: str) -> None:
    assert code_span(text, in_table=table) == shown


def test_what_is_cut_keeps_both_ends() -> None:
    assert cut("abcdefghij", 5) == "ab…ij"


def test_own_words_from_another_machine_are_escaped() -> None:
    assert plain_text("[x](http://y) @team <b> `") == "\\[x\\]\\(http\\://y\\) \\@team \\<b\\> \\`"


def test_unseen_characters_are_seen() -> None:
    assert visible("a\u200bb\ufeff") == "a\\u{200b}b\\u{feff}"


def three(folder: Path, guards: dict[str, object] | None = None) -> list[Bundle]:
    return [
        bundle(folder, [created("a")], stack="dev"),
        bundle(
            folder,
            [replaced("db", {"image": "linode/debian13"})],
            stack="staging",
            guards={"data_loss": "ack"},
        ),
        bundle(folder, [kept("a")], stack="prod", guards=guards),
    ]


def test_the_first_line_is_the_marker_and_the_second_the_worst(tmp_path: Path) -> None:
    lines = markdown.comment(build(three(tmp_path))).splitlines()

    assert lines[0].startswith('<!-- fleet-report v=1 id="fleet" head="4f9c2a1')
    assert lines[1] == "## ⛔ `staging` is blocked: the disks of `db` would be erased"


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        (("dev", "blue", "staging", "prod"), "staging dev blue prod"),
        (("blue", "prod", "staging", "dev"), "staging blue dev prod"),
        ((), "staging blue dev prod"),
    ],
)
def test_the_worst_stack_stands_first_and_equals_in_the_order_that_is_given_else_by_name(
    tmp_path: Path, order: tuple[str, ...], shown: str
) -> None:
    blue = bundle(tmp_path, [created("a")], stack="blue")
    found = markdown_reading.tables(
        markdown.comment(build([blue, *three(tmp_path)], Options(expected=order)))
    )

    assert [row[0] for row in found[0]] == ["Stack", *(f"**`{stack}`**" for stack in shown.split())]


def test_expected_stacks_give_the_order_and_must_be_there(tmp_path: Path) -> None:
    told = build(three(tmp_path), Options(expected=("prod", "dev", "eu")))

    assert [stack.stack for stack in told.stacks] == ["prod", "dev", "eu", "staging"]
    assert told.exit == 1
    assert "`eu` could not be previewed: no preview came in" in markdown.comment(told)


def test_a_quiet_report_still_has_its_table_and_footer(tmp_path: Path) -> None:
    text = markdown.comment(report(tmp_path, [kept("a")]))

    assert "## ⚪ nothing to do" in text
    assert "| **`dev`** | ⚪ nothing to do | – | – | $12.00 |" in text
    assert "<sub>Commit `4f9c2a1`, run 812" in text


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/a/1", True),
        ("../actions/runs/8", True),
        ("javascript:alert(1)", False),
        ("https://x/a) [b](y", False),
    ],
)
def test_only_an_address_becomes_a_link(tmp_path: Path, url: str, linked: bool) -> None:
    options = Options(run="812.1", run_url=url)

    text = markdown.comment(build([bundle(tmp_path, [kept("a")])], options))

    assert (f"[run 812]({url})" in text) == linked
    assert "run 812" in text


def big(folder: Path, number: int, stacks: int = 1, name: str = "server-{}") -> list[Bundle]:
    """Servers of every kind, with long names."""
    found = []
    for index in range(stacks):
        acts = []
        for n in range(number // stacks):
            named = name.format(n)
            acts.append(
                [
                    created(named),
                    deleted(named),
                    updated(named, RESIZE),
                    replaced(named, {"image": "linode/debian13"}),
                    updated(named, {"tags": ["x"]}),
                    updated(named, {"strange": "x"}),
                ][n % 6]
            )
        found.append(
            bundle(folder, acts, stack=f"stack-{index}", guards={"data_loss": "ack", "max_power_off": 1})
        )
    return found


@pytest.mark.parametrize(("number", "stacks"), [(2000, 1), (2000, 4), (500, 250)])
def test_a_comment_always_fits(tmp_path: Path, number: int, stacks: int) -> None:
    told = build(big(tmp_path, number, stacks))

    text = markdown.comment(told)

    assert markdown.utf16_units(text) <= markdown.COMMENT_UNITS
    assert "### To decide" in text
    assert text.splitlines()[1].startswith("## ⛔")
    assert len(markdown.summary(told).encode()) <= markdown.SUMMARY_BYTES


def test_the_worst_names_fit_too(tmp_path: Path) -> None:
    told = build(big(tmp_path, 600, 60, name="😀|`" * 60 + "{}"))

    text = markdown.comment(told)

    assert markdown.utf16_units(text) <= markdown.COMMENT_UNITS
    assert all(len(row) == len(table[0]) for table in markdown_reading.tables(text) for row in table)


def rows(text: str) -> list[str]:
    signs = ("| + `", "| ~ `", "| ± `", "| − `", "| ±? `")
    return [line for line in markdown_reading.spaced(text).splitlines() if line.startswith(signs)]


def test_harmless_rows_give_way_before_dangerous_ones(tmp_path: Path) -> None:
    text = markdown.comment(build([bundle(tmp_path, [
        *(updated(f"quiet-{n}", {"tags": ["x"]}) for n in range(1900)),
        *(updated(f"loud-{n}", RESIZE) for n in range(20)),
    ])]))  # fmt: skip
    found = rows(text)

    assert all("`loud-" in line for line in found[:20])
    assert all("`quiet-" in line for line in found[20:])
    assert f"{1920 - len(found)} more rows: summary of the run." in text


@pytest.mark.parametrize("stacks", [1, 4])
def test_a_long_comment_is_filled_with_what_matters_most(tmp_path: Path, stacks: int) -> None:
    fleet = [
        updated(f"web-{n:04}", RESIZE if n % 50 == 0 else {"tags": ["x"]}) for n in range(2000 // stacks)
    ]
    told = build(bundle(tmp_path, fleet, stack=f"stack-{index}") for index in range(stacks))

    text = markdown.comment(told)

    found = rows(text)
    assert 64_500 < markdown.utf16_units(text) <= 65_000
    assert sum("powered off" in line for line in found) == 40
    assert 300 < len(found) < 2000
    more = [int(line.split()[0]) for line in text.splitlines() if line.endswith("summary of the run.")]
    assert sum(more) == 2000 - len(found)


def test_a_summary_has_every_row(tmp_path: Path) -> None:
    text = markdown.summary(report(tmp_path, [updated(f"quiet-{n}", {"tags": ["x"]}) for n in range(900)]))

    assert len(rows(text)) == 900


def test_a_summary_stays_below_what_is_refused_whole(tmp_path: Path) -> None:
    new = {f"property_{n}": f"{n}" * 80 for n in range(6)}
    text = markdown.summary(report(tmp_path, [updated(f"web-{n}", new) for n in range(2000)]))

    assert 990_000 < len(text.encode()) <= 1_000_000


@pytest.mark.parametrize("edited", [False, True])
def test_moved_pins_are_a_table_and_a_reason(tmp_path: Path, edited: bool) -> None:
    def pins(chosen: str) -> dict[str, object]:
        pin = {"chosen": chosen, "what": "newest Debian", "newest": "linode/debian13"}
        pin["criteria_hash"] = chosen if edited else "the same"
        return {"file": "stacks/pins.dev.json", "pins": {"image": pin}}

    acts = [replaced("db", {"image": "linode/debian13"})]
    text = markdown.comment(
        report(
            tmp_path,
            acts,
            guards={"data_loss": "ack"},
            pins_before=pins("linode/debian12"),
            pins_after=pins("linode/debian13"),
        )
    )

    assert "| `image`: `newest Debian` | `linode/debian12` → **`linode/debian13`** |\n" in text
    why = "because its settings were edited" if edited else "no setting was edited"
    back = (
        "take the edit of the settings of `image` back."
        if edited
        else "take the pin back (`fleet pins keep --stack dev image`)."
    )
    assert f"It comes from the moved pin `image` in `stacks/pins.dev.json`, {why}." in text
    assert f"To keep the server: {back}" in text


def test_a_provider_that_moved_is_told(tmp_path: Path) -> None:
    act = kept("web")
    moved = type(act)("same", "web", act.old, act.new, outputs={"__provider": "old.module.Class"})

    told = report(tmp_path, [moved])

    assert told.verdict == "look"
    assert "the provider's module moved" in markdown.comment(told)
    assert "old.module" not in markdown.comment(told)


def test_backups_are_not_told_as_disks(tmp_path: Path) -> None:
    off = updated("web", {"backups_enabled": False}, backups_enabled=True)

    alone = markdown.comment(report(tmp_path / "1", [off], guards={"data_loss": "ack"}))
    both = markdown.comment(report(tmp_path / "2", [off, deleted("db")], guards={"data_loss": "ack"}))

    assert "## ⛔ `dev` is blocked: the backups of `web` would be erased" in alone
    assert "| backups of `web` |" in alone
    assert "## ⛔ `dev` is blocked: disks or backups of `db` and `web` would be erased" in both
    assert "| disks of `db`; backups of `web` |" in both


def test_the_heading_names_the_loss_before_a_power_off_and_no_loss_is_quiet(tmp_path: Path) -> None:
    image = {"image": "linode/debian13"}
    rebuilt = effects_line(
        "db-1", "data loss", ("image", "data loss", "rebuilt"), urn=urn("db-1", "staging"), destroys=["disks"]
    )
    report = build(
        [
            bundle(tmp_path, [updated("web-1", {"type": "g6-standard-2"})], stack="dev"),
            bundle(tmp_path, [updated("db-1", image)], stack="staging", effects=lines([rebuilt])),
        ]
    )

    text = markdown.comment(report)

    assert "🟠 `staging`: the disks of `db-1` are erased (and 1 more stack)" in text
    assert "1 server is rebuilt (`staging`), 1 is changed (`dev`)." in text
