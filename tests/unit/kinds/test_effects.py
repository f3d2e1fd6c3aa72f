"""What a change does: decided from the inputs' own facts, told in one sentence, written as one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from providers.linode.api.records import Owned
from providers.linode.core import diff, effects, runtime
from providers.linode.core.args import Args, In, InList, arg, ours
from providers.linode.core.effects import ACTION, KEPT, OURS, PUT, REPLACE, Cause, Effects, Takes
from providers.linode.core.forms import Tag, Text
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import BY_LABEL_AND_TAG, Changed, Spec
from providers.linode.provider import SPECS
from providers.linode.resources import firewall, ssh_key
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.vpc import VPCArgs
from tests.wire import ScriptedServer

OFF = Takes("off", "resized from {old} to {new}", "power off", seconds_off=(180, 300), group="cycle")
ERASED = Takes("erased", "rebuilt because of {causes}", "data loss", (60, 120), destroys=("disks",))
GROWS = Takes("grows", "grown", one_way="a disk never shrinks")


def done(_: object) -> None:
    """A step that has nothing to do."""


class ThingArgs(Args):
    label: In[Text] = arg(PUT)
    size: In[Text | None] = arg(OFF, step=done, default=None)
    image: In[Text | None] = arg(ERASED, step=done, default=None, secret=True)
    disk: In[Text | None] = arg(GROWS, step=done, default=None)
    keys: In[Text | None] = arg(KEPT, default=None)
    place: In[Text | None] = arg(REPLACE, default=None)
    pace: In[Text | None] = ours(default=None)
    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    adopt: In[int | None] = ours(default=None)
    replace_on: InList[Text] = ours(default=None)


class ThingSpec(Spec[ThingArgs, Owned]):
    def monthly_usd(self, session: Session, args: ThingArgs) -> float | None:  # noqa: ARG002 - the base's signature
        return {"small": 5.0, "large": 24.0}.get(args.size or "")


SPEC = ThingSpec(
    "Thing", "/things", ThingArgs, Owned, BY_LABEL_AND_TAG, "things:read_write",
    erases=("disks", "id"),
)  # fmt: skip
OWNER = Owner("A1", "fleet", "dev", "thing")


def of(olds: dict[str, Any], news: dict[str, Any], spec: Spec[Any, Any] = SPEC) -> Effects:
    owned = {"owner": OWNER.as_props()}
    before, after = ({**owned, **olds} if olds else {}), {**owned, **news}
    with ScriptedServer() as server:
        session = Session(server.transport().connection)
        takes = diff.between(spec, before, after, session) if olds else {}
        return diff.effects(spec, session, before, after, takes)


def test_a_new_one_is_created_at_its_price() -> None:
    found = of({}, {"label": "a", "size": "small"})

    assert (found.op, found.level, found.monthly_usd, found.summary) == (
        "create",
        "none",
        (None, 5.0),
        "created",
    )
    assert not found.is_worth_telling


@pytest.mark.parametrize(
    ("olds", "news", "summary", "level"),
    [
        ({"label": "a"}, {"label": "b"}, "label changed in place", "none"),
        ({"label": "a", "tags": ["x-1"]}, {"label": "b", "tags": ["y-1"]}, "label and tags changed in place", "none"),
        ({"size": "tiny"}, {"size": "huge"}, "resized from tiny to huge, off for 3 to 5 min", "power off"),
        ({"size": "small"}, {"size": "large"},
         "resized from small to large, off for 3 to 5 min; 5.00 → 24.00 USD a month", "power off"),
        ({"image": "a"}, {"image": "b"},
         "rebuilt because of image, off for 1 to 2 min: all disks are erased", "data loss"),
        ({"disk": "1"}, {"disk": "2"}, "grown; for good: a disk never shrinks", "none"),
        ({"keys": "a"}, {"keys": "b"}, "kept as at creation: keys", "none"),
        ({"place": "a"}, {"place": "b"}, "recreated because of place: all disks are erased, id changes", "data loss"),
        ({"pace": "a"}, {"pace": "b"}, "nothing", "none"),
        ({"label": "a", "replace_on": ["label"]}, {"label": "b", "replace_on": ["label"]},
         "recreated because of label: all disks are erased, id changes", "data loss"),
    ],
)  # fmt: skip
def test_each_change_is_one_sentence_and_one_level(
    olds: dict[str, Any], news: dict[str, Any], summary: str, level: str
) -> None:
    found = of(olds, news)

    assert (found.summary, found.level) == (summary, level)


def test_adopting_has_the_effects_of_the_update_that_it_is() -> None:
    update = of({"size": "small", "disk": "1"}, {"size": "large", "disk": "2"})

    found = replace(update, op="adopt", found="adopts Thing 7 (a)")

    assert found.summary == f"adopts Thing 7 (a); {update.summary}"
    assert (found.seconds_off, found.one_way) == ((180, 300), ["a disk never shrinks"])
    assert found.is_worth_telling


@pytest.mark.parametrize("later", [{}, {"adopt": 8}, {"adopt": "web"}])
def test_what_counts_when_a_resource_is_made_is_no_change_later(later: dict[str, Any]) -> None:
    assert diff.differing(InstanceArgs, {"adopt": 7}, later) == []


def test_another_generation_is_recreated_as_was_asked_for() -> None:
    second = Owner("A1", "fleet", "dev", "thing", 2).as_props()

    found = of({"label": "a"}, {"label": "a", "owner": second})

    assert (found.op, found.summary) == (
        "replace",
        "recreated, as was asked for: all disks are erased, id changes",
    )


def test_a_price_that_changes_alone_is_one_of_billing() -> None:
    found = Effects("update", (Cause("size", PUT),), monthly_usd=(5.0, 24.0), level="billing")

    assert found.is_worth_telling
    assert found.summary == "size changed in place; 5.00 → 24.00 USD a month"


def test_what_shares_a_group_is_off_once_and_the_rest_is_added() -> None:
    resize, boot = Cause("size", OFF), Cause("kernel", Takes("boot", seconds_off=(20, 60), group="cycle"))
    rebuild = Cause("image", ERASED)

    assert Effects("update", (resize, boot)).seconds_off == (180, 300)
    assert Effects("update", (resize, boot, rebuild)).seconds_off == (240, 420)
    assert Effects("replace", (resize,)).seconds_off is None


def test_a_secret_is_in_no_part_of_what_is_told() -> None:
    line = of({"image": "Planted-1"}, {"image": "Planted-2"}).as_json("urn:x", "Thing")

    assert "Planted" not in line


def test_the_line_for_programs_has_everything() -> None:
    line = of({"size": "small", "pace": "a"}, {"size": "large", "pace": "b"}).as_json("urn:x", "Thing")

    assert json.loads(line) == {
        "urn": "urn:x",
        "kind": "Thing",
        "op": "update",
        "level": "power off",
        "causes": [
            {"input": "size", "level": "power off", "what": "resized from small to large, off for 3 to 5 min"}
        ],
        "seconds_off": [180, 300],
        "destroys": [],
        "opens": [],
        "one_way": [],
        "monthly_usd": [5.0, 24.0],
        "summary": "resized from small to large, off for 3 to 5 min; 5.00 → 24.00 USD a month",
    }


def test_lines_are_appended_to_the_file_that_the_environment_names(tmp_path: Path) -> None:
    file = tmp_path / "effects.ndjson"

    effects.write("{}", {"LINODE_EFFECTS": str(file)})
    effects.write("[]", {"LINODE_EFFECTS": str(file)})
    effects.write("!", {})

    assert file.read_text() == "{}\n[]\n"


def test_a_file_that_cannot_be_written_costs_the_line_and_nothing_else(tmp_path: Path) -> None:
    effects.write("{}", {"LINODE_EFFECTS": str(tmp_path)})


def test_only_declared_inputs_are_compared_and_unknown_ones_differ() -> None:
    from pulumi.output import Unknown

    assert diff.differing(ThingArgs, {"label": "a", "size": "s"}, {"label": "a"}) == []
    assert (
        diff.differing(ThingArgs, {"label": "a", "tags": ["x", "Y"]}, {"label": "a", "tags": ["Y", "x"]})
        == []
    )
    assert diff.differing(ThingArgs, {"label": "a"}, {"label": Unknown(), "tags": []}) == ["label", "tags"]


@pytest.mark.parametrize("ipv6", [Unknown(), [Unknown()], [{"range": Unknown()}]])
def test_what_is_not_known_yet_is_another_value_of_a_list_that_covers_less(ipv6: object) -> None:
    old = {"region": "de-fra-2", "ipv6": [{"range": "2001:db8::/52"}]}

    assert diff.differing(VPCArgs, old, {**old, "ipv6": ipv6}) == ["ipv6"]


@pytest.mark.parametrize("kind", ["NodeBalancer", "ReservedIP"])
def test_a_replacement_that_costs_an_address_is_a_warning(kind: str) -> None:
    spec: Spec[Any, Any] = SPECS[kind]

    found = Effects("replace", (Cause("region", REPLACE),), destroys=spec.destroyed({}))

    assert found.is_grave
    assert "addresses change" in found.summary


def test_a_field_whose_change_no_step_carries_out_fails_when_the_kind_is_declared() -> None:
    class StepLess(Args):
        size: In[Text | None] = arg(Takes("while off"), default=None)

    with pytest.raises(TypeError, match=r"Thing\.size: a change takes 'while off', and no step does it"):
        Spec("Thing", "/things", StepLess, Owned, BY_LABEL_AND_TAG, "things:read_write")


@pytest.mark.parametrize("spec", [firewall.SPEC, ssh_key.SPEC])
def test_what_a_change_takes_is_said_by_each_field(spec: Spec[Any, Any]) -> None:
    changed = Changed(spec.args.read({}), spec.args.read({}))

    for name, field in spec.fields.items():
        assert spec.takes(name, changed) is field.takes
        assert field.takes in (PUT, ACTION, REPLACE, *([OURS] if name in Args.fields() else []))
    assert runtime.current().told == {}
