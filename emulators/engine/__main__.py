"""``python -m emulators.engine``."""

import os
import sys

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its notes about closed connections are not for people

from emulators.engine.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
