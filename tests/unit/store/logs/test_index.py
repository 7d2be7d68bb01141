"""An index knows where events lie, and grows with its file."""

import threading

import pytest

from headrace.store.logs.folder import segment_files, stream_file
from headrace.store.logs.index import FileIndex, Indexes
from headrace.store.logs.lines import event_of, head_line


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("headrace.store.logs.index.BLOCK_BYTES", 40)


@pytest.fixture
def path(tmp_path):
    path = stream_file(tmp_path, "s", 1)
    path.write_bytes(head_line("s", 5))
    return path


def index_of(path):
    (file,) = segment_files(path.parent)
    return FileIndex(path, file)


def add(path, *events):
    with path.open("ab") as file:
        for at, message in events:
            file.write(event_of(at, at, message))


def told(index):
    """Return the messages of all blocks."""
    return [[event.message for event in index.events(block)] for block in index.blocks]


def test_blocks_hold_whole_events_and_their_instants(path):
    add(path, *((at, f"message {at}\n") for at in (3, 9, 4, 5, 6, 7)))
    index = index_of(path)
    index.extend(path.stat().st_size)
    assert told(index) == [
        ["message 3\n", "message 9\n", "message 4\n"],
        ["message 5\n", "message 6\n", "message 7\n"],
    ]
    assert [(block.first_at, block.last_at) for block in index.blocks] == [(3, 9), (5, 7)]
    assert (index.first_at, index.last_at, index.created_at) == (3, 9, 5)


def test_an_index_goes_on_where_its_file_ended(path):
    index = index_of(path)
    index.extend(path.stat().st_size)
    assert told(index) == []
    add(path, (1, "one\n"))
    index.extend(path.stat().st_size)
    add(path, (2, "two\n"))
    index.extend(path.stat().st_size)
    assert told(index) == [["one\n", "two\n"]]


def test_half_an_event_is_read_when_it_is_whole(path):
    whole = event_of(1, 1, "one\nand more\n") + event_of(2, 2, "two\n")
    start = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(start + whole[:cut])
        index = index_of(path)
        index.extend(path.stat().st_size)
        path.write_bytes(start + whole)
        index.extend(path.stat().st_size)
        messages = [message for block in told(index) for message in block]
        assert messages[-1] == "two\n"
        # Only a cut between its lines may part an event; writers never show one.
        assert messages[0] in {"one\nand more\n", "one\n"}


def test_indexes_are_kept_while_the_file_is_the_same(path):
    indexes = Indexes(threading.Lock())
    (file,) = segment_files(path.parent)
    add(path, (1, "one\n"))
    first = indexes.of(path, file)
    add(path, (2, "two\n"))
    assert indexes.of(path, file) is first
    path.write_bytes(head_line("s", 5))
    assert indexes.of(path, file) is not first
    path.unlink()
    assert indexes.of(path, file) is None


def test_so_many_indexes_are_kept_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.store.logs.index.FILES_MAX", 2)
    indexes = Indexes(threading.Lock())
    for name in ("a", "b", "c"):
        stream_file(tmp_path, name, 1).write_bytes(head_line(name, 5))
    files = segment_files(tmp_path)
    first = indexes.of(tmp_path / files[0].name, files[0])
    for file in files[1:]:
        indexes.of(tmp_path / file.name, file)
    assert indexes.of(tmp_path / files[0].name, files[0]) is not first
