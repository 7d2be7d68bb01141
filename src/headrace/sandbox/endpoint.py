"""Where an environment reaches us over HTTP: its socket, and which request is for whom."""

import socket
from collections.abc import Callable

from headrace.sandbox.runtime_api import RuntimeApi
from headrace.sandbox.webserver import Exchange, PeerCheck, Reply, Request, WebServer

Action = Callable[[Request, Exchange], None]

_RUNTIME = "/2018-06-01/runtime/"
_LOOPBACK = "127.0.0.1"
#: Connections that may wait for us; ours.
_BACKLOG = 64


class Endpoint:
    """The HTTP endpoint of one environment."""

    def __init__(self, runtime: RuntimeApi) -> None:
        self._runtime = runtime
        self._web: WebServer | None = None
        self._listener: socket.socket | None = None
        self.port = 0

    def bind_here(self) -> str:
        """Take a port of this machine's loopback; return the address, host and port.

        Whoever connects waits until `serve`.

        Raises:
            OSError: There is no free port or descriptor.
        """
        listener = socket.create_server((_LOOPBACK, 0), backlog=_BACKLOG)
        self._listener = listener
        self.port = listener.getsockname()[1]
        return f"{_LOOPBACK}:{self.port}"

    async def serve(self, may_speak: PeerCheck | None) -> None:
        """Answer from now on; does nothing when it is closed already."""
        if self._listener is not None:
            listener, self._listener = self._listener, None
            self._web = WebServer(self._route, may_speak)
            await self._web.listen(listener)

    def close(self) -> None:
        """Close the socket and cut all connections."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._web is not None:
            self._web.close()

    def _route(self, request: Request, exchange: Exchange) -> None:
        methods = self._actions(request.path)
        action = methods.get(request.method)
        if action is not None:
            action(request, exchange)
        elif methods:
            exchange.answer(Reply(405, b""))
        else:
            exchange.answer(Reply(404, b"404 page not found\n", content_type="text/plain"))

    def _actions(self, path: str) -> dict[str, Action]:
        """Return what can be done at a path, by method; empty: there is nothing."""
        runtime = self._runtime
        if path == _RUNTIME + "invocation/next":
            return {"GET": runtime.next}
        if path == _RUNTIME + "init/error":
            return {"POST": runtime.fail_init}
        if path == "/2018-06-01/ping":
            return {"GET": _pong}
        words = path.removeprefix(_RUNTIME + "invocation/").split("/")
        if path.startswith(_RUNTIME + "invocation/") and len(words) == 2:
            id, what = words
            if what == "response":
                return {"POST": lambda request, exchange: runtime.respond(id, request, exchange)}
            if what == "error":
                return {"POST": lambda request, exchange: runtime.fail(id, request, exchange)}
        return {}


def _pong(_request: Request, exchange: Exchange) -> None:
    exchange.answer(Reply(200, b"pong", content_type="text/plain"))
