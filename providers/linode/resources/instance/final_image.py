"""The final image of a Linode that is to be deleted: of one Linode at most one is kept, and never of an older state.

It is known again by the end of its label, `-final-<Linode's id>`. One from an earlier attempt is used if nothing
but its shutdown has happened to the Linode since; else another one is made, and the others (older ones, and what a
request that was doubled on its way has made) go when that is finished.

Scope images:read_write. Source: GET, POST /images; GET, DELETE /images/{imageId}.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, LinodeError, NotFound, WaitFailed
from providers.linode.api.once import once
from providers.linode.api.records import Disk, Event, Linode, Record
from providers.linode.api.writes import Write
from providers.linode.core.runtime import Session
from providers.linode.core.waiting import until as waiting
from providers.linode.core.waiting.goals import FAILED, STABLE
from providers.linode.resources.instance.power import Machine

log = logging.getLogger("linode.delete")

LONGEST_START_OF_LABEL = 32
"""Of the 50 characters that an image's label may have."""

HARMLESS = frozenset({"linode_shutdown", "linode_delete"})
"""Events that leave a Linode's disks as they are."""

WAS_RUNNING = "which ran until then"


class Image(Record):
    """A private image. `created` is UTC without a zone."""

    id: str
    label: str = ""
    description: str = ""
    status: str = ""
    created: str = ""


@dataclass(frozen=True)
class FinalImage:
    """The image of one Linode, as the Linode was found when its deletion began."""

    session: Session
    linode: Linode
    timeout_s: float

    @property
    def client(self) -> LinodeClient:
        return self.session.client

    @property
    def was_running(self) -> bool:
        """Whether it is to be booted if it stays: it runs, or ran when an attempt that was cut off began."""
        kept = self._still_good
        return self._runs or (kept is not None and WAS_RUNNING in kept.description)

    @property
    def _runs(self) -> bool:
        return self.linode.status not in STABLE or self.linode.status == "running"

    def keep(self) -> None:
        """Return when the image is there, the Linode being off; at once if it has no disk.

        Raises WaitFailed if it can't be made, WaitExpired, and what the calls raise.
        """
        disks = [disk for disk in self.client.disks(self.linode.id) if disk.filesystem != "swap"]
        if not disks:
            return
        image = self._still_good or self._made(max(disks, key=lambda disk: disk.size))
        what = f"the final image of Linode {self.linode.id}, {image.id}, is to be made"
        waiting.until(lambda: self._status(image), lambda seen: seen == "available", what, self.timeout_s)
        log.warning("Linode %d: its last state is kept as %s (%s)", self.linode.id, image.id, image.label)
        self._drop([other for other in self._images() if other.id != image.id])

    @once
    def _earlier(self) -> list[Image]:
        """Those of earlier attempts, the newest first."""
        return self._images()

    def _images(self) -> list[Image]:
        """As they are now."""
        end = self._end_of_label
        rows = self.session.uncached.records(
            Image, "/images", {"is_public": False, "label": {"+contains": end}}
        )
        found = [image for image in rows if image.label.endswith(end)]
        return sorted(found, key=lambda image: (image.created, image.id), reverse=True)

    @property
    def _end_of_label(self) -> str:
        return f"-final-{self.linode.id}"

    @once
    def _still_good(self) -> Image | None:
        """The image of an earlier attempt if it shows the Linode as it is, None if that isn't known."""
        if self._runs or not self._earlier:
            return None
        newest = self._earlier[0]
        try:
            job, later = self._job_and_later(newest)
        except ApiRefused:  # the token may not read events
            return None
        unspoilt = all(event.action in HARMLESS for event in later)
        return newest if job is not None and job.status not in FAILED and unspoilt else None

    def _job_and_later(self, image: Image) -> tuple[Event | None, list[Event]]:
        """The event of the newest image's making, None if the API tells of it no more, and the Linode's later ones."""
        about: Mapping[str, object] = {"entity.type": "linode", "entity.id": self.linode.id}
        events = self.client.events({**about, "created": {"+gte": image.created}})
        jobs = [event for event in events if event.action == "disk_imagize"]
        job = max(jobs, key=lambda event: event.id, default=None)
        return job, [event for event in events if job is not None and event.id > job.id]

    def _made(self, disk: Disk) -> Image:
        Machine(self.session, self.linode.id, self.timeout_s).shut_down()
        label = f"{self.linode.label[:LONGEST_START_OF_LABEL]}{self._end_of_label}"
        about = f"last state of Linode {self.linode.id} ({self.linode.label})"
        about += f", {WAS_RUNNING}" if self.was_running else ""
        body = {"disk_id": disk.id, "label": label, "description": about}
        known = {image.id for image in self._earlier}

        def look() -> Image | None:
            return next((image for image in self._images() if image.id not in known), None)

        return Write("POST /images", lambda: Image.read(self.client.post_once("/images", body)), look).run()

    def _image(self, image_id: str) -> Image:
        return self.client.read(Image, _path(image_id))

    def _status(self, image: Image) -> str:
        """The image's status while it is made. Raises WaitFailed if it won't be, as its event or its absence says."""
        try:
            status = self._image(image.id).status
        except NotFound:
            raise self._not_made(image, "it is gone") from None
        failed = None if status == "available" else self._failure(image)
        if failed is not None:
            why = failed.message or "without a reason"
            raise self._not_made(image, f"{failed.action} failed (event {failed.id}: {why})")
        return status

    def _failure(self, image: Image) -> Event | None:
        with suppress(ApiRefused):  # without events only the time limit ends the wait
            job, _ = self._job_and_later(image)
            return job if job is not None and job.status in FAILED else None
        return None

    def _not_made(self, image: Image, why: str) -> WaitFailed:
        return WaitFailed(
            f"the final image of Linode {self.linode.id} was not made: {why}. The Linode is not deleted. Next: run the "
            f"command again, which makes another one in place of {image.id}; or deploy final_snapshot=False first."
        )

    def _drop(self, images: Sequence[Image]) -> None:
        for image in images:
            with suppress(LinodeError):  # one too many is no reason to keep the Linode
                self.client.delete(_path(image.id))


def _path(image_id: str) -> str:
    return f"/images/{quote(image_id, safe='')}"
