"""A small SQS client for load: AWS JSON over one keep-alive connection, nothing retried."""

import asyncio
import json


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, operation, status, answer):
        super().__init__(f"{operation}: {status} {answer}")
        #: Nothing has happened; after a 5xx nobody knows.
        self.is_sure = status < 500


class Gone(Exception):
    """Nobody knows what came of the request: the server went away."""


class Connection:
    """One connection; requests go one after the other."""

    def __init__(self, port):
        self.port = port
        self.reader = self.writer = None

    async def call(self, operation, **parameters):
        """Send a request and return the answer as a dictionary."""
        body = json.dumps(parameters).encode()
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"X-Amz-Target: AmazonSQS.{operation}\r\nContent-Type: application/x-amz-json-1.0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.writer.write(head.encode() + body)
            status, answer = await self._answer()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Gone(operation) from error
        if status != 200:
            raise Refused(operation, status, answer)
        return answer

    async def _answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        body = await self.reader.readexactly(int(fields.get("content-length", "0")))
        return int(lines[0].split()[1]), json.loads(body) if body else {}

    def close(self):
        """Hang up."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None
