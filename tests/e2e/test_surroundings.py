"""What surrounds a command (a terminal's encoding, a proxy) does not keep it from its work on this machine."""

from __future__ import annotations

from tests.checkout import Checkout

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
