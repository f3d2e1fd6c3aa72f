"""An API behind a certificate of one's own authority: trusted where the usual variables name that authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fleet.report.hosts.http import Http
from providers.linode.api.connection import Connection
from providers.linode.api.errors import ApiUnreachable, BadConnection
from providers.linode.api.transport import CA_VARIABLES, Transport
from tests.wire import ScriptedServer


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of `localhost` that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    return folder / "ca.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def behind_tls(authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority)
    with ScriptedServer(context=context) as server:
        yield server.url.replace("http://127.0.0.1", "https://localhost")


def ask(url: str) -> None:
    Transport(Connection(url, "abc", "test"), most_tries=1).request("GET", "/regions")


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_an_authority_of_ones_own_is_trusted_where_a_variable_names_it(
    variable: str, behind_tls: str, authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(authority[0]))

    ask(behind_tls)


@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_a_code_host_behind_it_is_trusted_too_and_no_proxy_stands_before_this_machine(
    variable: str, behind_tls: str, authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(authority[0]))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert Http(behind_tls, "Authorization", "Bearer x").call("GET", "/user").body is not None


def test_without_one_it_is_not_trusted(behind_tls: str) -> None:
    with pytest.raises(
        ApiUnreachable, match="could not be verified. Next: check LINODE_URL .*REQUESTS_CA_BUNDLE"
    ):
        ask(behind_tls)


@pytest.mark.parametrize("url", ["https://localhost:1", "https://api.linode.com"])
def test_a_file_that_is_not_there_is_told_with_its_variable(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))

    with pytest.raises(BadConnection, match=r"REQUESTS_CA_BUNDLE=.*gone\.pem: there is no such file"):
        ask(url)
