"""An SSH key of the token's user, which `authorized_users` puts on new Linodes. Source: POST /profile/sshkeys."""

from __future__ import annotations

from typing import Annotated, Any, overload

import pulumi
from pydantic import Field

from providers.linode.api.records import Owned
from providers.linode.core.args import Args, In, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import SshKey, length
from providers.linode.core.spec import Spec, by_content
from providers.linode.resources.base import Resource

Label = Annotated[str, Field(min_length=1, max_length=64), length(1, 64)]


class SSHKeyArgs(Args):
    label: In[Label] = arg(PUT)
    """Its name, 1 to 64 characters."""

    ssh_key: In[SshKey] = arg(REPLACE, text=str.strip)
    """The public key in full: type, key and comment, such as a file `id_ed25519.pub` has it."""


class SSHKeyRecord(Owned):
    """Source: GET /profile/sshkeys/{sshKeyId}."""

    ssh_key: str = ""


class SSHKey(Resource):
    label: pulumi.Output[str]
    ssh_key: pulumi.Output[str]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: SSHKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(SSHKeyArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


SPEC = Spec(
    "SSHKey", "/profile/sshkeys", SSHKeyArgs, SSHKeyRecord,
    by_content("label", "ssh_key"), "account:read_write", "SSH key",
)  # fmt: skip
