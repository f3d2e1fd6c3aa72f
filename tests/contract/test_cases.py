"""Every small program that once fell short, run as its user runs it: exit 0 is right.

What is no program there has tests in words of its own: settings, encodings and proxies (k5 to k7) in
tests/e2e/test_surroundings.py, a private authority (k8) in tests/unit/providers/test_own_authority.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from providers.linode.project import PROJECT

CASES = PROJECT.parent / "shared" / "cases"

pytestmark = [
    pytest.mark.all,
    pytest.mark.skipif(not CASES.is_dir(), reason="no cases in ../shared/cases"),
]


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.glob("[a-z][0-9]*_*.py")))
def test_a_case_ends_well(case: str, engine: str, tmp_path: Path) -> None:
    words = [sys.executable, "-B", str(CASES / case), engine]

    done = subprocess.run(
        words,
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
