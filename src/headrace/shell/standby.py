"""Wait beside the owner of a journal, and take over when it is gone or silent."""

from collections.abc import Callable
from typing import Protocol

from headrace.ports.journal import JournalInUse


class SharedJournal(Protocol):
    """A journal for which a second server can wait."""

    async def open(self) -> None:
        """Take ownership, or raise JournalInUse."""
        ...

    async def until_free(self) -> None:
        """Return when nobody seems to own it any more."""
        ...


async def open_when_free(journal: SharedJournal, say: Callable[[str], None]) -> None:
    """Open a journal as soon as nobody else owns it; say each time for whom it begins to wait.

    Raises:
        JournalError: It cannot be opened for another reason.
    """
    while True:
        try:
            await journal.open()
        except JournalInUse as error:
            say(f"Waiting: {error}")
            await journal.until_free()
        else:
            return
