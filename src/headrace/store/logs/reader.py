"""Find events in the files of a group, in the order of their instants whatever file they are in."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from headrace.core.logs.events import EventPage, EventQuery, GroupKey, StoredEvent, StreamFound
from headrace.store.logs.folder import escaped, group_folder, segment_files
from headrace.store.logs.index import Block, FileIndex, Indexes
from headrace.store.logs.lines import instant_of
from headrace.store.logs.paging import is_stream_wanted, is_wanted, page_of
from headrace.store.logs.waiting import Waiting


class Reader:
    """Reads what a writer has written; used by one thread at a time."""

    def __init__(self, folder: Path, writing: threading.Lock) -> None:
        """Read below `folder`; the writer holds `writing` while it appends."""
        self._folder = folder
        self._indexes = Indexes(writing)

    def find(self, group: GroupKey, query: EventQuery) -> EventPage:
        """Return a page of events."""
        return page_of(self._events(group, query), query)

    def streams(self, group: GroupKey) -> list[StreamFound]:
        """Return a group's streams by name."""
        found: dict[str, StreamFound] = {}
        for index in self._files(group):
            one = _stream_of(index)
            before = found.get(one.name)
            found[one.name] = one if before is None else _joined(before, one)
        return [found[name] for name in sorted(found)]

    def has_stream(self, group: GroupKey, stream: str) -> bool:
        """Tell whether a group has a stream of this name."""
        return any(True for _ in self._files(group, frozenset({stream})))

    def stored_bytes(self, group: GroupKey) -> int:
        """Return the bytes of a group's files."""
        folder = group_folder(self._folder, group)
        total = 0
        for file in segment_files(folder):
            try:
                total += (folder / file.name).stat().st_size
            except OSError:
                continue  # Gone meanwhile.
        return total

    def _files(self, group: GroupKey, streams: frozenset[str] | None = None) -> Iterator[FileIndex]:
        """Yield the indexes of a group's files, or of those that may be of these streams."""
        folder = group_folder(self._folder, group)
        names = {escaped(stream) for stream in streams or ()}
        for file in segment_files(folder):
            if streams is not None and not (
                file.stream in names or unquote(file.stream) in streams
            ):
                continue
            index = self._indexes.of(folder / file.name, file)
            if index is not None:
                yield index

    def _events(self, group: GroupKey, query: EventQuery) -> Iterator[StoredEvent]:
        """Yield wanted events in the order of their ids, or against it.

        A block is read when nothing that has been read already is sure to come before it.
        """
        waiting = Waiting(query)
        for key, index, block in sorted(self._blocks(group, query), key=lambda one: one[0]):
            yield from waiting.before(key)
            if waiting.is_beyond(key):
                break
            try:
                events = index.events(block, query.needles, waiting.since, waiting.until)
            except OSError:
                continue  # Its file is gone meanwhile.
            for event in events:
                if is_wanted(event, query):
                    waiting.add(event)
        yield from waiting.rest()

    def _blocks(self, group: GroupKey, query: EventQuery) -> Iterator[tuple[int, FileIndex, Block]]:
        """Yield where wanted events may lie, with a key that says when it is to be read."""
        since = query.since
        if query.after is not None:
            since = max(since, instant_of(query.after))
        until = query.until
        if query.before is not None:
            last = instant_of(query.before)
            until = last if until is None else min(until, last)
        for index in self._files(group, query.streams):
            if not is_stream_wanted(index.place.stream, query):
                continue
            for block in index.blocks:
                if block.last_at >= since and (until is None or block.first_at <= until):
                    key = -block.last_at if query.descending else block.first_at
                    yield key, index, block


def _stream_of(index: FileIndex) -> StreamFound:
    return StreamFound(
        index.place.stream,
        index.created_at,
        index.first_at,
        index.last_at,
        index.last_ingested_at,
    )


def _joined(one: StreamFound, other: StreamFound) -> StreamFound:
    """Return what two files of one stream say together; the other one is the later."""
    firsts = [at for at in (one.first_at, other.first_at) if at is not None]
    lasts = [at for at in (one.last_at, other.last_at) if at is not None]
    return StreamFound(
        one.name,
        min(one.created_at, other.created_at),
        min(firsts, default=None),
        max(lasts, default=None),
        other.last_ingested_at if other.last_ingested_at is not None else one.last_ingested_at,
    )
