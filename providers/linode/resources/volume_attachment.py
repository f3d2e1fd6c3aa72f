"""That a volume is attached to a Linode, for programs that make both apart. Source: POST /volumes/{volumeId}/attach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, overload

import pulumi
from pydantic import Field
from typing_extensions import Never

from providers.linode.api.errors import ApiRefused, Busy, NotFound
from providers.linode.api.records import Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core import runtime
from providers.linode.core.args import Args, In, InId, arg, by_name
from providers.linode.core.effects import REPLACE
from providers.linode.core.evidence import CONSENT, Evidence, consents
from providers.linode.core.forms import LINODES, VOLUMES, Flag
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.core.waiting.until import timeout_for, until, until_free
from providers.linode.resources import volume
from providers.linode.resources.attached import apart
from providers.linode.resources.base import Resource

if TYPE_CHECKING:
    from providers.linode.resources.instance.resource import Instance
    from providers.linode.resources.volume import Volume

BOUND = "leave the attachment out, and the volume stays there"


class VolumeAttachmentArgs(Args):
    volume_id: InId["Volume"] = arg(REPLACE, ids_of=VOLUMES)
    """The volume. It declares no `linode_id` of its own."""

    linode_id: InId["Instance"] = arg(REPLACE, ids_of=LINODES)
    """The Linode, in the volume's region."""

    config_id: InId[Never] = arg(REPLACE, default=None, seen="")
    """The configuration profile that maps it, where the Linode has several."""

    persist_across_boots: In[Flag | None] = arg(REPLACE, default=None, none=True, seen="", else_="true")
    """Whether it is attached again after each boot."""


class AttachmentRecord(Owned):
    """Of a volume, what tells where it is. Source: GET /volumes/{volumeId}."""

    volume_id: int = Field(validation_alias="id")
    linode_id: int | None = None
    region: str = Field(default="", exclude=True)
    filesystem_path: str = ""


class VolumeAttachment(Resource):
    volume_id: pulumi.Output[int]
    linode_id: pulumi.Output[int]
    filesystem_path: pulumi.Output[str]

    @overload
    def __init__(
        self, name: str, args: VolumeAttachmentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(VolumeAttachmentArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _apart(check: Checking[VolumeAttachmentArgs]) -> Iterator[Problem]:
    """The volume is free, and in the region of the Linode."""
    args, session = check.args, check.session
    there = if_allowed(partial(session.listed, volume.SPEC, str(args.volume_id))) if args.volume_id else None
    if there is None:
        return
    # of one that is recreated an engine asks again as if it were new: its own attachment is still in the list
    old = check.old or (check.mine if check.is_recreated else None)
    mine = old.linode_id if old is not None and old.volume_id == args.volume_id else None
    is_new = check.is_new("volume_id", "linode_id") and args.linode_id
    is_elsewhere = there.linode_id not in (None, args.linode_id, mine)
    if is_new and is_elsewhere and not (consents(args.volume_id) or Evidence(SPEC, check.owner).is_cut_off):
        why = (
            f"{there} is attached to Linode {there.linode_id}. Next: detach it there in a run before, or have it moved "
            f"from there with `{CONSENT}={args.volume_id} pulumi up`."
        )
        yield Problem("volume_id", why)
    yield from apart(check, "volume", BOUND, "volume_id", here=there.region)


class _AttachmentSpec(Spec[VolumeAttachmentArgs, AttachmentRecord]):
    def is_one(self, record: AttachmentRecord) -> bool:
        return record.linode_id is not None

    def get(self, session: Session, id_: int | str) -> AttachmentRecord:
        found = super().get(session, id_)
        if not self.is_one(found):
            raise NotFound(f"volume {id_} is attached to no Linode. Next: `refresh`, then `up`.", status=404)
        return found

    def alike(self, session: Session, body: Mapping[str, object]) -> list[AttachmentRecord]:
        with suppress(NotFound):
            return [self.get(session, str(body["volume_id"]))]
        return []

    def create(
        self, session: Session, args: VolumeAttachmentArgs, body: Mapping[str, object]
    ) -> AttachmentRecord:
        """An engine may begin with it before the delete of its own, which is elsewhere, has ended."""
        sent = {"persist_across_boots": True, **{key: body[key] for key in body if key != "volume_id"}}
        id_, timeout_s = args.volume_id or 0, timeout_for(args, "create")

        def attach() -> Mapping[str, object]:
            is_leaving = runtime.current().own_id() == str(id_) and not session.has_deleted(self, id_)
            try:
                return session.client.post_once(f"{self.record_path(id_)}/attach", sent)
            except ApiRefused as refused:
                if not is_leaving or refused.status != 400 or self._as_wanted(session, body):
                    raise
                raise Busy(str(refused), status=refused.status, reasons=refused.reasons) from refused

        mine = (each.owner for each in session.planned_of(self.kind) if each.args.volume_id == id_)
        is_cut_off = any(Evidence(self, owner).is_cut_off for owner in mine)
        for there in self.alike(session, body) if is_cut_off or consents(id_) else ():
            if there.linode_id != args.linode_id:
                self._detach(session, id_, there.linode_id, timeout_s)
        try:
            return self.read(until_free(attach, f"volume {id_} is to be attached", timeout_s))
        except ApiRefused:  # one that moves keeps its id: that a killed run has moved it, no state tells
            if (there_is := self._as_wanted(session, body)) is None:
                raise
            return there_is

    def _as_wanted(self, session: Session, body: Mapping[str, object]) -> AttachmentRecord | None:
        return next((row for row in self.alike(session, body) if self.identity.matches(row, body)), None)

    def delete(self, session: Session, id_: str, args: VolumeAttachmentArgs, timeout_s: float) -> None:
        """The volume stays."""
        self._detach(session, id_, args.linode_id, timeout_s)

    def _detach(self, session: Session, id_: int | str, linode_id: int | None, timeout_s: float) -> None:
        """From that Linode. Success where it has left it already."""

        def is_gone() -> bool:
            held = self.alike(session, {"volume_id": id_})
            return not held or held[0].linode_id != linode_id

        if not is_gone():
            what = f"volume {id_} is to be detached"
            detach = partial(session.client.act, f"{self.record_path(id_)}/detach", None, is_gone)
            until_free(detach, what, timeout_s)
            until(is_gone, bool, what, timeout_s)


SPEC = _AttachmentSpec(
    "VolumeAttachment", volume.SPEC.path, VolumeAttachmentArgs, AttachmentRecord,
    by_content("volume_id", "linode_id", unique=True), "volumes:read_write", "volume attachment",
    rules=(_apart,), grant="",
)  # fmt: skip
