"""An image of a disk or a file, from which Linodes are made. Source: POST /images, POST /images/upload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, overload

import pulumi
from pydantic import Field
from typing_extensions import Never

from providers.linode.api.cache import is_offline
from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import NotFound
from providers.linode.api.records import Owned, from_rows
from providers.linode.api.refusals import if_allowed
from providers.linode.catalogs import Images
from providers.linode.core.args import Args, In, InId, InList, arg, by_name, ours
from providers.linode.core.effects import ACTION, KEPT, OURS, PUT, REPLACE, Takes
from providers.linode.core.forms import LINODES, Flag, ImageTag, Text, length, matching
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Changed, Checking, Identity, Spec, Update
from providers.linode.nearest import did_you_mean, listed
from providers.linode.resources import image_file
from providers.linode.resources.base import Resource
from providers.linode.resources.instance import spec as instance
from providers.linode.resources.places import able

if TYPE_CHECKING:
    from providers.linode.resources.instance.resource import Instance

SOURCES = ("linode_id", "disk_id", "file_path")
OF_A_FILE = ("region", "file_hash")
Label = Annotated[str, Field(min_length=1, max_length=50), length(1, 50)]
Description = Annotated[str, Field(max_length=65_000), length(0, 65_000)]
Hash = Annotated[
    str,
    matching("|".join(f"[0-9a-f]{{{digits}}}" for digits in image_file.HASHES)),
    told("must be the MD5 or SHA-256 of the file, in 32 or 64 small hex digits. Next: correct it."),
]


def _replicate(update: Update[ImageArgs, ImageRecord]) -> None:
    """What stays and what comes in one request; the API copies it by and by."""
    wanted = {*(update.wanted.replica_regions or ())}
    body = {"regions": sorted(wanted)}
    SPEC.act(update, "regions", body, lambda image: {*image.replica_regions} == wanted)
    if update.wanted.wait_for_replications:
        what = f"available in {listed(sorted(wanted))}"
        SPEC.once(update, lambda image: wanted <= {*image.available_in}, what)


class ImageArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Its name, 1 to 50 characters."""

    linode_id: InId["Instance"] = arg(REPLACE, default=None, wire="", seen="", ids_of=LINODES)
    """The Linode whose largest disk the image is made from: one of this, disk_id and file_path."""

    disk_id: InId[Never] = arg(REPLACE, default=None, seen="")
    """The disk that the image is made from."""

    file_path: In[Text | None] = arg(REPLACE, default=None, wire="", seen="")
    """The file that the image is made from: a raw disk, compressed with gzip, up to 5 GB. With its hash it may move."""

    file_hash: In[Hash | None] = arg(REPLACE, default=None, wire="", seen="")
    """MD5 or SHA-256 of that file in hex digits, checked before the upload; another one makes a new image."""

    region: In[Text | None] = arg(KEPT, default=None, once=True, wire="", seen="", else_="where its disk is")
    """Region id, with Object Storage: where the file is sent."""

    description: In[Description | None] = arg(PUT, default=None)
    """What it is for."""

    cloud_init: In[Flag | None] = arg(REPLACE, default=None, else_="false")
    """Whether it has cloud-init, so that Linodes made from it take user data."""

    replica_regions: InList[Text] = arg(
        ACTION, step=_replicate, default=None, wire="", unordered=True, else_="where its disk is"
    )
    """All regions that keep it; it has to be available already in one of them."""

    wait_for_replications: In[Flag | None] = ours(default=None, else_="false")
    """Whether a change of these regions waits until it is available in all of them."""

    tags: InList[ImageTag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 100 characters. One of our own is added."""


class ImageRecord(Owned):
    """Source: GET /images/{imageId}. `size` in MB; `status` is available once it can be used."""

    id: str
    description: str | None = None
    status: str = ""
    size: int = 0
    capabilities: tuple[str, ...] = Field(default=(), exclude=True)
    replica_regions: Annotated[
        tuple[str, ...], from_rows("region", lambda row: row.get("status") != "pending deletion")
    ] = Field(default=(), validation_alias="regions", exclude=True)
    available_in: Annotated[
        tuple[str, ...], from_rows("region", lambda row: row.get("status") == "available")
    ] = Field(default=(), validation_alias="regions", exclude=True)

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
    given = [name for name in SOURCES if check.args.value(name) is not None]
    if len(given) > 1:
        yield Problem(given[1], f"is given with {given[0]}. Next: give one of them.")
    elif check.old is None or check.replaces:
        if not any(map(check.gives, SOURCES)):
            yield Problem("", "needs a linode_id, a disk_id or a file_path. Next: give one of them.")
        yield from _of_a_file(check) if check.gives("file_path") else _of_none(check)


def _of_a_file(check: Checking[ImageArgs]) -> Iterator[Problem]:
    yield from able(check, {"Object Storage": "an image"})
    if (path := check.args.file_path) is None:
        return
    if not check.gives("region"):
        yield Problem("region", "is required with file_path. Next: name the one that keeps the image.")
    yield from image_file.wrong(path)


def _of_none(check: Checking[ImageArgs]) -> Iterator[Problem]:
    for name in OF_A_FILE:
        if check.args.value(name) is not None:
            yield Problem(name, "applies only with file_path. Next: leave it out.")


def _places(check: Checking[ImageArgs]) -> Iterator[Problem]:
    """Regions that can keep images, with one that has it: the API takes it out of all that aren't named."""
    wanted = check.args.replica_regions
    if wanted == []:
        yield Problem("replica_regions", "names no region. Next: name one at least, or leave it out.")
    if not wanted or is_offline() or not check.is_new("replica_regions"):
        return
    regions = {each.id: each for name in wanted for each in check.catalogs_with(region=name).regions()}
    for name in wanted:
        if name not in regions:
            near = did_you_mean(name, regions)
            yield Problem("replica_regions", f"has {name}, which is no region{near}. Next: correct it.")
        elif "Object Storage" not in regions[name].capabilities:
            why = f"has {name}, which has no 'Object Storage', where images are kept"
            yield Problem("replica_regions", f"{why}. Next: choose another region.")
    if (there := _where(check)) and not there & {*wanted}:
        why = f"names no region that the image is available in ({listed(sorted(there))})"
        yield Problem("replica_regions", f"{why}. Next: name one of these, too.")


def _where(check: Checking[ImageArgs]) -> set[str]:
    """Where it is available, or will be once it is made; empty where nobody knows."""
    if check.mine is not None and not check.replaces:
        return {*check.mine.available_in}
    if check.gives("file_path"):
        return {check.args.region} if check.args.region else set()
    linode = if_allowed(partial(check.session.known, instance.SPEC, check.args.linode_id))
    return {linode.region} if linode is not None else set()


class _ImageSpec(Spec[ImageArgs, ImageRecord]):
    def takes(self, name: str, changed: Changed[ImageArgs]) -> Takes:
        """Another source is noted alone where nobody knows the first one, as of an image that was imported, and where
        its file has the same hash.
        """
        found, old = super().takes(name, changed), changed.old
        is_known = any(changed.before.get(source) is not None for source in SOURCES)
        is_same = name == "file_path" and old.file_hash is not None and old.file_hash == changed.new.file_hash
        return OURS if name in SOURCES and (is_same or not is_known) else found

    def client(self, session: Session) -> LinodeClient:
        """Of a session's own, lists of images may be old: they are a catalog."""
        return session.uncached

    def create(self, session: Session, args: ImageArgs, body: Mapping[str, object]) -> ImageRecord:
        if args.file_path is not None:
            return self._uploaded(session, args, body)
        disk = args.disk_id or self._main_disk(session, args.linode_id or 0)
        return self.read(session.client.post_once(self.path, {**body, "disk_id": disk}))

    def _uploaded(self, session: Session, args: ImageArgs, body: Mapping[str, object]) -> ImageRecord:
        """In place of one that waits for its file in vain: its address was lost with an answer, or a killed run."""
        file = Path(args.file_path or "")
        if args.file_hash is not None:
            image_file.require_hash(file, args.file_hash)
        for left in filter(self.is_leaving, self.alike(session, body)):
            session.client.delete(self.record_path(left.id))
        return self.read(image_file.send(session.client, {**body, "region": args.region}, file))

    def is_leaving(self, record: ImageRecord) -> bool:
        """One that still waits for its file: the API takes it away after a day, and nobody can send it any more."""
        return record.status == "pending_upload"

    def _main_disk(self, session: Session, linode_id: int) -> int:
        disks = [disk for disk in session.client.disks(linode_id) if disk.filesystem != "swap"]
        if not disks:
            why = f"Linode {linode_id} has no disk that an image can be made of. Next: give it one, or a disk_id."
            raise NotFound(why, status=404)
        return max(disks, key=lambda disk: disk.size).id

    def settled(self, update: Update[ImageArgs, ImageRecord]) -> ImageRecord:
        found = self.once(update, self.is_at_rest, "made", update.record)
        update.session.changed(Images)
        return found

    at_rest = settled

    def update(self, update: Update[ImageArgs, ImageRecord]) -> ImageRecord:
        found = super().update(update)
        if found is not update.record:
            update.session.changed(Images)
        return found

    def delete(self, session: Session, id_: str, args: ImageArgs, timeout_s: float) -> None:
        super().delete(session, id_, args, timeout_s)
        session.changed(Images)

    def is_at_rest(self, record: ImageRecord) -> bool:
        return record.status == "available"

    def imported(self, record: ImageRecord) -> dict[str, object]:
        """Without a list of the one region that it is in anyway."""
        found = super().imported(record)
        several = len(record.replica_regions) > 1
        return {name: value for name, value in found.items() if several or name != "replica_regions"}

    def monthly_usd(self, session: Session, args: ImageArgs) -> float | None:  # noqa: ARG002 - of those that have one
        """It costs by its size, at a price that the API doesn't tell."""
        return None


SPEC = _ImageSpec(
    "Image", "/images", ImageArgs, ImageRecord, Identity(("label",), tagged=True), "images:read_write",
    noun="image", rules=(_sources, _places), only={"is_public": False},
)  # fmt: skip
