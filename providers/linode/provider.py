"""Every provider class, under the one module path that states store. A stored format: never move or rename them."""

from __future__ import annotations

from typing import Any

from providers.linode.core import engine, leftovers, runtime
from providers.linode.core.owner import Owner
from providers.linode.core.provider import Props, Provider
from providers.linode.core.spec import Spec
from providers.linode.resources import account, firewall, root_password, ssh_key, volume
from providers.linode.resources.instance import spec as instance

SPECS: dict[str, Spec[Any, Any]] = {
    spec.kind: spec for spec in (instance.SPEC, firewall.SPEC, ssh_key.SPEC, volume.SPEC)
}


class LinodeProvider(Provider):
    """The provider of every kind that is a Spec; it holds the kind's name."""

    @property
    def spec(self) -> Spec[Any, Any]:
        return SPECS[self.kind]


class AccountProvider(account.AccountProvider):
    """Looks which account the token belongs to, and, when a stack leaves it, what stays behind."""

    def delete(self, _id: str, _props: Props) -> None:
        """All else of the stack depends on this one, so it is the last to go: the end of a destroy, whoever runs it."""
        super().delete(_id, _props)
        if (call := engine.current_call()) is None:
            return
        owner = Owner(str(_props["uuid"]), call.project, str(_props["stack"]), "")
        if line := leftovers.told(SPECS.values(), runtime.of_owner(owner), owner):
            engine.tell(line)


class RootPasswordProvider(root_password.RootPasswordProvider):
    """Makes a password once."""
