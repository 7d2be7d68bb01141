"""An index knows where events lie, and grows with its file."""

import threading

import pytest

from headrace.store.logs.folder import segment_files, stream_file
from headrace.store.logs.index import LINES_LOOKED_AT, FileIndex, Indexes, _whole_events
from headrace.store.logs.lines import event_of, head_line


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("headrace.store.logs.index.BLOCK_BYTES", 40)


@pytest.fixture
def path(tmp_path):
    path = stream_file(tmp_path, "s", 1)
    path.write_bytes(head_line("s", 5, ordered=False))
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


def test_a_file_in_order_is_leapt_through(path, monkeypatch):
    path.write_bytes(head_line("s", 5, ordered=True))
    add(path, *((at // 3, f"message {at}\nof two lines\n") for at in range(100)))
    index = index_of(path)
    taken = []
    take = FileIndex._take
    monkeypatch.setattr(
        FileIndex, "_take", lambda self, data, **how: taken.append(data) or take(self, data, **how)
    )
    index.extend(path.stat().st_size)
    assert sum(map(len, taken)) <= 2 * 40 + 60
    messages = [message for block in told(index) for message in block]
    assert messages == [f"message {at}\nof two lines\n" for at in range(100)]
    assert (index.first_at, index.last_at, index.last_ingested_at) == (0, 33, 33)
    for block in index.blocks:
        instants = [event.at for event in index.events(block)]
        assert block.first_at == instants[0]
        assert block.last_at >= instants[-1]


def test_an_event_longer_than_a_block_is_not_leapt_over(path):
    path.write_bytes(head_line("s", 5, ordered=True))
    add(path, (1, "short\n"), (2, "x" * 500 + "\n"), (3, "y" * 500), (4, "z\n"))
    index = index_of(path)
    index.extend(path.stat().st_size)
    lengths = [len(message) for block in told(index) for message in block]
    assert lengths == [6, 501, 500, 2]


def test_a_block_without_what_is_looked_for_is_not_taken_apart(path):
    add(path, (1, "one\n"), (2, "two\n"))
    index = index_of(path)
    index.extend(path.stat().st_size)
    (block,) = index.blocks
    assert index.events(block, (b"three",)) == []
    assert len(index.events(block, (b"one", b"two"))) == 2


def test_indexes_are_kept_while_the_file_is_the_same(path):
    indexes = Indexes(threading.Lock())
    (file,) = segment_files(path.parent)
    add(path, (1, "one\n"))
    first = indexes.of(path, file)
    add(path, (2, "two\n"))
    assert indexes.of(path, file) is first
    path.write_bytes(head_line("s", 5, ordered=False))
    assert indexes.of(path, file) is not first
    path.unlink()
    assert indexes.of(path, file) is None


def test_so_many_indexes_are_kept_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.store.logs.index.FILES_MAX", 2)
    indexes = Indexes(threading.Lock())
    for name in ("a", "b", "c"):
        stream_file(tmp_path, name, 1).write_bytes(head_line(name, 5, ordered=True))
    files = segment_files(tmp_path)
    first = indexes.of(tmp_path / files[0].name, files[0])
    for file in files[1:]:
        indexes.of(tmp_path / file.name, file)
    assert indexes.of(tmp_path / files[0].name, files[0]) is not first


@pytest.mark.parametrize("lines", [0, 1, LINES_LOOKED_AT - 1, LINES_LOOKED_AT, 5_000])
def test_whole_events_end_where_the_last_one_begins_however_many_lines_it_has(lines):
    first = b"1 0|first\n\tof two lines\n"
    last = b"2 0|last" + b"\n\tx" * lines
    for end in (b"", b"\n"):
        assert _whole_events(first + last + end) == len(first)
        assert _whole_events(last + end) == 0
    assert _whole_events(b"") == 0
