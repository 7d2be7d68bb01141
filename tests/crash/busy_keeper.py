"""The command line with a keeper that is always at work: snapshots, deletions and moves all day."""

import sys

from headrace.faces.cli.main import main
from headrace.shell import keeper, ledger

keeper.BLOCKS_TO_REPLAY = 40
keeper.DEAD_BYTES = 200_000
keeper.SNAPSHOT_SHARE = 0
ledger.COMPACTED_BLOCKS_MIN = 2

if __name__ == "__main__":
    sys.exit(main())
