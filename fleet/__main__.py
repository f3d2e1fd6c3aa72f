"""Starts the command line, which is an extra of the installed package: who has not got it is told so."""

import gc
import importlib.util
import sys

SELDOM = 100_000
"""Objects made until the next look for garbage: what a command makes it needs until it ends."""


def run() -> int:
    gc.set_threshold(SELDOM)
    if importlib.util.find_spec("click") is None or importlib.util.find_spec("rich") is None:
        print(
            "error: the command line is not installed. Next: pip install 'linode-fleet[cli]'", file=sys.stderr
        )
        return 1
    from fleet.cli.main import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
