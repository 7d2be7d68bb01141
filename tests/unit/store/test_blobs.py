"""Blobs on disk and in memory: the same promises."""

import asyncio
import hashlib

import pytest

from headrace.store.blobs import UNFINISHED, FileBlobs
from headrace.store.memory import MemoryBlobs

CONTENT = b"code" * 1_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["file", "memory"])
def blobs(request, tmp_path):
    if request.param == "file":
        yield FileBlobs(tmp_path / "data" / "blobs")
    else:
        memory = MemoryBlobs()
        yield memory
        memory.close()


def test_what_was_put_is_there_under_its_digest(blobs):
    async def scenario():
        assert await blobs.put(CONTENT) == DIGEST
        assert await blobs.put(CONTENT) == DIGEST
        assert await blobs.get(DIGEST) == CONTENT
        assert (await blobs.path(DIGEST)).read_bytes() == CONTENT

    asyncio.run(scenario())


def test_what_was_not_put_is_not_there(blobs):
    async def scenario():
        with pytest.raises(KeyError):
            await blobs.get(DIGEST)
        await blobs.keep_only(frozenset())

    asyncio.run(scenario())


def test_only_those_that_are_named_are_kept(blobs):
    async def scenario():
        other = await blobs.put(b"other")
        await blobs.put(CONTENT)
        await blobs.keep_only(frozenset({DIGEST}))
        assert await blobs.get(DIGEST) == CONTENT
        with pytest.raises(KeyError):
            await blobs.get(other)

    asyncio.run(scenario())


def test_puts_of_the_same_bytes_at_once_are_one(blobs):
    async def scenario():
        assert set(await asyncio.gather(*(blobs.put(CONTENT) for _ in range(8)))) == {DIGEST}
        assert await blobs.get(DIGEST) == CONTENT

    asyncio.run(scenario())


def test_what_a_crash_left_unfinished_is_removed(tmp_path):
    async def scenario():
        blobs = FileBlobs(tmp_path)
        await blobs.put(CONTENT)
        (tmp_path / f"{UNFINISHED}abc").write_bytes(b"half")
        await blobs.keep_only(frozenset({DIGEST}))
        assert [file.name for file in tmp_path.iterdir()] == [DIGEST]

    asyncio.run(scenario())


def test_a_put_that_fails_leaves_nothing(tmp_path, monkeypatch):
    async def scenario():
        blobs = FileBlobs(tmp_path)
        monkeypatch.setattr("os.fsync", lambda descriptor: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await blobs.put(CONTENT)
        assert list(tmp_path.iterdir()) == []

    asyncio.run(scenario())


def test_low_space_is_left_to_the_journal(tmp_path):
    low = []

    async def scenario():
        blobs = FileBlobs(tmp_path, lambda: bool(low))
        await blobs.put(CONTENT)
        low.append(1)
        with pytest.raises(OSError, match="No space left"):
            await blobs.put(b"other")
        assert await blobs.put(CONTENT) == DIGEST
        low.clear()
        await blobs.put(b"other")

    asyncio.run(scenario())


def test_bytes_that_another_has_just_put_are_on_disk_before_they_are_said_to_be(
    tmp_path, monkeypatch
):
    async def scenario():
        blobs = FileBlobs(tmp_path)
        (tmp_path / DIGEST).write_bytes(CONTENT)
        synced = []
        monkeypatch.setattr("headrace.store.blobs.sync_folder", synced.append)
        await blobs.put(CONTENT)
        assert synced == [tmp_path]

    asyncio.run(scenario())
