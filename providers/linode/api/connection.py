"""Which token and which address: decided once, from the environment and the stack's configuration.

The token is in no resource input and in no object that Pulumi stores: the provider process decides again.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from providers.linode.api.advice import typed
from providers.linode.api.errors import BadConnection
from providers.linode.api.masking import without_password

REAL_API = "https://api.linode.com"
LOCAL_STACK = "local"
"""The stack that runs against the API on this machine: it never sees LINODE_* of the environment."""

BLANK = re.compile(r"\s")

NEEDED_SCOPES = "linodes:read_write events:read_only"

HOW_TO_GIVE_ONE = (
    "set LINODE_TOKEN, or `pulumi config set --secret linode:token`, to a personal access token "
    f"with the scopes {NEEDED_SCOPES}"
)


@dataclass(frozen=True)
class Connection:
    """Where the API is and who asks. `url` ends with the version and has no slash at its end."""

    url: str
    token: str = field(repr=False)
    token_source: str


def connect(
    stack: str, config: Mapping[str, str], environment: Mapping[str, str] | None = None
) -> Connection:
    """The connection of one stack.

    `config` has the stack's values of the namespace `linode` under their full names ("linode:token").
    Order: LINODE_TOKEN, then linode:token; LINODE_URL, then linode:url, then the real API. The environment
    goes first because refresh and destroy get an old copy of the configuration from the state.
    Raises BadConnection.
    """
    if stack == LOCAL_STACK:
        return _local_connection(config)
    env = os.environ if environment is None else environment
    url = versioned_url(env.get("LINODE_URL") or config.get("linode:url") or REAL_API)
    if env.get("LINODE_TOKEN"):
        return Connection(url, clean_token(env["LINODE_TOKEN"], "LINODE_TOKEN"), "LINODE_TOKEN")
    if config.get("linode:token"):
        return Connection(url, clean_token(config["linode:token"], "linode:token"), "linode:token")
    raise BadConnection(f"stack '{stack}' has no Linode token. Next: {HOW_TO_GIVE_ONE}.")


def connect_for_lookups(environment: Mapping[str, str]) -> Connection:
    """The connection for public catalogs, which need no token: LINODE_URL, and LINODE_TOKEN if it is set.

    Raises BadConnection.
    """
    url = versioned_url(environment.get("LINODE_URL") or REAL_API)
    token = environment.get("LINODE_TOKEN") or ""
    return Connection(url, clean_token(token, "LINODE_TOKEN") if token else "", "LINODE_TOKEN")


def _local_connection(config: Mapping[str, str]) -> Connection:
    if not config.get("linode:url"):
        raise BadConnection(
            f"stack '{LOCAL_STACK}' was not given its own settings. Next: run `{typed('up')}`; `pulumi` itself "
            f"takes --config-file .local/Pulumi.{LOCAL_STACK}.yaml, which that makes."
        )
    url = versioned_url(config["linode:url"])
    if not is_loopback(url):
        raise BadConnection(
            f"stack '{LOCAL_STACK}' works with the local API alone, and {urlsplit(url).netloc} is not on "
            "this machine. Next: use another stack (STACK=dev), or set linode:url to http://127.0.0.1:PORT."
        )
    token = config.get("linode:token")
    if not token:
        raise BadConnection(
            f"stack '{LOCAL_STACK}' has no token of the local API. Next: run `{typed('up')}`."
        )
    return Connection(url, clean_token(token, "linode:token"), "linode:token")


@functools.cache
def versioned_url(address: str) -> str:
    """The address with its API version, refused if a token would travel in the clear.

    "https://api.linode.com" and "https://api.linode.com/v4/" are the same; "/v4beta" stays.
    Raises BadConnection.
    """
    parts = _parts(address)
    if parts is None or parts.username or parts.query or BLANK.search(address.strip()):
        why, meant = _fault(address.strip(), parts)
        raise BadConnection(
            f"the API address {without_password(address)[:80]!r} {why}. "
            f"Next: set LINODE_URL or linode:url to {meant or f'an address such as {REAL_API}'}."
        )
    if parts.scheme == "http" and not is_loopback(address):
        raise BadConnection(
            f"the API address http://{parts.hostname} would send the token in the clear. Next: use https."
        )
    path = parts.path.rstrip("/")
    if not re.search(r"/v4(beta)?$", path):
        path += "/v4"
    return f"{parts.scheme}://{parts.netloc}{path}"


def _fault(address: str, parts: SplitResult | None) -> tuple[str, str]:
    """Why it is no address of an API, and what was probably meant, or ""."""
    if BLANK.search(address):
        return "has a blank in it", BLANK.sub("", without_password(address))
    if parts is not None:
        return "has a user before its host, or a query", f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if "://" not in address and (there := _parts(f"http://{address}")) and not there.username:
        return (
            "has no https:// before it",
            f"http{'' if is_loopback(there.geturl()) else 's'}://{there.netloc}",
        )
    if re.search(r":\d+(/|$)", address) and _parts(re.sub(r":\d+(/|$)", r"\1", address)):
        return "has a port above 65535", ""
    return "is not usable: it has to be https:// and a host, with a port or without", ""


def _parts(address: str) -> SplitResult | None:
    """Scheme, host and port of an address of the web, None for anything else."""
    try:
        parts = urlsplit(address.strip())
        parts.port  # noqa: B018 - raises for what is none
        (parts.hostname or "").encode("idna")
        if "[" in parts.netloc:
            ipaddress.IPv6Address(parts.hostname or "")  # which Python 3.10 doesn't ask for
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def is_loopback(address: str) -> bool:
    """Whether the address is on this machine."""
    parts = _parts(address)
    host = (parts.hostname if parts else None) or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def clean_token(token: str, source: str) -> str:
    """The token without the line end that a file or a shell leaves. Raises BadConnection (without it)."""
    stripped = token.strip()
    if not stripped:
        raise BadConnection(f"the token in {source} is empty. Next: {HOW_TO_GIVE_ONE}.")
    if other := re.search(r"[^!-~]", stripped):
        name = unicodedata.name(other[0], "a control character").lower()
        raise BadConnection(
            f"the token in {source} has a character that no token has (U+{ord(other[0]):04X}, {name}). "
            f"Next: copy it once more, or {HOW_TO_GIVE_ONE}."
        )
    return stripped
