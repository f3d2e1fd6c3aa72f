from __future__ import annotations

import pytest

from providers.linode.api.connection import Connection, clean_token, connect, is_loopback, versioned_url
from providers.linode.api.errors import BadConnection

CONFIG = {"linode:token": "from-config", "linode:url": "http://127.0.0.1:1"}


def test_the_environment_goes_before_the_configuration() -> None:
    connection = connect("dev", CONFIG, {"LINODE_TOKEN": "from-env", "LINODE_URL": "https://other.example"})

    assert (connection.token, connection.token_source) == ("from-env", "LINODE_TOKEN")
    assert connection.url == "https://other.example/v4"


def test_the_configuration_is_used_where_the_environment_is_silent() -> None:
    connection = connect("dev", CONFIG, {})

    assert (connection.token, connection.url) == ("from-config", "http://127.0.0.1:1/v4")


def test_the_real_api_is_the_last_resort() -> None:
    assert connect("dev", {"linode:token": "t"}, {}).url == "https://api.linode.com/v4"


def test_stack_local_without_its_settings_is_told_where_they_are() -> None:
    with pytest.raises(BadConnection, match=r"--config-file \.local/Pulumi\.local\.yaml"):
        connect("local", {}, {})


def test_stack_local_never_sees_the_environment() -> None:
    connection = connect("local", CONFIG, {"LINODE_TOKEN": "prod", "LINODE_URL": "https://api.linode.com"})

    assert (connection.token, connection.url) == ("from-config", "http://127.0.0.1:1/v4")


@pytest.mark.parametrize("url", ["https://api.linode.com", "https://127.0.0.1.example.com", ""])
def test_stack_local_refuses_an_address_elsewhere(url: str) -> None:
    with pytest.raises(BadConnection, match="local"):
        connect("local", {"linode:token": "t", "linode:url": url}, {})


def test_no_token_says_where_to_put_one() -> None:
    with pytest.raises(BadConnection, match="LINODE_TOKEN.*linode:token"):
        connect("dev", {}, {})


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://api.linode.com", "https://api.linode.com/v4"),
        ("https://api.linode.com/v4/", "https://api.linode.com/v4"),
        ("https://api.linode.com/v4beta", "https://api.linode.com/v4beta"),
        ("http://localhost:8041", "http://localhost:8041/v4"),
        ("http://[::1]:8041", "http://[::1]:8041/v4"),
    ],
)
def test_an_address_gets_its_version(address: str, url: str) -> None:
    assert versioned_url(address) == url


@pytest.mark.parametrize(
    "address",
    [
        "http://api.linode.com",
        "http://10.0.0.1:8041",
        "ftp://x",
        "api.linode.com",
        "127.0.0.1:8171",
        "https://[::1",
        "https://[zz]",
        "http://127.0.0.1:port",
        "https://api.linode.com:99999",
        "https://\ud800.example",
        "user:pw@[::1",
        "https://user:pw@api.linode.com",
        "",
    ],
)
def test_an_address_that_would_leak_the_token_is_refused(address: str) -> None:
    with pytest.raises(BadConnection) as caught:
        versioned_url(address)

    assert "pw" not in str(caught.value)
    assert "Next: " in str(caught.value)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://me@api.linode.com", "'https://api.linode.com' has a user before its host, or a query. Next: set"),
        ("https://api.linode.com?x=1", "'https://api.linode.com' has a user before its host, or a query. Next: set"),
        ("127.0.0.1:8171", "'127.0.0.1:8171' has no https:// before it. Next: set LINODE_URL or linode:url to http://127.0.0.1:8171."),
        ("api.linode.com", "'api.linode.com' has no https:// before it. Next: set LINODE_URL or linode:url to https://api.linode.com."),
        ("http://127.0.0.1:99999/v4", "'http://127.0.0.1:99999/v4' has a port above 65535. Next: set"),
        ("http://exa mple", "'http://exa mple' has a blank in it. Next: set LINODE_URL or linode:url to http://example."),
        ("https://x/a\tb", "has a blank in it. Next: set LINODE_URL or linode:url to https://x/ab."),
        ("ftp://x", "'ftp://x' is not usable: it has to be https:// and a host, with a port or without. Next: set"),
        ("https://[::1", "'https://[::1' is not usable: it has to be https:// and a host"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_address_is_said_with_what_was_probably_meant(address: str, said: str) -> None:
    with pytest.raises(BadConnection) as caught:
        versioned_url(address)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("address", "loopback"), [("http://127.8.9.1", True), ("http://127.evil.example", False)]
)
def test_only_addresses_of_this_machine_are_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_a_token_loses_its_line_end() -> None:
    assert clean_token("abc\r\n", "LINODE_TOKEN") == "abc"


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ümlaut", "  "])
def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(BadConnection) as caught:
        clean_token(token, "LINODE_TOKEN")

    assert token.strip() == "" or token not in str(caught.value)


def test_the_character_that_no_token_has_is_named() -> None:
    with pytest.raises(BadConnection, match=r"no token has \(U\+2013, en dash\)\. Next: copy it once more"):
        clean_token("secret\u2013token", "LINODE_TOKEN")


def test_a_connection_does_not_show_its_token() -> None:
    assert "hush" not in repr(Connection("https://x/v4", "hush", "LINODE_TOKEN"))
