from __future__ import annotations

from providers.linode.core.waiting.progress import Progress, line


def doing(running: int, booting: int, provisioning: int) -> list[tuple[str, str]]:
    words = ["running"] * running + ["booting"] * booting + ["provisioning"] * provisioning
    return [("running", word) for word in words]


def test_a_line_counts_what_is_there_and_what_the_others_are_at() -> None:
    assert line(doing(37, 12, 51)) == "37/100 running, 12 booting, 51 provisioning"
    assert line([("gone", "gone"), ("gone", "deleting"), ("running", "failed")]) == (
        "1/2 gone, 1 deleting; 0/1 running, 1 failed"
    )


def test_short_waits_say_nothing() -> None:
    progress = Progress()

    progress.begin(0.0)
    said = [progress.due(now, doing(0, 0, 1), over=False) for now in (0.1, 0.5, 1.9)]
    said.append(progress.due(3.0, doing(1, 0, 0), over=True))

    assert said == [""] * 4


def test_lines_come_five_seconds_apart_only_when_something_changed_and_at_the_end() -> None:
    progress, said = Progress(), list[tuple[float, str]]()

    progress.begin(0.0)
    for tenth in range(200):
        at = doing(0, 2, 0) if tenth < 120 else doing(1, 1, 0)
        said.append((tenth / 10, progress.due(tenth / 10, at, over=False)))
    said.append((20.0, progress.due(20.0, doing(2, 0, 0), over=True)))

    said = [(moment, text) for moment, text in said if text]
    assert [text for _, text in said] == ["0/2 running, 2 booting", "1/2 running, 1 booting", "2/2 running"]
    assert [moment for moment, _ in said] == [2.0, 12.0, 20.0]
