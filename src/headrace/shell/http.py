"""Listen, keep the connections, and look at their time limits: the HTTP server."""

import asyncio
import contextlib
import resource
import socket
from email.utils import formatdate

from headrace.shell.connection import Application, Connection, Shared, Times
from headrace.shell.limits import BACKLOG, SPARE_DESCRIPTORS

#: Seconds between two looks at all connections: how coarse their time limits are.
TICK_S = 1.0


def raise_descriptor_limit() -> int:
    """Allow this process as many open files as the system lets it; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


class HttpServer:
    """Serves an application on one port."""

    def __init__(
        self, application: Application, times: Times | None = None, connections_max: int = 4_096
    ) -> None:
        """Prepare to listen; fewer connections are taken if the system allows fewer open files."""
        allowed = raise_descriptor_limit() - SPARE_DESCRIPTORS
        self.shared = Shared(application, times or Times(), max(16, min(connections_max, allowed)))
        self._listeners: asyncio.Server | None = None
        self._tick_call: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int) -> int:
        """Accept connections from now on; return the port, which port 0 leaves to the system.

        Raises:
            OSError: The address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        self._look()
        if port == 0:
            # A name may mean several addresses, and each would get a port of its own.
            rows = await loop.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
            host = str(rows[0][4][0])
        self._listeners = await loop.create_server(
            lambda: Connection(self.shared), host, port, backlog=BACKLOG, reuse_address=True
        )
        return int(self._listeners.sockets[0].getsockname()[1])

    def look(self, now: float) -> None:
        """Let time pass to `now` (the event loop's time) for all connections."""
        shared = self.shared
        shared.now = now
        shared.date_line = f"Date: {formatdate(usegmt=True)}\r\n"
        shared.relieve()
        shared.cut_off_the_stuck()
        for connection in list(shared.connections):
            connection.look_at_time()

    def refuse_connections(self) -> None:
        """Stop listening and close what is idle; answers under way are written, then closed."""
        self.shared.is_stopping = True
        if self._listeners is not None:
            self._listeners.close()
        for connection in list(self.shared.connections):
            connection.stop()

    async def close(self, limit_s: float) -> None:
        """End all connections: those that do not end by themselves within `limit_s` are cut off."""
        self.refuse_connections()
        loop = asyncio.get_running_loop()
        if self.shared.connections:
            empty = asyncio.Event()
            self.shared.on_empty = empty.set
            last = loop.call_later(limit_s, empty.set)
            await empty.wait()
            last.cancel()
        for connection in list(self.shared.connections):
            connection.cut_off()
        if self._tick_call is not None:
            self._tick_call.cancel()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self.look(loop.time())
        self._tick_call = loop.call_later(TICK_S, self._look)
