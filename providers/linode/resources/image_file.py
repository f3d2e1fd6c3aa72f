"""The file that an image is made of: what is wrong with it, and its way to the API. Source: POST /images/upload."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiUnreachable, FileNotSent, LinodeError
from providers.linode.core.problems import Problem

LARGEST_GB = 5
"""Compressed. Source: POST /images/upload."""

GZIP = b"\x1f\x8b"
BLOCK = 2**20
HASHES: Mapping[int, Callable[[], Any]] = {
    32: lambda: hashlib.md5(usedforsecurity=False),
    64: hashlib.sha256,
}
"""By the number of hex digits."""


def wrong(path: str) -> Iterator[Problem]:
    """Why the API would not make an image of it."""
    file = Path(path)
    try:
        size, begins = file.stat().st_size, file.open("rb").read(len(GZIP))
    except OSError as error:
        why = f"can't be read ({file.absolute()}: {error.strerror})"
        todo = "correct it; without a slash at its begin it is looked for in the program's folder"
        yield Problem("file_path", f"{why}. Next: {todo}.")
        return
    if begins != GZIP:
        yield Problem("file_path", f"{path} is not compressed. Next: `gzip` it, and name what that makes.")
    if size > LARGEST_GB * 2**30:
        yield Problem(
            "file_path",
            f"{path} has {size / 2**30:.1f} GB, the API takes {LARGEST_GB}. Next: make it smaller.",
        )


def require_hash(file: Path, wanted: str) -> None:
    """Raises FileNotSent where its content has another hash."""
    found = HASHES[len(wanted)]()
    try:
        with file.open("rb") as data:
            while part := data.read(BLOCK):
                found.update(part)
    except OSError as error:
        raise FileNotSent(f"{file} can't be read: {error.strerror}. Next: correct file_path.") from None
    if found.hexdigest() != wanted:
        raise FileNotSent(
            f"{file} has the {found.name} hash {found.hexdigest()}, and file_hash says {wanted}; nothing was sent. "
            "Next: correct either."
        )


def send(client: LinodeClient, body: Mapping[str, object], file: Path) -> Mapping[str, object]:
    """The image that has the file, which it may not show yet. One whose file can't be sent is deleted.

    Raises FileNotSent, and what the requests raise.
    """
    answer = client.post_once("/images/upload", body)
    image, url = answer.get("image"), answer.get("upload_to")
    if not isinstance(image, Mapping) or not isinstance(url, str):
        raise ApiUnreachable(
            "POST /images/upload: the answer names no image and no address. Next: try again.",
            did_nothing=False,
        )
    try:
        client.transport.send_file(url, file)
    except BaseException:
        with suppress(LinodeError):
            client.delete(f"/images/{quote(str(image.get('id')), safe='')}")
        raise
    return image
