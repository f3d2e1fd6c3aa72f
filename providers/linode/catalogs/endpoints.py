"""Which attributes each list of the API can filter on: what may go into X-Filter.

An attribute counts when the API's description marks it filterable (x-linode-filterable of
https://github.com/linode/linode-api-docs, openapi.yaml) and nothing seen contradicts that: the API refuses
others with 400 `Cannot filter on …`. Deliberately left out: `ipv4` of instances, a list whose meaning in a
filter nobody has written down.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """A list of the API: its path, and the API's names of what it filters on.

    `unique` are the attributes by which rows can be sorted without ties. Sorting by any other could show a
    row twice, or not at all, where one page ends and the next begins.
    """

    path: str
    filterable: frozenset[str]
    unique: frozenset[str] = frozenset()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENDPOINTS: dict[str, Endpoint] = {
    "LinodeTypes": Endpoint(
        "/linode/types", _names("class disk gpus label memory network_out transfer vcpus")
    ),
    # country is marked too, but the Terraform provider, which filters what it can in the API, does not
    # send it; refused or not, the list is one page.
    "Regions": Endpoint("/regions", _names("country site_type")),
    "Availabilities": Endpoint("/regions/availability", _names("region plan available")),
    "Images": Endpoint("/images", _names("deprecated is_public label size status tags type vendor")),
    "Kernels": Endpoint("/linode/kernels", _names("architecture deprecated kvm label pvops version")),
    "Instances": Endpoint(
        "/linode/instances",
        _names("group id image label region tags placement_group.label"),
        unique=_names("id label"),
    ),
    "Events": Endpoint(
        "/account/events", _names("action created entity.id entity.type id read"), unique=_names("id")
    ),
}
