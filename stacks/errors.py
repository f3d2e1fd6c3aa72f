"""What the commands and settings of the stacks can fail with: one line for people, never a traceback."""

from __future__ import annotations


class BadSettings(Exception):
    """Something that a person sets is not usable: what, why, and what to do next."""


class EngineFailed(Exception):
    """A command of the engine ended with an error: its last line."""
