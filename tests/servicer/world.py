"""An account of the local API, with a provider's configuration for it."""

from __future__ import annotations

from itertools import count

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests import by_hand
from tests.servicer_process import Props, Servicer

PLANTED = "Planted-Passw0rd-7"
NUMBERS = count(1)


class World:
    """A new account, a token of it, and what the API has been asked since."""

    def __init__(self, api: LocalApi) -> None:
        self.api, self.account = api, f"account-{next(NUMBERS)}"
        self._asked_before = max((int(row["id"]) for row in api.api.newest_requests()), default=0)
        self.token = api.add_token(self.account)
        self.config: Props = {"linode:token": self.token, "linode:url": api.url}
        self.uuid = str(self.call("GET", "/account")["euuid"])
        self.owner = Owner(self.uuid, "fleet", "local", "web-1")

    def inputs(self, **changed: object) -> Props:
        """Instance web-1's; an input that is None is left out."""
        made: Props = {
            "type": "g6-nanode-1",
            "region": "de-fra-2",
            "image": "linode/debian13",
            "label": "web-1",
            "tags": ["web"],
            "root_pass": PLANTED,
            "owner": self.owner.as_props(),
        }
        return {key: value for key, value in {**made, **changed}.items() if value is not None}

    def call(self, method: str, path: str, body: object = None) -> by_hand.Json:
        """A call by hand; of the beta API with a path that begins with `beta/`."""
        return by_hand.call(self.api.url, self.token, method, path, body)

    def next_command(self, shared: Servicer, kind: str, name: str = "") -> Servicer:
        """The process as another command has it: it asks for a list once, and with another token again.

        `name`: the resource's; without one each command is about another.
        """
        token = self.api.add_token(self.account)
        provider = LinodeProvider(kind)
        provider.token = token  # type: ignore[attr-defined]  # another text, so that it is configured again
        urn = f"urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{kind}::{name or token[:12]}"
        return shared.serve(provider, {**self.config, "linode:token": token}, urn)

    def linodes(self) -> list[by_hand.Json]:
        return list(by_hand.linodes(self.api.url, self.token).values())

    def lock(self, linode_id: str) -> None:
        """Forbid to delete a Linode."""
        body = {"entity_type": "linode", "entity_id": int(linode_id), "lock_type": "cannot_delete"}
        assert "errors" not in self.call("POST", "beta/locks", body)

    def seen(self) -> list[str]:
        """Every request since the account was made: `POST /v4/linode/instances`."""
        return [f"{row['method']} {row['path']}" for row in self.api.requests(self._asked_before)]

    def writes(self) -> list[str]:
        return [line for line in self.seen() if not line.startswith("GET")]
