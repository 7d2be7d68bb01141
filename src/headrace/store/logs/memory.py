"""The LogStore port in memory, without limits: for tests, and as the word on what is right."""

from collections.abc import Sequence

from headrace.core.logs.events import EventPage, EventQuery, GroupKey, StoredEvent, StreamFound
from headrace.store.logs.lines import Place, event_of, lines_of, parse
from headrace.store.logs.paging import is_stream_wanted, is_wanted, page_of


class _Stream:
    """A stream and its events as they came."""

    def __init__(self, created_at: int) -> None:
        self.created_at = created_at
        self.size = 0
        self.events: list[StoredEvent] = []


class MemoryLogStore:
    """Log streams in memory."""

    def __init__(self) -> None:
        """Start empty."""
        self._groups: dict[GroupKey, dict[str, _Stream]] = {}

    def text(self, name: str) -> str:
        """Return what all streams of all groups of a name hold, in the order of their making."""
        streams = [
            one
            for group, streams in self._groups.items()
            if group.name == name
            for one in streams.values()
        ]
        return "".join(event.message for one in streams for event in one.events)

    def write(self, group: GroupKey, stream: str, at: int, text: bytes) -> None:
        """Append whole lines to a stream."""
        lines = lines_of(text, at)
        if lines:
            self._append(group, stream, at, lines)

    async def create_stream(self, group: GroupKey, stream: str, at: int) -> bool:
        """Make an empty stream; False: there is one."""
        streams = self._groups.setdefault(group, {})
        if stream in streams:
            return False
        streams[stream] = _Stream(at)
        return True

    async def put(
        self, group: GroupKey, stream: str, at: int, events: Sequence[tuple[int, str]]
    ) -> bool:
        """Append events; False: there is no such stream."""
        if stream not in self._groups.get(group, {}):
            return False
        lines = b"".join(event_of(when, at, message) for when, message in events)
        self._append(group, stream, at, lines)
        return True

    async def delete_stream(self, group: GroupKey, stream: str) -> bool:
        """Delete a stream with its events; False: there is none."""
        return self._groups.get(group, {}).pop(stream, None) is not None

    async def drop(self, group: GroupKey) -> None:
        """Delete a group's streams."""
        self._groups.pop(group, None)

    async def expire(self, group: GroupKey, before: int) -> None:
        """Delete streams of which nothing was written since an instant."""
        streams = self._groups.get(group, {})
        for name, stream in list(streams.items()):
            last = max((event.ingested_at for event in stream.events), default=stream.created_at)
            if last < before:
                del streams[name]

    async def adopt(self, group: GroupKey) -> None:
        """Do nothing: there was no older server."""

    async def orphans(self) -> list[str]:
        """Return nothing: there was no older server."""
        return []

    async def streams(self, group: GroupKey) -> list[StreamFound]:
        """Return a group's streams by name."""
        return [
            StreamFound(
                name,
                stream.created_at,
                min((event.at for event in stream.events), default=None),
                max((event.at for event in stream.events), default=None),
                max((event.ingested_at for event in stream.events), default=None),
            )
            for name, stream in sorted(self._groups.get(group, {}).items())
        ]

    async def has_stream(self, group: GroupKey, stream: str) -> bool:
        """Tell whether a group has a stream of this name."""
        return stream in self._groups.get(group, {})

    async def find(self, group: GroupKey, query: EventQuery) -> EventPage:
        """Return a page of events."""
        wanted = [
            event
            for name, stream in self._groups.get(group, {}).items()
            if is_stream_wanted(name, query)
            for event in stream.events
            if is_wanted(event, query)
        ]
        ordered = sorted(wanted, key=lambda event: event.id, reverse=query.descending)
        return page_of(ordered, query)

    async def stored_bytes(self, group: GroupKey) -> int:
        """Return the bytes of all events."""
        return sum(stream.size for stream in self._groups.get(group, {}).values())

    async def close(self) -> None:
        """Do nothing."""

    def _append(self, group: GroupKey, stream: str, at: int, lines: bytes) -> None:
        streams = self._groups.setdefault(group, {})
        one = streams.setdefault(stream, _Stream(at))
        one.events += parse(Place(stream, 1), lines, one.size)
        one.size += len(lines)
