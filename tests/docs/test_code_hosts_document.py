"""docs/code-hosts.md names what a code host has to say, and nothing else."""

from __future__ import annotations

import re

from fleet.report.hosts.host import Host
from providers.linode.project import PROJECT


def test_the_methods_of_the_document_are_those_of_the_class() -> None:
    text = (PROJECT / "docs" / "code-hosts.md").read_text()
    table = text.partition("| method | what for |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert named == Host.__abstractmethods__
