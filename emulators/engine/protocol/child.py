"""What runs in a child process: the program, or the SDK's dynamic-provider servicer.

Started by path in the program's Python, so it uses nothing of this package. Standard input is a pipe that
the engine holds open: when it closes the engine is gone, and the child ends at once.

    child.py provider ENGINE
    child.py program  SETTINGS   (JSON: monitor, engine, project, stack, organization, parallel, dry_run,
                                  root_directory, program)
"""

import sys

if __name__ == "__main__":
    sys.path.pop(0)  # this file's folder: its modules must not stand in for the program's

import os
import threading

SELDOM = 100_000
SHOWN_TO_USER = 32  # the exit code that says: an error message was displayed already


def end_with_the_engine() -> None:
    """Watch the pipe on standard input, which becomes empty for everyone else."""
    watched = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        while os.read(watched, 1024):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="engine-watch", daemon=True).start()


def run_provider(engine: str) -> None:
    """As ``python -u -m pulumi.dynamic ENGINE`` in the current folder."""
    import runpy

    sys.path.insert(0, os.getcwd())
    sys.argv = ["pulumi.dynamic", engine]
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)


def run_program(text: str) -> int:
    """The user's program, with the SDK connected to the engine. The exit code."""
    import asyncio
    import gc
    import json
    import logging
    import runpy
    from concurrent.futures import ThreadPoolExecutor

    import pulumi
    import pulumi.runtime

    given = json.loads(text)
    program = given.pop("program")
    pulumi.runtime.set_all_config(
        pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env()
    )
    pulumi.runtime.configure(pulumi.runtime.Settings(**given))
    sys.argv = [program]
    gc.set_threshold(SELDOM)  # nearly all that a program makes lives as long as it
    pulumi.log.debug = lambda *_, **__: (
        None
    )  # shown nowhere, and the SDK waits for each, three times a resource

    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(given["parallel"], 1) * 4)
    loop.set_default_executor(executor)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it complains of futures that a failure leaves
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:  # noqa: BLE001 - whatever the program raises is its own failure
        pulumi.log.error("Program failed with an unhandled exception:\n" + program_trace(program))
        return SHOWN_TO_USER
    finally:
        executor.shutdown(wait=True)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def program_trace(program: str) -> str:
    """The current traceback from the program's own first line on."""
    import traceback

    main = os.path.join(program, "__main__.py") if os.path.isdir(program) else program
    frames = traceback.extract_tb(sys.exc_info()[2])
    start = next(
        (i for i, frame in enumerate(frames) if os.path.abspath(frame.filename) == os.path.abspath(main)), 0
    )
    return traceback.format_exc(limit=start - len(frames)) if frames else traceback.format_exc()


if __name__ == "__main__":
    end_with_the_engine()
    if sys.argv[1] == "provider":
        run_provider(sys.argv[2])
    else:
        sys.exit(run_program(sys.argv[2]))
