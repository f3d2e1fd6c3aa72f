"""The "did you mean" lists."""

from __future__ import annotations

from providers.linode.nearest import did_you_mean, nearest

REGIONS = ["us-ord", "us-east", "us-west", "eu-west", "de-fra-2", "gb-lon"]


def test_the_closest_name_comes_first() -> None:
    assert nearest("us-odr", REGIONS)[0] == "us-ord"


def test_at_most_count_names_come_back() -> None:
    assert len(nearest("us-wes", REGIONS, count=2)) == 2


def test_a_name_like_none_gets_an_empty_list() -> None:
    assert nearest("zzzzzz", REGIONS) == []


def test_the_order_of_the_known_names_does_not_matter() -> None:
    assert nearest("us-xxx", REGIONS) == nearest("us-xxx", reversed(REGIONS))


def test_case_does_not_matter() -> None:
    assert nearest("US-ORD", REGIONS)[0] == "us-ord"


def test_an_id_is_found_without_its_prefix() -> None:
    assert nearest("debian12", ["linode/debian12", "linode/arch"]) == ["linode/debian12"]


def test_did_you_mean_reads_as_a_question() -> None:
    assert did_you_mean("us-odr", ["us-ord", "us-oda"]) == " (did you mean us-oda or us-ord?)"
    assert did_you_mean("us-odr", ["us-ord"]) == " (did you mean us-ord?)"
    assert did_you_mean("us-odr", ["zz"]) == ""
