"""What an environment writes to stdout and stderr, from its pipe to a taker, as whole lines.

One read of at most 64 KiB a turn of the loop: a function that floods its log waits for the pipe,
not the server for the function. Nothing is kept but an unfinished line.
"""

import asyncio
import os

from headrace.base import logtext
from headrace.ports.sandbox import LogTaker
from headrace.sandbox import limits
from headrace.sandbox.logframes import Unframer


class LogPipe:
    """The server's end of one environment's log pipe."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: int,
        take_log: LogTaker,
        *,
        framed: bool = False,
    ) -> None:
        """Begin to read.

        Args:
            framed: Whether there may be frames among the lines.
        """
        self._unframer = Unframer() if framed else None
        self._loop = loop
        self._descriptor = descriptor
        self._take_log = self._taker = take_log
        self._unfinished = b""
        self._branches: list[LogPipe] = []
        self._open = True
        os.set_blocking(descriptor, False)
        loop.add_reader(descriptor, self._read_once)

    def listen(self, listener: LogTaker) -> None:
        """Have another hear the same, as plain lines."""
        self._take_log = _both(self._take_log, lambda text: listener(logtext.plain(text)))

    def branch(self, descriptor: int, listener: LogTaker) -> None:
        """Read another pipe too, to the same taker; the listener hears that one alone."""
        self._branches.append(LogPipe(self._loop, descriptor, _both(self._taker, listener)))

    def drain(self) -> None:
        """Deliver everything written up to now, an unfinished line too.

        What was written before cannot be more than the pipe holds; what is written meanwhile by
        a process that never stops may wait for its turn.
        """
        for branch in self._branches:
            branch.drain()
        left = limits.LOG_PIPE_BYTES
        while left > 0 and (count := self._read_once()):
            left -= count
        if self._unframer is not None:
            self._unfinished += self._unframer.flush()
        if self._unfinished:
            self._deliver(self._unfinished + b"\n")
            self._unfinished = b""

    def close(self) -> None:
        """Stop reading, and forget who took it: often it holds the environment itself."""
        for branch in self._branches:
            branch.close()
        self._branches.clear()
        self._take_log = self._taker = _nobody
        self._close_own()

    def _close_own(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)

    def _read_once(self) -> int:
        if not self._open:
            return 0
        try:
            data = os.read(self._descriptor, limits.LOG_PIPE_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            self._close_own()
            return 0
        count = len(data)
        if self._unframer is not None:
            data = self._unframer.feed(data)
        end = data.rfind(b"\n") + 1
        if end:
            self._deliver(self._unfinished + data[:end])
            self._unfinished = data[end:]
        else:
            self._unfinished += data
        while len(self._unfinished) > limits.LOG_LINE_BYTES_MAX:
            end = _cut_at(self._unfinished, limits.LOG_LINE_BYTES_MAX)
            self._deliver(self._unfinished[:end])
            self._unfinished = self._unfinished[end:]
        return count

    def _deliver(self, text: bytes) -> None:
        self._take_log(text)


def _cut_at(text: bytes, length: int) -> int:
    """Return where to cut a longer text: before a character of UTF-8 that lies over the length."""
    for end in range(length, length - 4, -1):
        if text[end] & 0xC0 != 0x80:
            return end
    return length


def _nobody(_: bytes) -> None:
    """Take what nobody is there for any more."""


def _both(first: LogTaker, second: LogTaker) -> LogTaker:
    def take(text: bytes) -> None:
        first(text)
        second(text)

    return take
