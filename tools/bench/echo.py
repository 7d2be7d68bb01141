"""Serve a fixed answer through Headrace's own HTTP layer: what the layer alone can do.

Run as `python -m tools.bench.echo [PORT]`; prints its port. The answer has the bytes of
SendMessage's.
"""

import asyncio
import sys

from headrace.shell.exchange import Exchange
from headrace.shell.http import HttpServer
from headrace.wire.envelope import HttpRequest, HttpResponse

ANSWER = HttpResponse(
    200,
    [
        ("Content-Type", "application/x-amz-json-1.0"),
        ("x-amzn-RequestId", "d42db919-0000-4000-8000-000000000000"),
    ],
    b'{"MD5OfMessageBody":"49f68a5c8493ec2c0bf489821c21fc3b",'
    b'"MessageId":"0c2e1f0a-7b4e-4a55-9b1e-3a7c5f1d2e3f"}',
)


class Echo:
    """An application that gives every request the same answer at once."""

    is_pressed = False

    def body_limit(self, method: str, target: str, headers: dict[str, str]) -> int:
        """Let everything in."""
        return 1 << 24

    def serve(self, exchange: Exchange) -> None:
        """Answer."""
        exchange.answer(ANSWER)

    def refuse(self, head: HttpRequest, status: int, sentence: str) -> HttpResponse:
        """Say no."""
        return HttpResponse(status, [], sentence.encode())


async def serve() -> None:
    """Listen until killed, on a free port if none is named."""
    server = HttpServer(Echo())
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    print(await server.listen("127.0.0.1", port), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.run(serve())
    else:
        import uvloop

        uvloop.run(serve())
