"""Talk HTTP with a server over a real socket, byte by byte."""

import asyncio
import contextlib
from collections import deque

import uvloop

from headrace.shell.connection import Times
from headrace.shell.http import HttpServer
from headrace.shell.limits import BODY_BYTES_MAX
from headrace.shell.reader import Refused
from headrace.wire.envelope import HttpRequest, HttpResponse


class Desk:
    """An application whose answers the test decides.

    `/hold...` is kept in `held` until the test answers, `/block...` too, and lets nothing begin
    before; `/watch...` is kept and watched. Everything else is answered with method, target, body.
    """

    def __init__(self):
        self.is_pressed = False
        self.begun = []
        self.held = deque()
        self.lost = []
        self.limit = BODY_BYTES_MAX

    def body_limit(self, method, target, headers):
        if target == "/forbidden":
            raise Refused(403, "No.")
        return self.limit

    def serve(self, exchange):
        request = exchange.request
        self.begun.append(request.target)
        if request.target.startswith(("/hold", "/block", "/watch")):
            exchange.blocks = request.target.startswith("/block")
            self.held.append(exchange)
            if request.target.startswith("/watch"):
                exchange.watch(lambda: self.lost.append(request.target))
            return
        size = int(request.headers.get("x-size", "0"))
        body = f"{request.method} {request.target} ".encode() + request.body + b"." * size
        exchange.answer(HttpResponse(200, [("X-A", "b")], body))

    def refuse(self, head: HttpRequest, status, sentence):
        return HttpResponse(status, [], sentence.encode())


class Wire:
    """A client's end of a connection."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    async def send(self, *parts):
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self, *, bodiless=False):
        """Read one answer: (status, headers, body)."""
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")[:-2]
            headers = {}
            for line in lines:
                name, value = line.split(": ", 1)
                headers[name.lower()] = value
            length = 0 if bodiless else int(headers.get("content-length", 0))
            return int(first.split()[1]), headers, await self.reader.readexactly(length)

    async def rest(self):
        """Read to the server's end; what it cut off counts as nothing."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    async def close(self):
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def turns(count=20):
    """Let the loop go round, so that what is on its way over the loopback arrives."""
    for _ in range(count):
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)


async def until(condition):
    """Let the loop go round until something is so."""
    async with asyncio.timeout(10):
        while not condition():
            await turns(1)


@contextlib.asynccontextmanager
async def serving(application, **options):
    """Serve an application on a free port; yields (server, connect)."""
    server = HttpServer(application, options.pop("times", Times()), **options)
    port = await server.listen("127.0.0.1", 0)
    wires = []

    async def connect():
        wire = Wire(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 24))
        wires.append(wire)
        return wire

    try:
        yield server, connect
    finally:
        for wire in wires:
            await wire.close()
        await server.close(1)


def run(coroutine):
    """Run on uvloop, as the product does."""
    return uvloop.run(coroutine)


def post(target, body=b"", *headers):
    """Return the bytes of a POST."""
    lines = [f"POST {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextlib.asynccontextmanager
async def wire_to(server):
    """Connect to a `headrace.testing.server.Server`."""
    wire = Wire(*await asyncio.open_connection("127.0.0.1", server.app.port, limit=1 << 24))
    try:
        yield wire
    finally:
        await wire.close()
