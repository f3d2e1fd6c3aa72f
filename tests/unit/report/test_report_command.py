from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fleet.report.cli import annotation_line
from fleet.report.forms import schema
from fleet.report.model import Annotation
from tests.unit.report.command import main
from tests.unit.report.fake_hosts import TOKEN, serving
from tests.unit.report.making import (
    CATALOG,
    FULL_COMMIT,
    Act,
    created,
    deleted,
    digest,
    events,
    kept,
    lines,
    updated,
    write,
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GITLAB_TOKEN", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS",
                 "GITHUB_API_URL", "CI_API_V4_URL", "GITLAB_CI"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def folder(path: Path, *acts: Act, **more: object) -> str:
    meta = {"stack": path.name, "commit": FULL_COMMIT, "run": "812.1"}
    files = {"events": lines(events(acts, path.name)), "catalog": CATALOG, "meta": meta, "exit": "0", **more}
    return str(write(path, **files))


def test_a_report_writes_its_files_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"

    code = main(["write", folder(tmp_path / "dev", created("web")), "--out", str(out)])

    assert code == 0
    assert capsys.readouterr().err == f"{out}: 🟢 1 new\n"
    assert sorted(path.name for path in out.iterdir()) == [
        "comment.md", "outputs.txt", "report.html", "report.json", "summary.md",
    ]  # fmt: skip
    assert (out / "outputs.txt").read_text() == (
        "verdict=changes\nchanged=true\ndata_loss=0\npower_off=0\nmonthly_change=+$12.00\n"
        f"plan={json.loads((out / 'report.json').read_text())['plan']}\nexit=0\n"
    )


def test_the_same_bundles_give_the_same_bytes(tmp_path: Path) -> None:
    first = folder(tmp_path / "dev", created("web"), kept("db"))
    second = folder(tmp_path / "prod", deleted("web"))

    main(["write", first, second, "--out", str(tmp_path / "1")])
    main(["write", second, first, "--out", str(tmp_path / "2")])

    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / path.name).read_bytes()


def test_a_bundle_may_be_given_for_the_folder_that_it_lies_in(tmp_path: Path) -> None:
    folder(tmp_path / "all" / "dev", created("a"))
    for name, bundles in {"1": tmp_path / "all", "2": tmp_path / "all" / "dev"}.items():
        assert main(["write", "--bundles", str(bundles), "--out", str(tmp_path / name)]) == 0

    assert (tmp_path / "1" / "report.json").read_bytes() == (tmp_path / "2" / "report.json").read_bytes()


@pytest.mark.parametrize(
    ("acts", "files", "options", "code"),
    [
        ((kept("a"),), {}, [], 0),
        ((created("a"),), {}, [], 0),
        ((created("a"),), {}, ["--changes-exit", "10"], 10),
        ((kept("a"),), {}, ["--changes-exit", "10"], 0),
        ((created("a"),), {}, ["--expect-no-changes"], 7),
        ((kept("a"),), {}, ["--expect-no-changes"], 0),
        ((deleted("a"),), {"guards": {"data_loss": "block"}}, [], 5),
        ((deleted("a"),), {"guards": {"data_loss": "ack"}}, ["--acknowledged", FULL_COMMIT], 0),
        ((deleted("a"),), {"guards": {"data_loss": "block"}}, ["--expect-no-changes"], 5),
        ((deleted("a"),), {"guards": {"data_loss": "block"}, "exit": "1"}, [], 1),
        ((created("a"),), {"exit": "7"}, [], 0),
        ((kept("a"),), {}, ["--expected-stacks", "dev,prod"], 1),
    ],
)
def test_exit_codes(
    tmp_path: Path, acts: tuple[Act, ...], files: dict[str, object], options: list[str], code: int
) -> None:
    bundle = folder(tmp_path / "dev", *acts, **files)

    assert main(["write", bundle, "--out", str(tmp_path / "out"), *options]) == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing command"),
        (["nonsense"], "No such command"),
        (["write"], "--out"),
        (["write", "--out", "{tmp}/o"], "no bundle given"),
        (["write", "{tmp}/missing", "--out", "{tmp}/o"], "missing: no such folder"),
        (["write", "{tmp}/dev", "{tmp}/dev", "--out", "{tmp}/o"], "a folder is given twice"),
        (["write", "{tmp}/dev", "--out", "{tmp}/o", "--id", "a b"], "--id"),
        (["write", "{tmp}/dev", "--out", "{tmp}/o", "--changes-exit", "5"], "--changes-exit"),
        (["write", "{tmp}/dev", "--out", "{tmp}/file/o"], "--out"),
        (["comment", "--report", "{tmp}", "--repo", "a/b", "--pull", "1"], "no readable report.json"),
        (["ack", "--repo", "a/b", "--pull", "1", "--commit", "abcdef1"], "GITHUB_TOKEN is not set"),
        (["ack", "--repo", "a/../b", "--pull", "1", "--commit", "abcdef1"], "--repo"),
        (["ack", "--repo", "a/b", "--pull", "0", "--commit", "abcdef1"], "--pull"),
        (["ack", "--repo", "a/b", "--pull", "1", "--commit", "main"], "--commit"),
        (["ack", "--host", "gitlab", "--repo", "a/b", "--pull", "1", "--commit", "abcdef1"], "GITLAB_TOKEN"),
    ],
)
def test_a_bad_call_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    folder(tmp_path / "dev", created("a"))
    (tmp_path / "file").write_text("")

    code = main([part.replace("{tmp}", str(tmp_path)) for part in arguments])

    told = capsys.readouterr()
    assert code == 2
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    assert words in told.err


def test_later_steps_get_outputs_and_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    (tmp_path / "output").write_text("earlier=1\n")

    main(["write", folder(tmp_path / "dev", created("web")), "--out", str(tmp_path / "out")])

    assert (tmp_path / "output").read_text() == "earlier=1\n" + (tmp_path / "out" / "outputs.txt").read_text()
    assert (tmp_path / "summary").read_text() == (tmp_path / "out" / "summary.md").read_text()


def test_settings_errors_are_annotated_where_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    message = (
        "settings of stack 'dev' are not valid:\n  stacks/Pulumi.dev.yaml:9: fleet:cfgt: no such setting\n"
    )
    told = digest([], diagnostics=[{"severity": "error", "message": message}])

    main(["write", str(write(tmp_path / "dev", digest=told, exit="1")), "--out", str(tmp_path / "out")])

    out = capsys.readouterr().out
    assert out == "::error file=stacks/Pulumi.dev.yaml,line=9::fleet:cfgt: no such setting\n"


def test_an_annotation_is_one_command() -> None:
    item = Annotation(level="error", file="a:b,c.yaml", line=3, message="100 %\n::set-output x")

    assert annotation_line(item) == "::error file=a%3Ab%2Cc.yaml,line=3::100 %25%0A::set-output x\n"


def test_show_prints_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["show", folder(tmp_path / "dev", updated("web", {"type": "g6-standard-2"}))])

    assert code == 0
    assert "web is off for a while" in " ".join(capsys.readouterr().out.split())


def test_a_value_that_is_to_be_hidden_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MY_SECRET", "value-of-mine")
    bundle = folder(tmp_path / "dev", updated("web", {"label": "value-of-mine"}))

    main(["show", bundle, "--mask-env", "MY_SECRET"])
    main(["write", bundle, "--out", str(tmp_path / "out"), "--mask-env", "MY_SECRET"])

    assert "value-of-mine" not in capsys.readouterr().out
    for path in (tmp_path / "out").iterdir():
        assert "value-of-mine" not in path.read_text()


def test_the_comment_is_written_from_the_report_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    out = tmp_path / "out"
    main(["write", folder(tmp_path / "dev", deleted("web")), "--out", str(out)])
    written = (out / "comment.md").read_text()
    (out / "comment.md").write_text("something else")

    with serving("github") as fake:
        call = ["comment", "--report", str(out), "--repo", "acme/fleet", "--pull", "7", "--api", fake.url]
        codes = [main(call), main(call)]

    assert codes == [0, 0]
    assert [note.body for note in fake.notes] == [written]
    assert sorted(fake.labels) == ["infra: change", "infra: data loss"]
    assert fake.tokens == {f"Bearer {TOKEN}"}
    told = capsys.readouterr()
    assert "unchanged" in told.out
    assert TOKEN not in told.out + told.err


def test_a_report_that_does_not_fit_its_schema_is_not_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    main(["write", folder(tmp_path / "dev", deleted("web")), "--out", str(tmp_path / "out")])
    path = tmp_path / "out" / "report.json"
    path.write_text(path.read_text().replace('"verdict": "danger"', '"verdict": "<b>fine</b>"', 1))

    with serving("github") as fake:
        code = main(
            [
                "comment",
                "--report",
                str(path.parent),
                "--repo",
                "acme/fleet",
                "--pull",
                "7",
                "--api",
                fake.url,
            ]
        )

    assert code == 2
    assert fake.calls == []
    assert "does not fit its schema" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--untrusted"], 2),
        (["--untrusted", "--commit", FULL_COMMIT, "--run", "812.1"], 0),
        (["--untrusted", "--commit", "f" * 40, "--run", "812.1"], 2),
        (["--commit", FULL_COMMIT, "--run", "99.1"], 2),
    ],
)
def test_a_strangers_report_is_held_to_what_it_must_be_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    out = tmp_path / "out"
    bundle = folder(tmp_path / "dev", deleted("web"), guards={"data_loss": "ack"})
    main(["write", bundle, "--acknowledged", FULL_COMMIT, "--out", str(out)])

    with serving("github") as fake:
        call = ["comment", "--report", str(out), "--repo", "acme/fleet", "--pull", "7", "--api", fake.url]
        assert main([*call, *options]) == code

    assert len(fake.notes) == (code == 0)
    assert not any(" ack=" in note.body for note in fake.notes)


def test_the_labels_of_a_newer_run_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with serving("github") as fake:
        where = ["--repo", "acme/fleet", "--pull", "7", "--api", fake.url]
        for run, acts in (("9.1", [kept("a")]), ("8.1", [deleted("a")])):
            out = str(tmp_path / run)
            main(["write", folder(tmp_path / run / "dev", *acts), "--out", out, "--run", run])
            assert main(["comment", "--report", out, *where]) == 0

    assert "kept newer" in capsys.readouterr().out
    assert fake.labels == ["infra: no change"]


def test_a_host_that_refuses_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    main(["write", folder(tmp_path / "dev", deleted("web")), "--out", str(tmp_path / "out")])

    with serving("gitlab") as fake:
        call = ["--host", "gitlab", "--repo", "acme/other", "--pull", "7", "--api", fake.url]
        code = main(["comment", "--report", str(tmp_path / "out"), *call])

    assert code == 1
    assert "404" in capsys.readouterr().err


def test_from_report_to_label_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A blocked report, the label, the same commit again: now it passes; the next push is blocked."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    bundle = folder(tmp_path / "dev", deleted("web"), guards={"data_loss": "ack"})
    out = str(tmp_path / "out")

    with serving("github") as fake:
        where = ["--repo", "acme/fleet", "--pull", "7", "--api", fake.url]
        fake.writers.add("lead")
        blocked = main(["write", bundle, "--out", out])
        main(["comment", "--report", out, *where])
        fake.labels.append("ack:data-loss")
        fake.label_events.append(("add", "lead", "2026-11-23T13:00:00Z", "ack:data-loss"))
        capsys.readouterr()
        main(["ack", *where, "--commit", FULL_COMMIT])
        told = capsys.readouterr().out
        going = main(["write", bundle, "--out", out, "--acknowledged", told.strip().partition("=")[2]])
        fake.clock = "2026-11-23T14:00:00Z"
        main(["comment", "--report", out, *where])
        main(["ack", *where, "--commit", FULL_COMMIT])
        again = capsys.readouterr().out
        main(["ack", *where, "--commit", "e" * 40])
        pushed = capsys.readouterr().out

    assert (blocked, going) == (5, 0)
    assert re.fullmatch(f"acknowledged={FULL_COMMIT}:[0-9a-f]{{32}}\n", told)
    assert told in again
    assert pushed == "acknowledged=\n"
    assert "ack:data-loss" not in fake.labels
    assert len(fake.notes) == 1


def test_a_loss_is_acknowledged_for_the_plan_that_was_labelled_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The label's own event previews the same commit again, with the branch's code, which may tell another plan."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    shown, other = (
        folder(tmp_path / name / "dev", deleted(name), guards={"data_loss": "ack"})
        for name in ("cache", "db")
    )
    out = str(tmp_path / "out")

    with serving("github") as fake:
        where = ["--repo", "acme/fleet", "--pull", "7", "--api", fake.url]
        fake.writers.add("lead")

        def signed(bundle: str, at: str) -> int:
            """As sign.yml does it."""
            fake.clock = f"2026-11-23T{at}Z"
            capsys.readouterr()
            main(["ack", *where, "--commit", FULL_COMMIT])
            ack = capsys.readouterr().out.strip().partition("=")[2]
            code = main(["write", bundle, "--out", out, "--acknowledged", ack])
            main(["comment", "--report", out, *where])
            return code

        def labelled(at: str) -> None:
            fake.labels.append("ack:data-loss")
            fake.label_events.append(("add", "lead", f"2026-11-23T{at}Z", "ack:data-loss"))

        assert signed(shown, "12:00:00") == 5
        labelled("12:10:00")
        assert signed(other, "12:20:00") == 5
        assert "ack:data-loss" not in fake.labels
        labelled("12:30:00")
        assert signed(other, "12:40:00") == 0
        assert signed(shown, "12:50:00") == 5, "what was acknowledged is not carried to another plan"


def test_the_schema_is_the_one_that_is_checked_in(capsys: pytest.CaptureFixture[str]) -> None:
    main(["schema"])

    printed = capsys.readouterr().out
    assert printed == schema.FILE.read_text(encoding="utf-8")
    assert json.loads(printed)["title"] == "Report"


def test_a_report_reads_back_as_it_was_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    main(["write", folder(tmp_path / "dev", deleted("web"), created("a")), "--out", str(out)])
    text = (out / "report.json").read_text(encoding="utf-8")

    assert schema.report_json(schema.read_report(text)) == text
