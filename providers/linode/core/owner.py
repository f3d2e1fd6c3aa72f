"""Whose a Linode is: the tag that its create request carries, so that it can always be found again.

The form of the tag is stored in accounts: never change it, only add to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

TAG_PREFIX = "pulumi:"
FIRST_GENERATION = 1


@dataclass(frozen=True)
class Owner:
    """The resource that a Linode belongs to. Passed in by the program: a provider sees neither stack nor state."""

    account: str
    project: str
    stack: str
    name: str
    generation: int = FIRST_GENERATION
    """Raised by the program to have the resource recreated."""

    @classmethod
    def from_props(cls, props: Mapping[str, object]) -> Owner:
        """The owner among a resource's properties; missing parts are empty."""
        raw = props.get("owner")
        parts = raw if isinstance(raw, Mapping) else {}
        account, project, stack, name = (
            str(parts.get(key, "")) for key in ("account", "project", "stack", "name")
        )
        return cls(account, project, stack, name, int(parts.get("generation") or FIRST_GENERATION))

    def succeeds(self, before: Mapping[str, object]) -> bool:
        """Whether the resource of which this is known was of another generation, and so is to be recreated."""
        return bool(before) and Owner.from_props(before).generation != self.generation

    def as_props(self) -> dict[str, object]:
        """The owner as a resource keeps it. The first generation is left out: older states have none."""
        first = self.generation == FIRST_GENERATION
        return {key: value for key, value in asdict(self).items() if not (first and key == "generation")}

    @property
    def default_label(self) -> str:
        """So that stacks of one account don't get into each other's way."""
        return f"{self.project}-{self.stack}-{self.name}"

    def tag(self) -> str:
        """`pulumi:<stack>:<resource>:<generation>`: 12 hex digits for the stack, 12 for the resource in it.

        34 characters of the 50 that a tag may have, lower case because tags ignore case.
        """
        return f"{self.stack_tag()}{_digest(self.name)}:{self.generation}"

    def stack_tag(self) -> str:
        """What the tags of everything in the stack begin with."""
        return f"{TAG_PREFIX}{_digest(self.account, self.project, self.stack)}:"

    def marks(self, tags: Iterable[str]) -> bool:
        """Whether the tags have this owner's."""
        return self.tag() in map(str.casefold, tags)

    def owns(self, tags: Iterable[str]) -> bool:
        """The same in any generation, such as the one that is being replaced."""
        return has_tag_from(self.stem(), tags)

    def stem(self) -> str:
        """What its tags begin with, whatever their generation."""
        return self.tag().rpartition(":")[0] + ":"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def has_tag_from(stem: str, tags: Iterable[str]) -> bool:
    """Whether one of the tags begins so; tags ignore case."""
    return any(tag.casefold().startswith(stem) for tag in tags)


def stems(tags: Iterable[str]) -> Iterator[str]:
    """Of every owner's tag what it begins with."""
    return (tag.casefold().rpartition(":")[0] + ":" for tag in tags if is_owner_tag(tag))


def is_owner_tag(tag: str) -> bool:
    return has_tag_from(TAG_PREFIX, [tag])


def users_tags(tags: Iterable[str]) -> list[str]:
    """The tags that people gave: without ours, each once, sorted, as an account keeps no order of them."""
    return sorted({tag for tag in tags if not is_owner_tag(tag)}, key=lambda tag: (tag.casefold(), tag))
