"""A domain on Linode's nameservers, of which they are master or slave. Source: POST /domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, overload

import pulumi
from pydantic import Field

from providers.linode.api.records import Owned
from providers.linode.core.args import Args, In, InList, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import AnyAddress, Tag, canonical_address, matching
from providers.linode.core.problems import Problem, told
from providers.linode.core.spec import Checking, Identity, Spec
from providers.linode.resources.base import Resource

STEPS = (
    0, 30, 120, 300, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_419_200,
)  # fmt: skip
"""What the API keeps of a number of seconds: the next of these. 0 stands for its default."""

LONGEST = 1000
"""Characters of all addresses of a list together."""

Name = Annotated[
    str,
    Field(max_length=253),
    matching(r"(\*\.)?([A-Za-z0-9_-]{1,63}\.)+([A-Za-z]{2,3}\.)?([A-Za-z]{2,16}|xn--[A-Za-z0-9]+)"),
    told("must be a domain such as example.org. Next: correct it."),
]
Email = Annotated[
    str, matching(r"([^@\s]+@[^@\s]+\.[^@\s]+)?"), told("must be an email address. Next: correct it.")
]
Seconds = Annotated[
    int,
    Field(ge=0, le=STEPS[-1]),
    told(f"must be a whole number of seconds, 0 to {STEPS[-1]}. Next: correct it."),
]
Description = Annotated[str, Field(max_length=253), told("must have up to 253 characters. Next: shorten it.")]


def lower(text: str) -> str:
    """A name of DNS in the form that it is compared in: case means nothing, nor does the last dot."""
    return text.lower().removesuffix(".")


def rounded(seconds: int) -> int:
    """Up, as the API does it; what it doesn't take stays as it is."""
    return next((step for step in STEPS if 0 <= seconds <= step), seconds)


def seconds(default: str) -> Any:
    return arg(PUT, default=None, else_=default, rounded=rounded)


class DomainArgs(Args):
    domain: In[Name] = arg(REPLACE, text=lower)
    """Its name, unique among all accounts."""

    type: In[Literal["master", "slave"]] = arg(REPLACE)
    """Whether its records are declared here, or copied from `master_ips`."""

    soa_email: In[Email | None] = arg(PUT, default=None, none="", else_="required for a master")
    """The address of whoever is responsible; "" is nobody, for a slave."""

    description: In[Description | None] = arg(PUT, default=None, none="")
    """For people, up to 253 characters."""

    status: In[Literal["active", "disabled"] | None] = arg(PUT, default=None, else_="active")
    """Whether the nameservers have it."""

    refresh_sec: In[Seconds | None] = seconds("14400")
    """How often slaves look for changes; rounded up to one of the API's steps, as are all seconds here."""

    retry_sec: In[Seconds | None] = seconds("14400")
    """How long they wait after a look that failed."""

    expire_sec: In[Seconds | None] = seconds("1209600")
    """How long they answer without having been able to look."""

    ttl_sec: In[Seconds | None] = seconds("86400")
    """How long its records are kept by resolvers, unless a record says otherwise."""

    master_ips: InList[AnyAddress] = arg(
        PUT, default=None, unordered=True, text=canonical_address, else_="required for a slave"
    )
    """Where a slave copies its records from."""

    axfr_ips: InList[AnyAddress] = arg(PUT, default=None, unordered=True, text=canonical_address)
    """Who may copy all its records."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""


class DomainRow(Owned):
    """Source: GET /domains/{domainId}."""

    label: str = Field("", validation_alias="domain", exclude=True)
    domain: str = ""
    type: str = ""
    soa_email: str | None = None
    description: str | None = None
    status: str = ""
    refresh_sec: int = 0
    retry_sec: int = 0
    expire_sec: int = 0
    ttl_sec: int = 0
    master_ips: tuple[str, ...] = ()
    axfr_ips: tuple[str, ...] = ()


class Domain(Resource):
    domain: pulumi.Output[str]
    type: pulumi.Output[str]
    status: pulumi.Output[str]
    soa_email: pulumi.Output[str]
    tags: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: DomainArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(DomainArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _whole(check: Checking[DomainArgs]) -> Iterator[Problem]:
    for kind, needed in (("master", "soa_email"), ("slave", "master_ips")):
        known = not check.gives(needed) or check.args.value(needed) is not None
        if check.args.type == kind and known and not check.args.value(needed):
            yield Problem(needed, f"is required for a {kind}. Next: give it.")
    for name in ("master_ips", "axfr_ips"):
        addresses: list[str] = check.args.value(name) or []  # type: ignore[assignment]  # a list of texts
        if len("".join(addresses)) > LONGEST:
            yield Problem(name, f"is longer than {LONGEST} characters in all. Next: drop some.")


SPEC = Spec(
    "Domain", "/domains", DomainArgs, DomainRow, Identity(("domain",), tagged=True, unique=True),
    "domains:read_write", "domain", rules=(_whole,), erases=("records", "id"),
)  # fmt: skip
