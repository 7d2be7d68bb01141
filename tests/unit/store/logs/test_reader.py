"""A reader reads no more than it must; old files and vanished ones are no trouble."""

import os

import pytest

from headrace.core.logs.events import GroupKey
from headrace.store.logs.folder import group_folder, stream_file
from headrace.store.logs.index import FileIndex
from headrace.store.logs.lines import lines_of
from headrace.store.logs.reader import Reader
from headrace.store.logs.writer import Bounds, Writer
from headrace.testing.conformance.logs import messages, query

GROUP = GroupKey(16, "/aws/lambda/f")
AT = 1_795_000_000_000


@pytest.fixture
def both(tmp_path, monkeypatch):
    """A writer and a reader with blocks of some events."""
    monkeypatch.setattr("headrace.store.logs.index.BLOCK_BYTES", 100)
    writer = Writer(tmp_path, Bounds())
    yield writer, Reader(tmp_path, writer.writing)
    writer.close()


def test_only_blocks_in_which_something_may_lie_are_read(both, monkeypatch):
    writer, reader = both
    for number in range(1_000):
        at = AT + number
        writer.append(GROUP, f"s{number % 3}", at, lines_of(b"%d\n" % number, at))
    read = []
    events = FileIndex.events
    monkeypatch.setattr(
        FileIndex, "events", lambda self, block, needles: read.append(block) or events(self, block)
    )
    page = reader.find(GROUP, query(since=AT + 500, until=AT + 502))
    assert messages(page) == ["500\n", "501\n", "502\n"]
    assert len(read) <= 6
    read.clear()
    page = reader.find(GROUP, query(limit=2, descending=True))
    assert messages(page) == ["999\n", "998\n"]
    assert len(read) <= 6


def test_files_of_older_servers_are_read_as_events_of_their_last_change(both, tmp_path):
    _, reader = both
    folder = group_folder(tmp_path, GROUP)
    folder.mkdir(parents=True)
    for name, text, at in (("s.log.1", b"one\n", 5), ("s.log", b"two\nthree\n", 6)):
        (folder / name).write_bytes(text)
        os.utime(folder / name, ns=(0, at * 1_000_000))
    page = reader.find(GROUP, query())
    assert messages(page) == ["one\n", "two\n", "three\n"]
    assert [event.at for event in page.events] == [5, 6, 6]
    (stream,) = reader.streams(GROUP)
    assert (stream.name, stream.first_at, stream.last_at) == ("s", 5, 6)


def test_a_file_that_vanishes_between_two_looks_is_no_trouble(both, tmp_path, monkeypatch):
    writer, reader = both
    for stream in ("a", "b"):
        writer.append(GROUP, stream, AT, lines_of(b"x\n", AT))
    events = FileIndex.events

    def vanish(self, block, needles):
        stream_file(group_folder(tmp_path, GROUP), "b", 1).unlink(missing_ok=True)
        return events(self, block)

    monkeypatch.setattr(FileIndex, "events", vanish)
    assert [event.stream for event in reader.find(GROUP, query()).events] == ["a"]
    assert [one.name for one in reader.streams(GROUP)] == ["a"]
