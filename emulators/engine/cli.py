"""From arguments to an exit code: every error of ours is one line, never a traceback."""

from __future__ import annotations

import os
import sys

from emulators.engine.errors import EngineError
from emulators.engine.flags import build_parser


def main(arguments: list[str]) -> int:
    """The exit code of one command."""
    try:
        args = build_parser().parse_args(arguments)
        if hasattr(args, "cwd"):
            try:
                os.chdir(args.cwd)
            except OSError as error:
                raise EngineError(f"cannot change to {args.cwd}: {error.strerror}") from error
        if args.command in ("stack", "config", "state", "cancel"):
            from emulators.engine import routing

            return routing.run(args)
        if args.command in ("login", "logout", "whoami"):
            from emulators.engine import login_commands

            return login_commands.run(args)
        from emulators.engine import commands

        return commands.run(args)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
