"""The sockets by which the server reaches what listens in an environment.

A socket belongs to the network in which it was made, whoever holds it. Where an environment has
the host's network, each connection gets a new socket. Where it has a network of its own, it makes
some before any code of the user runs and hands them over (`child/doors.py`): they lead to its
loopback and nowhere else, and are used again and again.
"""

import asyncio
import contextlib
import ctypes
import errno
import socket
from collections.abc import Sequence
from typing import Protocol

from headrace.sandbox import limits

LOOPBACK = "127.0.0.1"
_libc = ctypes.CDLL(None, use_errno=True)
#: An address of no family (AF_UNSPEC), as large as one of IPv4: who connects to it is disconnected.
_NOWHERE = bytes(16)


class Sockets(Protocol):
    """Where sockets come from and go to; they are TCP's, not connected, and never wait."""

    async def take(self) -> socket.socket:
        """Return one; `give_back` or `cut` ends its use.

        Raises:
            OSError: There is none.
        """
        ...

    def give_back(self, used: socket.socket) -> None:
        """Take back one that has done its work; what was sent still arrives."""
        ...

    def cut(self, used: socket.socket) -> None:
        """Take back one whose connection is of no use any more; what was sent may be lost."""
        ...

    def keep(self, count: int) -> None:
        """Have no more than so many from now on: nobody needs more at a time."""
        ...

    def close(self) -> None:
        """Close them all, those in use when they are taken back."""
        ...


class HostSockets:
    """A socket of this network for each connection."""

    async def take(self) -> socket.socket:
        """Return a new one."""
        return _prepared(socket.socket(socket.AF_INET, socket.SOCK_STREAM))

    def give_back(self, used: socket.socket) -> None:
        """Close it; the kernel sees to what is under way."""
        used.close()

    def cut(self, used: socket.socket) -> None:
        """Close it."""
        used.close()

    def keep(self, count: int) -> None:
        """Do nothing: there are none but those in use."""

    def close(self) -> None:
        """Do nothing: there are none but those in use."""


class PassedSockets:
    """The sockets of another network, as many as came; who finds none free waits for one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._free: list[socket.socket] = []
        self._count = 0  #: All that there are, free or not.
        self._most = limits.EXTENSIONS_MAX
        self._change = asyncio.Event()
        #: Sockets whose other end is to close first.
        self._ending: set[asyncio.Task[None]] = set()

    def fill(self, passed: Sequence[socket.socket]) -> None:
        """Take those that came; they are closed if it is over already."""
        for one in passed:
            self._count += 1
            self.cut(_prepared(one))

    @property
    def are_there(self) -> bool:
        """Whether there are any, free or not."""
        return self._count > 0

    async def take(self) -> socket.socket:
        """Return one that is free.

        Raises:
            OSError: There are none, or none any more.
        """
        while not self._free:
            if not self.are_there:
                raise OSError(errno.ENETUNREACH, "there is no socket of the environment's network")
            self._change.clear()
            await self._change.wait()
        return self._free.pop()

    def give_back(self, used: socket.socket) -> None:
        """Use it again when its other end has closed, or has had enough time for it."""
        ending = asyncio.get_running_loop().create_task(_wait_for_end(used))
        self._ending.add(ending)
        ending.add_done_callback(lambda _: self.cut(used))
        ending.add_done_callback(self._ending.discard)

    def cut(self, used: socket.socket) -> None:
        """Disconnect it and use it again, or close it where that cannot be."""
        if self._count <= self._most and _disconnect(used):
            self._free.append(used)
        else:
            used.close()
            self._count -= 1
        self._change.set()

    def keep(self, count: int) -> None:
        """Close those above so many, those in use when they are taken back."""
        self._most = count
        while self._free and self._count > count:
            self._free.pop().close()
            self._count -= 1
        self._change.set()

    def close(self) -> None:
        """Close them all, those in use when they are taken back."""
        self.keep(0)
        for ending in self._ending:
            ending.cancel()


def _prepared(made: socket.socket) -> socket.socket:
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


async def _wait_for_end(used: socket.socket) -> None:
    """Send no more, and read until the other end closes: before, it may not have read all.

    To disconnect throws away what is under way. What the other end writes is bounded, because a
    socket that always has something to read would never let others have their turn.
    """
    loop = asyncio.get_running_loop()
    left = limits.TELEMETRY_ANSWER_BYTES_MAX
    with contextlib.suppress(OSError):  # A TimeoutError is one.
        used.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(limits.TELEMETRY_CLOSE_S):
            while left > 0 and (piece := await loop.sock_recv(used, left)):
                left -= len(piece)


def _disconnect(used: socket.socket) -> bool:
    """Make a socket as it was before it was connected; return whether that was possible."""
    failed: int = _libc.connect(used.fileno(), _NOWHERE, len(_NOWHERE))
    return not failed
