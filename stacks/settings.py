"""One stack's values as a frozen, typed record."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.linode.catalogs.criteria import (
    Criteria,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
)
from providers.linode.nearest import did_you_mean
from stacks.errors import BadSettings


class Group(BaseModel):
    """Servers that are alike: how many, and what to look for in the catalogs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(ge=0, le=500)
    region: RegionCriteria
    type: TypeCriteria
    image: ImageCriteria
    kernel: KernelCriteria | None = None
    tags: tuple[str, ...] = ()
    backups: bool = False
    protect: bool = False


class Settings(BaseModel):
    """The values of one environment: `fleet:servers`, and root's SSH keys from `fleet:authorized_keys`.

    `fleet:pins` names another file of pins than `stacks/pins.<stack>.json`, from the project's folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    servers: Mapping[str, Group]
    authorized_keys: tuple[str, ...] = ()
    pins: str | None = None


def parse(values: Mapping[str, object], stack: str) -> Settings:
    """The settings of a stack. Raises BadSettings with every problem, a line each, and the nearest known name."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [_line(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        raise BadSettings(
            f"the settings of stack '{stack}' are not valid. Next: correct stacks/Pulumi.{stack}.yaml.\n"
            + "\n".join(lines)
        ) from None


def _line(location: tuple[int | str, ...], kind: str, message: str) -> str:
    path = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        return f"  fleet:{path}: no such setting{did_you_mean(str(location[-1]), _known_keys(location))}"
    if kind == "missing":
        return f"  fleet:{path}: is required"
    return f"  fleet:{path}: {message}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The names that the map around `location` may have."""
    criteria: dict[str, type[Criteria]] = {
        "region": RegionCriteria,
        "type": TypeCriteria,
        "image": ImageCriteria,
        "kernel": KernelCriteria,
    }
    if len(location) == 1:
        return list(Settings.model_fields)
    for part in reversed(location[:-1]):
        if str(part) in criteria:
            return criteria[str(part)].setting_names()
    return list(Group.model_fields)
