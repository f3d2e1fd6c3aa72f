"""Firewalls and SSH keys beside a checkout's servers: every two keys have the same label and the same content."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.checkout import Checkout

PROGRAM = '''

def more() -> None:
    """What chaos declares beside the stack's servers."""
    import json

    from providers.linode import Firewall, SSHKey

    with open("more.json") as file:
        wanted = json.load(file)
    for number in range(1, wanted["firewalls"] + 1):
        rule = {"action": "ACCEPT", "protocol": "TCP", "ports": str(8000 + wanted["turn"])}
        rules = [{**rule, "addresses": {"ipv4": ["192.0.2.0/24"]}}]
        Firewall(f"wall-{number}", inbound=rules, inbound_policy="DROP", outbound_policy="ACCEPT", status="disabled")
    for number in range(1, wanted["keys"] + 1):
        SSHKey(f"key-{number}", label=f"twin-{(number + 1) // 2}", ssh_key=wanted["key"])


more()
'''
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII chaos"


@dataclass(frozen=True)
class More:
    """How many of each; another `turn` changes every firewall's rules."""

    firewalls: int
    keys: int
    turn: int = 0

    def declare(self, checkout: Checkout) -> None:
        program = checkout.root / "__main__.py"
        if PROGRAM not in program.read_text():
            program.write_text(program.read_text() + PROGRAM)
        wanted = {"firewalls": self.firewalls, "keys": self.keys, "turn": self.turn, "key": KEY}
        (checkout.root / "more.json").write_text(json.dumps(wanted))

    def labels(self) -> dict[str, list[str]]:
        return {
            "Firewall": [f"fleet-local-wall-{n}" for n in range(1, self.firewalls + 1)],
            "SSHKey": [f"twin-{(n + 1) // 2}" for n in range(1, self.keys + 1)],
        }
