"""Pictures of HTML pages for the documents, by a headless browser; PICTURES=write keeps them in docs/pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DOCUMENTS = Path(__file__).resolve().parents[1] / "docs" / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LARGEST_BYTES = 200_000


def taken(page: Path, name: str, folder: Path, width: int = 1100, height: int = 1200) -> Path | None:
    """A PNG of a page; None where there is no browser, which a warning-free run may have."""
    browser = next((found for each in BROWSERS if (found := shutil.which(each))), None)
    if browser is None:
        return None
    target = (DOCUMENTS if os.environ.get("PICTURES") == "write" else folder) / name
    target.parent.mkdir(parents=True, exist_ok=True)
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
