"""What a pull request is told of its own stack: where it answers, what it costs, when it ends, how it lives longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from fleet.report.errors import BadCall
from fleet.report.escaping import code_span, cut
from fleet.report.forms.marker import Marker
from fleet.report.hosts import comment as sticky
from fleet.report.hosts.host import Host
from fleet.report.judge.cost import dollars
from fleet.report.masking import mask
from fleet.report.read.files import Frozen, Money

T = TypeVar("T")
Text = Annotated[str, Field(max_length=300)]
StackName = Annotated[str, Field(pattern=r"^pr-[1-9][0-9]{0,5}$")]

ID, ASKED = "own-stack", "own-stack-ends"
"""Of the comment that says how it is, and of the one that asks whether it is to live on."""

KEEP_LABEL = "pr-stack:keep"
STACK_LABEL = "pr-stack"
MOST_PLACES = 50


class Place(Frozen):
    """A server or what stands before some. host: its name in DNS, empty without one."""

    name: Text
    addresses: tuple[Text, ...] = ()
    host: Text = ""


class OwnStack(Frozen):
    """What `pr-up` says of a stack. ends: in UTC; monthly_usd: None where it is not known."""

    stack: StackName
    ends: AwareDatetime
    monthly_usd: Money | None = None
    places: tuple[Place, ...] = ()

    @property
    def pull(self) -> int:
        return int(self.stack.removeprefix("pr-"))


def parsed(kind: type[T], text: str, option: str) -> T:
    """A branch's code may have written it. Raises BadCall."""
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        raise BadCall(
            f"{option} is not what fleet pr-up and reap say ({error.error_count()} problems)"
        ) from error


def body(own: OwnStack | None, pull: int, run: str, secrets: Sequence[str] = ()) -> str:
    """The comment; None: there is no stack any more."""
    line = Marker(ID, run=run).line()
    if own is None:
        again = f"Put the label {code_span(STACK_LABEL)} on to have it again."
        return f"{line}\n## ⚪ {code_span(f'pr-{pull}')} is gone\n\n{again}\n"
    rows = [_row(place, secrets) for place in own.places[:MOST_PLACES]]
    more = len(own.places) - len(rows)
    table = ["| | Address | Name |", "|:--|:--|:--|", *rows, *([f"| {more} more | | |"] if more > 0 else [])]
    return "\n".join(
        [
            line,
            f"## 🟢 {code_span(own.stack)} runs until {moment(own.ends)}",
            "",
            f"{_cost(own)} A push updates it and leaves its end as it is. **To have it longer, put the label "
            f"{code_span(KEEP_LABEL)} on**; to end it now, take {code_span(STACK_LABEL)} off.",
            "",
            *(table if rows else ["Nothing in it has an address."]),
            "",
        ]
    )


def _row(place: Place, secrets: Sequence[str]) -> str:
    host = _span(place.host, secrets) if place.host else "–"
    return f"| {_span(place.name, secrets)} | {_listed(place.addresses, secrets)} | {host} |"


def question(own: OwnStack, run: str) -> str:
    """A comment of its own, so that people get it as a message."""
    return (
        f"{Marker(ASKED, run=run).line()}\n## 🟡 {code_span(own.stack)} ends at {moment(own.ends)}\n\n"
        f"{_cost(own)} Then it is deleted with everything in it. **To have it longer, put the label "
        f"{code_span(KEEP_LABEL)} on.**\n"
    )


def moment(when: datetime) -> str:
    return f"{when.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _cost(own: OwnStack) -> str:
    return (
        "What it costs is not known."
        if own.monthly_usd is None
        else f"It costs {dollars(own.monthly_usd)} a month."
    )


def _span(text: str, secrets: Sequence[str]) -> str:
    return code_span(cut(mask(text, secrets)), in_table=True)


def _listed(texts: Sequence[str], secrets: Sequence[str]) -> str:
    return ", ".join(_span(text, secrets) for text in texts[:5]) or "–"


def tell(host: Host, own: OwnStack | None, run: str, secrets: Sequence[str] = ()) -> sticky.Outcome:
    """Bring the comment up to date; a wish to have it longer is fulfilled by now. Raises HostRefused, BadCall."""
    if own is not None and own.pull != host.pull:
        raise BadCall("the stack is another pull request's")
    if own is None and not sticky.ours(host, ID):
        return sticky.Outcome("none")
    outcome = sticky.post(host, body(own, host.pull, run, secrets))
    if KEEP_LABEL in host.labels():
        host.remove_label(KEEP_LABEL)
    return outcome


def ask(host: Host, own: OwnStack, run: str) -> int:
    """Ask whether the stack is to live on; the comment's number. An older question is folded. Raises HostRefused."""
    before = sticky.ours(host, ASKED)
    made = host.create_comment(question(own, run))
    sticky.fold(host, before)
    return made
