"""Every error raised here.

PreviewError
├── BundleUnreadable   a folder or a file in it is not what a preview writes
├── BadCall            arguments that can't be meant
└── HostRefused        the code host said no, or said nothing
"""

from __future__ import annotations


class PreviewError(Exception):
    """What failed, why, and the next step, in one line."""


class BundleUnreadable(PreviewError):
    pass


class BadCall(PreviewError):
    pass


class HostRefused(PreviewError):
    """`status` is the answer's; 0 when there was none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
