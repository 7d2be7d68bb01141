"""The command line with a journal that soon stops writing and does not say so."""

import sys

from headrace.faces.cli.main import main
from headrace.store.sqlite.journal import SqliteJournal

#: Appends that are carried out.
HONEST = 30

honest_append = SqliteJournal.append


async def append(self, block):
    """Write the first blocks of this process; only pretend for the others."""
    self.appends = getattr(self, "appends", 0) + 1
    if self.appends <= HONEST:
        await honest_append(self, block)


SqliteJournal.append = append

if __name__ == "__main__":
    sys.exit(main())
