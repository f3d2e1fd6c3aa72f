"""The command line: `fleet report write | show | comment | pull | ack | close | approved | issue | own-stack | ask |
notice | earlier | request | fetch | schema`.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from fleet.report import masking
from fleet.report.errors import BadCall, BundleUnreadable, HostRefused
from fleet.report.escaping import ADDRESS, visible
from fleet.report.forms import html_page, markdown, marker, schema, terminal
from fleet.report.forms.redacting import redacted
from fleet.report.hosts import approval, artifacts, comment as sticky, issue, notice, own_stack
from fleet.report.hosts.github import GitHub, pull_of_run
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.host import Host
from fleet.report.hosts.http import Http, text_at
from fleet.report.judge.guards import ACK_LABEL
from fleet.report.judge.report import Options, build
from fleet.report.model import Annotation, Cost, Report
from fleet.report.phrases import plain
from fleet.report.read.bundle import is_bundle, read_bundles
from fleet.report.read.guard_files import GuardFiles
from fleet.report.read.previews import parse_json

ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
REPO = re.compile(r"(?!.*\.\.)[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+")
COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
SHORTEST_KEY = 32
GUARDS = "FLEET_GUARDS"
"""Files of guards that hold in every report and deployment, such as an organisation's: paths or addresses."""

Command = TypeVar("Command", bound=Callable[..., object])


@click.group("report", no_args_is_help=False)
def commands() -> None:
    """Report on previews, for pull requests and people."""


def _checked(pattern: re.Pattern[str], what: str) -> Callable[[click.Context, click.Parameter, str], str]:
    """A callback for an option whose value must look like something; one that is empty by default may stay so."""

    def check(_context: click.Context, parameter: click.Parameter, value: str) -> str:
        if value != parameter.default and pattern.fullmatch(value) is None:
            raise BadCall(f"{parameter.opts[0]} takes {what}")
        return value

    return check


def _changes_exit(_context: click.Context, _parameter: click.Parameter, value: int) -> int:
    if not 0 <= value <= 255 or value in (1, 2, 5, 7):
        raise BadCall("--changes-exit takes 0 to 255, but not 1, 2, 5 or 7, which mean something else")
    return value


def _secrets(_context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    return masking.named_values(os.environ, names)


def _with(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order of the help."""
    return lambda command: functools.reduce(lambda done, option: option(done), reversed(options), command)


option, FOLDER = click.option, click.Path(path_type=Path)
check_run = _checked(marker.RUN, "the number of a run, or number.attempt")
check_address = _checked(ADDRESS, "an address that begins with http")
check_id = _checked(ID, "letters, digits, dots, dashes and underscores")
check_commit = _checked(COMMIT, "a commit's hexadecimal id")
BY_ENVIRONMENT = "By default as the environment has it."

of_masking = option("--mask-env", "secrets", multiple=True, help="Hide its value.", callback=_secrets)
of_id = option("--id", default="fleet", help="Of the sticky comment.", callback=check_id)
of_commit = option("--commit", required=True, metavar="SHA", callback=check_commit)
of_pull = option("--pull", type=int, required=True, metavar="N")
of_bundles = _with(
    click.argument("folders", nargs=-1, type=FOLDER, metavar="[BUNDLE]..."),
    option("--bundles", type=FOLDER, metavar="DIR", help="A folder of such folders, one for each stack."),
    option("--expected-stacks", metavar="A,B", help="In the order of promotion; or a JSON list."),
)
of_report = _with(
    of_bundles,
    option("--undeployed", default="", metavar="A,B", help="Touched, and never deployed; or a JSON list."),
    option("--commit", default="", metavar="SHA", help="What the report is about."),
    option("--run", default="", metavar="N.A", help=BY_ENVIRONMENT, callback=check_run),
    option("--run-url", default="", metavar="URL", help=BY_ENVIRONMENT, callback=check_address),
    option("--expect-no-changes", is_flag=True, help="Exit 7 if there are some."),
    option("--changes-exit", default=0, metavar="N", help="Exit code for changes.", callback=_changes_exit),
    option("--acknowledged", default="", metavar="COMMIT[:PLAN]", help="Data loss is accepted for it."),
    option(
        "--guards", multiple=True, metavar="FILE", help="Guards that hold too: a path or an https address."
    ),
    option(
        "--earlier",
        type=FOLDER,
        metavar="DIR",
        help="With an earlier report.json, if there is one: costs so far.",
    ),
    of_id,
    of_masking,
)
of_host = _with(
    option("--host", type=click.Choice(["github", "gitlab"]), help=BY_ENVIRONMENT),
    option("--api", metavar="URL", help="By default GITHUB_API_URL or CI_API_V4_URL."),
    option("--repo", required=True, metavar="OWNER/NAME", callback=_checked(REPO, "OWNER/NAME")),
    option("--as", "own_name", default="", metavar="USER", help="By default asked of the host."),
    option("--timeout", "timeout_s", type=float, default=20.0, metavar="S", help="Of one request."),
    of_masking,
)


def _bundle_folders(folders: Sequence[Path], bundles: Path | None) -> list[Path]:
    """Those named, and those in the folder of --bundles, or that one if it is a bundle itself; it is not there when no
    job left one.
    """
    if bundles and is_bundle(bundles):
        return [*folders, bundles]
    inside = bundles.iterdir() if bundles and bundles.is_dir() else ()
    return [*folders, *sorted(folder for folder in inside if folder.is_dir())]


def _stack_list(option: str, text: str) -> tuple[str, ...]:
    """`dev,prod` or `["dev", "prod"]`. Raises BadCall."""
    if not text.strip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        found = parse_json(text)
    except ValueError as error:
        raise BadCall(f"{option} is no JSON list") from error
    return tuple(str(name) for name in found) if isinstance(found, list) else ()


def _run_of(environment: Mapping[str, str], run: str = "", url: str = "") -> tuple[str, str]:
    """The run that makes the report and its address, in the words of who calls it: bundles are of a branch's code.

    As it is given, else as the environment has it. Source: the default variables of GitHub Actions, the predefined
    variables of GitLab CI.
    """
    told, place = environment.get("CI_PIPELINE_ID", ""), environment.get("CI_PIPELINE_URL", "")
    if number := environment.get("GITHUB_RUN_ID"):
        server, repo = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
        told = f"{number}.{environment.get('GITHUB_RUN_ATTEMPT') or 1}"
        place = f"{server}/{repo}/actions/runs/{number}" if server and repo else ""
    return run or told, url or (place if run in ("", told) else "")


def _guard_files(places: Sequence[str], environment: Mapping[str, str]) -> GuardFiles:
    """Those of --guards, and those that the environment names. Raises BadCall, HostRefused."""
    of_all = environment.get(GUARDS, "").split()
    return GuardFiles.parse({place: _text_at(place) for place in (*places, *of_all)})


def _text_at(place: str) -> str:
    if place.startswith("https://"):
        return text_at(place)
    try:
        return Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "no UTF-8 text"
        raise BadCall(
            f"--guards {place}: it can't be read ({why}). Next: fleet settings guards > {place}"
        ) from error


def _built(
    folders: Sequence[Path], bundles: Path | None, expected_stacks: str | None, secrets: Sequence[str], run: str,
    run_url: str, guards: Sequence[str], undeployed: str, earlier: Path | None, **given: Any,
) -> Report:  # fmt: skip
    """The report that the options of `of_report` ask for."""
    listed = (expected_stacks or "").strip()
    expected = _stack_list("--expected-stacks", listed)
    run, run_url = _run_of(os.environ, run, run_url)
    options = Options(
        expected=expected, unlisted=expected_stacks is not None and not listed, run=run, run_url=run_url,
        none_touched=not expected and listed.startswith("["), guards=_guard_files(guards, os.environ),
        undeployed=_stack_list("--undeployed", undeployed), earlier=_earlier_costs(earlier), **given,
    )  # fmt: skip
    return build(read_bundles(_bundle_folders(folders, bundles), expected, secrets), options)


def _earlier_costs(folder: Path | None) -> dict[str, tuple[Cost, ...]]:
    """By stack, of the report.json in the folder or in one inside; what can't be read is told, and begins again."""
    found: dict[str, tuple[Cost, ...]] = {}
    for file in sorted(folder.rglob("report.json")) if folder else ():
        try:
            report = schema.read_report(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, BundleUnreadable) as error:
            sys.stderr.write(f"--earlier {folder}: costs begin again ({error})\n")
            continue
        found |= {stack.stack: stack.costs for stack in report.stacks}
    return found


@commands.command("write")
@of_report
@option("--out", type=FOLDER, required=True, metavar="DIR")
def write_report(out: Path, secrets: tuple[str, ...], **given: Any) -> int:
    """Write comment.md, summary.md, report.json, report.html and outputs.txt."""
    report = redacted(_built(secrets=secrets, **given), secrets)
    files = {
        "comment.md": markdown.comment(report, secrets),
        "summary.md": markdown.summary(report, secrets),
        "report.json": schema.report_json(report, secrets),
        "report.html": html_page.html_page(report, secrets),
        "outputs.txt": outputs_text(report),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
        _append(os.environ.get("GITHUB_OUTPUT"), files["outputs.txt"])
        _append(os.environ.get("GITHUB_STEP_SUMMARY"), files["summary.md"])
    except OSError as error:
        raise BadCall(f"--out {out}: {error.strerror or 'not writable'}") from error
    sys.stderr.write(f"{out}: {visible(plain(report.heading))}\n")
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
    words = {key: str(value).lower() if isinstance(value, bool) else value for key, value in values.items()}
    return "".join(f"{key}={value}\n" for key, value in words.items())


def annotation_line(item: Annotation) -> str:
    """A workflow command that puts the message beside its line. Source: GitHub, workflow commands."""

    def escaped(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    file = escaped(item.file).replace(":", "%3A").replace(",", "%2C")
    return f"::{item.level} file={file},line={item.line}::{escaped(item.message)}\n"


@commands.command()
@of_report
def show(secrets: tuple[str, ...], **given: Any) -> int:
    """Show the report in the terminal."""
    report = _built(secrets=secrets, **given)
    terminal.show(report, Console(highlight=False), secrets)
    return report.exit


@commands.command("schema")
def print_schema() -> int:
    """Print the JSON schema of report.json."""
    sys.stdout.write(schema.schema_text())
    return 0


def host_of(
    host: str | None, api: str | None, repo: str, own_name: str, timeout_s: float, pull: int | None = None, **_more: Any
) -> Host:  # fmt: skip
    """The repository, or a pull request of it, that the options of `of_host` mean; token and key are the environment's.

    Raises BadCall.
    """
    if pull is not None and pull < 1:
        raise BadCall("--pull takes the number of a pull request")
    is_gitlab = (host or ("gitlab" if os.environ.get("GITLAB_CI") == "true" else "")) == "gitlab"
    variable = "GITLAB_TOKEN" if is_gitlab else "GITHUB_TOKEN"
    token = os.environ.get(variable, "").strip()
    if not token:
        raise BadCall(
            f"{variable} is not set. Next: set it to a token; only comments need one that may write."
        )
    if not token.isprintable() or not token.isascii():
        raise BadCall(f"{variable} holds something that is no token")
    key = os.environ.get(approval.KEY, "").strip()
    if 0 < len(key) < SHORTEST_KEY:
        raise BadCall(f"{approval.KEY} has fewer than {SHORTEST_KEY} characters. Next: openssl rand -hex 32")
    if is_gitlab:
        url = api or os.environ.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"
        return GitLab(Http(url, "PRIVATE-TOKEN", token, timeout_s=timeout_s), repo, pull or 0, own_name, key)
    url = api or os.environ.get("GITHUB_API_URL") or "https://api.github.com"
    accept = "application/vnd.github+json"
    http = Http(url, "Authorization", f"Bearer {token}", accept, timeout_s)
    return GitHub(http, repo, pull or 0, own_name, key)


@commands.command("comment")
@of_host
@of_pull
@option("--report", "folder", type=FOLDER, required=True, metavar="DIR", help="With report.json.")
@option("--no-labels", is_flag=True)
@option("--if-there", is_flag=True, help="No report there: nothing to post, no mistake.")
@option("--commit", metavar="SHA", help="Refuse a report of another commit.")
@option("--run", metavar="N.A", help="Refuse a report of another run.")
@option("--untrusted", is_flag=True, help="It is of a fork: its acknowledgement does not count.")
def post_comment(
    folder: Path, no_labels: bool, if_there: bool, secrets: tuple[str, ...], **given: Any
) -> int:
    """Post or update the sticky comment and the labels.

    From report.json alone, so that nothing of another machine's Markdown is posted.
    """
    path = folder / "report.json"
    if if_there and not path.exists():
        sys.stdout.write("comment -: no report\n")
        return 0
    report = _trusted(
        _report_in(folder), given.pop("commit"), given.pop("run"), untrusted=given.pop("untrusted")
    )
    host = host_of(**given)
    outcome = sticky.post(host, markdown.comment(report, secrets))
    sys.stdout.write(f"comment {outcome.comment}: {outcome.action}, {outcome.folded} folded\n")
    if not no_labels and outcome.action != "kept newer":
        # Somebody has put it on for what the comment said before.
        stale = () if report.acknowledged or outcome.action == "unchanged" else (ACK_LABEL,)
        added, removed = sticky.set_labels(host, report.labels, stale)
        sys.stdout.write(f"labels: {len(added)} added, {len(removed)} removed\n")
    return 0


def _report_in(folder: Path) -> Report:
    """Raises BadCall, BundleUnreadable."""
    try:
        return schema.read_report((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadCall(f"--report {folder}: no readable report.json. Next: fleet report write.") from error


def _trusted(report: Report, commit: str | None, run: str | None, *, untrusted: bool) -> Report:
    """A report that says who it is of must be of that one; a stranger's word is not taken for what it claims."""
    if untrusted and not (commit and run):
        raise BadCall("--untrusted needs --commit and --run, which the report must be of")
    for name, told, wanted in (("commit", report.commit, commit), ("run", report.run, run)):
        if wanted and told != wanted:
            raise BadCall(f"the report is of another {name}")
    if not ID.fullmatch(report.id):
        raise BadCall("the report's id is not one of ours")
    return report.model_copy(update={"acknowledged": False, "run_url": ""}) if untrusted else report


@commands.command()
@of_host
@of_pull
@of_id
@of_commit
@option("--read-only", is_flag=True, help="Leave a label on that does not count.")
def ack(id: str, commit: str, read_only: bool, **given: Any) -> int:  # noqa: A002 - the option's name
    """Say whether data loss is acknowledged for a commit.

    Prints `acknowledged=<commit>:<plan>`, empty when it is not; the reason goes to stderr.
    """
    found = approval.acknowledgement(host_of(**given), id, commit, read_only=read_only)
    sys.stderr.write(f"{found.why}\n")
    _tell(acknowledged=found.commit and f"{found.commit}:{found.plan}")
    return 0


def _tell(**values: str) -> None:
    """`name=value` lines on stdout, and for later steps of a workflow."""
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    sys.stdout.write(lines)
    _append(os.environ.get("GITHUB_OUTPUT"), lines)


@commands.command("pull")
def pull_request_of_run() -> int:
    """Say which pull request the `workflow_run` of GITHUB_EVENT_PATH is of.

    Prints `pull=` and `base=`, its base's commit.
    """
    path = Path(os.environ.get("GITHUB_EVENT_PATH", ""))
    try:
        number, base = pull_of_run(parse_json(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadCall("GITHUB_EVENT_PATH names no readable event. Next: call it in a workflow.") from error
    _tell(pull=str(number), base=base)
    return 0


@commands.command("request")
@of_host
@of_pull
def commits_of_request(**given: Any) -> int:
    """Say what a pull request is about now, by the host's own word.

    Prints `head=`, its last commit, and `base=`, the one that it began from.
    """
    head, base = host_of(**given).commits()
    if not (COMMIT.fullmatch(head) and COMMIT.fullmatch(base)):
        raise HostRefused("the host names no commits of it. Next: check the number.")
    _tell(head=head, base=base)
    return 0


@commands.command("fetch")
@of_host
@option(
    "--job", required=True, metavar="ID", callback=_checked(re.compile(r"\d{1,18}"), "the number of a job")
)
@option("--out", type=FOLDER, required=True, metavar="DIR")
def fetch_artifacts(job: str, out: Path, **given: Any) -> int:
    """Bring the files that another job has left (GitLab)."""
    host = host_of(**given)
    if not isinstance(host, GitLab):
        raise BadCall("fetch is about GitLab's jobs; on GitHub actions/download-artifact does it")
    for name, content in artifacts.files_of(host.artifacts(job)):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


@commands.command("close")
@of_host
@option("--pull", type=int, metavar="N")
@option("--commit", metavar="SHA", help="Of the pull request that this commit came from, if any.")
@of_id
@option("--run-number", required=True, metavar="N")
def close_comment(commit: str | None, id: str, run_number: str, **given: Any) -> int:  # noqa: A002 - the option's name
    """After the merge: say where the plan was applied."""
    if (given["pull"] is None) == (commit is None):
        raise BadCall("close takes either --pull or --commit")
    host = host_of(**given)
    if commit is not None:
        merged = host.merged_pull(commit)
        if merged is None:
            sys.stdout.write("comment -: the commit came from no pull request\n")
            return 0
        host = host.of_pull(merged.number)
    outcome = sticky.close(host, id, run_number)
    sys.stdout.write(f"comment {outcome.comment or '-'}: {outcome.action}\n")
    return 0


@commands.command()
@of_host
@of_id
@of_commit
@option("--stack", required=True)
@option("--plan", default="", metavar="HASH", help="Approved by hand: taken as it is.")
@option("--acknowledged", default="false", type=click.Choice(["true", "false", ""]), help="With --plan.")
def approved(id: str, commit: str, stack: str, plan: str, acknowledged: str, **given: Any) -> int:  # noqa: A002 - the option's name
    """Say which plan the merge of a commit approved for a stack.

    Prints `plan=`, `pull=`, `acknowledged=` and `why=`, the reason.
    """
    host = host_of(**given)
    merged = host.merged_pull(commit)
    found = approval.Approved(approval.NOTHING, "the commit came from no merged pull request")
    if plan:
        found = approval.Approved(plan, "approved by hand", acknowledged == "true")
    elif merged:
        found = approval.approved_plan(host.of_pull(merged.number), merged, id, stack, commit)
    pull = str(merged.number) if merged else ""
    _tell(plan=found.plan, pull=pull, acknowledged="true" if found.acknowledged else "", why=found.why)
    return 0


@commands.command("issue")
@of_host
@of_bundles
def settle_issues(
    folders: Sequence[Path], bundles: Path | None, expected_stacks: str | None, secrets: tuple[str, ...], **given: Any
) -> int:  # fmt: skip
    """Open, update or close an issue for each stack's drift.

    All of them, also when one call of the host fails in between, are tried the next time.
    """
    host, (run, url) = host_of(**given), _run_of(os.environ)
    expected = _stack_list("--expected-stacks", expected_stacks or "")
    found = {item.stack: item for item in read_bundles(_bundle_folders(folders, bundles), expected, secrets)}
    for stack in dict.fromkeys([*expected, *found]):
        options = Options(id=f"drift-{stack}", expected=(stack,), run=run, run_url=url)
        report = redacted(build([found[stack]] if stack in found else [], options), secrets)
        outcome = issue.settle(host, report, markdown.comment(report, secrets))
        sys.stdout.write(f"{stack}: issue {outcome.number or '-'}: {outcome.action}\n")
    return 0


@commands.command("own-stack")
@of_host
@of_pull
@option("--told", default="", metavar="JSON", help="What pr-up said of it; nothing: it is gone.")
def tell_of_own_stack(told: str, secrets: tuple[str, ...], **given: Any) -> int:
    """Tell a pull request of its own stack: addresses, cost, and when it ends."""
    own = own_stack.parsed(own_stack.OwnStack, told, "--told") if told else None
    outcome = own_stack.tell(host_of(**given), own, _run_of(os.environ)[0], secrets)
    sys.stdout.write(f"comment {outcome.comment or '-'}: {outcome.action}\n")
    return 0


ENDING = option("--ending", default="", metavar="JSON", help="The stacks that reap says end soon.")


def _ending(text: str) -> tuple[own_stack.OwnStack, ...]:
    return own_stack.parsed(tuple[own_stack.OwnStack, ...], text, "--ending") if text else ()


@commands.command("ask")
@of_host
@ENDING
def ask_of_own_stacks(ending: str, secrets: tuple[str, ...], **given: Any) -> int:  # noqa: ARG001 - an option of all
    """Ask in each pull request whose stack ends soon whether it is to live on."""
    for own in _ending(ending):
        made = own_stack.ask(host_of(**given, pull=own.pull), own, _run_of(os.environ)[0])
        sys.stdout.write(f"{own.stack}: asked in comment {made}\n")
    return 0


@commands.command("notice")
@option("--event", required=True, type=click.Choice(["drift", "blocked", "ending"]))
@option("--report", "folder", type=FOLDER, metavar="DIR", help="With report.json: of drift, blocked.")
@ENDING
@option("--as", "form", type=click.Choice(["slack", "teams", "json"]), help="By default as the address says.")
@option("--run-url", "url", default="", metavar="URL", help=BY_ENVIRONMENT, callback=check_address)
@of_masking
def send_notice(
    event: notice.Event, folder: Path | None, ending: str, form: notice.Form | None, url: str, secrets: tuple[str, ...]
) -> int:  # fmt: skip
    """Send what happened to the webhook of NOTICE_URL; nothing where that is not set."""
    if (folder is None) != (event == "ending"):
        raise BadCall("notice takes --report DIR of drift and blocked, and --ending JSON of ending")
    _, url = _run_of(os.environ, url=url)
    told = (
        notice.of_ending(_ending(ending), url)
        if folder is None
        else notice.of_report(event, _report_in(folder), url, secrets)
    )
    address = os.environ.get(notice.VARIABLE, "").strip()
    if told is None or not address:
        sys.stdout.write(
            f"no notice: {'nothing to tell' if told is None else notice.VARIABLE + ' is not set'}\n"
        )
        return 0
    notice.send(address, form, told)
    sys.stdout.write(f"notice sent: {told.event}\n")
    return 0


@commands.command("earlier")
@of_host
@option("--artifact", required=True, metavar="NAME", help="Of a run of the default branch.")
def earlier_run(artifact: str, **given: Any) -> int:
    """Say which run left the newest artifact of that name.

    Prints `run=`, empty where there is none.
    """
    _tell(run=host_of(**given).newest_run(artifact))
    return 0
