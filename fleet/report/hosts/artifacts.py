"""The files of an archive that a branch's job has made: names that stay inside, and no more than can be read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from fleet.report.errors import HostRefused

LARGEST_BYTES = 1024 * 1024 * 1024
"""Of all files together: as many as four of the largest that a bundle may have."""


def files_of(archive: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Each file's place and content. Raises HostRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as found:
            rows = [row for row in found.infolist() if not row.is_dir()]
            if sum(row.file_size for row in rows) > LARGEST_BYTES:
                raise HostRefused(f"the job's files are larger than {LARGEST_BYTES >> 20} MB")
            for row in rows:
                place = PurePosixPath(row.filename)
                if place.is_absolute() or ".." in place.parts or "\\" in row.filename:
                    raise HostRefused("a file of the job lies outside of its folder")
                yield place, found.read(row)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise HostRefused("what the job has left is no ZIP. Next: run it again.") from error
