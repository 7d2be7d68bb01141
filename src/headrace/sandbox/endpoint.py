"""Where an environment reaches us over HTTP: its socket, and which request is for whom."""

import asyncio
import socket
from collections.abc import Callable

from headrace.sandbox import limits
from headrace.sandbox.answerflow import Valve
from headrace.sandbox.extensions_api import ExtensionsApi
from headrace.sandbox.runtime_api import RuntimeApi, refusal
from headrace.sandbox.sockets import LOOPBACK, PassedSockets
from headrace.sandbox.telemetry import Telemetry
from headrace.sandbox.webserver import (
    BodyTaker,
    Exchange,
    PeerCheck,
    Reply,
    Request,
    WebServer,
)

Action = Callable[[Request, Exchange], None]

_RUNTIME = "/2018-06-01/runtime/"
_EXTENSION = "/2020-01-01/extension/"
_TELEMETRY = "/2022-07-01/telemetry"
_LOGS = "/2020-08-15/logs"
#: Connections that may wait for us; ours.
_BACKLOG = 64


class Endpoint:
    """The HTTP endpoint of one environment."""

    def __init__(
        self,
        runtime: RuntimeApi | None,
        extensions: ExtensionsApi | None,
        telemetry: Telemetry | None = None,
    ) -> None:
        """Begin without a socket.

        Args:
            runtime: None: the runtime gets its events otherwise.
            extensions: None: there can be none.
            telemetry: None: there are no extensions.
        """
        self._runtime = runtime
        self._extensions = extensions
        self._telemetry = telemetry
        self._web: WebServer | None = None
        self._listener: socket.socket | None = None
        self._door: socket.socket | None = None
        self._passed: PassedSockets | None = None
        self._is_closed = False
        self._waiting: asyncio.Future[None] | None = None
        self.port = 0

    def bind_here(self) -> str:
        """Take a port of this machine's loopback; return the address, host and port.

        Whoever connects waits until `serve`.

        Raises:
            OSError: There is no free port or descriptor.
        """
        listener = socket.create_server((LOOPBACK, 0), backlog=_BACKLOG)
        self._listener = listener
        self.port = listener.getsockname()[1]
        return f"{LOOPBACK}:{self.port}"

    def expect(self, door: socket.socket, passed: PassedSockets | None = None) -> str:
        """Take a port of the environment's own loopback, and return its address.

        The environment opens it and hands it over through the door, a socket; `serve` waits for it.

        Args:
            passed: Takes the sockets that come with it. If none do, extensions hear that telemetry
                cannot be brought to them.
        """
        door.setblocking(False)
        self._door, self._passed = door, passed
        self.port = limits.API_PORT
        return f"{LOOPBACK}:{self.port}"

    async def serve(self, may_speak: PeerCheck | None) -> None:
        """Answer from now on; does nothing when it is closed already."""
        if self._door is not None:
            await self._receive(self._door)
        if self._listener is not None:
            listener, self._listener = self._listener, None
            self._web = WebServer(self._route, may_speak, self._open_body)
            await self._web.listen(listener)

    def close(self) -> None:
        """Close the socket and cut all connections."""
        self._is_closed = True
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._waiting is not None:
            self._waiting.cancel()
        elif self._door is not None:
            self._door.close()
            self._door = None
        if self._web is not None:
            self._web.close()
        # Connections lead to us, and from here to an environment that would never be forgotten.
        self._runtime = self._extensions = self._telemetry = self._web = self._passed = None

    async def _receive(self, door: socket.socket) -> None:
        """Take the listening socket of an environment; nothing comes of one that is ending."""
        loop = asyncio.get_running_loop()
        ready = self._waiting = loop.create_future()
        loop.add_reader(door, _complete, ready)
        try:
            await asyncio.wait([ready], timeout=limits.FORK_S)
            if ready.done() and not self._is_closed:
                self._take(_receive_sockets(door))
        finally:
            loop.remove_reader(door)
            door.close()
            self._door = self._waiting = None

    def _take(self, sockets: list[socket.socket]) -> None:
        """Take what came through the door: the listener, and what reaches an environment's own."""
        self._listener = sockets[0] if sockets else None
        if self._passed is not None:
            self._passed.fill(sockets[1:])
            if not self._passed.are_there:
                self._telemetry = None

    def _route(self, request: Request, exchange: Exchange) -> None:
        methods = self._actions(request.path)
        action = methods.get(request.method)
        if action is not None:
            action(request, exchange)
        elif methods:
            exchange.answer(Reply(405, b""))
        else:
            exchange.answer(Reply(404, b"404 page not found\n", content_type="text/plain"))

    def _open_body(self, request: Request, valve: Valve) -> BodyTaker | None:
        """Return who takes the body of a request as it comes: a runtime that streams its answer."""
        if self._runtime is None or request.method != "POST":
            return None
        id = _answered_id(request.path.removeprefix(_RUNTIME))
        return None if id is None else self._runtime.open_body(id, request, valve)

    def _actions(self, path: str) -> dict[str, Action]:
        """Return what can be done at a path, by method; empty: there is nothing."""
        if path == "/2018-06-01/ping":
            return {"GET": _pong}
        if path.startswith(_RUNTIME) and self._runtime is not None:
            return _runtime_actions(self._runtime, path.removeprefix(_RUNTIME))
        if path.startswith(_EXTENSION) and self._extensions is not None:
            return _extension_actions(self._extensions, path.removeprefix(_EXTENSION))
        if path == _TELEMETRY and self._telemetry is not None:
            return {"PUT": self._subscribe}
        if path in {_TELEMETRY, _LOGS} and self._extensions is not None:
            return {"PUT": _refuse_telemetry}
        return {}

    def _subscribe(self, request: Request, exchange: Exchange) -> None:
        assert self._extensions is not None
        assert self._telemetry is not None
        name = self._extensions.name_of(request, exchange)
        if name is not None:
            self._telemetry.subscribe(name, request, exchange)


def _complete(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _receive_sockets(door: socket.socket) -> list[socket.socket]:
    """Return what came through a door, the listener first; nothing: its other end was closed."""
    try:
        _, descriptors, _, _ = socket.recv_fds(door, 1, 1 + limits.EXTENSIONS_MAX)
    except OSError:
        return []
    sockets = [socket.socket(fileno=one) for one in descriptors]
    for one in sockets:
        one.set_inheritable(False)
    return sockets


def _runtime_actions(runtime: RuntimeApi, path: str) -> dict[str, Action]:
    if path == "invocation/next":
        return {"GET": runtime.next}
    if path == "init/error":
        return {"POST": runtime.fail_init}
    answered = _answered_id(path)
    if answered is not None:
        return {"POST": lambda request, exchange: runtime.respond(answered, request, exchange)}
    words = path.split("/")
    if len(words) == 3 and words[0] == "invocation" and words[2] == "error":
        id = words[1]
        return {"POST": lambda request, exchange: runtime.fail(id, request, exchange)}
    return {}


def _answered_id(path: str) -> str | None:
    """Return which invocation a path of the Runtime API answers; None: it does something else."""
    words = path.split("/")
    if len(words) == 3 and words[0] == "invocation" and words[2] == "response":
        return words[1]
    return None


def _extension_actions(extensions: ExtensionsApi, path: str) -> dict[str, Action]:
    actions: dict[str, dict[str, Action]] = {
        "register": {"POST": extensions.register},
        "event/next": {"GET": extensions.next},
        "init/error": {"POST": extensions.fail_init},
        "exit/error": {"POST": extensions.fail_exit},
    }
    return actions.get(path, {})


def _refuse_telemetry(_request: Request, exchange: Exchange) -> None:
    """Answer as AWS's own emulator does, so that extensions go on without."""
    exchange.answer(refusal(202, "Telemetry.NotSupported", "Telemetry API is not supported"))


def _pong(_request: Request, exchange: Exchange) -> None:
    exchange.answer(Reply(200, b"pong", content_type="text/plain"))
