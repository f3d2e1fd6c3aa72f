"""effects.ndjson: what the provider itself says that a change does is what every form and every guard goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.errors import BundleUnreadable
from fleet.report.forms import html_page, markdown
from fleet.report.forms.words import destroyed, effect, off
from fleet.report.judge.report import build
from fleet.report.model import StackReport
from fleet.report.phrases import plain
from tests.unit.report.making import (
    SERVER,
    UNKNOWN,
    Act,
    Json,
    bundle,
    created,
    effects_line,
    events,
    kept,
    lines,
    replaced,
    report,
    stack_of,
    updated,
)
from tests.unit.report.test_terminal_report import shown

FIREWALL = {"interfaces": [{"public": {}, "firewall_id": 2}]}
IN_PLACE = ("interfaces", "none", "interfaces changed in place")
RESIZED = ("type", "power off", "resized in place from g6-standard-1 to g6-standard-2, off for 3 to 5 min")
COLD = effects_line("web-1", "power off", RESIZED, seconds_off=[180, 300])


def told(folder: Path, acts: list[Act], *effects: Json, **more: object) -> StackReport:
    return stack_of(folder, acts, effects=lines(effects), **more)


def test_another_firewall_of_an_interface_is_no_outage_and_no_guard_stops_it(tmp_path: Path) -> None:
    acts = [updated(f"web-{n}", FIREWALL, interfaces=[]) for n in (1, 2)]
    effects = [effects_line(f"web-{n}", "none", IN_PLACE) for n in (1, 2)]

    found = told(tmp_path, acts, *effects, guards={"max_power_off": 1})

    assert found.verdict == "changes"
    assert [guard.state for guard in found.guards] == ["pass"]
    assert plain(effect(found.changes[0])) == "interfaces changed in place"


@pytest.mark.parametrize("op", ["create", "update", "adopt"])
def test_what_the_internet_reaches_then_is_told_whatever_it_is_that_opens_it(tmp_path: Path, op: str) -> None:
    act = updated("web-1", FIREWALL, interfaces=[]) if op == "update" else created("web-1")
    line = effects_line("web-1", op=op, opens=["TCP 80", "TCP 443"], summary="adopts Linode 7 (web-1); x")

    found = told(tmp_path, [act], line)

    assert plain(effect(found.changes[0])).endswith("then reachable from the internet: TCP 80 and TCP 443")
    assert found.verdict == "changes"


MOVED = ("region", "data loss", "migrated from de-fra-2 to gb-lon: all backups are erased, addresses change")


def test_a_move_that_leaves_backups_behind_is_an_outage_and_a_loss(tmp_path: Path) -> None:
    acts = [updated(f"web-{n}", {"region": "gb-lon"}) for n in (1, 2)]
    lost = ["backups", "addresses"]
    effects = [effects_line(f"web-{n}", "data loss", MOVED, destroys=lost) for n in (1, 2)]

    found = told(tmp_path, acts, *effects, guards={"max_power_off": 1, "data_loss": "block"})

    assert [(guard.name, guard.state) for guard in found.guards] == [
        ("data_loss", "block"),
        ("max_power_off", "block"),
    ]
    assert [change.lost for change in found.changes] == ["backups", "backups"]


def test_network_helper_takes_a_power_cycle_and_not_a_reboot(tmp_path: Path) -> None:
    cause = ("network_helper", "power off", "one power cycle for network_helper, off for about 1 min")
    line = effects_line("web", "power off", cause, seconds_off=[55, 60])

    found = told(tmp_path, [updated("web", {"network_helper": False})], line)

    assert plain(effect(found.changes[0])) == "one power cycle for network_helper, off for about 1 min"
    assert plain(off(found)) == "web: 55 to 60 s"


def test_a_warm_resize_is_a_reboot_at_the_end(tmp_path: Path) -> None:
    cause = ("type", "power off", "resized warm from g6-standard-1 to g6-standard-2, a reboot at the end")
    line = effects_line("web", "power off", cause, seconds_off=[20, 60], monthly_usd=[12, 24])

    found = told(tmp_path, [updated("web", {"type": "g6-standard-2", "migration_type": "warm"})], line)

    assert "powered off, moved" not in plain(effect(found.changes[0]))
    assert plain(off(found)) == "web: 20 to 60 s"
    assert found.changes[0].seconds_off == (20, 60)


def test_a_change_that_shares_its_outage_is_off_once(tmp_path: Path) -> None:
    causes = [(name, "power off", f"one power cycle for {name}") for name in ("kernel", "swap_size")]
    line = effects_line("web", "power off", *causes, seconds_off=[60, 60])

    found = told(tmp_path, [updated("web", {"kernel": "x", "swap_size": 1})], line)

    assert plain(off(found)) == "web: about 60 s"
    assert plain(effect(found.changes[0])) == "one power cycle for kernel; one power cycle for swap_size"


def test_every_form_says_how_long(tmp_path: Path) -> None:
    found = report(
        tmp_path, [updated("web-1", {"type": "g6-standard-2"}), created("web-2")], effects=lines([COLD])
    )

    text = markdown.comment(found)
    assert "| resized in place from g6-standard-1 to g6-standard-2, off for 3 to 5 min |" in text
    assert "| `web-1`: 3 to 5 min |" in text
    assert "`web-1` is off for 3 to 5 min" in text.splitlines()[1]
    assert "off for 3 to 5 min" in html_page.html_page(found)
    assert "off for 3 to 5 min" in " ".join(shown(found, 200).split())


def test_several_are_told_together(tmp_path: Path) -> None:
    longer = effects_line("web-2", "power off", RESIZED, seconds_off=[60, 600])
    acts = [updated(f"web-{n}", {"type": "g6-standard-2"}) for n in (1, 2)]

    found = report(tmp_path, acts, effects=lines([COLD, longer]))

    assert plain(found.findings[0].title) == "dev, web-1 and web-2 are off at the same time, for 1 to 10 min"
    assert "| `web-1` and `web-2`: 1 to 10 min |" in markdown.comment(found)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((20, 60), (180, 300), "20 s to 5 min"),
        ((60, 60), (60, 300), "1 to 5 min"),
        ((20, 60), (30, 90), "20 to 90 s"),
        ((280, 300), (300, 310), "about 5 min"),
    ],
)
def test_times_are_summed_in_one_phrase(
    tmp_path: Path, one: tuple[int, int], other: tuple[int, int], told: str
) -> None:
    effects = [effects_line(name, "power off", RESIZED, seconds_off=times)
               for name, times in (("a", one), ("b", other))]  # fmt: skip
    acts = [updated(name, {"type": "g6-standard-2"}) for name in ("a", "b")]

    found = stack_of(tmp_path, acts, effects=lines(effects))

    assert plain(off(found)) == f"a and b: {told}"


def test_a_rebuilt_server_is_off_too(tmp_path: Path) -> None:
    cause = ("image", "data loss", "rebuilt because of image, off for about 2 min: all disks are erased")
    line = effects_line("db", "data loss", cause, seconds_off=[120, 120], destroys=["disks"])

    found = report(tmp_path, [updated("db", {"image": "linode/debian13"})], effects=lines([line]))

    text = markdown.comment(found)
    assert "| disks of `db` | `db`: about 2 min |" in text
    assert "1 server is rebuilt." in text


def test_what_can_not_be_taken_back_stands_with_the_change(tmp_path: Path) -> None:
    line = effects_line("web", "power off", RESIZED, one_way=["the disk grows with the plan"])

    found = told(tmp_path, [updated("web", {"type": "g6-standard-2"})], line)

    assert plain(effect(found.changes[0])).endswith("; for good: the disk grows with the plan")


@pytest.mark.parametrize(
    ("destroys", "cell", "heading"),
    [
        (["disks"], "disks of `web`", "the disks of `web` would be erased"),
        (["backups"], "backups of `web`", "the backups of `web` would be erased"),
        (["disks", "backups"], "disks of `web`", "the disks of `web` would be erased"),
        (["records", "id"], "records of `web`", "the records of `web` would be erased"),
    ],
)
def test_what_is_destroyed_is_told_and_stopped(
    tmp_path: Path, destroys: list[str], cell: str, heading: str
) -> None:
    cause = ("image", "data loss", "rebuilt with linode/debian13")
    line = effects_line("web", "data loss", cause, destroys=destroys)

    found = report(tmp_path, [updated("web", {"image": "linode/debian13"})], effects=lines([line]),
                   guards={"data_loss": "ack"})  # fmt: skip

    text = markdown.comment(found)
    assert (found.exit, found.outputs.data_loss) == (5, 1)
    assert f"| {cell} |" in text
    assert heading in text


@pytest.mark.parametrize(("destroys", "state"), [(["disks"], "block"), (["backups"], "pass")])
def test_a_rebuilt_server_is_off_and_one_without_its_backups_is_not(
    tmp_path: Path, destroys: list[str], state: str
) -> None:
    acts = [updated(f"web-{n}", {"image": "linode/debian13"}) for n in (1, 2)]
    effects = [effects_line(f"web-{n}", "data loss", destroys=destroys) for n in (1, 2)]

    found = told(tmp_path, acts, *effects, guards={"max_power_off": 1})

    assert [guard.state for guard in found.guards] == [state]


def test_the_price_that_the_provider_tells_stands_in_for_the_catalogs(tmp_path: Path) -> None:
    line = effects_line("web", "power off", RESIZED, monthly_usd=[12.5, 24.25])

    unknown = told(tmp_path / "1", [updated("web", {"type": "g6-standard-2"})], line, catalog=None)
    known = told(tmp_path / "2", [updated("web", {"type": "g6-standard-2"})], line)

    assert [(str(found.now.amount), str(found.then.amount)) for found in (unknown, known)] == [
        ("12.5", "24.25"), ("12.0", "24.0"),
    ]  # fmt: skip


def test_a_linode_that_is_taken_over_is_told_as_such(tmp_path: Path) -> None:
    line = effects_line("web", op="adopt", summary="adopts the Linode 12 that an interrupted run left")

    found = told(tmp_path, [created("web")], line)

    assert plain(effect(found.changes[0])) == "adopts the Linode 12 that an interrupted run left"


def test_adopting_is_told_as_the_update_that_it_is(tmp_path: Path) -> None:
    summary = "adopts Linode 12 (old-web); resized in place; backups turned off: all backups are erased"
    off = ("backups_enabled", "data loss", "backups turned off: all backups are erased")
    line = effects_line("web", "data loss", RESIZED, off, op="adopt", summary=summary, monthly_usd=[12.0, 24.0],
                        seconds_off=[180, 300], destroys=["backups"])  # fmt: skip

    found = report(tmp_path, [created("web")], effects=lines([line]), guards={"data_loss": "block"})
    [change] = found.stacks[0].changes

    assert [plain(each.what) for each in change.effects] == ["adopts Linode 12 (old-web)", RESIZED[2], off[2]]
    assert change.seconds_off == (180, 300)
    assert change.cost_before == 12
    assert found.stacks[0].verdict == "blocked"
    assert f"web is adopted: {off[2]}." in plain(found.findings[0].text)


def test_what_goes_with_another_resource_is_known_where_its_provider_tells(tmp_path: Path) -> None:
    kind = "pulumi-python:dynamic/linode:Volume"
    act = Act("replace", "data", {"size": 10}, {"size": 5}, ("size",), {"size": "update"}, kind=kind)
    cause = ("size", "data loss", "recreated because of size")
    urn = f"urn:pulumi:dev::fleet::{kind}::data"
    line = effects_line("data", "data loss", cause, urn=urn, op="replace", destroys=["disks", "id"])

    found = report(tmp_path, [act], effects=lines([line]), guards={"data_loss": "block"})

    assert found.stacks[0].verdict == "blocked"
    assert plain(effect(found.stacks[0].changes[0])) == "recreated because of size"
    assert plain(found.findings[0].title) == "dev, data: all that is on it is erased"
    assert plain(found.heading) == "⛔ dev is blocked: all that is on data would be erased"
    assert plain(destroyed(found.stacks[0])) == "all that is on data"


def test_a_replacement_erases_a_server_whatever_the_line_says(tmp_path: Path) -> None:
    found = told(tmp_path, [replaced("web", {"image": "linode/debian13"})], effects_line("web", "none"))

    assert found.changes[0].erased
    assert found.changes[0].destroys == ("disks", "backups", "addresses", "id")


def test_a_level_without_a_cause_is_not_lost(tmp_path: Path) -> None:
    line = effects_line("web", "data loss", summary="rebuilt: all disks are erased", destroys=["disks"])

    found = told(tmp_path, [updated("web", {"tags": ["x"]})], line)

    assert found.changes[0].level == "data loss"
    assert plain(effect(found.changes[0])) == "rebuilt: all disks are erased"


def test_the_last_line_of_a_resource_counts_and_unknown_keys_do_not(tmp_path: Path) -> None:
    first, last = effects_line("web", "data loss"), effects_line("web", "none", IN_PLACE, later={"x": 1})

    found = told(tmp_path, [updated("web", FIREWALL)], first, last)

    assert found.changes[0].level == "none"


def test_without_a_line_an_update_is_as_known_as_its_property(tmp_path: Path) -> None:
    found = told(tmp_path, [updated("web", {"something_new": 1})], effects_line("another"))

    assert found.changes[0].level == "unknown"


def test_what_the_provider_also_said_to_people_is_not_repeated(tmp_path: Path) -> None:
    said = [
        {"diagnosticEvent": {"severity": "warning", "urn": COLD["urn"], "message": f"{text}\n"}}
        for text in (COLD["summary"], "its image ends soon")
    ]
    acts = [updated("web-1", {"type": "g6-standard-2"})]

    found = told(tmp_path, acts, COLD, events=lines(events(acts, more=said)))

    assert [message.text for message in found.messages] == ["its image ends soon"]


def test_drift_is_what_was_found_and_not_what_a_change_would_do(tmp_path: Path) -> None:
    found = told(tmp_path, [updated("web", {"type": "g6-standard-2"})], effects_line("web", "power off", RESIZED),
                 meta={"stack": "dev", "command": "refresh"})  # fmt: skip

    assert plain(effect(found.changes[0])) == "drifted"
    assert found.changes[0].seconds_off is None


def test_an_unknown_value_with_a_line_stays_a_perhaps(tmp_path: Path) -> None:
    act = Act("update", "web", {"tags": ["a"]}, {"tags": UNKNOWN}, detailed={"tags": "update"}, kind=SERVER)

    found = told(tmp_path, [act], effects_line("web", "none", ("tags", "none", "tags changed in place")))

    assert found.changes[0].certainty == "perhaps"


@pytest.mark.parametrize("evil", ["@team", "`x`", "[x](http://x.example)", "<b>", "www.x.example", "a|b"])
def test_words_that_nobody_here_wrote_are_shown_as_data(tmp_path: Path, evil: str) -> None:
    line = effects_line("web", "none", ("tags", "none", f"see {evil}"), one_way=[f"for {evil}"])

    found = told(tmp_path, [updated("web", {"tags": ["x"]})], line)

    kinds = {piece.kind for item in found.changes[0].effects for piece in item.what if evil in piece.text}
    assert kinds == {"said"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]\n", "line 1 is not an object"),
        (lines([effects_line("web", "quite bad")]), "level: Input should be"),
        ("{\n" + lines([COLD]), "line 1 is not JSON"),
    ],
)
def test_effects_that_can_not_be_read_make_the_bundle_unreadable(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BundleUnreadable, match=rf"dev/effects.ndjson: {why}"):
        bundle(tmp_path, [], effects=text)


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    found = build(
        [bundle(tmp_path, [updated("web-1", {"type": "g6-standard-2"})], effects=lines([COLD]) + '{"urn"')]
    )

    assert found.stacks[0].changes[0].seconds_off == (180, 300)


def test_a_server_that_is_shut_down_is_off_for_good(tmp_path: Path) -> None:
    shut = effects_line("web-1", "power off", ("booted", "power off", "shut down, and stays off"))
    acts = [updated("web-1", {"booted": False}, booted=True), updated("web-2", {"type": "g6-standard-2"})]
    resized = effects_line("web-2", "power off", RESIZED, seconds_off=[180, 300])

    found = report(tmp_path, acts[:1], effects=lines([shut]))
    both = report(tmp_path / "2", [*acts, kept("web-3")], effects=lines([shut, resized]))

    assert plain(found.heading) == "🟠 dev: web-1 is off for good"
    assert "for a while" not in markdown.comment(found)
    assert plain(off(both.stacks[0])) == "web-2: 3 to 5 min; web-1: for good"


@pytest.mark.parametrize(
    ("destroys", "lost"), [(["disks", "id"], "disks"), (["disks", "backups"], "disks and backups")]
)
def test_backups_are_told_where_there_are_any(tmp_path: Path, destroys: list[str], lost: str) -> None:
    line = effects_line("web", "data loss", op="replace", destroys=destroys)

    found = told(tmp_path, [replaced("web", {"image": "linode/debian13"})], line)

    assert plain(effect(found.changes[0])).endswith(f": {lost} erased, new id, new addresses")
