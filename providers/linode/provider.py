"""Every provider class, under the one module path that states store. A stored format: never move or rename them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult

from providers.linode.api.cache import is_offline
from providers.linode.api.errors import LinodeError
from providers.linode.core import engine, leftovers, runtime
from providers.linode.core.owner import Owner
from providers.linode.core.provider import Props, Provider
from providers.linode.core.spec import Spec
from providers.linode.core.state_files import NOT_OURS
from providers.linode.resources import account, root_password

MODULES = {
    "Instance": "instance.spec",
    "Firewall": "firewall",
    "SSHKey": "ssh_key",
    "Volume": "volume",
    "VPC": "vpc",
    "Subnet": "subnet",
    "PlacementGroup": "placement_group",
    "StackScript": "stackscript",
    "ReservedIP": "reserved_ip",
    "IPv6Range": "ipv6_range",
    "VolumeAttachment": "volume_attachment",
    "Image": "image",
    "Domain": "domain",
    "DomainRecord": "domain_record",
    "ReverseDNS": "reverse_dns",
    "NodeBalancer": "nodebalancer",
}
"""Every kind, and the module of resources/ that has its SPEC."""


class Specs(Mapping[str, Spec[Any, Any]]):
    """The specs of all kinds, each imported when it is asked for: most stacks have a few."""

    def __init__(self) -> None:
        self._imported: dict[str, Spec[Any, Any]] = {}

    def __getitem__(self, kind: str) -> Spec[Any, Any]:
        if kind not in self._imported:
            self._imported[kind] = import_module(f"providers.linode.resources.{MODULES[kind]}").SPEC
        return self._imported[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


SPECS = Specs()


class LinodeProvider(Provider):
    """The provider of every kind that is a Spec; it holds the kind's name."""

    @property
    def spec(self) -> Spec[Any, Any]:
        return SPECS[self.kind]


class AccountProvider(account.AccountProvider):
    """Looks which account the token belongs to, and what else has the stack's tag when it comes and when it goes."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Also what another backend's stack of this name has: all else of the stack is checked after this."""
        found = super().check(_olds, news)
        noted = _olds.get(NOT_OURS)
        if not _olds and not found.failures and (owner := _owner(found.inputs)) and not is_offline():
            try:
                noted = leftovers.of_another_backend(SPECS.values(), runtime.of_owner(owner), owner)
            except LinodeError as error:
                return CheckResult(news, [CheckFailure("", str(error))])
        runtime.current().not_ours.update(noted or ())
        return CheckResult({**found.inputs, **({NOT_OURS: noted} if noted else {})}, found.failures)

    def delete(self, _id: str, _props: Props) -> None:
        """All else of the stack depends on this one, so it is the last to go: the end of a destroy, whoever runs it."""
        super().delete(_id, _props)
        if (owner := _owner(_props)) is None:
            return
        if line := leftovers.told(SPECS.values(), runtime.of_owner(owner), owner, _props.get(NOT_OURS) or ()):
            engine.tell(line)


def _owner(props: Mapping[str, Any]) -> Owner | None:
    """Of all of the stack; None where the project is not known."""
    call = engine.current_call()
    return Owner(str(props["uuid"]), call.project, str(props["stack"]), "") if call else None


class RootPasswordProvider(root_password.RootPasswordProvider):
    """Makes a password once."""
