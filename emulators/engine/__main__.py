"""``python -m emulators.engine``."""

import os
import sys

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its notes about closed connections are not for people
os.environ.setdefault(
    "no_grpc_proxy", "127.0.0.1"
)  # no http_proxy stands between this engine and its children

from emulators.engine.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
