"""Every provider class, under the one module path that states store. A stored format: never move or rename them."""

from __future__ import annotations

from typing import Any

from providers.linode.core.provider import Provider
from providers.linode.core.spec import Spec
from providers.linode.resources import account, firewall, root_password, ssh_key
from providers.linode.resources.instance import spec as instance

SPECS: dict[str, Spec[Any, Any]] = {spec.kind: spec for spec in (instance.SPEC, firewall.SPEC, ssh_key.SPEC)}


class LinodeProvider(Provider):
    """The provider of every kind that is a Spec; it holds the kind's name."""

    @property
    def spec(self) -> Spec[Any, Any]:
        return SPECS[self.kind]


class AccountProvider(account.AccountProvider):
    """Looks which account the token belongs to."""


class RootPasswordProvider(root_password.RootPasswordProvider):
    """Makes a password once."""
