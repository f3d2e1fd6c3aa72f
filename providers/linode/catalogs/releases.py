"""What an image's id says: `linode/ubuntu24.04-nvidia` is Ubuntu, version 24.04, in a variant named nvidia.

Dates do not tell which release is newer: old releases are rebuilt, new ones are prepared early. Ids do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ID = re.compile(
    r"linode/(?P<name>[a-z]+(?:-[a-z]+(?=\d))?)(?P<version>\d+(?:\.\d+)*)?(?P<lts>lts)?(?:-(?P<variant>.+))?"
)
_VARIANT_LABEL = re.compile(r"\b(kubernetes|lke|kpp|nvidia)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Release:
    """A distribution's release. `version` is () for one that has none, such as Arch; `variant` is "" for the plain."""

    distribution: str
    version: tuple[int, ...] = ()
    variant: str = ""
    lts: bool = False

    @property
    def version_text(self) -> str:
        """The version as written, but for leading zeros: 24.04 is kept."""
        if self.distribution == "ubuntu" and len(self.version) == 2:
            return f"{self.version[0]}.{self.version[1]:02}"
        return ".".join(str(part) for part in self.version)


def parse_release(image_id: str, label: str = "") -> Release | None:
    """The release that a public image holds; None for an id that names none, such as private/12345.

    The label tells of variants whose id does not. LTS is what the label or the id calls so, and Ubuntu's
    April releases of even years, which all are.
    """
    found = _ID.fullmatch(image_id)
    if found is None:
        return None
    version = tuple(int(part) for part in (found["version"] or "").split(".") if part)
    in_label = _VARIANT_LABEL.search(label)
    variant = found["variant"] or (in_label[1].lower() if in_label else "")
    even_april = found["name"] == "ubuntu" and version[1:2] == (4,) and version[0] % 2 == 0
    lts = bool(found["lts"]) or bool(re.search(r"\bLTS\b", label)) or even_april
    return Release(found["name"], version, variant, lts)
