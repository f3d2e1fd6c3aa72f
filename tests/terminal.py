"""A command at a terminal of its own, and what is left to be read on it in the end."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path

from tests.checkout import TIMEOUT_S, Done

ROWS, COLUMNS = 50, 80
MOVES = re.compile(r"\x1b\[(\d*)A|\x1b\[\d*K|\x1b\[\?25[hl]|\r|\n")
"""Up, erase, show or hide the cursor: what `rich` writes to draw over what it has drawn."""


def at_a_terminal(
    words: Sequence[str], folder: Path, env: Mapping[str, str], columns: int = COLUMNS, typed: str = ""
) -> Done:
    """A command that is watched; `said` has everything that came, with its control characters. `typed`: beforehand."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    dropped = ("CI", "COLUMNS", "NO_COLOR", "MAKELEVEL", "MAKEFLAGS")
    kept = {name: value for name, value in env.items() if name not in dropped}
    process = subprocess.Popen(
        words, cwd=folder, env={**kept, "TERM": "xterm-256color"}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    said = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # nobody has the other end any more
            break
        said += piece
    os.close(ours)
    return Done(process.wait(TIMEOUT_S), said.decode())


def left_on(said: str) -> list[str]:
    """The lines that are left, with their colours."""
    lines, row, place = [""], 0, 0
    for match in [*MOVES.finditer(said), None]:
        text = said[place : match.start() if match else None]
        lines[row] = lines[row] + text
        if match is None:
            break
        place, move = match.end(), match[0]
        if move == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif move.endswith("A"):
            row -= int(match[1] or 1)
        elif move.endswith("K"):
            lines[row] = ""
    return [line.rstrip() for line in lines]
