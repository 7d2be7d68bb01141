"""The history in files: what is written, what a kill leaves, and its bounds."""

import asyncio
import logging
import resource

import pytest

from headrace.core.mapping.decisions import DECISIONS, ServerStarted
from headrace.ports.journal import Block, Head
from headrace.shell.history import FileHistory, MemoryHistory, NoHistory
from headrace.store.codec import FORMAT, HeadReader, encode_head

HOUR_MS = 3_600_000


def block(seq, at=None, size=10):
    """Return a block whose head holds one decision of about so many bytes."""
    head = encode_head([ServerStarted(0, seq, "x" * size)])
    at = seq * 1_000 if at is None else at
    return Block(seq=seq, epoch=1, at=at, format=FORMAT, head=head, bodies=b"")


def history_in(folder, bytes_max=1_000_000, age_ms=24 * HOUR_MS, **options):
    return FileHistory(folder, bytes_max, age_ms, **options)


async def seqs_of(history):
    return [page.seq for page in (await history.read()).pages]


def run(story):
    return asyncio.run(story)


def test_pages_come_back_in_order_with_decisions_between(tmp_path):
    async def story():
        history = history_in(tmp_path / "h")
        assert not (tmp_path / "h").exists()
        history.take_block(block(1))
        history.tell(ServerStarted(7, 1_500, "1.0"))
        history.take_block(block(2))
        kept = await history.read()
        assert (kept.is_on, kept.is_whole) == (True, True)
        pages = list(kept.pages)
        assert [(page.seq, page.at) for page in pages] == [(1, 1_000), (0, 1_500), (2, 2_000)]
        (told,) = HeadReader(DECISIONS).records(pages[1].head, 0, pages[1].format)
        assert told == ServerStarted(7, 1_500, "1.0")
        await history.close()
        again = history_in(tmp_path / "h")
        assert await seqs_of(again) == [1, 0, 2]
        await again.close()

    run(story())


def test_the_next_start_adds_what_the_journal_has_and_the_history_lacks(tmp_path):
    async def story():
        history = history_in(tmp_path)
        history.take_block(block(1))
        history.take_block(block(2))
        await history.close()
        again = history_in(tmp_path)
        for seq in (1, 2, 3):
            one = block(seq)
            again.take_head(Head(seq, one.at, one.format, one.head, 0))
        assert await seqs_of(again) == [1, 2, 3]
        await again.close()

    run(story())


def test_what_is_written_soon_is_written_without_being_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.shell.history.HISTORY_WRITE_AFTER_S", 0)

    async def story():
        history = history_in(tmp_path)
        history.take_block(block(1))
        async with asyncio.timeout(10):
            while not await seqs_of(history_in(tmp_path)):
                await asyncio.sleep(0)
        assert await seqs_of(history_in(tmp_path)) == [1]
        await history.close()

    run(story())


def test_a_page_that_a_kill_has_cut_off_is_the_end_of_its_file_only(tmp_path):
    async def story():
        history = history_in(tmp_path)
        history.take_block(block(1))
        history.take_block(block(2))
        await history.close()
        (path,) = tmp_path.glob("*.pages")
        data = path.read_bytes()
        for cut in (1, 12, len(data) // 2 - 1):
            path.write_bytes(data[:-cut])
            again = history_in(tmp_path)
            again.take_head(Head(2, 2_000, FORMAT, block(2).head, 0))
            assert await seqs_of(again) == [1, 2]
            await again.close()
            (newest,) = set(tmp_path.glob("*.pages")) - {path}
            newest.unlink()

    run(story())


def test_a_damaged_length_makes_no_room_for_what_is_not_there(tmp_path):
    async def story():
        history = history_in(tmp_path)
        for seq in (1, 2):
            history.take_block(block(seq))
        await history.close()
        (path,) = tmp_path.glob("*.pages")
        data = path.read_bytes()
        second = 21 + int.from_bytes(data[:4], "big")
        path.write_bytes(data[:second] + b"\xff" + data[second + 1 :])
        again = history_in(tmp_path)
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), hard))
        try:
            assert await seqs_of(again) == [1]
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        await again.close()

    run(story())


def test_the_oldest_files_go_when_there_is_too_much(tmp_path):
    async def story():
        history = history_in(tmp_path, bytes_max=16_000)
        for seq in range(1, 101):
            history.take_block(block(seq, size=500))
            await history.read()
        kept = await history.read()
        seqs = [page.seq for page in kept.pages]
        assert not kept.is_whole
        assert seqs == list(range(seqs[0], 101))
        assert 10 < len(seqs) < 40
        assert sum(path.stat().st_size for path in tmp_path.glob("*.pages")) <= 17_000
        await history.close()

    run(story())


def test_the_oldest_files_go_when_they_are_too_old(tmp_path):
    async def story():
        history = history_in(tmp_path, age_ms=16 * HOUR_MS)
        for hour in range(1, 49):
            history.take_block(block(hour, at=hour * HOUR_MS))
            await history.read()
        seqs = await seqs_of(history)
        assert seqs[-1] == 48
        assert 30 <= seqs[0] <= 32
        await history.close()

    run(story())


def test_what_finds_no_room_is_lost_and_logged_once(tmp_path, caplog):
    async def story():
        is_low = True
        history = history_in(tmp_path, space_is_low=lambda: is_low)
        for seq in (1, 2):
            history.take_block(block(seq))
            assert await seqs_of(history) == []
        is_low = False
        history.take_block(block(3))
        assert await seqs_of(history) == [3]
        await history.close()

    with caplog.at_level(logging.WARNING):
        run(story())
    assert [record.message for record in caplog.records] == [
        "a part of the history of messages is lost: disk space is low"
    ]


def test_a_folder_that_cannot_be_written_to_harms_nobody(tmp_path, caplog):
    (tmp_path / "h").write_bytes(b"a file")

    async def story():
        history = history_in(tmp_path / "h")
        history.take_block(block(1))
        assert await seqs_of(history) == []
        await history.close()

    with caplog.at_level(logging.WARNING):
        run(story())
    assert "a part of the history of messages is lost" in caplog.text


@pytest.mark.parametrize("kind", [NoHistory, MemoryHistory])
def test_the_others_keep_nothing_or_all(kind):
    async def story():
        history = kind()
        history.take_block(block(1))
        history.take_head(Head(1, 1_000, FORMAT, block(1).head, 0))
        history.take_head(Head(2, 2_000, FORMAT, block(2).head, 0))
        history.tell(ServerStarted(0, 3_000, "1.0"))
        assert await seqs_of(history) == ([1, 2, 0] if history.is_on else [])
        await history.close()

    run(story())
