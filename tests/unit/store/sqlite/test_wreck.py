"""Reading damaged files block by block, and writing what is readable."""

import asyncio

import pytest

from headrace.ports.journal import JournalDamaged, Snapshot
from headrace.store.sqlite.connection import PAGE_BYTES
from headrace.store.sqlite.journal import SqliteJournal
from headrace.store.sqlite.wal import wal_of
from headrace.store.sqlite.wreck import FileWreck, write_saved
from headrace.testing.conformance.journal import block, opened, read_heads

SNAPSHOTS = [Snapshot(3, 5, 3, None), Snapshot(16, 5, 1, b"a state that is long enough")]


def fill(folder, count=20, size=1_000):
    """Write blocks and snapshots, close in order, and return the file."""

    async def scenario():
        async with opened(lambda: SqliteJournal(folder)) as journal:
            for seq in range(1, count + 1):
                await journal.append(block(seq, bodies=b"%03d " % seq * (size // 4)))
            await journal.write_snapshots(SNAPSHOTS)
            return journal.path

    return asyncio.run(scenario())


@pytest.fixture
def wreck_of():
    """Open a wreck that is closed at the end."""
    open_ones = []

    def open_wreck(path):
        open_ones.append(FileWreck(path))
        return open_ones[-1]

    yield open_wreck
    for wreck in open_ones:
        wreck.close()


def test_a_whole_file_is_read_whole(tmp_path, wreck_of):
    wreck = wreck_of(fill(tmp_path))
    assert wreck.troubles == []
    assert wreck.numbers() == list(range(1, 21))
    assert wreck.highest() == 20
    assert wreck.block(7) == block(7, bodies=b"007 " * 250)
    assert wreck.block(21) is None
    assert list(wreck.snapshots()) == SNAPSHOTS


def test_a_damaged_snapshot_is_a_sentence(tmp_path, wreck_of):
    path = fill(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"long enough", b"l0ng enough"))
    assert list(wreck_of(path).snapshots()) == [
        SNAPSHOTS[0],
        "the snapshot of machine 16 up to block 5 is damaged",
    ]


def test_with_a_torn_tree_what_hangs_on_it_is_lost_and_the_rest_is_read(tmp_path, wreck_of):
    path = fill(tmp_path, count=60)
    data = bytearray(path.read_bytes())
    place = data.index(b"020 020 020") // PAGE_BYTES + 1
    data[(place - 1) * PAGE_BYTES : place * PAGE_BYTES] = b"\xff" * PAGE_BYTES
    path.write_bytes(data)
    wreck = wreck_of(path)
    assert wreck.troubles
    found = [wreck.block(seq) for seq in wreck.numbers()]
    lost = [one for one in found if isinstance(one, str)]
    assert 1 <= len(lost) <= 6
    assert len(found) - len(lost) >= 54
    assert all("cannot be read" in sentence for sentence in lost)


def test_commits_behind_a_damaged_frame_are_named_and_the_wal_stays(tmp_path, wreck_of):
    async def scenario():
        async with opened(lambda: SqliteJournal(tmp_path / "a")) as journal:
            for seq in range(1, 21):
                await journal.append(block(seq))
            (tmp_path / "b").mkdir()
            data = bytearray(wal_of(journal.path).read_bytes())
            data[len(data.rstrip(b"\0")) // 2] ^= 1
            path = tmp_path / "b" / journal.path.name
            path.write_bytes(journal.path.read_bytes())
            wal_of(path).write_bytes(data)
            return path

    path = asyncio.run(scenario())
    before = wal_of(path).read_bytes()
    wreck = wreck_of(path)
    assert "-wal is damaged behind its frame" in wreck.troubles[0]
    assert 0 < len(wreck.numbers()) < 20
    wreck.close()
    assert wal_of(path).read_bytes() == before


def test_what_is_no_journal_is_named(tmp_path):
    with pytest.raises(JournalDamaged, match="there is no"):
        FileWreck(tmp_path / "journal.sqlite")
    (tmp_path / "journal.sqlite").write_bytes(b"rubbish" * 1_000)
    with pytest.raises(JournalDamaged, match=r"nothing can be read of .*journal\.sqlite"):
        FileWreck(tmp_path / "journal.sqlite")


def test_what_was_saved_is_a_journal(tmp_path):
    write_saved(tmp_path / "journal.sqlite", [block(3), block(7)], SNAPSHOTS, 9)

    async def scenario():
        async with opened(lambda: SqliteJournal(tmp_path)) as journal:
            assert journal.last_seq == 9
            assert [head.seq for head in await read_heads(journal)] == [3, 7]
            assert list(await journal.snapshots()) == SNAPSHOTS
            await journal.append(block(10))

    asyncio.run(scenario())
