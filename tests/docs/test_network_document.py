"""docs/network.md names every variable of the environment that is ours."""

from __future__ import annotations

import re

from providers.linode.project import PROJECT

OURS = r"(?:LINODE|LOCAL|LOCK|PLAN|COPY|NOTICE|FLEET)_[A-Z_]+"
PRODUCT = ("providers", "stacks", "fleet", "emulators")


def test_the_variables_of_the_document_are_those_of_the_code() -> None:
    texts = [file.read_text() for folder in PRODUCT for file in (PROJECT / folder).rglob("*.py")]
    read = {name for text in texts for name in re.findall(rf'"({OURS})"', text)}
    table = (PROJECT / "docs" / "network.md").read_text().partition("## Variables")[2]

    named = set(re.findall(rf"`({OURS})", table))

    assert {"LINODE_TOKEN", "LOCAL_PORT", "LOCK_WAIT"} <= named
    assert named - read == set()
    assert {name for name in read - named if name != "LOCAL_STACK"} == set()
