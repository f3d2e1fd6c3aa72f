"""A caller of the local API for tests: plain requests, so that nothing of ours stands between."""

from __future__ import annotations

import json
from typing import Any

import requests

from emulators.linode_api.server import LocalApi

PASSWORD = "aComplex@Password123"
EMPTY = {"type": "g6-nanode-1", "region": "us-ord"}
FROM_IMAGE = {**EMPTY, "image": "linode/debian12", "root_pass": PASSWORD}


class Caller:
    """One token of one account."""

    def __init__(self, api: LocalApi, token: str | None, version: str = "/v4") -> None:
        self.api = api
        self.base = api.url + version
        self.session = requests.Session()
        self.session.trust_env = False
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        where: dict[str, Any] | str | None = None,
        **query: Any,
    ) -> requests.Response:
        headers = (
            {} if where is None else {"X-Filter": where if isinstance(where, str) else json.dumps(where)}
        )
        return self.session.request(
            method, self.base + path, json=body, headers=headers, params=query, timeout=20
        )

    def get(self, path: str, *, where: dict[str, Any] | str | None = None, **query: Any) -> requests.Response:
        return self.send("GET", path, where=where, **query)

    def rows(self, path: str, *, where: dict[str, Any] | str | None = None, **query: Any) -> list[Any]:
        answer = self.get(path, where=where, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.send("POST", path, body)

    def put(self, path: str, body: Any) -> requests.Response:
        return self.send("PUT", path, body)

    def delete(self, path: str) -> requests.Response:
        return self.send("DELETE", path)

    def create(self, **body: Any) -> dict[str, Any]:
        answer = self.post("/linode/instances", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def linode(self, linode_id: int) -> dict[str, Any]:
        return dict(self.get(f"/linode/instances/{linode_id}").json())

    def status(self, linode_id: int) -> str:
        return str(self.linode(linode_id)["status"])

    def events(self, linode_id: int, **also: Any) -> list[Any]:
        """Oldest first."""
        about = {"entity.id": linode_id, "entity.type": "linode", **also}
        return self.rows("/account/events", where={**about, "+order_by": "id"})

    def actions(self) -> list[str]:
        """What has happened in the account, oldest first."""
        return [event["action"] for event in self.rows("/account/events")][::-1]

    def close(self) -> None:
        self.session.close()


def reasons(answer: requests.Response) -> list[tuple[str | None, str]]:
    return [(error.get("field"), error["reason"]) for error in answer.json()["errors"]]


def settled(caller: Caller, clock: Any, **body: Any) -> dict[str, Any]:
    """A new Linode after all its jobs are done."""
    made = caller.create(**body)
    clock.advance(200)
    return caller.linode(made["id"])


def made(answer: requests.Response) -> dict[str, Any]:
    """What a call that must succeed answers."""
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
