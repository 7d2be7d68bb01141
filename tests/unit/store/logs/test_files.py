"""Lines wait for the writing thread within a limit; nothing harms who writes them."""

import asyncio
import logging
import os
import threading

import pytest

from headrace.core.logs.events import GroupKey
from headrace.store.logs import files
from headrace.store.logs.files import FileLogStore
from headrace.store.logs.folder import group_folder, old_folder, stream_file
from headrace.store.logs.writer import Bounds
from headrace.testing.conformance.logs import found

GROUP = GroupKey(16, "/aws/lambda/f")
AT = 1_795_000_000_000


def test_events_are_there_after_a_restart_and_readable_by_people(tmp_path):
    async def story():
        store = FileLogStore(tmp_path)
        store.write(GROUP, "s", AT, b"START RequestId: 1\n")
        await store.close()
        store = FileLogStore(tmp_path)
        store.write(GROUP, "s", AT + 1, b"END RequestId: 1\n")
        assert await found(store) == ["START RequestId: 1\n", "END RequestId: 1\n"]
        await store.close()

    asyncio.run(story())
    text = stream_file(group_folder(tmp_path, GROUP), "s", 1).read_text()
    assert text.splitlines()[1:] == [
        f"{AT} 0 START RequestId: 1",
        f"{AT + 1} 0 END RequestId: 1",
    ]


def test_lines_that_come_too_fast_are_dropped_and_the_stream_says_so(tmp_path):
    async def story():
        store = FileLogStore(tmp_path, waiting_bytes_max=10)
        entered, hold = threading.Event(), threading.Event()
        append = store._writer.append

        def slowly(*arguments):
            entered.set()
            hold.wait()
            append(*arguments)

        store._writer.append = slowly
        store.write(GROUP, "s", AT, b"12345678\n")
        await asyncio.to_thread(entered.wait)
        store.write(GROUP, "s", AT, b"dropped\n")
        hold.set()
        assert await found(store) == [
            "12345678\n",
            (
                "HEADRACE_WARNING: 8 bytes of log lines were dropped here: they came faster than "
                "they could be written.\n"
            ),
        ]
        await store.close()

    asyncio.run(story())


def counted(store):
    """Have the store count how often it goes to a file; return where it counts."""
    calls = []
    append = store._writer.append

    def count(*arguments):
        calls.append(arguments[-1])
        append(*arguments)

    store._writer.append = count
    return calls


@pytest.mark.parametrize("way", ["asked", "closed", "full", "near its limit", "time"])
def test_lines_of_a_moment_are_written_together(tmp_path, monkeypatch, way):
    if way == "full":
        monkeypatch.setattr(files, "GATHERED_BYTES_MAX", 8)

    async def story():
        limit = 48 if way == "near its limit" else files.WAITING_BYTES_MAX
        store = FileLogStore(tmp_path, None, limit, gather_s=0.1 if way == "time" else 3_600)
        calls = counted(store)
        for text in (b"one\n", b"two\n", b"three\n"):
            store.write(GROUP, "s", AT, text)
        if way == "asked":
            assert await found(store) == ["one\n", "two\n", "three\n"]
        elif way != "closed":
            async with asyncio.timeout(10):
                while not calls:
                    await asyncio.sleep(0)
        await store.close()
        assert [call.count(b"\n") for call in calls] == [3]

    asyncio.run(story())


def test_a_disk_that_takes_nothing_is_logged_once_and_told_to_those_who_ask(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")

    async def story():
        store = FileLogStore(blocked)
        store.write(GROUP, "a", AT, b"1\n")
        store.write(GROUP, "b", AT, b"2\n")
        with pytest.raises(OSError, match="Not a directory"):
            await store.create_stream(GROUP, "s", AT)
        assert await store.orphans() == []
        await store.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert len(caplog.records) == 1
    assert "log lines of functions are lost" in caplog.text


def test_while_space_is_low_the_disk_is_left_to_the_journal(tmp_path, caplog):
    low = []

    async def story():
        store = FileLogStore(tmp_path, space_is_low=lambda: bool(low))
        store.write(GROUP, "s", AT, b"before\n")
        assert await store.create_stream(GROUP, "t", AT)
        low.append(True)
        store.write(GROUP, "s", AT, b"lost\n")
        for work in (
            store.create_stream(GROUP, "u", AT),
            store.put(GROUP, "t", AT, [(AT, "refused")]),
        ):
            with pytest.raises(OSError, match="disk space is low"):
                await work
        assert await store.delete_stream(GROUP, "t")
        low.clear()
        store.write(GROUP, "s", AT, b"after\n")
        assert await found(store) == ["before\n", "after\n"]
        await store.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert "log lines of functions are lost: [Errno 28] disk space is low" in caplog.text


def test_what_comes_after_the_end_is_dropped_or_refused(tmp_path):
    async def story():
        store = FileLogStore(tmp_path)
        await store.close()
        store.write(GROUP, "s", AT, b"late\n")
        with pytest.raises(OSError, match="closed"):
            await store.create_stream(GROUP, "s", AT)

    asyncio.run(story())
    assert list(tmp_path.iterdir()) == []


def test_what_is_asked_keeps_its_place_among_the_lines(tmp_path):
    async def story():
        store = FileLogStore(tmp_path)
        store.write(GROUP, "s", AT, b"before\n")
        dropped = asyncio.create_task(store.drop(GROUP))
        await asyncio.sleep(0)
        store.write(GROUP, "s", AT, b"after\n")
        await dropped
        assert await found(store) == ["after\n"]
        await store.close()

    asyncio.run(story())


def test_what_an_older_server_wrote_is_found_and_adopted(tmp_path):
    old_folder(tmp_path, GROUP.name).mkdir()
    (old_folder(tmp_path, GROUP.name) / "s.log").write_bytes(b"START\n")

    async def story():
        store = FileLogStore(tmp_path)
        assert await store.orphans() == [GROUP.name]
        await store.adopt(GROUP)
        assert await store.orphans() == []
        assert await found(store) == ["START\n"]
        await store.close()

    asyncio.run(story())


def test_old_events_are_removed_and_no_others(tmp_path):
    async def story():
        store = FileLogStore(tmp_path, Bounds())
        for stream in ("old", "new"):
            store.write(GROUP, stream, AT, stream.encode() + b"\n")
        await store.streams(GROUP)
        folder = group_folder(tmp_path, GROUP)
        os.utime(stream_file(folder, "old", 1), ns=(0, 1_000_000))
        await store.expire(GROUP, 2)
        assert await found(store) == ["new\n"]
        await store.close()

    asyncio.run(story())


def test_a_bug_in_the_writing_thread_is_logged_and_not_the_last_word(tmp_path, caplog):
    async def story():
        store = FileLogStore(tmp_path)
        append = store._writer.append

        def fail(*_):
            raise ValueError("a bug")

        store._writer.append = fail
        store.write(GROUP, "s", AT, b"lost\n")
        await store._do(lambda: None)
        store._writer.append = append
        store.write(GROUP, "s", AT, b"kept\n")
        assert await found(store) == ["kept\n"]
        await store.close()

    asyncio.run(story())
    assert "a bug while log lines were written" in caplog.text
