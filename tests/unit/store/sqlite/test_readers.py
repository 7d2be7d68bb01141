"""Reading threads: off the loop, side by side, and what they cannot read is named."""

import asyncio
import threading

import pytest

from headrace.ports.journal import JournalDamaged
from headrace.store.sqlite.connection import connect_writer
from headrace.store.sqlite.readers import Readers


def test_reads_run_side_by_side_off_the_loop(tmp_path):
    async def scenario():
        writer = connect_writer(tmp_path / "x.sqlite")
        writer.execute("CREATE TABLE t (a)")
        readers = Readers(tmp_path / "x.sqlite")
        meeting = threading.Barrier(2, timeout=10)

        def work(connection):
            meeting.wait()
            return connection.execute("SELECT count(*) FROM t").fetchone()[0]

        assert await asyncio.gather(readers.read(work), readers.read(work)) == [0, 0]
        writer.execute("INSERT INTO t VALUES (1)")
        assert await readers.read(lambda c: c.execute("SELECT a FROM t").fetchall()) == [(1,)]
        readers.close()
        writer.close()

    asyncio.run(scenario())


def test_what_cannot_be_read_is_named(tmp_path):
    async def scenario():
        (tmp_path / "x.sqlite").write_bytes(b"rubbish" * 1_000)
        readers = Readers(tmp_path / "x.sqlite")
        with pytest.raises(JournalDamaged, match=r"x\.sqlite cannot be read: .*not a database"):
            await readers.read(lambda c: c.execute("SELECT 1 FROM t").fetchall())
        readers.close()

    asyncio.run(scenario())
