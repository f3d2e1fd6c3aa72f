from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, strategies as st

from fleet.report.escaping import code_span, html_text, plain_text
from fleet.report.forms import html_page, markdown, schema
from fleet.report.forms.markdown import text
from fleet.report.judge.report import build
from fleet.report.model import Report
from fleet.report.phrases import Piece, code, phrase
from tests.unit.report import markdown_reading
from tests.unit.report.making import Act, bundle, replaced, server, updated

NASTY = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="`|\\-><!@#*_[]() \n\t\u202e\u200b\u2028$~&a", max_size=80),
    st.sampled_from(
        [
            "@team",
            "-->",
            "<!--",
            "`" * 500,
            "|" * 500,
            "\\|",
            "x" * 10_000,
            "<b>x</b>",
            "[x](http://y)",
            "\ud800",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIabc",
            "s3://me:",
            "you@host",
            "bearer ",
            "ghp_" + "a1B2" * 9,
        ]
    ),
)


@given(value=NASTY)
@example(value="\\|")
@example(value="`\\`|`")
def test_data_never_leaves_its_cell(value: str) -> None:
    table = f"| a | b |\n|:--|:--|\n| {code_span(value, in_table=True)} | end |\n"

    (rows,) = markdown_reading.tables(table)

    assert [len(row) for row in rows] == [2, 2]
    assert rows[1][1] == "end"
    assert markdown_reading.outside_code(table).split() in (["a", "b", "end"], ["a", "b", "empty", "end"])


@given(value=NASTY)
def test_data_in_a_sentence_is_one_code_span(value: str) -> None:
    line = f"front {code_span(value, in_table=False)} back\n"

    tokens = markdown_reading.flat(line)

    assert sum(token.type == "code_inline" for token in tokens) <= 1
    assert markdown_reading.outside_code(line).split() in (["front", "back"], ["front", "empty", "back"])
    assert markdown_reading.html(line) == []


@given(value=NASTY)
def test_words_of_another_machine_are_only_words(value: str) -> None:
    for line in (plain_text(value), text(phrase(Piece(kind="text", text=value)))):
        tokens = {token.type for token in markdown_reading.flat(f"front {line} back\n")}
        assert not tokens & {
            "html_inline",
            "html_block",
            "link_open",
            "image",
            "code_inline",
            "strong_open",
            "em_open",
        }


@given(name=NASTY.filter(bool), tag=NASTY, label=NASTY)
@example(name="\ud800", tag="a", label="b")
def test_names_and_tags_stay_data_in_a_whole_report(tmp_path: Path, name: str, tag: str, label: str) -> None:
    told = build([bundle(tmp_path, [
        updated(name, {"tags": [tag], "label": label}),
        replaced(name + "2", {"image": tag}),
        Act("create", name + "3", None, server(label=label, type=tag, region=name)),
    ], guards={"data_loss": "ack", "allowed_types": [tag + "x"]})])  # fmt: skip

    assert len(schema.read_report(schema.report_json(told)).stacks[0].changes) == 3
    assert html_page.html_page(told).endswith("</body>\n</html>\n")
    for shown in (markdown.comment(told), markdown.summary(told)):
        assert all(len(row) == len(table[0]) for table in markdown_reading.tables(shown) for row in table)
        assert shown.rstrip().endswith("</sub>")
        assert "@" not in markdown_reading.outside_code(shown)
        kinds = {token.type for token in markdown_reading.flat(shown)}
        assert not kinds & {"link_open", "image", "fence", "code_block"}
        tags = {
            part.split(">")[0].split("<")[-1].split(" ")[0].strip("/")
            for part in markdown_reading.html(shown)
        }
        assert tags <= {"!--", "details", "summary", "br", "sub"}


@given(value=NASTY)
def test_html_text_has_no_markup(value: str) -> None:
    assert not {"<", ">", '"'} & set(html_text(value))


@given(words=st.lists(NASTY, min_size=1, max_size=4))
def test_a_report_from_another_machine_cannot_break_the_comment(tmp_path: Path, words: list[str]) -> None:
    honest = build([bundle(tmp_path, [updated("web", {"tags": ["x"]})])])
    evil = phrase(*(Piece(kind="text", text=word) for word in words), code(words[0]))
    stack = honest.stacks[0].model_copy(update={"word": evil, "stack": words[0], "engine": words[0]})
    told: Report = honest.model_copy(
        update={"heading": evil, "sentence": evil, "stacks": (stack,), "run": words[0]}
    )

    shown = markdown.comment(told)

    assert all(len(row) == len(table[0]) for table in markdown_reading.tables(shown) for row in table)
    kinds = {token.type for token in markdown_reading.flat(shown)}
    assert not kinds & {"link_open", "image"}
    assert "<script" not in html_page.html_page(told)
