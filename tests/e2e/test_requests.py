"""What a plain loop of forty Linodes, and twenty with all around them, cost in requests; no figure here is a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from fleet.engine.engine import UNLESS_SET
from providers.linode.core.leftovers import stands_alone
from providers.linode.core.waiting.poller import MOST_QUICK, QUICK_A_WAIT
from providers.linode.provider import SPECS
from tests.bench.programs import AROUND
from tests.checkout import Done
from tests.fleet_program import newest_request, requests_since
from tests.project import Project

pytestmark = pytest.mark.all

COUNT = 40
TAGGED = sum(spec.identity.tagged for spec in SPECS.values())
ALONE = sum(map(stands_alone, SPECS.values()))

LOOKS = ("GET /v4/account/events", "GET /v4/linode/instances", "GET /v4/volumes", "GET /v4/volumes/*")
"""What all that wait share."""

POST, DELETE = "POST /v4/linode/instances", "DELETE /v4/linode/instances/*"
FASTER = "`--parallel 128` or PULUMI_PARALLEL=128 lets more of them boot at once"

LOOP = """
from providers.linode import Instance, InstanceArgs

for n in range(%d):
    Instance(f"web-{n}", type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7")
"""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[LocalApi]:
    with LocalApi(tmp_path / "api.sqlite3", speed=120, limits=False) as served:
        yield served


def cost(api: LocalApi, command: Callable[[], Done]) -> dict[str, int]:
    """The requests of a command that succeeds."""
    before = newest_request(api)
    done = command()
    assert done.code == 0, done.said
    return requests_since(api, before)


SERVERS, AROUND_EACH, SHARED = 20, 4, 3


def test_what_stands_around_twenty_servers_costs_little_more_than_a_request_each(
    tmp_path: Path, api: LocalApi
) -> None:
    project = warm(tmp_path, "embedded", api, AROUND.format(count=SERVERS))

    made = cost(api, project.up)
    looked = cost(api, project.preview)
    refreshed = cost(api, lambda: refresh(project))
    same = cost(api, lambda: project.preview("--expect-no-changes"))
    gone = cost(api, project.destroy)

    resources = SERVERS * (1 + AROUND_EACH) + SHARED
    for seen in (made, gone):
        looks, others = told(seen)
        # whose account, its settings, its addresses, a load balancer's ports and nodes, and what has the stack's tag
        assert others <= resources + 5 + TAGGED, seen
        assert looks < SERVERS, seen
    assert max(refreshed.values()) == 1, refreshed
    assert sum(looked.values()) == sum(same.values()) <= sum(refreshed.values()), looked


def warm(folder: Path, engine: str, api: LocalApi, program: str) -> Project:
    """A project whose catalogs are in the cache, as fast as `fleet` makes it."""
    project = Project(folder / "project", engine, api, program)
    project.env |= UNLESS_SET
    project.env.pop("LINODE_CACHE", None)
    cost(api, project.preview)
    return project


def refresh(project: Project) -> Done:
    return project.run("refresh", "--yes", "--skip-preview", "--stack", "test")


def told(seen: dict[str, int]) -> tuple[int, int]:
    """How many were shared looks, and how many were not."""
    looks = sum(seen.get(look, 0) for look in LOOKS)
    return looks, sum(seen.values()) - looks


def test_a_plain_loop_costs_a_request_for_each_linode_and_looks_that_all_share(
    engine: str, tmp_path: Path, api: LocalApi
) -> None:
    project = warm(tmp_path, engine, api, LOOP % COUNT)

    made = cost(api, project.up)
    looked = cost(api, project.preview)
    refreshed = cost(api, lambda: refresh(project))
    gone = cost(api, project.destroy)

    assert made[POST] == COUNT
    assert max(made[look] for look in LOOKS) <= MOST_QUICK + QUICK_A_WAIT * COUNT, made
    looks, others = told(made)
    assert others <= COUNT + 1 + TAGGED, (
        made
    )  # a stack's first run asks once for each kind that carries its tag
    assert looks < COUNT, made
    assert sum(looked.values()) <= 2, looked
    assert sum(refreshed.values()) <= 2, refreshed
    assert gone[DELETE] == COUNT
    looks, others = told(gone)
    assert others <= COUNT + 1 + TAGGED + ALONE, gone  # its end asks for what is left of each of these
    assert looks < COUNT, gone


def test_an_engine_that_makes_few_at_a_time_is_told_once_of_what_is_faster(
    engine: str, tmp_path: Path, api: LocalApi
) -> None:
    project = Project(tmp_path / "project", engine, api, LOOP % 4)

    seen = project.preview("--parallel", "2")
    made = project.up("--parallel", "2")
    again = project.up("--parallel", "4")

    assert FASTER not in seen.said
    assert made.said.partition("Diagnostics:")[2].count(FASTER) == 1, made.said
    assert "the engine makes 2 Linodes at a time" in made.said
    assert FASTER not in again.said
