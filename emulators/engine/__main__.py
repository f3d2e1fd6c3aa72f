"""``python -m emulators.engine``."""

import importlib.util
import os
import sys
import types

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its notes about closed connections are not for people
os.environ.setdefault(
    "no_grpc_proxy", "127.0.0.1"
)  # no http_proxy stands between this engine and its children


def load_no_more_than_the_protocol() -> None:
    """Of the SDK an engine needs the protocol's messages alone; its packages, when imported, load all the rest, half of
    the time in which this process starts.
    """
    found = importlib.util.find_spec("pulumi")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for name, place in (("pulumi", folder), ("pulumi.runtime", f"{folder}/runtime")):
            package = types.ModuleType(name)
            package.__path__ = [place]
            sys.modules[name] = package


if __name__ == "__main__":
    load_no_more_than_the_protocol()
    from emulators.engine.commands.command_line import main

    sys.exit(main(sys.argv[1:]))
