"""Append each request's body to a file and answer when it is on disk: the least that lasts.

Run as `python -m tools.bench.append FILE PORT`. Headrace's own HTTP layer, and behind
it nothing but the append: what came in during one fdatasync is written before the next.
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from headrace.shell.exchange import Exchange
from headrace.shell.http import HttpServer
from headrace.wire.envelope import HttpRequest, HttpResponse
from tools.bench.echo import ANSWER


class Append:
    """An application that answers a request when its body is on disk."""

    is_pressed = False

    def __init__(self, path: str) -> None:
        """Open the file; answers wait for one thread that writes to it."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[Exchange] = []
        self._is_writing = False

    def body_limit(self, method: str, target: str, headers: dict[str, str]) -> int:
        """Let everything in."""
        return 1 << 24

    def serve(self, exchange: Exchange) -> None:
        """Have the body written with those that came in the same turn of the loop."""
        self._waiting.append(exchange)
        if not self._is_writing:
            self._is_writing = True
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        data = b"".join([exchange.request.body for exchange in batch])
        write = asyncio.get_running_loop().run_in_executor(self._thread, self._append, data)
        write.add_done_callback(lambda done: self._answer(batch, done))

    def _append(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        os.fdatasync(self._file)

    def _answer(self, batch: list[Exchange], done: "asyncio.Future[None]") -> None:
        done.result()
        if self._waiting:
            self._write()
        else:
            self._is_writing = False
        for exchange in batch:
            exchange.answer(ANSWER)

    def refuse(self, head: HttpRequest, status: int, sentence: str) -> HttpResponse:
        """Say no."""
        return HttpResponse(status, [], sentence.encode())


async def serve() -> None:
    """Listen until killed."""
    await HttpServer(Append(sys.argv[1])).listen("127.0.0.1", int(sys.argv[2]))
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.run(serve())
    else:
        import uvloop

        uvloop.run(serve())
