"""``python -m coursekit``: the command, for when its folder is not on the PATH."""

import sys

from coursekit.cli import main

if __name__ == "__main__":
    sys.exit(main())
