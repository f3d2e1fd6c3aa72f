"""A block storage volume, and the Linode it is attached to. Source: POST /volumes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

import pulumi
from pydantic import Field
from typing_extensions import Never

from providers.linode.api.cache import is_offline
from providers.linode.api.records import Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.api.writes import Write
from providers.linode.core.args import NONE, Args, In, InId, InIdOrNone, InList, arg, by_name
from providers.linode.core.effects import ACTION, KEPT, OURS, PUT, REPLACE, Takes
from providers.linode.core.forms import LINODES, VOLUMES, Flag, Tag, Text, matching
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import BY_LABEL_AND_TAG, Changed, Checking, Refusal, Spec, Update
from providers.linode.core.values import whole_numbers
from providers.linode.resources.attached import apart, taken
from providers.linode.resources.base import Resource
from providers.linode.resources.places import able, elsewhere
from providers.linode.resources.prices import monthly_usd

if TYPE_CHECKING:
    from providers.linode.resources.instance.resource import Instance

SMALLEST_GB, DEFAULT_GB, LARGEST_GB = 10, 20, 16_384
LABEL = "must have 1 to 32 letters, digits, '-' or '_', begin with a letter, and no '--' or '__'. Next: correct it."
Label = Annotated[str, matching(r"[A-Za-z](?!.*(--|__))[A-Za-z0-9_-]{0,31}"), told(LABEL)]
Size = Annotated[
    int,
    Field(ge=SMALLEST_GB, le=LARGEST_GB),
    told(f"must be a whole number of GB, {SMALLEST_GB} to {LARGEST_GB}. Next: correct it."),
]
GROW = Takes("grown in place", "grown from {old} to {new} GB", one_way="a volume never shrinks")
"""The file system on it has to be grown by hand afterwards."""

AGAIN = Takes(
    "detached and attached again", "detached and attached again for {causes}: unmount it before", "unknown"
)
"""Nothing tells afterwards how a volume is attached."""

BOUND = "linode_id=0 keeps the volume there, detached; region='{region}' recreates it, empty"
"""What can be done about a volume in another region than its Linode: it never moves."""

CLONED = "declare that region, or leave source_volume_id out"


def _ready(update: Update[VolumeArgs, VolumeRecord]) -> VolumeRecord:
    """The volume once the API takes another action for it."""
    return SPEC.once(update, SPEC.is_at_rest, "active")


def _grow(update: Update[VolumeArgs, VolumeRecord]) -> None:
    _ready(update)
    size = update.wanted.size
    SPEC.act(update, "resize", {"size": size}, lambda volume: volume.size == size)
    _ready(update)


def _attach(update: Update[VolumeArgs, VolumeRecord]) -> None:
    """To the Linode that is declared, after it has left another one, or to be attached another way; neither need be
    off.
    """
    there, args = _ready(update).linode_id, update.wanted
    wanted = there if args.linode_id is None else args.linode_id
    is_again = AGAIN in update.takes.values()
    if is_again and "linode_id" not in update.takes and there not in (None, wanted):
        return  # somebody has moved it: a refresh lets the program know, and then it may be taken from there
    if there and (is_again or there != wanted):
        SPEC.act(update, "detach", None, _is_free)
        SPEC.once(update, _is_free, "detached")
    if wanted and (is_again or there != wanted):
        profile = {"config_id": args.config_id} if args.config_id else {}
        body = {"linode_id": wanted, "persist_across_boots": _persists(args), **profile}
        SPEC.act(update, "attach", body, lambda volume: volume.linode_id == wanted)


def _is_free(volume: VolumeRecord) -> bool:
    return volume.linode_id is None


def _persists(args: VolumeArgs) -> bool:
    return args.persist_across_boots is not False


class VolumeArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account; the device of a Linode is /dev/disk/by-id/scsi-0Linode_Volume_<label>."""

    region: In[Text] = arg(REPLACE)
    """Region id, with block storage. Its Linode has to be there."""

    size: In[Size | None] = arg(GROW, step=_grow, default=None, else_=str(DEFAULT_GB))
    """GB, 10 to 16384. A smaller one is refused."""

    linode_id: InIdOrNone["Instance"] = arg(
        ACTION, step=_attach, default=None, none=NONE, ids_of=LINODES, note="0 is none"
    )
    """The Linode it is attached to."""

    persist_across_boots: In[Flag | None] = arg(
        AGAIN, step=_attach, default=None, wire="", seen="", else_="true"
    )
    """Whether it is attached again after each boot."""

    config_id: InId[Never] = arg(KEPT, default=None, seen="", note="counts when it is attached")
    """The configuration profile that maps it, where the Linode has several."""

    source_volume_id: InId["Volume"] = arg(
        KEPT, default=None, once=True, wire="", seen="", ids_of=VOLUMES, else_="none: it is empty"
    )
    """The volume that it is cloned from: in the same region, and not larger than `size`."""

    encryption: In[Literal["enabled", "disabled"] | None] = arg(REPLACE, default=None, else_="the API's")
    """Whether what is on it is encrypted."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""


class VolumeRecord(Owned):
    """Source: GET /volumes/{volumeId}. `size` in GB."""

    status: str = ""
    size: int = 0
    region: str = ""
    encryption: str | None = None
    linode_id: int | None = None
    filesystem_path: str = ""


class Volume(Resource):
    label: pulumi.Output[str]
    region: pulumi.Output[str]
    size: pulumi.Output[int]
    status: pulumi.Output[str]
    filesystem_path: pulumi.Output[str]
    monthly_usd: pulumi.Output[float]
    tags: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: VolumeArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(VolumeArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _placed(check: Checking[VolumeArgs]) -> Iterator[Problem]:
    """A volume goes before its replacement is made, so what the API would refuse is refused here."""
    encrypted = {"Block Storage Encryption": "encryption"} if check.args.encryption == "enabled" else {}
    yield from able(check, {"Block Storage": "a volume", **encrypted}, with_=["encryption"])
    if not is_offline():
        yield from apart(check, "volume", BOUND, "region", "encryption")


def _cloned(check: Checking[VolumeArgs]) -> Iterator[Problem]:
    """What a clone has of its source, for one that is to be made."""
    args, source = check.args, check.args.source_volume_id
    if not source or not (check.old is None or check.replaces or check.is_recreated):
        return
    if not check.gives("size"):
        yield Problem("size", "is required for a clone. Next: give its source's, or a larger one.")
    there = if_allowed(partial(check.session.known, SPEC, source))
    if there is None:
        return
    yield from elsewhere(check, "source_volume_id", f"volume {there}", there.region, "clone", CLONED)
    if args.size is not None and args.size < there.size:
        why = f"is {args.size} GB, and its source has {there.size}. Next: declare {there.size} or more."
        yield Problem("size", why)
    if args.encryption not in (None, there.encryption):
        why = f"is {args.encryption}, and of its source {there.encryption}, which a clone keeps"
        yield Problem("encryption", f"{why}. Next: declare that, or leave it out.")


def _refused(check: Checking[VolumeArgs]) -> Iterator[Refusal]:
    yield from taken(check, "volume")
    there = check.mine.size if check.mine is not None and check.is_new("size") else 0
    stated, new = whole_numbers(check.before.get("size")), check.args.size
    old = max(there, stated if isinstance(stated, int) else 0)
    if new is not None and new < old and not check.replaces:
        why = f"is {new} GB, and the volume has {old}: volumes never shrink. Next: declare {old} or more."
        yield Refusal(["size"], Problem("size", why))


def clone_label(tag: str, source_id: int) -> str:
    """What a clone is called until it has its own label: by the owner's tag and its source, so that no other has it."""
    return f"clone-{hashlib.sha256(f'{tag} {source_id}'.encode()).hexdigest()[:24]}"


class _VolumeSpec(Spec[VolumeArgs, VolumeRecord]):
    def takes(self, name: str, changed: Changed[VolumeArgs]) -> Takes:
        """Another way to be attached counts where it is attached, and stays so."""
        found, old, new = super().takes(name, changed), changed.old, changed.new
        if found is AGAIN and not (
            changed.before.get("linode_id")
            and new.linode_id in (None, old.linode_id)
            and _persists(old) is not _persists(new)
        ):
            return OURS
        return found

    def body(self, args: VolumeArgs, owner: Owner) -> dict[str, object]:
        """A create request attaches it for good."""
        body = super().body(args, owner)
        return (
            body
            if _persists(args)
            else {key: body[key] for key in body if key not in ("linode_id", "config_id")}
        )

    def create(self, session: Session, args: VolumeArgs, body: Mapping[str, Any]) -> VolumeRecord:
        """A clone is asked for by a label alone: one that tells whose it is, until it has its own and the tags."""
        if args.source_volume_id is None:
            return super().create(session, args, body)
        label = clone_label(body["tags"][-1], args.source_volume_id)
        path = f"{self.record_path(args.source_volume_id)}/clone"

        def ask() -> VolumeRecord:
            return self.read(session.client.post_once(path, {"label": label}))

        def look() -> VolumeRecord | None:
            return next((each for each in self.list(session, {"label": label}) if each.label == label), None)

        made = look() or Write(f"POST {path}", ask, look).run()
        session.client.put(self.record_path(made.id), {key: body[key] for key in ("label", "tags")})
        return self.get(session, made.id)

    def before(self, olds: Mapping[str, object], record: VolumeRecord | None) -> Mapping[str, object]:
        """With its size, where that was never declared: the API's own can't be undercut either."""
        return {**({"size": record.size} if record else {}), **super().before(olds, record)}

    def settled(self, update: Update[VolumeArgs, VolumeRecord]) -> VolumeRecord:
        return self.once(update, self.is_at_rest, "active", update.record)

    def is_at_rest(self, record: VolumeRecord) -> bool:
        return record.status == "active"

    def monthly_usd(self, session: Session, args: VolumeArgs) -> float | None:
        of_a_gb = monthly_usd(session, f"{self.path}/types", args.region)
        return None if of_a_gb is None else round(of_a_gb * (args.size or DEFAULT_GB), 2)


SPEC = _VolumeSpec(
    "Volume", "/volumes", VolumeArgs, VolumeRecord, BY_LABEL_AND_TAG, "volumes:read_write",
    noun="volume", rules=(_placed, _cloned), refused=_refused, erases=("disks", "id"),
    lasting={"filesystem_path": ("label",)},
)  # fmt: skip
