"""Archives in the database, with copies on each machine."""

import asyncio
import hashlib

import pytest

from headrace.ports.journal import AppendRefused, AppendUnknown
from headrace.store.postgres.blobs import PostgresBlobs
from headrace.testing.conformance.journal import opened
from tests.postgres import new_journal, value_of

pytestmark = pytest.mark.slow

CONTENT = b"code" * 100_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def test_what_one_machine_stores_another_one_finds(database, tmp_path):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            here = PostgresBlobs(journal, tmp_path / "here")
            assert await here.put(CONTENT) == DIGEST
            assert await here.put(CONTENT) == DIGEST
            assert await here.get(DIGEST) == CONTENT
            assert (await here.path(DIGEST)).read_bytes() == CONTENT
            there = PostgresBlobs(journal, tmp_path / "there")
            assert (await there.path(DIGEST)).read_bytes() == CONTENT
            assert (await there.path(DIGEST)).parent == tmp_path / "there"
            assert await PostgresBlobs(journal, tmp_path / "third").get(DIGEST) == CONTENT

    asyncio.run(scenario())


def test_what_was_not_put_is_not_there(database, tmp_path):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            blobs = PostgresBlobs(journal, tmp_path)
            with pytest.raises(KeyError):
                await blobs.get(DIGEST)
            with pytest.raises(KeyError):
                await blobs.path(DIGEST)

    asyncio.run(scenario())


def test_a_damaged_copy_is_fetched_anew(database, tmp_path):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await PostgresBlobs(journal, tmp_path).put(CONTENT)
            (tmp_path / DIGEST).write_bytes(b"damaged")
            assert (await PostgresBlobs(journal, tmp_path).path(DIGEST)).read_bytes() == CONTENT
            (tmp_path / DIGEST).unlink()
            assert await PostgresBlobs(journal, tmp_path).get(DIGEST) == CONTENT

    asyncio.run(scenario())


def test_an_archive_that_is_damaged_in_the_database_is_not_there(database, tmp_path):
    async def scenario():
        async with opened(lambda: new_journal(database)) as journal:
            await PostgresBlobs(journal, tmp_path / "a").put(CONTENT)
            await value_of(database, "UPDATE headrace.blobs SET content = 'other'")
            with pytest.raises(KeyError):
                await PostgresBlobs(journal, tmp_path / "b").get(DIGEST)

    asyncio.run(scenario())


def test_only_those_that_are_named_are_kept_and_only_the_owner_says_which(database, tmp_path):
    async def scenario():
        async with opened(lambda: new_journal(database, "old")) as old:
            blobs = PostgresBlobs(old, tmp_path)
            other = await blobs.put(b"other")
            await blobs.put(CONTENT)
            await blobs.keep_only(frozenset({DIGEST}))
            assert await blobs.get(DIGEST) == CONTENT
            with pytest.raises(KeyError):
                await blobs.get(other)
            await value_of(database, "UPDATE headrace.shards SET expires_at = clock_timestamp()")
            async with opened(lambda: new_journal(database, "new")):
                with pytest.raises((AppendRefused, AppendUnknown)):
                    await blobs.keep_only(frozenset())
                assert await value_of(database, "SELECT count(*) FROM headrace.blobs") == 1

    asyncio.run(scenario())
