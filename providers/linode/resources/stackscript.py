"""A StackScript: what new Linodes run at their first boot. Source: POST /linode/stackscripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, overload

import pulumi
from pydantic import AliasChoices, Field, PlainSerializer

from providers.linode.api.cache import is_offline
from providers.linode.api.records import Owned, Record
from providers.linode.core import runtime, state_files
from providers.linode.core.args import Args, In, InRefs, arg, by_name
from providers.linode.core.effects import PUT, Takes
from providers.linode.core.forms import Flag, Text, length, matching
from providers.linode.core.problems import Problem, told
from providers.linode.core.spec import Changed, Checking, Refusal, Spec, by_content
from providers.linode.nearest import did_you_mean, listed
from providers.linode.resources.base import Resource

if TYPE_CHECKING:
    from providers.linode.resources.image import Image

ANY_IMAGE = "any/all"
SHORTENED = 40
"""Characters of a description after which answers may go on with `...`. Source: a recorded create."""

PUBLISH = Takes("in place", one_way="a public StackScript never becomes private")
Label = Annotated[str, Field(min_length=3, max_length=128), length(3, 128)]
Script = Annotated[
    str, matching(r"(?s)#!.*"), told("must begin with a shebang, such as #!/bin/bash. Next: correct it.")
]
Note = Annotated[str, Field(max_length=512), told("must have at most 512 characters. Next: correct it.")]


class UserDefinedField(Record):
    """What a StackScript asks for. `one_of` and `many_of` are words with commas between.

    A `header` is a heading of the form and takes no value. The API's description writes oneOf, its answers oneof.
    Source: GET /linode/stackscripts/{stackscriptId}.
    """

    name: str
    label: str | None = None
    default: str | None = None
    example: str | None = None
    header: str | None = None
    one_of: str | None = Field(default=None, validation_alias=AliasChoices("oneof", "oneOf", "one_of"))
    many_of: str | None = Field(default=None, validation_alias=AliasChoices("manyof", "manyOf", "many_of"))


Fields = Annotated[
    tuple[UserDefinedField, ...],
    PlainSerializer(lambda fields: [each.model_dump(exclude_none=True) for each in fields]),
]


class StackScriptArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Its name, 3 to 128 characters."""

    script: In[Script] = arg(PUT)
    """The script, which begins with a shebang; its fields are read from its `<UDF …>` tags."""

    images: InRefs[Text, "Image"] = arg(PUT, unordered=True)
    """The images that it can be used with; any/all means all, private ones included."""

    description: In[str | None] = arg(PUT, default=None)
    """What it is for."""

    rev_note: In[Note | None] = arg(PUT, default=None)
    """What is new, at most 512 characters."""

    is_public: In[Flag | None] = arg(PUT, default=None, else_="false")
    """Whether others can use it: for good, as it never becomes private again."""


class StackScriptRecord(Owned):
    """Source: GET /linode/stackscripts/{stackscriptId}."""

    script: str = ""
    images: tuple[str, ...] = ()
    description: str = ""
    rev_note: str = ""
    is_public: bool = False
    user_defined_fields: Fields = ()
    deployments_active: int = Field(default=0, exclude=True)


class StackScript(Resource):
    label: pulumi.Output[str]
    script: pulumi.Output[str]
    images: pulumi.Output[list[str]]
    user_defined_fields: pulumi.Output[list[dict[str, str]]]
    created: pulumi.Output[str]

    @overload
    def __init__(
        self, name: str, args: StackScriptArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(StackScriptArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _images(check: Checking[StackScriptArgs]) -> Iterator[Problem]:
    """One at least, and those that are new here: catalogs forget what is still in use."""
    if check.props.get("images") == []:
        yield Problem("images", "has none. Next: name an image, or any/all for all.")
    if is_offline() or not check.is_new("images"):
        return
    before = set((check.old.images if check.old is not None else None) or ())
    for image in sorted({*(check.args.images or ())} - before - {ANY_IMAGE}):
        known = {each.id for each in check.catalogs_with(image=image).images()}
        if image not in known:
            near = did_you_mean(image, [*known, ANY_IMAGE])
            yield Problem(
                "images", f"has {image}, which is no image of this account{near}. Next: correct it."
            )


def _refused(check: Checking[StackScriptArgs]) -> Iterator[Refusal]:
    if check.args.is_public is False and check.before.get("is_public") is True:
        why = "can't be false again: a public StackScript never becomes private. Next: declare it as true."
        yield Refusal(["is_public"], Problem("is_public", why))


def _used(check: Checking[StackScriptArgs]) -> Iterator[str]:
    """Whom an edit leaves as they are. Linodes don't say what they were made by; a state does."""
    if check.old is None or not {"script", "images"} & check.takes.keys() or is_offline():
        return
    owner = check.owner
    for mine in _own(check, check.old):
        users = state_files.users(owner.project, owner.stack, "stackscript_id", mine.id)
        count = max(mine.deployments_active, len(users))
        which = f": {listed(users)} of this stack" if users else ""
        if count:
            ones, stay = (
                ("Linode was", "stays as it is") if count == 1 else ("Linodes were", "stay as they are")
            )
            yield (
                f"{count} {ones} made by StackScript {mine.id} and {stay}{which}; "
                "new ones run what is declared now"
            )


def _own(check: Checking[StackScriptArgs], old: StackScriptArgs) -> list[StackScriptRecord]:
    """The one with the id that the engine has named or the state has, whatever was done to it since; where neither is
    known, what has the content that the state has, which may be several.
    """
    owner = check.owner
    stored = state_files.ids_by_name(owner.project, owner.stack).get((SPEC.kind, owner.name))
    if (id_ := runtime.current().own_id() or stored) is not None:
        found = check.session.listed(SPEC, id_)
        return [] if found is None else [found]
    was = old.declared()
    return [each for each in check.session.rows(SPEC) if SPEC.identity.matches(each, was)]


class _StackScriptSpec(Spec[StackScriptArgs, StackScriptRecord]):
    def takes(self, name: str, changed: Changed[StackScriptArgs]) -> Takes:
        return PUBLISH if name == "is_public" and changed.new.is_public else super().takes(name, changed)

    def reported_inputs(self, record: StackScriptRecord, declared: StackScriptArgs) -> dict[str, object]:
        """With the description whole, where the answer has its beginning."""
        whole, found = declared.description or "", super().reported_inputs(record, declared)
        same = record.description == f"{whole[:SHORTENED]}..."
        return {**found, "description": whole} if whole and same else found


SPEC = _StackScriptSpec(
    "StackScript", "/linode/stackscripts", StackScriptArgs, StackScriptRecord,
    by_content("label", "script"), "stackscripts:read_write", rules=(_images,), refused=_refused, doubts=_used,
    only={"mine": True},
)  # fmt: skip
