"""Where the log lines of functions go."""

from typing import Protocol


class LogSink(Protocol):
    """Append-only log streams, in CloudWatch's terms: group and stream."""

    def write(self, group: str, stream: str, text: bytes) -> None:
        """Append whole lines to a stream; never blocks for long, never raises for a full disk."""
        ...

    async def close(self) -> None:
        """Write out what is buffered."""
        ...
