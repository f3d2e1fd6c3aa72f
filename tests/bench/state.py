"""What one resource takes of a stack's state, which the real engine writes whole after each step."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.bench.measuring import checked, engines, machine
from tests.bench.stacks import World, a_project, a_world

SMALL = 40
"""Bytes; what takes less is told in sum."""


def run() -> None:
    """Bytes of the first server in the state, the SDK's alone beside ours, and of which parts they are."""
    print(f"\nbytes of a server in the state, as JSON without spaces; {machine()}")
    for engine in engines():
        for program in ("SDK alone", "plain loop"):
            with a_world(World(1, boot_s=1.0)) as (path, api):
                project = a_project(path, api, engine, program, 1)
                checked(project.up())
                state = json.loads(project.checkpoint.read_text())
            entries = state["checkpoint"]["latest"]["resources"]
            (server,) = (each for each in entries if each["urn"].endswith("::web-0000"))
            print(f"{f'{engine}, {program}':28}{_bytes(server):6}: {_parts(server)}")


def _bytes(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def _parts(entry: Mapping[str, object]) -> str:
    sizes = {key: _bytes(value) + len(key) + 4 for key, value in entry.items()}
    large = sorted(((size, key) for key, size in sizes.items() if size >= SMALL), reverse=True)
    rest = sum(sizes.values()) - sum(size for size, _ in large)
    return ", ".join([*(f"{key} {size}" for size, key in large), f"others {rest}"])
