"""Rebuilds: one at a time, after an append under way, and not for ever."""

import asyncio

from headrace.shell.rebuilding import REBUILDS_AT_MOST, Rebuilding


def test_a_rebuild_waits_for_the_append_under_way():
    async def scenario():
        append, done = asyncio.get_running_loop().create_future(), []

        async def appending():
            await append

        async def rebuild(reason):
            done.append(reason)

        task = asyncio.create_task(appending())
        Rebuilding().want(rebuild, "why", task)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == []
        append.set_result(None)
        while not done:
            await asyncio.sleep(0)
        assert done == ["why"]

    asyncio.run(scenario())


def test_what_fails_before_the_rebuild_begins_is_one_rebuild_and_afterwards_another():
    async def scenario():
        rebuilding, done = Rebuilding(), []

        async def rebuild(reason):
            done.append(reason)
            if len(done) == 1:
                rebuilding.want(rebuild, "while it ran", None)

        rebuilding.want(rebuild, "a", None)
        rebuilding.want(rebuild, "b", None)
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(done) == 2

    asyncio.run(scenario())


def test_there_is_an_end_unless_a_block_is_written_in_between():
    async def scenario():
        rebuilding, done = Rebuilding(), []

        async def rebuild(reason):
            done.append(reason)
            if len(done) < 20:
                rebuilding.want(rebuild, reason, None)
            if len(done) == 2:
                rebuilding.forget_failures()

        rebuilding.want(rebuild, "a", None)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(done) == 2 + REBUILDS_AT_MOST

    asyncio.run(scenario())


def test_a_rebuild_that_fails_is_said_aloud(caplog):
    async def scenario():
        async def rebuild(reason):
            raise ZeroDivisionError

        Rebuilding().want(rebuild, "a", None)
        for _ in range(5):
            await asyncio.sleep(0)

    asyncio.run(scenario())
    assert "memory cannot be rebuilt" in caplog.text
    assert "ZeroDivisionError" in caplog.text
