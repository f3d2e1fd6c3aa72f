"""The flags of ``up``, ``preview``, ``refresh``, ``destroy`` and ``import``.

Source: the real command line's ``pkg/cmd/pulumi/operations``.
"""

from __future__ import annotations

import argparse
import os


def add_run_flags(parser: argparse.ArgumentParser, name: str) -> None:
    """The flags of one of the commands that run an update."""
    parser.add_argument("--diff", action="store_true", help="show every property")
    parser.add_argument("-p", "--parallel", type=int, default=0, help="steps at once (4 for each core)")
    parser.add_argument("-m", "--message", default="", help="a note for the history")
    parser.add_argument("--suppress-outputs", action="store_true", help="do not show stack outputs")
    parser.add_argument("--suppress-progress", action="store_true", help="accepted; there are no dots")
    if os.environ.get("PULUMI_DEBUG_COMMANDS", "").lower() in ("1", "true"):  # as the real one has it
        parser.add_argument("--event-log", metavar="FILE", help="write every event to this file")
    if name == "import":
        _add_import_flags(parser)
        return
    parser.add_argument("--expect-no-changes", action="store_true", help="fail if there are any changes")
    if name != "refresh":
        parser.add_argument("-r", "--refresh", action="store_true", help="refresh first")
    if name != "preview":
        parser.add_argument("-f", "--skip-preview", action="store_true", help="no preview first")
        parser.add_argument("--preview-only", action="store_true", help="only the preview")
    if name == "refresh":
        parser.add_argument("--clear-pending-creates", action="store_true", help="forget pending creates")
    if name in ("up", "destroy"):
        parser.add_argument("--continue-on-error", action="store_true", help="do what does not depend on it")
    if name in ("refresh", "destroy"):
        parser.add_argument(
            "--run-program",
            action="store_true",
            help="run the program first, for the providers' configuration",
        )
    _add_target_flags(parser, name)


def _add_target_flags(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(
        "-t", "--target", action="append", default=[], metavar="URN", help="only this; may be given again"
    )
    parser.add_argument("--target-dependents", action="store_true", help="what needs a target is one too")
    if name in ("up", "preview"):
        parser.add_argument("--replace", action="append", default=[], metavar="URN", help="replace this")
        parser.add_argument(
            "--target-replace",
            action="append",
            default=[],
            metavar="URN",
            help="replace this and do nothing else",
        )


def _add_import_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("resource", nargs="*", help="type, name and id: refused, use --file")
    parser.add_argument("-f", "--file", help="a JSON file of resources with inputs and outputs")
    parser.add_argument("--skip-preview", action="store_true", help="no preview first")
    parser.add_argument("--preview-only", action="store_true", help="only the preview")
    for flag, text in (
        ("--protect", "protect what is imported"),
        ("--generate-code", "only =false is possible"),
    ):
        parser.add_argument(flag, type=_truth, nargs="?", const=True, default=True, help=text)


def _truth(text: str) -> bool:
    if text.lower() in ("1", "t", "true"):
        return True
    if text.lower() in ("0", "f", "false"):
        return False
    raise argparse.ArgumentTypeError(f"invalid argument '{text}': true or false")
