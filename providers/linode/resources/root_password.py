"""A root password, made once and kept as a secret in the stack's state.

A resource of its own, so that it is saved before the Linode that gets it is asked for: whatever happens to
that request, the password of the machine is known.
"""

from __future__ import annotations

import secrets
import string
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, ResourceProvider

from providers.linode.core.provider import DynamicResource

LENGTH = 32
"""Characters; the API takes 11 to 128."""

SIGNS = "-_.+=@%"
"""Signs that need no quoting in a shell, a URL's password or YAML, where people paste them."""

ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, SIGNS)

Props = dict[str, Any]


def make_password(length: int = LENGTH) -> str:
    """Random characters with at least one of each alphabet, as the API's strength test wants.

    Source: POST /linode/instances, root_pass.
    """
    while True:
        password = "".join(secrets.choice("".join(ALPHABETS)) for _ in range(length))
        if all(set(password) & set(alphabet) for alphabet in ALPHABETS):
            return password


class RootPasswordProvider(ResourceProvider):
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Never a change: a password that later runs could remake would lock people out."""
        return DiffResult(changes=False)

    def create(self, props: Props) -> CreateResult:
        return CreateResult(secrets.token_hex(8), {**props, "result": make_password()})

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, props)


class RootPassword(DynamicResource, module="linode", name="RootPassword"):
    """`result` is the password, secret wherever it goes."""

    result: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        hidden = pulumi.ResourceOptions(additional_secret_outputs=["result"])
        opts = pulumi.ResourceOptions.merge(opts, hidden)
        self._register(("RootPasswordProvider",), name, {"result": None}, opts)
