"""A reader reads no more than it must; old files and vanished ones are no trouble."""

import asyncio
import os

import pytest

from headrace.core.logs.events import GroupKey
from headrace.store.logs.folder import group_folder, stream_file
from headrace.store.logs.index import FILES_MAX, FileIndex, Indexes
from headrace.store.logs.lines import lines_of
from headrace.store.logs.memory import MemoryLogStore
from headrace.store.logs.paging import LOOK_BYTES_EXTRA
from headrace.store.logs.reader import Reader
from headrace.store.logs.waiting import Waiting
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
        FileIndex, "events", lambda self, block, *wanted: read.append(block) or events(self, block)
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

    def vanish(self, block, *wanted):
        stream_file(group_folder(tmp_path, GROUP), "b", 1).unlink(missing_ok=True)
        return events(self, block)

    monkeypatch.setattr(FileIndex, "events", vanish)
    assert [event.stream for event in reader.find(GROUP, query()).events] == ["a"]
    assert [one.name for one in reader.streams(GROUP)] == ["a"]


def test_only_the_files_of_the_streams_that_are_asked_about_are_looked_at(both, monkeypatch):
    writer, reader = both
    for stream in ("a", "b/[$LATEST]@1", "c"):
        writer.append(GROUP, stream, AT, lines_of(b"x\n", AT))
    looked_at = []
    of = Indexes.of
    monkeypatch.setattr(
        Indexes, "of", lambda self, path, file: looked_at.append(file.name) or of(self, path, file)
    )
    page = reader.find(GROUP, query(streams=frozenset({"b/[$LATEST]@1", "missing"})))
    assert [event.stream for event in page.events] == ["b/[$LATEST]@1"]
    assert reader.has_stream(GROUP, "c")
    assert not reader.has_stream(GROUP, "missing")
    assert looked_at == ["b%2F[$LATEST]%401.log", "c.log"]


def test_more_indexes_are_kept_than_a_group_has_files():
    bounds = Bounds()
    assert bounds.group_files + bounds.look_after_files < FILES_MAX


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("bounds", "matches", "at_most"),
    [
        ({"limit": 7, "searched_bytes_max": 5_000}, None, 2 * 7 + 1),
        ({"searched_bytes_max": 1 << 62, "bytes_max": 200}, None, 10),
        (
            {"limit": 7, "searched_bytes_max": 5_000},
            lambda message: message.startswith("3"),
            2 * 5_000 // LOOK_BYTES_EXTRA + 1,
        ),
    ],
)
def test_where_all_events_overlap_no_more_are_kept_than_a_page_needs(
    both, monkeypatch, descending, bounds, matches, at_most
):
    writer, reader = both
    monkeypatch.setattr("headrace.store.logs.waiting.SPARE_BYTES", 0)
    monkeypatch.setattr("headrace.store.logs.waiting.SPARE_EVENTS", 0)
    memory = MemoryLogStore()
    for stream in ("a", "b", "c"):
        writer.create(GROUP, stream, AT)
        asyncio.run(memory.create_stream(GROUP, stream, AT))
        for _ in range(8):
            events = [(AT + 7 * number, f"{number}") for number in range(10)]
            writer.put(GROUP, stream, AT, events)
            asyncio.run(memory.put(GROUP, stream, AT, events))
    most = watch_most_waiting(monkeypatch)
    bounds = {**bounds, "matches": matches, "descending": descending}
    side = "before" if descending else "after"

    def pages_of(find):
        pages, reached = [], None
        while not pages or reached is not None:
            page = find(query(**bounds, **({} if reached is None else {side: reached})))
            pages.append(messages(page))
            reached = page.reached
        return pages

    pages = pages_of(lambda wanted: reader.find(GROUP, wanted))
    assert pages == pages_of(lambda wanted: asyncio.run(memory.find(GROUP, wanted)))
    assert len(pages) > 10
    assert max(most) <= at_most


def watch_most_waiting(monkeypatch):
    """Return a list to which is added how many events wait, whenever one is added."""
    most, add = [], Waiting.add

    def note(self, event):
        add(self, event)
        most.append(len(self._heap))

    monkeypatch.setattr(Waiting, "add", note)
    return most
