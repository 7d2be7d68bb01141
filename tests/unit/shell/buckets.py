"""A client of S3 that speaks HTTP over a real socket, with a bucket `code`."""

from headrace.testing.server import serve
from tests.unit.shell.talk import run, wire_to

SCOPE = "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261128/us-east-1/s3/aws4_request"


class Client:
    """Asks a server whose parts the test may look into."""

    def __init__(self, server, wire):
        self.server = server
        self.wire = wire
        self.blobs = server.app.parts.blobs

    async def ask(self, method, target, body=b"", *headers):
        """Return status, headers and body of an answer."""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", SCOPE, *headers]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        await self.wire.send(head.encode(), body)
        return await self.wire.answer(bodiless=method == "HEAD")


def play(story, **options):
    """Run a story with a client whose bucket `code` is there."""

    async def whole():
        async with serve(**options) as server, wire_to(server) as wire:
            client = Client(server, wire)
            assert (await client.ask("PUT", "/code"))[0] == 200
            await story(client)

    run(whole())
