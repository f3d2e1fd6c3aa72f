"""Pictures for the documents: pages by a headless browser, and terminals. PICTURES=write keeps them there."""

from __future__ import annotations

import html
import io
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

DOCUMENTS = Path(__file__).resolve().parents[1] / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LARGEST_BYTES = 200_000
COLUMNS = 100


def drawn(lines: Sequence[str], name: str, title: str) -> str:
    """An SVG of a terminal with these lines: the one of the documents, drawn anew for PICTURES=write."""
    if os.environ.get("PICTURES") == "write":
        console = Console(record=True, width=COLUMNS, file=io.StringIO())
        console.print(Text.from_ansi("\n".join(lines)))
        svg = console.export_svg(title=title, unique_id=Path(name).stem)
        (DOCUMENTS / name).write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))  # from outside
    return (DOCUMENTS / name).read_text()


def said_in(svg: str) -> list[str]:
    """The lines in such a picture."""
    rows: dict[str, str] = {}
    for height, text in re.findall(r'<text [^>]*? y="([\d.]+)"[^>]*clip-path[^>]*>(.*?)</text>', svg):
        rows[height] = rows.get(height, "") + html.unescape(text).replace("\xa0", " ")
    return [row.rstrip() for row in rows.values() if row.strip()]


def browser_here() -> str | None:
    """A Chromium on PATH."""
    return next((found for each in BROWSERS if (found := shutil.which(each))), None)


def place_of(name: str, folder: Path) -> Path:
    """Where a picture goes: among the documents for PICTURES=write, else into the test's folder."""
    target = (DOCUMENTS if os.environ.get("PICTURES") == "write" else folder) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def taken(page: Path, name: str, folder: Path, width: int = 1100, height: int = 920) -> Path | None:
    """A PNG of a page; None where there is no browser, which a warning-free run may have."""
    browser = browser_here()
    if browser is None:
        return None
    target = place_of(name, folder)
    words = [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'browser'}", f"--window-size={width},{height}", f"--screenshot={target}",
        page.resolve().as_uri(),
    ]  # fmt: skip
    done = subprocess.run([browser, *words], capture_output=True, text=True, timeout=120, check=False)
    if not target.exists():
        pytest.fail(f"no picture of {page.name}: {done.stderr[-400:]}")
    assert 3_000 < target.stat().st_size < LARGEST_BYTES
    return target
