from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from fleet.report.forms import html_page, markdown, schema, terminal
from fleet.report.masking import mask, named_values
from fleet.report.model import Report
from tests.unit.report.making import Act, deleted, report, server, updated

PROJECT = Path(__file__).parents[3]
HEX = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2_" * 8,
        "glpat-" + "a1B2-" * 4,
        "pul-" + "0a" * 20,
        "AKIA" + "ABCD" * 4,
        "xoxb-123456789012-abc",
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK",
        "eyJhbGci-_iJI.eyJzdWIi-eyJiOiIx.SflKx-eyJwRJSMeK",
        HEX,
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nabc",
    ],
)
def test_what_looks_like_a_credential_is_masked(secret: str) -> None:
    text = mask(f"before {secret} after")

    assert secret not in text
    assert "before [secret]" in text


@pytest.mark.parametrize(
    "text",
    [
        "4f9c2a1b3c4d5e6f708192a3b4c5d6e7f8091a2b",
        "linode/debian12",
        "$24.50 a month",
        "https://example.org/a@b",
        "https://example.org:8443/a:b@c",
        "https://example.org/a:b@c",
        "https://me@example.org:8443/a",
    ],
)
def test_what_is_no_credential_stays(text: str) -> None:
    assert mask(text) == text


LONG = 2_000_000
"""Characters that take a second; where the time goes with their square it is five minutes at the least."""

NO_WORD = ("eyJaaaaaaaaa-", "eyJaaaaaaaa.aaaaaaaa-", "-----BEGIN A", "property a value {", "\n", "/a-")
"""Beginnings of what is looked for, again and again, and never the end of it."""


def test_the_time_goes_with_the_length_of_a_text() -> None:
    """A fork may send 256 MB. The limit is far from both: it judges the way it is done, not the machine."""
    words = f"""
from fleet.report.judge.report import _PLACE
from fleet.report.masking import swept
from fleet.report.read.messages import presentable
for piece in {NO_WORD!r}:
    text = piece * ({LONG} // len(piece))
    presentable(f"}}}} has a problem{{text}}}}}} has a problem")
    swept(text)
    list(_PLACE.finditer(text))
"""
    subprocess.run([sys.executable, "-c", words], cwd=PROJECT, check=True, timeout=120)


@pytest.mark.parametrize("password", ["hunter2", "pa/ss", "p@ss", "p:/@?#s", "8080", "12@3/4", "a://b:c"])
@pytest.mark.parametrize("user", ["me", "me@corp"])
def test_a_password_in_an_address_is_masked(user: str, password: str) -> None:
    said = mask(f"see s3://{user}:{password}@host:80/x, and a@b")

    assert said == "see s3://[secret]@host:80/x, and a@b"


def test_values_of_named_variables_are_masked_longest_first() -> None:
    secrets = named_values(
        {"GITHUB_TOKEN": "token-of-mine", "OTHER": "token-of-mine-too", "LINODE_TOKEN": "ab"}, ["OTHER"]
    )

    assert secrets == ("token-of-mine-too", "token-of-mine")
    assert mask("a token-of-mine-too b token-of-mine ab", secrets) == "a [secret] b [secret] ab"


def everything(told: Report, secrets: tuple[str, ...] = ()) -> str:
    """All forms of a report in one text."""
    console = Console(file=io.StringIO(), width=200)
    terminal.show(told, console, secrets)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(
        [markdown.comment(told, secrets), markdown.summary(told, secrets), schema.report_json(told, secrets),
         html_page.html_page(told, secrets), file.getvalue()]
    )  # fmt: skip


def test_no_form_has_a_secret(tmp_path: Path) -> None:
    leaky = {
        "console": "root:FAKE-password@192.0.2.1",
        "root_pass": "FAKE-password",
        "__provider": "FAKE-pickle",
    }
    acts = [
        Act("update", "a", server(root_pass="FAKE-1"), server(root_pass="FAKE-2"), outputs=leaky,
            detailed={"root_pass": "update", "console": "update"}),
        Act("create", "b", None, server(root_pass="FAKE-3", __provider="FAKE-pickle")),
        Act("delete", "c", server(root_pass="FAKE-4"), outputs=leaky),
        updated("d", {"user_data": f"export KEY={HEX}"}),
        Act("create", "e", None, server(label="value-of-a-variable")),
    ]  # fmt: skip

    text = everything(report(tmp_path, acts), ("value-of-a-variable",))

    assert "FAKE" not in text
    assert HEX not in text
    assert "value-of-a-variable" not in text


def test_no_form_has_plain_config(tmp_path: Path) -> None:
    assert "FAKE-plain-config" not in everything(report(tmp_path, [deleted("a")]))
