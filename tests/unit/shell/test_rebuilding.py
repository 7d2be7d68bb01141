"""Rebuilds: one at a time, after an append under way, and not one after the other for ever."""

import asyncio

from headrace.shell import rebuilding as rebuilding_module
from headrace.shell.limits import REBUILDS_AT_ONCE
from headrace.shell.rebuilding import Rebuilding


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


async def rebuilt(again, turns=100):
    """Fail `again` times after the first; return the rebuilder and how often it was tried."""
    rebuilding, done = Rebuilding(), []

    async def rebuild(reason):
        done.append(reason)
        if len(done) == 2:
            rebuilding.forget_failures()
        if len(done) <= again:
            rebuilding.want(rebuild, reason, None)

    rebuilding.want(rebuild, "a", None)
    for _ in range(turns):
        await asyncio.sleep(0)
    return rebuilding, done


def test_there_is_a_pause_unless_a_block_is_written_in_between(caplog):
    async def scenario():
        rebuilding, done = await rebuilt(again=20)
        assert len(done) == 2 + REBUILDS_AT_ONCE
        assert "everything is refused for 1 s" in caplog.text
        rebuilding.stop()
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(done) == 2 + REBUILDS_AT_ONCE
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())


def test_what_ends_by_itself_is_got_over_however_long_it_takes(monkeypatch, caplog):
    """A database's full disk: the server was lost for good after the fifth receive."""
    monkeypatch.setattr(rebuilding_module, "REBUILD_PAUSE_S_MAX", 0)

    async def scenario():
        _, done = await rebuilt(again=20, turns=1_000)
        assert len(done) == 21

    asyncio.run(scenario())
    assert "refused for 0 s" in caplog.text


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
