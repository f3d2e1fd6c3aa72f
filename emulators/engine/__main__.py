"""``python -m emulators.engine``."""

import sys

from emulators.engine.cli import main

sys.exit(main(sys.argv[1:]))
