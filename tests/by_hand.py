"""A call to the local API, as somebody who works by hand makes it: plain requests, and nothing of ours between."""

from __future__ import annotations

from typing import Any

import requests

from tests.until import GIVE_UP_S

Json = dict[str, Any]


def call(url: str, token: str, method: str, path: str, body: object = None) -> Json:
    """The answer's JSON, errors too. A path that begins with `beta/` is one of the beta API."""
    answer = requests.request(
        method, f"{url}/v4{path}", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=GIVE_UP_S
    )
    found: Json = answer.json()
    return found


def linodes(url: str, token: str) -> dict[str, Json]:
    """The account's Linodes by label."""
    rows = call(url, token, "GET", "/linode/instances?page_size=500")["data"]
    return {str(row["label"]): row for row in rows}
