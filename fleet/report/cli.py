"""The command line: `python -m fleet.report report | show | comment | ack | close | approved | issue | schema`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from fleet.report import masking, posting, repository_commands
from fleet.report.errors import BadCall, BundleUnreadable, HostRefused, PreviewError
from fleet.report.forms import html_page, markdown, schema, terminal
from fleet.report.forms.redacting import redacted
from fleet.report.judge.protection import Acknowledgement
from fleet.report.judge.report import Options, build
from fleet.report.model import Annotation, Report
from fleet.report.read import arguments
from fleet.report.read.collecting import collected

EXIT_BAD = 2
EXIT_HOST = 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as every error of ours."""
        raise BadCall(f"{message}. Next: {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code; errors are one line on stderr."""
    try:
        given = _parser().parse_args(arguments)
        code: int = given.run(given)
    except (BadCall, BundleUnreadable) as error:
        return _complain(error, EXIT_BAD)
    except HostRefused as error:
        return _complain(error, EXIT_HOST)
    return code


def _complain(error: PreviewError, code: int) -> int:
    text = masking.mask(" ".join(str(error).split()), masking.named_values(os.environ))
    sys.stderr.write(f"error: {text}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m fleet.report", description="Reports on previews, for pull requests and people."
    )
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    report = commands.add_parser("report", help="write comment.md, summary.md, report.json and report.html")
    _bundles(report)
    report.add_argument("--out", type=Path, required=True, metavar="DIR")
    report.set_defaults(run=_report)
    show = commands.add_parser("show", help="show the report in the terminal")
    _bundles(show)
    show.set_defaults(run=_show)
    posting.add_commands(commands)
    repository_commands.add_commands(commands)
    commands.add_parser("schema", help="print the JSON schema of report.json").set_defaults(run=_schema)
    return parser


def _bundles(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="*", type=Path, metavar="BUNDLE", help="a folder per stack")
    parser.add_argument("--bundles", type=Path, default=None, metavar="DIR", help="a folder of such folders")
    parser.add_argument(
        "--expected-stacks",
        metavar="A,B",
        help="in the order of promotion; a JSON list will do, an empty one too",
    )
    parser.add_argument("--commit", default="", metavar="SHA", help="what the report is about")
    parser.add_argument("--run", default="", metavar="N.A", dest="run_id", help="default: by the environment")
    parser.add_argument("--run-url", default="", metavar="URL", help="default: by the environment")
    parser.add_argument("--expect-no-changes", action="store_true", help="exit 7 if there are some")
    parser.add_argument("--changes-exit", type=int, default=0, metavar="N", help="exit code for changes")
    parser.add_argument("--acknowledged", default="", metavar="COMMIT", help="data loss is accepted for it")
    parser.add_argument("--id", default="fleet", help="of the sticky comment")
    parser.add_argument("--mask-env", action="append", default=[], metavar="NAME", help="hide its value")


def _built(given: argparse.Namespace, secrets: tuple[str, ...]) -> Report:
    expected = arguments.expected_stacks(given.expected_stacks or "")
    run = arguments.run_of(os.environ, given.run_id, given.run_url)
    options = Options(
        id=_checked_id(given.id),
        expected=expected,
        unlisted=arguments.is_unlisted(given.expected_stacks),
        none_touched=not expected and (given.expected_stacks or "").strip().startswith("["),
        commit=given.commit,
        run=run.id,
        run_url=run.url,
        expect_no_changes=given.expect_no_changes,
        changes_exit=_checked_exit(given.changes_exit),
        acknowledged=Acknowledgement(given=bool(given.acknowledged), commit=given.acknowledged),
    )
    return build(collected(arguments.bundle_folders(given), expected, secrets), options)


def _checked_id(value: str) -> str:
    if not value or posting.ID.fullmatch(value) is None:
        raise BadCall("--id takes letters, digits, dots, dashes and underscores")
    return value


def _checked_exit(value: int) -> int:
    if not 0 <= value <= 255 or value in (1, 2, 5, 7):
        raise BadCall("--changes-exit takes 0 to 255, but not 1, 2, 5 or 7, which mean something else")
    return value


def _report(given: argparse.Namespace) -> int:
    secrets = masking.named_values(os.environ, given.mask_env)
    report = redacted(_built(given, secrets), secrets)
    files = {
        "comment.md": markdown.comment(report, secrets),
        "summary.md": markdown.summary(report, secrets),
        "report.json": schema.report_json(report, secrets),
        "report.html": html_page.html_page(report, secrets),
        "outputs.txt": outputs_text(report),
    }
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (given.out / name).write_text(text, encoding="utf-8", newline="\n")
        _append(os.environ.get("GITHUB_OUTPUT"), files["outputs.txt"])
        _append(os.environ.get("GITHUB_STEP_SUMMARY"), files["summary.md"])
    except OSError as error:
        raise BadCall(f"--out {given.out}: {error.strerror or 'not writable'}") from error
    if os.environ.get("GITHUB_ACTIONS") == "true":
        sys.stdout.write("".join(map(annotation_line, report.annotations)))
    return report.exit


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def outputs_text(report: Report) -> str:
    """One `name=value` a line, as later steps of a workflow read them."""
    values = {**report.outputs.model_dump(), "exit": report.exit}
    words = {
        key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()
    }
    return "".join(f"{key}={value}\n" for key, value in words.items())


def annotation_line(item: Annotation) -> str:
    """A workflow command that puts the message beside its line. Source: GitHub, workflow commands."""

    def escaped(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    file = escaped(item.file).replace(":", "%3A").replace(",", "%2C")
    return f"::{item.level} file={file},line={item.line}::{escaped(item.message)}\n"


def _show(given: argparse.Namespace) -> int:
    secrets = masking.named_values(os.environ, given.mask_env)
    report = _built(given, secrets)
    terminal.show(report, Console(highlight=False), secrets)
    return report.exit


def _schema(_given: argparse.Namespace) -> int:
    sys.stdout.write(schema.schema_text())
    return 0
