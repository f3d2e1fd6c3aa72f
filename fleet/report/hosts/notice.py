"""A notice by webhook, to Slack, Teams or whatever takes JSON: what drifted, what stopped, what ends soon.

Its words are data of a branch: they are sent where nothing in them is read as markup, a link or a mention.
Source: Slack, incoming webhooks and Block Kit; Microsoft, Adaptive Cards in a message of a Teams workflow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from fleet.report.errors import BadCall, HostRefused
from fleet.report.escaping import ADDRESS, cut_end, visible
from fleet.report.hosts.http import posted
from fleet.report.hosts.own_stack import OwnStack, moment
from fleet.report.judge.cost import dollars
from fleet.report.masking import mask
from fleet.report.model import Report
from fleet.report.phrases import phrase, plain

Event = Literal["drift", "blocked", "ending"]
Form = Literal["slack", "teams", "json"]
Json = Mapping[str, Any]

VARIABLE = "NOTICE_URL"
LONGEST_TEXT, LONGEST_LINE = 3000, 300
"""Characters: Slack takes 3,000 in a block."""

_HOSTS: Mapping[str, Form] = {
    "hooks.slack.com": "slack",
    "webhook.office.com": "teams",
    "logic.azure.com": "teams",
    "api.powerplatform.com": "teams",
}


@dataclass(frozen=True)
class Notice:
    """title: one line; text: what there is to do or to know, in lines; url: the run; stacks: whom it is about."""

    event: Event
    title: str
    text: str
    stacks: tuple[str, ...]
    url: str = ""


def of_report(event: Event, report: Report, url: str, secrets: Sequence[str] = ()) -> Notice | None:
    """Of drift or a deployment that stopped; None where there is nothing to tell."""
    if event == "drift" and report.verdict == "nothing":
        return None
    told = [item for item in report.findings if item.verdict == report.verdict] or list(report.findings)
    lines = [
        report.sentence,
        *(phrase(item.title, ". " if item.text else "", item.text) for item in told[:5]),
    ]
    stacks = tuple(stack.stack for stack in report.stacks if stack.verdict != "nothing")
    title = f"Deployment stopped: {plain(report.heading)}" if event == "blocked" else plain(report.heading)
    return Notice(
        event, _line(title, secrets), "\n".join(_line(plain(each), secrets) for each in lines), stacks, url
    )


def of_ending(found: Sequence[OwnStack], url: str) -> Notice | None:
    """Of pull requests' stacks that end soon; None where there are none."""
    if not found:
        return None
    lines = [
        f"{each.stack} ends at {moment(each.ends)}"
        + ("" if each.monthly_usd is None else f", {dollars(each.monthly_usd)} a month")
        for each in found
    ]
    title = f"{len(found)} pull request stack{'s end' if len(found) > 1 else ' ends'} soon"
    return Notice("ending", title, "\n".join(lines), tuple(each.stack for each in found), url)


def _line(text: str, secrets: Sequence[str]) -> str:
    return cut_end(visible(mask(text, secrets)), LONGEST_LINE)


def form_of(address: str) -> Form:
    """By the address's host; plain JSON for one that is nobody's we know."""
    host = urlsplit(address).hostname or ""
    return next((form for name, form in _HOSTS.items() if host == name or host.endswith(f".{name}")), "json")


def document(notice: Notice, form: Form) -> Json:
    """What is sent."""
    text = cut_end(notice.text, LONGEST_TEXT)
    link = notice.url if ADDRESS.fullmatch(notice.url) else ""
    if form == "slack":
        return _slack(notice.title, text, link)
    return _teams(notice.title, text, link) if form == "teams" else {"version": 1, **asdict(notice)}


def _slack(title: str, text: str, link: str) -> Json:
    def block(words: str) -> Json:
        return {"type": "section", "text": {"type": "plain_text", "text": words, "emoji": False}}

    button = {"type": "button", "text": {"type": "plain_text", "text": "Look"}, "url": link}
    blocks = [
        {**block(title), "type": "header"} if len(title) <= 150 else block(title),
        *([block(text)] if text else []),
    ]
    blocks += [{"type": "actions", "elements": [button]}] if link else []
    # The fallback for notifications is read as markup.
    shown = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": shown, "mrkdwn": False, "blocks": blocks}


def _teams(title: str, text: str, link: str) -> Json:
    def line(words: str, **more: str) -> Json:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, **more}]}

    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [line(title, weight="bolder", size="medium"), *map(line, text.splitlines())],
        "actions": [{"type": "Action.OpenUrl", "title": "Look", "url": link}] if link else [],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def send(address: str, form: Form | None, notice: Notice) -> None:
    """Raises BadCall for what is no address of a webhook, HostRefused where it takes nothing; none tells it."""
    parts = urlsplit(address)
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or is_here):
        raise BadCall(f"{VARIABLE} is no https address. Next: take the one that the webhook's page gives.")
    status = posted(address, document(notice, form or form_of(address)))
    if status is None:
        raise HostRefused(f"the webhook at {parts.hostname} does not answer. Next: check {VARIABLE}.")
    if status >= 300:
        raise HostRefused(
            f"the webhook at {parts.hostname} answered {status}. Next: check {VARIABLE} and what it expects "
            "(--as slack, teams or json).",
            status,
        )
