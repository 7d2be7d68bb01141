"""The store in memory beside what conformance asks of it."""

import asyncio

from headrace.core.logs.events import GroupKey
from headrace.store.logs.memory import MemoryLogStore
from headrace.testing.conformance.logs import found

GROUP = GroupKey(16, "/aws/lambda/f")


def test_the_text_of_a_group_is_all_it_holds():
    store = MemoryLogStore()
    store.write(GROUP, "a", 1, b"1\n")
    store.write(GROUP, "b", 2, b"2\n")
    store.write(GROUP, "a", 3, b"3\n")
    store.write(GroupKey(17, "other"), "c", 4, b"4\n")
    assert store.text(GROUP.name) == "1\n3\n2\n"


def test_streams_without_new_events_expire():
    async def story():
        store = MemoryLogStore()
        store.write(GROUP, "a", 1, b"1\n")
        store.write(GROUP, "b", 2, b"2\n")
        await store.create_stream(GROUP, "c", 1)
        await store.expire(GROUP, 2)
        assert await found(store) == ["2\n"]
        assert [one.name for one in await store.streams(GROUP)] == ["b"]
        await store.adopt(GROUP)
        assert await store.orphans() == []
        await store.close()

    asyncio.run(story())
