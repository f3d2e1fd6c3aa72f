"""What was told in confidence is in nothing that people read, in whatever form it comes back."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st

from providers.linode.api.masking import masked, open_texts, secrets_in, without_password

USER_DATA = """#cloud-config
hostname: web-server-01
packages: [nginx]
chpasswd:
  list: |
    root:Inner-Passw0rd
runcmd:
  - echo "tök&n=7 \\\\ x" > /etc/motd
  - curl https://example.com/init.sh
"""
BODY = {
    "label": "acme-web-server-01",
    "region": "de-fra-2",
    "root_pass": 'Pl4nted "Pass\\w0rd/é',
    "metadata": {"user_data": base64.b64encode(USER_DATA.encode()).decode()},
    "stackscript_data": {"db": "Scr1pt-word", "tls": "yes"},
}
SECRETS = tuple(secrets_in(BODY))


def shown(text: str) -> str:
    return masked(text, SECRETS, open_texts(BODY))


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON with its letters": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "Python": lambda text: repr(text)[1:-1],
    "a URL": lambda text: quote(text, safe=""),
    "a path": quote,
    "a form": quote_plus,
    "a URL in lower case": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "HTML": html.escape,
    "HTML, every letter": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "HTML in hex": lambda text: "".join(f"&#X{ord(each):x};" for each in text),
    "a URL, every letter": lambda text: "".join(f"%{each:02X}" for each in text.encode()),
    "JSON, every letter": lambda text: "".join(f"\\u{ord(each):04X}" for each in text),
    "hex, every byte": lambda text: "".join(f"\\x{each:02X}" for each in text.encode()),
    "a URL in JSON in HTML": lambda text: html.escape(json.dumps(json.dumps(quote(text))[1:-1])[1:-1]),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "Base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize(
    "secret", [BODY["root_pass"], USER_DATA, "Scr1pt-word"], ids=["password", "data", "field"]
)
@pytest.mark.parametrize("form", FORMS)
def test_a_whole_secret_is_masked_in_every_form(form: str, secret: str) -> None:
    said = shown(f"The value {FORMS[form](secret)} is not valid")

    assert said.startswith("The value [secret]")
    assert said.endswith(" is not valid")
    assert len(said) < 60


@pytest.mark.parametrize(
    "line",
    [line.strip() for line in USER_DATA.splitlines() if " " in line.strip() and line.strip() != "list: |"],
)
@pytest.mark.parametrize("form", FORMS)
def test_one_line_of_user_data_is_masked_in_every_form(form: str, line: str) -> None:
    if form.startswith("Base64"):
        return  # Base64 of a part is no part of the Base64
    assert shown(f"line 4 ({FORMS[form](line)}): unknown directive") == "line 4 ([secret]): unknown directive"


@pytest.mark.parametrize(
    "said",
    [
        "Inner-Passw0rd",
        "'Inner-Passw0rd' is weak",
        "root:Inner-Passw0rd",
        "user root:Inner-Passw0rd;x",
        'password=Pl4nted \\"Pass\\\\\\\\w0rd',
    ],
)
def test_a_password_inside_a_longer_text_is_masked(said: str) -> None:
    assert "[secret]" in shown(said)
    assert "assw0rd" not in shown(said)
    assert "Pl4nted" not in shown(said)


def test_what_the_api_has_cut_off_is_masked_as_far_as_it_goes() -> None:
    echo = USER_DATA[:120]
    assert shown(f"user_data: {echo}… is too long") == "user_data: [secret]… is too long"


@pytest.mark.parametrize(
    "said",
    [
        "metadata.user_data must begin with #cloud-config or #!/bin/bash",
        "runcmd: is not known; packages: and chpasswd: are",
        "the label acme-web-server-01 must be unique; web-server-01 is free",
        "nginx is not available in de-fra-2, 192.0.2.1 neither",
        "root may not log in with this; yes",
        "A line must have words. Please list the hostname of the packages",
    ],
)
def test_words_that_tell_nothing_stay(said: str) -> None:
    assert shown(said).replace("[secret]", "yes") == said


def test_a_secret_of_the_largest_size_is_masked_too() -> None:
    data = "#!/bin/sh\n" + "".join(
        f"echo line {number} of secret-{number * 7919}\n" for number in range(1700)
    )
    secrets = list(secrets_in({"metadata": {"user_data": base64.b64encode(data.encode()).decode()}}))

    assert masked(f"bad: {data}!", secrets) == "bad: [secret]"
    assert masked("bad: echo line 1500 of secret-11878500", secrets) == "bad: [secret]"


@given(
    st.text(min_size=8, max_size=60),
    st.text(max_size=20),
    st.text(max_size=20),
    st.sampled_from(sorted(FORMS)),
)
def test_no_whole_secret_survives(secret: str, before: str, after: str, form: str) -> None:
    secret = " ".join(secret.split())
    if len(secret) < 8:
        return
    try:
        echo = FORMS[form](secret)
    except UnicodeEncodeError:
        return
    assert secret not in masked(f"{before} {echo} {after}", [secret]).replace("[secret]", "")


@pytest.mark.parametrize("secret", ["", "    ", "a", "\n\n\n\n\n"])
def test_what_is_no_secret_hides_nothing(secret: str) -> None:
    assert masked("a password  is missing", [secret]) == "a password is missing"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://me:pass@host:3128", "http://host:3128"),
        ("http://me:pa/ss@host:3128/", "http://host:3128/"),
        ("http://me:p@ss@host:3128", "http://host:3128"),
        ("http://me:p#ss?w@host:3128", "http://host:3128"),
        ("http://me:p://w@host:3128", "http://host:3128"),
        ("me:pa//ss@host:3128", "host:3128"),
        ("//me:pass@host", "//host"),
        ("socks5h://me:pa:ss@[::1]:1080", "socks5h://[::1]:1080"),
        ("https://host/v4?token=abc", "https://host/v4"),
        ("host:3128", "host:3128"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, said: str) -> None:
    assert without_password(address) == said
