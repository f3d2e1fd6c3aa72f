"""Small files beside a state that a killed engine left torn, and that then keep it from reading its own state.

The real engine replaces a state as a whole, but writes the `.attrs` file beside it (content type and checksum) in
place: killed in between, it leaves an empty one, and every later command ends with "failed to load checkpoint:
EOF" (seen with CLI 3.260). A state is read without that file as well as with it.
"""

from __future__ import annotations

import json
from pathlib import Path


def mend(folder: Path, project: str, stack: str) -> list[str]:
    """Remove the torn ones of a stack in that `.pulumi` folder; a line if there were any."""
    places = (
        (folder / "stacks" / project, f"{stack}.json*.attrs"),
        (folder / "history" / project / stack, "*.attrs"),
        (folder / "backups" / project / stack, "*.attrs"),
    )
    torn = [file for place, pattern in places for file in place.glob(pattern) if is_torn(file)]
    for file in torn:
        file.unlink(missing_ok=True)
    return [f"removed {', '.join(file.name for file in torn)}: cut off while being written"] if torn else []


def is_torn(file: Path) -> bool:
    """Whether it is no JSON. False if it can't be read at all: then it isn't ours to judge."""
    try:
        text = file.read_bytes()
    except OSError:
        return False
    try:
        json.loads(text)
    except ValueError:
        return True
    return False
