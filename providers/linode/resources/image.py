"""An image of a disk, from which Linodes are made. Source: POST /images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, overload

import pulumi
from pydantic import Field

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import NotFound
from providers.linode.api.records import Owned
from providers.linode.core.args import Args, In, InId, InList, arg, by_name
from providers.linode.core.effects import KEPT, PUT, REPLACE
from providers.linode.core.forms import LINODES, Flag, Tag
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Identity, Spec, Update
from providers.linode.core.waiting.until import until
from providers.linode.resources.base import Resource

Label = Annotated[
    str, Field(min_length=1, max_length=50), told("must have 1 to 50 characters. Next: correct it.")
]


class ImageArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Its name, 1 to 50 characters."""

    linode_id: InId = arg(KEPT, default=None, once=True, wire="", seen="", ids=True, ids_of=LINODES)
    """The Linode whose largest disk it is made of, as that is then: this, or disk_id."""

    disk_id: InId = arg(KEPT, default=None, once=True, seen="", ids=True)
    """The disk that it is made of."""

    description: In[str | None] = arg(PUT, default=None)
    """What it is for."""

    cloud_init: In[Flag | None] = arg(REPLACE, default=None, else_="false")
    """Whether it has cloud-init, so that Linodes made from it take user data."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""


class ImageRecord(Owned):
    """Source: GET /images/{imageId}. `size` in MB; `status` is available once it can be used."""

    id: str
    description: str | None = None
    status: str = ""
    size: int = 0
    capabilities: tuple[str, ...] = Field(default=(), exclude=True)

    cloud_init = property(lambda self: "cloud-init" in self.capabilities)


class Image(Resource):
    label: pulumi.Output[str]
    status: pulumi.Output[str]
    size: pulumi.Output[int]
    tags: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(ImageArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _sources(check: Checking[ImageArgs]) -> Iterator[Problem]:
    """One; none for one that stays: nothing tells what an image was made of."""
    both = ("linode_id", "disk_id")
    if all(check.args.value(name) is not None for name in both):
        yield Problem("disk_id", "is given with linode_id. Next: give one of them.")
    elif not any(check.gives(name) for name in both) and (check.old is None or check.replaces):
        yield Problem("", "needs a linode_id or a disk_id. Next: give one of them.")


class _ImageSpec(Spec[ImageArgs, ImageRecord]):
    def client(self, session: Session) -> LinodeClient:
        """Of a session's own, lists of images may be old: they are a catalog."""
        return session.uncached

    def create(self, session: Session, args: ImageArgs, body: Mapping[str, object]) -> ImageRecord:
        disk = args.disk_id or self._main_disk(session, args.linode_id or 0)
        return self.read(session.client.post_once(self.path, {**body, "disk_id": disk}))

    def _main_disk(self, session: Session, linode_id: int) -> int:
        disks = [disk for disk in session.client.disks(linode_id) if disk.filesystem != "swap"]
        if not disks:
            why = f"Linode {linode_id} has no disk that an image can be made of. Next: give it one, or a disk_id."
            raise NotFound(why, status=404)
        return max(disks, key=lambda disk: disk.size).id

    def settled(self, update: Update[ImageArgs, ImageRecord]) -> ImageRecord:
        look, what = (
            partial(self.get, update.session, update.record.id),
            f"image {update.record.id} is to be made",
        )
        return until(look, self.is_at_rest, what, update.timeout_s)

    at_rest = settled

    def is_at_rest(self, record: ImageRecord) -> bool:
        return record.status == "available"

    def monthly_usd(self, session: Session, args: ImageArgs) -> float | None:  # noqa: ARG002 - of those that have one
        """It costs by its size, at a price that the API doesn't tell."""
        return None


SPEC = _ImageSpec(
    "Image", "/images", ImageArgs, ImageRecord, Identity(("label",), tagged=True), "images:read_write",
    noun="image", rules=(_sources,), only={"is_public": False},
)  # fmt: skip
