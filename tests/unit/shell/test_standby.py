"""Waiting for a journal that another server owns."""

import asyncio

import pytest

from headrace.ports.journal import JournalDamaged, JournalInUse
from headrace.shell.standby import open_when_free


class Shared:
    """A journal that others own, one after the other."""

    def __init__(self, *owners):
        self.owners = list(owners)
        self.waits = 0

    async def open(self):
        if self.owners:
            raise JournalInUse(f"q is in use by {self.owners[0]}")

    async def until_free(self):
        self.waits += 1
        self.owners.pop(0)


def test_a_free_journal_is_opened_without_a_word():
    said = []
    asyncio.run(open_when_free(Shared(), said.append))
    assert said == []


def test_each_owner_that_is_waited_for_is_told():
    said = []
    journal = Shared("ann", "bob")
    asyncio.run(open_when_free(journal, said.append))
    assert said == ["Waiting: q is in use by ann", "Waiting: q is in use by bob"]
    assert journal.waits == 2


def test_what_cannot_be_read_is_not_waited_for():
    class Damaged(Shared):
        async def open(self):
            raise JournalDamaged("q is damaged")

    with pytest.raises(JournalDamaged):
        asyncio.run(open_when_free(Damaged(), print))
