"""The options that most commands of `python -m fleet` share."""

from __future__ import annotations

import argparse

from providers.linode.api.connection import LOCAL_STACK


def shared() -> argparse.ArgumentParser:
    """To be a parent of a command's own parser, so that its help names them too."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--stack", default=LOCAL_STACK, help="local (the default: the local API), dev, staging or prod"
    )
    parser.add_argument(
        "--locked", action="store_true", help="stop when a pick is not pinned yet, as CI does"
    )
    parser.add_argument(
        "--lock-wait", metavar="TIME", help="wait that long for a stack that another run holds, as 5m"
    )
    return parser
