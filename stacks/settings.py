"""One stack's values as a frozen, typed record."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from providers.linode.catalogs.criteria import ImageCriteria, RegionCriteria, TypeCriteria
from providers.linode.nearest import did_you_mean
from stacks.errors import BadSettings


class Group(BaseModel):
    """Servers that are alike: how many, and what to look for in the catalogs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(ge=0, le=500)
    region: RegionCriteria
    type: TypeCriteria
    image: ImageCriteria
    tags: tuple[str, ...] = ()
    backups: bool = False
    protect: bool = False


class Settings(BaseModel):
    """The values of one environment: `fleet:servers`, and root's SSH keys from `fleet:authorized_keys`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    servers: Mapping[str, Group]
    authorized_keys: tuple[str, ...] = ()


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
    models: dict[str, type[BaseModel]] = {
        "region": RegionCriteria,
        "type": TypeCriteria,
        "image": ImageCriteria,
    }
    if len(location) == 1:
        return list(Settings.model_fields)
    model = models.get(str(location[-2]), Group)
    return [field.alias or name for name, field in model.model_fields.items()]
