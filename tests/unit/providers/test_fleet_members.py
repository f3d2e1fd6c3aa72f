"""What each member of a fleet is to be."""

from __future__ import annotations

import pulumi
import pytest

from providers.linode import FleetArgs, InstanceArgs
from providers.linode.api.errors import LinodeError
from providers.linode.resources.fleet import member


def fleet(region: pulumi.Input[str], label: str) -> FleetArgs:
    return FleetArgs(count=2, instance=InstanceArgs(type="g6-nanode-1", region=region), label=label)


def test_a_pattern_is_filled_with_what_is_known() -> None:
    assert member("web", 2, fleet("gb-lon", "{name}-{n:03}-{region}")).label == "web-002-gb-lon"


@pytest.mark.parametrize("pattern", ["{region}-{n}", "{x}", "{n!z}", "{"])
def test_a_pattern_that_can_not_be_filled_is_told(pattern: str) -> None:
    args = fleet(pulumi.Output.from_input("gb-lon"), pattern)

    with pytest.raises(LinodeError, match="fleet web: the pattern .* can't be filled .* regions are texts"):
        member("web", 1, args)
