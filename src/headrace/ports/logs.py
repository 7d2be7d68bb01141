"""Where the events of log groups lie: streams of lines that functions write, and their readers.

A group is named by its machine number, which no other group ever has, and its name, so that people
find its files. Methods that wait do so off the loop.
"""

from collections.abc import Sequence
from typing import Protocol

from headrace.core.logs.events import EventPage, EventQuery, GroupKey, StreamFound


class LogStore(Protocol):
    """Log streams on disk or in memory."""

    def write(self, group: GroupKey, stream: str, at: int, text: bytes) -> None:
        """Append whole lines to a stream, an event each, soon; makes the stream.

        Empty lines are none. Never blocks for long, never raises for a full disk.
        """
        ...

    async def create_stream(self, group: GroupKey, stream: str, at: int) -> bool:
        """Make an empty stream, durably; False: there is one."""
        ...

    async def put(
        self, group: GroupKey, stream: str, at: int, events: Sequence[tuple[int, str]]
    ) -> bool:
        """Append events (instant, message) durably; False: there is no such stream.

        Raises:
            OSError: They could not be written.
        """
        ...

    async def delete_stream(self, group: GroupKey, stream: str) -> bool:
        """Delete a stream with its events; False: there is none."""
        ...

    async def drop(self, group: GroupKey) -> None:
        """Delete a group's streams."""
        ...

    async def expire(self, group: GroupKey, before: int) -> None:
        """Let go of what is older than an instant, as far as it does not lie among newer ones."""
        ...

    async def streams(self, group: GroupKey) -> list[StreamFound]:
        """Return a group's streams by name."""
        ...

    async def has_stream(self, group: GroupKey, stream: str) -> bool:
        """Tell whether a group has a stream of this name."""
        ...

    async def find(self, group: GroupKey, query: EventQuery) -> EventPage:
        """Return a page of events."""
        ...

    async def stored_bytes(self, group: GroupKey) -> int:
        """Return how much a group holds, about."""
        ...

    async def adopt(self, group: GroupKey) -> None:
        """Take over what an older server has written for a group of this name."""
        ...

    async def orphans(self) -> list[str]:
        """Return the names of groups that an older server has written and nobody adopted."""
        ...

    async def close(self) -> None:
        """Write out what is buffered."""
        ...
