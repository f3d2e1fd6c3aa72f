"""Stacks of which no preview came in: failed ones, of which nothing is known."""

from __future__ import annotations

from fleet.report.judge.points import Point
from fleet.report.model import UNLISTED, StackReport, Sum
from fleet.report.phrases import code, phrase


def missing(stack: str) -> tuple[StackReport, tuple[Point, ...]]:
    """A stack that was expected and sent no bundle is a failed one."""
    why = phrase("no preview came in")
    title = phrase(code(stack), " could not be previewed: ", why)
    text = phrase("The job of this stack was skipped, cancelled or broke. To go ahead: run it again.")
    return _nothing_known(stack, Point("failed", title, text, why))


def unlisted() -> tuple[StackReport, tuple[Point, ...]]:
    """Which stacks are touched is not known: nobody can say that none is missing."""
    title = phrase("Which stacks are touched is not known")
    text = phrase("The job that lists them failed. To go ahead: see why, and run it again.")
    return _nothing_known(UNLISTED, Point("failed", title, text, phrase("the job that lists them failed")))


def _nothing_known(stack: str, point: Point) -> tuple[StackReport, tuple[Point, ...]]:
    report = StackReport(
        stack=stack, verdict="failed", word=phrase("failed: ", point.short), complete=False, exit=1,
        unchanged_known=False, change_known=False, now=Sum(at_least=True), then=Sum(at_least=True),
    )  # fmt: skip
    return report, (point,)
