"""The recorded conversations with the real API: one JSON object a line, one line a request."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
Json = Any
FILES = sorted(file.stem for file in RECORDINGS.glob("*.jsonl"))


def exchanges(file: str) -> list[Json]:
    lines = (RECORDINGS / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def operation(request: Json) -> str:
    """Method and path, with `{}` for what names one thing."""
    path = request["path"].removeprefix("/v4beta")
    path = re.sub(r"/(\d+|\d+\.\d+\.\d+\.\d+)(?=/|$)", "/{}", path)
    path = re.sub(r"^/(linode/types|linode/kernels|images|tags)/(?!upload)[^/]+$", r"/\1/{}", path)
    return f"{request['method']} {path}"


def recorded_at(file: str) -> float:
    """The moment of the first exchange that tells one, else its day."""
    for exchange in exchanges(file):
        if expires := exchange["response"]["headers"].get("Expires"):
            return parsedate_to_datetime(expires).timestamp()
    index = json.loads((RECORDINGS / "index.json").read_text(encoding="utf-8"))
    [day] = [one["date"] for one in index if one["file"] == f"{file}.jsonl"]
    return datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp()
