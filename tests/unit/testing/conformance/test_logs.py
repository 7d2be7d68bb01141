"""The log stores' suite can fail: stores with one fault each do not pass it."""

import asyncio

import msgspec
import pytest

from headrace.store.logs.memory import MemoryLogStore
from headrace.testing.conformance.logs import CHECKS


class KeepsEmptyLines(MemoryLogStore):
    def write(self, group, stream, at, text):
        super().write(group, stream, at, text.replace(b"\n\n", b"\n \n"))


class Trims(MemoryLogStore):
    async def put(self, group, stream, at, events):
        return await super().put(group, stream, at, [(when, text.strip()) for when, text in events])


class Reorders(MemoryLogStore):
    async def find(self, group, query):
        page = await super().find(group, query)
        by_stream = sorted(page.events, key=lambda event: event.stream)
        return msgspec.structs.replace(page, events=tuple(by_stream))


class Repeats(MemoryLogStore):
    async def find(self, group, query):
        after = None if query.after is None else query.after - 1
        return await super().find(group, msgspec.structs.replace(query, after=after))


class Stops(MemoryLogStore):
    async def find(self, group, query):
        page = await super().find(group, query)
        return page if page.events else msgspec.structs.replace(page, reached=None)


class ForgetsWhen(MemoryLogStore):
    async def streams(self, group):
        found = await super().streams(group)
        return [msgspec.structs.replace(one, last_ingested_at=one.last_at) for one in found]


class MakesAgain(MemoryLogStore):
    async def create_stream(self, group, stream, at):
        await super().create_stream(group, stream, at)
        return True


class KeepsOld(MemoryLogStore):
    async def drop(self, group):
        pass


class FoldsNames(MemoryLogStore):
    async def create_stream(self, group, stream, at):
        return await super().create_stream(group, stream[:200], at)

    async def put(self, group, stream, at, events):
        return await super().put(group, stream[:200], at, events)


FAULTY = (
    KeepsEmptyLines,
    Trims,
    Reorders,
    Repeats,
    Stops,
    ForgetsWhen,
    MakesAgain,
    KeepsOld,
    FoldsNames,
)


@pytest.mark.parametrize(
    ("check", "store"),
    list(zip(CHECKS, FAULTY, strict=True)),
    ids=[store.__name__ for store in FAULTY],
)
def test_a_faulty_store_does_not_pass(check, store):
    with pytest.raises(AssertionError):
        asyncio.run(check(store()))
