"""What is sent as X-Filter: all of a filter when that is asked for, and the safe part of it otherwise."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs import Events, Images, Instances, Kernels, LinodeTypes, Regions, render
from providers.linode.catalogs.filter import AnyOf, Filter
from providers.linode.catalogs.x_filter import Split, split

NOON = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (LinodeTypes.class_ == "gpu", {"class": "gpu"}),
        (LinodeTypes.class_ != "gpu", {"class": {"+neq": "gpu"}}),
        (LinodeTypes.memory_mb < 9, {"memory": {"+lt": 9}}),
        (LinodeTypes.memory_mb <= 9, {"memory": {"+lte": 9}}),
        (LinodeTypes.memory_mb > 9, {"memory": {"+gt": 9}}),
        (LinodeTypes.memory_mb >= 9, {"memory": {"+gte": 9}}),
        (LinodeTypes.label.contains("GB"), {"label": {"+contains": "GB"}}),
        (Instances.tags.contains("web"), {"tags": {"+contains": "web"}}),
        (Events.created >= NOON, {"created": {"+gte": "2026-05-04T12:00:00"}}),
        (
            (LinodeTypes.vcpus > 1) & (LinodeTypes.vcpus < 9),
            {"+and": [{"vcpus": {"+gt": 1}}, {"vcpus": {"+lt": 9}}]},
        ),
        ((LinodeTypes.vcpus > 1) & (LinodeTypes.gpus == 0), {"vcpus": {"+gt": 1}, "gpus": 0}),
        ((LinodeTypes.vcpus > 1) | (LinodeTypes.gpus == 0), {"+or": [{"vcpus": {"+gt": 1}}, {"gpus": 0}]}),
        (~(LinodeTypes.vcpus > 1), {"vcpus": {"+lte": 1}}),
        (
            ~((LinodeTypes.vcpus > 1) | (LinodeTypes.class_ == "gpu")),
            {"vcpus": {"+lte": 1}, "class": {"+neq": "gpu"}},
        ),
        (Images.deprecated == False, {"deprecated": False}),  # noqa: E712  # builds a filter
    ],
)
def test_every_operator_is_rendered_as_documented(where: Filter[Any], said: dict[str, object]) -> None:
    assert render(where) == said


def test_order_is_rendered_beside_the_filter() -> None:
    assert render(LinodeTypes.gpus == 0, LinodeTypes.memory_mb.descending()) == {
        "+order_by": "memory", "+order": "desc", "gpus": 0
    }  # fmt: skip
    assert render(None, LinodeTypes.vcpus.ascending()) == {"+order_by": "vcpus", "+order": "asc"}


@pytest.mark.parametrize(
    "where",
    [
        ~LinodeTypes.label.contains("GB"),
        Images.vendor == None,  # noqa: E711  # builds a filter
        AnyOf(()),
    ],
)
def test_what_x_filter_cannot_say_is_refused_when_all_of_it_is_asked_for(where: Filter[Any]) -> None:
    with pytest.raises(BadFilter, match="X-Filter can't say"):
        render(where)


def test_what_the_endpoint_does_not_filter_on_stays_here() -> None:
    where = (LinodeTypes.memory_mb >= 4096) & (LinodeTypes.monthly_usd <= 20)

    assert split(where) == Split({"memory": {"+gte": 4096}}, complete=False)


def test_either_or_is_sent_only_when_both_sides_can_be() -> None:
    assert split((LinodeTypes.vcpus > 1) | (LinodeTypes.monthly_usd < 9)) == Split(None, complete=False)
    assert split((LinodeTypes.vcpus > 1) | (LinodeTypes.gpus > 0)).complete


@pytest.mark.parametrize(
    "where",
    [
        Images.vendor != "Debian",  # null is unequal here; there, who knows
        ~(Images.size_mb < 1000),
        Images.vendor == None,  # noqa: E711  # builds a filter
        Images.label != "Debian 12",  # the API may ignore case
        LinodeTypes.class_ != "Gpu",
        ~LinodeTypes.label.contains("GB"),
        LinodeTypes.label == "Nanode 1GB ",  # a blank at the end may be cut
        LinodeTypes.label == "",
        LinodeTypes.label.contains("a\\b"),  # may quote what follows
        LinodeTypes.label == "Bogotá",
        LinodeTypes.memory_mb < 4096.5,  # may be cut to 4096
        LinodeTypes.memory_mb < 2**31,
        Kernels.version >= "5.10",  # may compare as text
        Kernels.version != "5.10",
        Regions.capabilities.contains("Metadata"),
        Regions.id == "us-ord",
        Events.created != NOON,
        LinodeTypes.label == "x" * 5000,
    ],
)
def test_what_could_lose_a_row_is_not_sent(where: Filter[Any]) -> None:
    assert split(where) == Split(None, complete=False)


def test_unequal_numbers_are_sent_as_below_or_above() -> None:
    assert split(LinodeTypes.gpus != 0).sent == {"+or": [{"gpus": {"+lt": 0}}, {"gpus": {"+gt": 0}}]}


def test_unequal_flags_are_sent_as_equal_to_the_opposite() -> None:
    assert split(Kernels.kvm != False).sent == {"kvm": True}  # noqa: E712  # builds a filter


def test_unequal_words_are_sent_as_neq() -> None:
    assert split(LinodeTypes.class_ != "gpu").sent == {"class": {"+neq": "gpu"}}


def test_times_are_sent_wider_than_asked() -> None:
    assert split(Events.created >= NOON).sent == {"created": {"+gte": "2026-05-04T11:59:59"}}
    assert split(Events.created < NOON).sent == {"created": {"+lte": "2026-05-04T12:00:02"}}


def test_an_order_is_sent_only_by_what_has_no_ties() -> None:
    where = Events.action == "linode_create"

    by_id = split(where, Events.id.descending())
    by_time = split(where, Events.created.descending())

    assert by_id.sent == {"+order_by": "id", "+order": "desc", "action": "linode_create"}
    assert by_time.sent == {"action": "linode_create"}
