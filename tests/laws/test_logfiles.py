"""Log files show what memory shows, whatever was written, put, closed and asked, and in what order.

The files are cut into blocks of some events, so that leaps, joins and pages meet their edges.
"""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.logs.events import GroupKey
from headrace.store.logs.lines import lines_of
from headrace.store.logs.memory import MemoryLogStore
from headrace.store.logs.reader import Reader
from headrace.store.logs.writer import Bounds, Writer
from headrace.testing.conformance.logs import query

pytestmark = pytest.mark.slow

GROUP = GroupKey(16, "/g")
BEGIN = 1_795_000_000_000

streams = st.sampled_from(["a", "b", "c"])
texts = st.sampled_from(["x", "xy\n", "two\nlines", "\n", "|", "1795000000000 0 x", "y" * 90])
steps = st.one_of(
    st.tuples(st.just("write"), streams, st.lists(texts, min_size=1, max_size=8)),
    st.tuples(st.just("write"), streams, st.lists(st.just("z" * 20), min_size=9, max_size=30)),
    st.tuples(
        st.just("put"), streams, st.lists(st.tuples(st.integers(-50, 20), texts), max_size=5)
    ),
    st.tuples(st.just("create"), streams),
    st.tuples(st.just("delete"), streams),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("look")),
)
stories = st.lists(st.tuples(st.integers(0, 9), steps), max_size=25)
queries = st.fixed_dictionaries(
    {
        "descending": st.booleans(),
        "limit": st.sampled_from([1, 3, 1_000]),
        "since": st.one_of(st.just(0), st.integers(BEGIN - 60, BEGIN + 200)),
        "until": st.one_of(st.none(), st.integers(BEGIN - 60, BEGIN + 200)),
        "streams": st.one_of(st.none(), st.frozensets(streams, max_size=2)),
        "needles": st.sampled_from([(), (b"xy",)]),
    }
)


def asked(parameters):
    """Return a query; who looks for something takes nothing else."""
    wanted = [needle.decode() for needle in parameters["needles"]]
    if not wanted:
        return query(**parameters)
    return query(**parameters, matches=lambda message: all(one in message for one in wanted))


def whole(find, parameters):
    """Return the events of all pages, without their ids, which say where they lie."""
    found, at = [], {}
    while True:
        page = find(asked(parameters | at))
        found += [(one.stream, one.at, one.ingested_at, one.message) for one in page.events]
        if page.reached is None:
            return found
        at = {"before" if parameters["descending"] else "after": page.reached}


class Two:
    """A store in memory and one in files that are told the same."""

    def __init__(self, folder):
        self.folder = folder
        self.memory = MemoryLogStore()
        self.writer = Writer(folder, Bounds())
        self.reader = Reader(folder, self.writer.writing)
        self.now = BEGIN

    def step(self, word, *more):
        getattr(self, word)(*more)

    def write(self, stream, lines):
        text = "".join(f"{line}\n" for line in lines).encode()
        self.memory.write(GROUP, stream, self.now, text)
        events = lines_of(text, self.now)
        if events:
            self.writer.append(GROUP, stream, self.now, events)

    def put(self, stream, events):
        given = sorted((self.now + late, text) for late, text in events)
        told = asyncio.run(self.memory.put(GROUP, stream, self.now, given))
        assert self.writer.put(GROUP, stream, self.now, given) is told

    def create(self, stream):
        told = asyncio.run(self.memory.create_stream(GROUP, stream, self.now))
        assert self.writer.create(GROUP, stream, self.now) is told

    def delete(self, stream):
        told = asyncio.run(self.memory.delete_stream(GROUP, stream))
        assert self.writer.delete(GROUP, stream) is told

    def reopen(self):
        self.writer.close()
        self.writer = Writer(self.folder, Bounds())
        self.reader = Reader(self.folder, self.writer.writing)

    def look(self):
        assert self.reader.streams(GROUP) == asyncio.run(self.memory.streams(GROUP))


@given(stories, queries)
def test_files_show_what_memory_shows(story, parameters):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("headrace.store.logs.index.BLOCK_BYTES", 60)
        patch.setattr("headrace.store.logs.index.READ_BYTES", 70)
        two = Two(Path(folder))
        try:
            for wait_ms, step in story:
                two.now += wait_ms
                two.step(*step)
            two.look()
            in_memory = whole(lambda one: asyncio.run(two.memory.find(GROUP, one)), parameters)
            assert whole(lambda one: two.reader.find(GROUP, one), parameters) == in_memory
        finally:
            two.writer.close()
