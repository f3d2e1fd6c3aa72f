"""Commands of the local API.

python -m emulators.linode_api serve --port 8041 --database FILE --speed 60
python -m emulators.linode_api token --database FILE --account NAME --scopes "linodes:read_write"
python -m emulators.linode_api operations
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from emulators.linode_api.clock import Clock
from emulators.linode_api.core.accounts import Accounts
from emulators.linode_api.core.database import Database, DatabaseUnusable
from emulators.linode_api.operations import table
from emulators.linode_api.server import LocalApi, NotLoopback, PortInUse


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except (PortInUse, NotLoopback, DatabaseUnusable, ValueError, OSError) as problem:
        print(f"local API: {problem}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(
        prog="python -m emulators.linode_api", description="A local Linode API."
    )
    chosen = commands.add_subparsers(dest="command", required=True)
    serving = chosen.add_parser("serve", help="serve until interrupted")
    serving.add_argument("--host", default="127.0.0.1", help="a loopback address")
    serving.add_argument("--port", type=int, default=8041, help="0 picks a free one")
    serving.add_argument("--database", type=Path, required=True, help="SQLite file, made if missing")
    serving.add_argument("--speed", type=float, default=60.0, help="60: what takes 60 s takes 1 s")
    serving.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    serving.add_argument(
        "--seed", type=Path, help="a description of an account (see seeding.py), made if it is empty"
    )
    serving.add_argument("--no-limits", action="store_true", help="no rate limits")
    token = chosen.add_parser("token", help="make a token and print it")
    token.add_argument("--database", type=Path, required=True)
    token.add_argument("--account", default="local", help="made if missing")
    token.add_argument("--scopes", default="*", help='such as "linodes:read_write events:read_only"')
    token.add_argument("--user", help="one of the account's users, made if missing; default: its owner")
    token.add_argument("--restricted", action="store_true", help="the user may set no tags, and needs grants")
    token.add_argument("--grants", default="add_linodes", help="of a restricted user, one space between")
    chosen.add_parser("operations", help="print a table of what is served")
    return commands


def serve(options: argparse.Namespace) -> int:
    """Until SIGTERM or SIGINT; prints one line when requests are answered."""
    # Blocked in all threads and waited for: a handler that sets an Event can meet this very thread inside the
    # Event's lock, and then both wait for ever.
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    api = LocalApi(
        options.database,
        options.speed,
        limits=not options.no_limits,
        port=options.port,
        host=options.host,
        latency_s=options.latency,
    )
    try:
        if options.seed:
            plant(api, options.seed)
        api.start()
        print(f"local API at {api.url} (speed {options.speed:g}, database {options.database})", flush=True)
        signal.sigwait(stops)
    finally:
        api.stop()
    return 0


def plant(api: LocalApi, file: Path) -> None:
    """An account that has anything is left as it is: a restart plants nothing twice. Raises ValueError."""
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
        if api.accounts.is_empty(str(description.get("account", "local"))):
            api.seed(description)
    except (ValueError, AttributeError) as problem:
        raise ValueError(f"--seed {file}: {problem}") from problem


def print_token(options: argparse.Namespace) -> int:
    database = Database(options.database)
    try:
        accounts = Accounts(database, Clock())
        grants = options.grants.split() if options.restricted else None
        print(accounts.token_for(options.account, options.scopes, options.user, grants))
    finally:
        database.close()
    return 0


def print_operations(_: argparse.Namespace) -> int:
    print(table())
    return 0


COMMANDS = {"serve": serve, "token": print_token, "operations": print_operations}


if __name__ == "__main__":
    sys.exit(main())
