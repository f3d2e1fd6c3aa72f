"""What surrounds a command (a terminal's encoding, a proxy) does not keep it from its work on this machine."""

from __future__ import annotations

import re

import pytest

from providers.linode.project import PROJECT
from tests.checkout import ENGINE_WORDS, Checkout

DATE = PROJECT.parent / "shared" / "cases" / "k5_Pulumi.date.yaml"
DEAD = "http://127.0.0.1:9"
PROXIES = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "grpc_proxy"), DEAD
)


def test_a_character_that_the_terminal_lacks_is_told_in_others(deployed: Checkout) -> None:
    env = {"PYTHONIOENCODING": "cp1252"}

    shown, again = deployed.run("show", env=env), deployed.run("up", "--diff", env=env)

    assert (shown.code, again.code) == (0, 0), shown.said + again.said
    assert "Traceback" not in shown.said + again.said
    assert "memory >= 2048 MB" in shown.said


def test_nothing_on_this_machine_is_asked_through_a_proxy(deployed: Checkout) -> None:
    done = deployed.run("up", "--skip-preview", env={**PROXIES, "NO_PROXY": "", "no_proxy": ""})

    assert done.code == 0, done.said
    assert "18 unchanged" in done.said


@pytest.mark.skipif(not DATE.is_file(), reason="no cases in ../shared/cases")
def test_a_date_without_quotes_is_read_alike_by_commands_and_engine(deployed: Checkout) -> None:
    env = {
        "LINODE_TOKEN": deployed.token,
        "LINODE_URL": deployed.api,
        "PULUMI_BACKEND_URL": deployed.root.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "x",
    }
    deployed.command(*ENGINE_WORDS[deployed.engine], "stack", "init", "date", env=env)
    (deployed.settings.parent / "Pulumi.date.yaml").write_text(DATE.read_text())

    checked = deployed.run("settings", "check", "date", env=env)
    explained = deployed.run("settings", "explain", "date", env=env)
    unpinned = deployed.run("explain", "--stack", "date", env=env)
    previewed = deployed.run("preview", "--stack", "date", env=env)

    assert (checked.code, checked.said) == (0, "date: valid\n")
    assert "fleet:servers.web.image.supported_until 2029-01-01" in re.sub(" +", " ", explained.said)
    assert unpinned.said == "stack 'date' has no pins yet. Next: fleet pin --stack date.\n"
    assert previewed.code == 0, previewed.said
