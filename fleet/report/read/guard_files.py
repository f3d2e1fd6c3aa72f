"""Guards that a branch can't change: of the base's settings, or of an organisation, read beside the bundles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import RootModel, ValidationError

from fleet.report.errors import BadCall
from fleet.report.read.files import Guards
from fleet.report.read.previews import parse_json

EVERY_STACK = "*"


class _File(RootModel[dict[str, Guards]]):
    """By stack, or `*` for every stack."""


@dataclass(frozen=True)
class OutsideGuards:
    """What one file says of a stack. is_base: it is of this stack's settings before the branch, not of everyone."""

    guards: Guards
    where: str
    is_base: bool


@dataclass(frozen=True)
class GuardFiles:
    """Every file that was named, in that order."""

    files: tuple[tuple[str, Mapping[str, Guards]], ...] = ()

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> GuardFiles:
        """By path or address: {stack: guards} as JSON. Raises BadCall: what is no guard must not count as none."""
        return cls(tuple((place, _parse(place, text)) for place, text in texts.items()))

    def of(self, stack: str) -> list[OutsideGuards]:
        return [
            OutsideGuards(found[name], where, is_base=name == stack)
            for where, found in self.files
            for name in (stack, EVERY_STACK)
            if name in found
        ]


def _parse(place: str, text: str) -> Mapping[str, Guards]:
    try:
        return _File.model_validate(parse_json(text)).root
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"] if part != "value")
        raise BadCall(f"--guards {place}: {at}: {first['msg']}. Next: correct it.") from error
    except (ValueError, RecursionError) as error:
        raise BadCall(
            f'--guards {place}: no JSON. Next: write {{"dev": {{"max_monthly": 30}}}}, or "*" for every stack.'
        ) from error
