"""Let `python -m headrace` be the command line."""

import sys

from headrace.faces.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
