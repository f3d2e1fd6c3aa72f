"""`python -m fleet COMMAND`: what the make targets run.

Commands import what they alone need when they run: the API's client and the catalogs take a third of a second to load,
and most commands leave them to the engine's own processes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping

from rich.console import Console

from fleet.cli import table
from fleet.cli.options import shared
from fleet.delivery import affected as affected_stacks
from fleet.engine import local_stack
from fleet.engine.runs import Run, run_of
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import LinodeError
from providers.linode.nearest import did_you_mean
from stacks.errors import BadSettings, EngineFailed

OF_THE_CATALOGS = ("completion", "images", "import", "kernels", "pins", "regions", "repin", "types")


def main(arguments: list[str]) -> int:
    if (arguments[:1] and arguments[0] in OF_THE_CATALOGS) or "_FLEET_COMPLETE" in os.environ:
        from fleet.cli import terminal

        return terminal.main(arguments)
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if options.help and options.command in WITH_OPTIONS:
        rest.append("--help")
    elif options.help or options.command is None:
        parser.print_help()
        return 0
    if options.command not in COMMANDS:
        near = did_you_mean(options.command, COMMANDS)
        print(
            f"error: there is no command '{options.command}'{near}. Next: python -m fleet --help.",
            file=sys.stderr,
        )
        return 2
    if options.locked:
        os.environ["LINODE_LOCKED"] = "1"
    if options.lock_wait:
        os.environ["LOCK_WAIT"] = options.lock_wait
    try:
        return COMMANDS[options.command](options.stack, tuple(rest))
    except (BadSettings, EngineFailed, LinodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"error: {error.filename or ''}: {error.strerror}. Next: check that file or folder.",
            file=sys.stderr,
        )
        return 1


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:{width}}{(run.__doc__ or '').splitlines()[0]}" for name, run in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="python -m fleet",
        usage="python -m fleet COMMAND [--stack STACK] [options]",
        description="Run a stack. Further words go to the engine; COMMAND --help tells a command's own options.",
        epilog="\n".join(["commands:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared()],
        add_help=False,
    )
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="see below")
    parser.add_argument("-h", "--help", action="store_true", help="show this, or a command's own options")
    return parser


def up(stack: str, rest: tuple[str, ...]) -> int:
    """Deploy; `local` at once, other stacks after a preview and a question (or --yes)."""
    run = run_of(stack, rest)
    code = run.verb("up", "--suppress-outputs", *_unasked(stack))
    if code == 0:
        _show_table(run)
    return code


def pin(stack: str, rest: tuple[str, ...]) -> int:
    """Pin what the settings ask for, without deploying anything."""
    from fleet.engine import accounts
    from stacks import pinning

    accounts.require_own(run_of(stack, rest))
    for line in pinning.pin(stack, os.environ):
        print(line)
    return 0


def preview(stack: str, rest: tuple[str, ...]) -> int:
    """Show what `up` would do, and do nothing."""
    return run_of(stack, rest).verb("preview")


def refresh(stack: str, rest: tuple[str, ...]) -> int:
    """Bring the state in line with what the API reports."""
    return run_of(stack, rest).verb("refresh", "--suppress-outputs", *_unasked(stack))


def down(stack: str, rest: tuple[str, ...]) -> int:
    """Delete everything that the stack made."""
    return run_of(stack, rest).verb("destroy", *_unasked(stack))


def show(stack: str, rest: tuple[str, ...]) -> int:
    """The table of what the last `up` made."""
    from fleet.engine import accounts

    run = run_of(stack, rest)
    accounts.refuse_another(run)
    _show_table(run)
    return 0


def api(_stack: str, _rest: tuple[str, ...]) -> int:
    """Start the local API if it isn't running, and say how to call it."""
    served = local_stack.of_environment(os.environ).api(os.environ)
    served.start()
    running = served.running()
    speed = running.speed if running else served.speed
    print(f"local API: {served.url}/v4, {speed:g} times as fast as the real one; `make stop` ends it")
    print(f'try: curl -H "Authorization: Bearer $(cat {served.token_file})" {served.url}/v4/linode/instances')
    return 0


def stop(_stack: str, _rest: tuple[str, ...]) -> int:
    """Stop the local API; its database stays."""
    served = local_stack.of_environment(os.environ).api(os.environ)
    print("local API: stopped" if served.stop() else "local API: was not running")
    return 0


def unlock(stack: str, rest: tuple[str, ...]) -> int:
    """After a crash: free the lock of a dead process and settle what it left open."""
    from fleet.engine import accounts
    from fleet.engine.unlock import Unlock

    run = run_of(stack, rest)
    accounts.refuse_another(run)
    for line in Unlock(run).run():
        print(line)
    return 0


def bundle(stack: str, rest: tuple[str, ...]) -> int:
    """What a pull request's report is made from: a folder with everything of one preview."""
    from fleet.delivery import bundle as bundles

    return bundles.main(stack, rest)


def affected(_stack: str, rest: tuple[str, ...]) -> int:
    """The stacks that a change touches."""
    return affected_stacks.main(rest)


def deploy(stack: str, rest: tuple[str, ...]) -> int:
    """Deploy, if the plan is still the one that was approved."""
    from fleet.delivery import deploy as deploying

    return deploying.main(stack, rest)


def pr_up(_stack: str, rest: tuple[str, ...]) -> int:
    """Make or update the stack of a pull request, and move its end."""
    from fleet.delivery import pr_commands

    return pr_commands.up(rest, _show_table)


def pr_down(_stack: str, rest: tuple[str, ...]) -> int:
    """Delete the stack of a pull request with everything in it."""
    from fleet.delivery import pr_commands

    return pr_commands.down(rest)


def reap(_stack: str, rest: tuple[str, ...]) -> int:
    """Find pull requests' stacks past their end and what such stacks left behind; delete that with --yes."""
    from fleet.delivery import reaper

    return reaper.main(rest)


def settings(_stack: str, rest: tuple[str, ...]) -> int:
    """Check, explain or compare settings, without Pulumi or a network."""
    from fleet.cli import settings_commands

    return settings_commands.main(rest)


def env(_stack: str, _rest: tuple[str, ...]) -> int:
    """The variables with which `pulumi` itself works on stack `local`: eval "$(…)"."""
    for key, value in local_stack.of_environment(os.environ).pulumi_variables().items():
        print(f"export {key}='{value}'")
    return 0


def _unasked(stack: str) -> tuple[str, ...]:
    """Stack `local` costs nothing, so it isn't asked about."""
    return ("--yes", "--skip-preview") if stack == LOCAL_STACK else ()


def _show_table(run: Run) -> None:
    outputs = json.loads(run.engine.ask("stack", "output", "--json", "--stack", run.stack, env=run.env))
    table.show(outputs, Console())


COMMANDS: Mapping[str, Callable[[str, tuple[str, ...]], int]] = {
    "affected": affected,
    "api": api,
    "bundle": bundle,
    "deploy": deploy,
    "down": down,
    "env": env,
    "pin": pin,
    "pr-down": pr_down,
    "pr-up": pr_up,
    "preview": preview,
    "reap": reap,
    "refresh": refresh,
    "settings": settings,
    "show": show,
    "stop": stop,
    "unlock": unlock,
    "up": up,
}

WITH_OPTIONS = ("affected", "bundle", "deploy", "pr-down", "pr-up", "reap", "settings")
"""Commands that read their own options."""
