"""Requests that schemathesis makes of the observed description: no 500, and no answer that the description has not.

Bounded and seeded: some requests an operation, on an account that has one of everything that a path can name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.contract.test_local_api_description import DESCRIPTION, faults, resolved
from tests.unit.linode_api.serving import Caller
from tests.unit.linode_api.test_stored_lists import DESCRIPTION as ACCOUNT

pytestmark = [
    pytest.mark.all,
    pytest.mark.skipif(not DESCRIPTION.is_file(), reason="needs the description in ../shared/openapi"),
]
REQUESTS, SEED = 15, 20_261_130
FIRST = {  # the word of a path, and the list whose first row it stands for
    "linodeId": "/linode/instances",
    "configId": "/linode/instances/{linodeId}/configs",
    "diskId": "/linode/instances/{linodeId}/disks",
    "volumeId": "/volumes",
    "firewallId": "/networking/firewalls",
    "deviceId": "/networking/firewalls/{firewallId}/devices",
    "domainId": "/domains",
    "recordId": "/domains/{domainId}/records",
    "nodeBalancerId": "/nodebalancers",
    "groupId": "/placement/groups",
    "vpcId": "/vpcs",
    "vpcSubnetId": "/vpcs/{vpcId}/subnets",
    "stackscriptId": "/linode/stackscripts",
    "sshKeyId": "/profile/sshkeys",
    "eventId": "/account/events",
}
NAMED = {
    "regionId": "us-ord",
    "typeId": "g6-nanode-1",
    "kernelId": "linode/grub2",
    "imageId": "linode/debian12",
}


class Unlike(NamedTuple):
    """A difference between answers and description that there is for good reason."""

    why: str
    operations: str
    """A pattern, as the next one."""
    problems: str


UNLIKE = (
    Unlike(
        "the API sends more actions and kinds than are described, details, and notifications without a duration",
        "GET /account/events.*",
        r".*\.(action|type|details|duration|id|entity)\b.*",
    ),
    Unlike(
        "rules that a request leaves out are null: recording TestFirewallRules_Update",
        "(GET|POST|PUT) /networking/firewalls.*",
        r".*\.(inbound|outbound) is null",
    ),
    Unlike(
        "a default that was not chosen is null",
        "(GET|PUT) /networking/firewalls/settings",
        r".*default_firewall_ids\.\w+ is null",
    ),
    Unlike(
        "a slug is a text, as the description's own examples have it",
        "GET /networking/firewalls/templates.*",
        r".*\.slug is .*",
    ),
    Unlike(
        "under `data`, as clients read them",
        "GET /linode/instances/{linodeId}/stats.*",
        r".*\.(data|title|cpu|io|netv4|netv6)\b.*",
    ),
    Unlike(
        "a page, as clients read it", "GET /vpcs/ips", r"\$ .*|\$\.(data|page|pages|results) is not described"
    ),
    Unlike(
        "a page of versions, and a version's rules alone, as clients read them",
        "GET /networking/firewalls/{firewallId}/history.*",
        r"\$\..*",
    ),
    Unlike(
        "what is described asks for a key that no answer has",
        "GET /nodebalancers/{nodeBalancerId}/configs",
        r"\$ fits no choice",
    ),
)


def reasons(label: str, problem: str) -> set[Unlike]:
    return {
        one
        for one in UNLIKE
        if re.fullmatch(one.operations, label) and re.fullmatch(one.problems, problem, re.DOTALL)
    }


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("fuzzed") / "api.db", clock=HeldClock(), limits=False) as api:
        api.seed({"account": "local", "things": ACCOUNT})
        api.add_token()
        api.snapshot()
        yield api


def operations() -> list[Any]:
    schemathesis = pytest.importorskip("schemathesis")  # here: `make test` need not pay what it takes to load
    schema = schemathesis.openapi.from_dict(json.loads(DESCRIPTION.read_text(encoding="utf-8")))
    return [found.ok() for found in schema.get_all_operations()]


def known(caller: Caller) -> dict[str, Any]:
    """What the words of paths stand for in this account."""
    found: dict[str, Any] = dict(NAMED)
    for word, path in FIRST.items():
        found[word] = caller.rows(path.format_map(found))[0]["id"]
    return found | {"address": caller.linode(found["linodeId"])["ipv4"][0]}


def problems_of(operation: Any, caller: Caller, words: dict[str, Any]) -> dict[str, None]:
    """What is wrong with its answers, each sort once."""
    found: dict[str, None] = {}

    @seed(SEED)
    @settings(
        max_examples=REQUESTS, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy())
    def ask(case: Any) -> None:
        parameters = case.path_parameters or {}
        case.path_parameters = {name: words.get(name, value) for name, value in parameters.items()}
        answer = case.call(base_url=caller.base, session=caller.session)
        if answer.status_code >= 500:
            found[f"{case.formatted_path} {case.body}: {answer.text}"[:300]] = None
        content = resolved(operation.definition.raw["responses"]["200"]).get("content", {})
        if answer.status_code == 200 and "application/json" in content:
            wrong = faults(answer.json(), content["application/json"]["schema"])
            found.update(dict.fromkeys(re.sub(r"\[\d+\]", "[]", one) for one in wrong))

    ask()
    return found


def test_no_request_of_the_description_breaks_the_api_or_gets_what_it_does_not_describe(
    fuzzed: LocalApi,
) -> None:
    found: list[tuple[str, str]] = []
    for operation in operations():
        fuzzed.restore()
        caller = Caller(fuzzed, fuzzed.add_token(), "/v4beta")
        found += [(operation.label, problem) for problem in problems_of(operation, caller, known(caller))]
        caller.close()

    assert [one for one in found if not reasons(*one)] == []
    assert {why for one in found for why in reasons(*one)} == {*UNLIKE}
