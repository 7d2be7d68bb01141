"""InvokeWithResponseStream on a whole server, with a scripted sandbox that streams."""

import asyncio
import json

import pytest
from botocore.eventstream import EventStreamBuffer

from headrace.core.functions.settings import Code
from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve
from tests.unit.core.functions.bench import ACCOUNT, NAME, REGION, creation
from tests.unit.shell.talk import post, run, until, wire_to

TARGET = f"/2021-11-15/functions/{NAME}/response-streaming-invocations"
SIGNED = (
    f"Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/lambda/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
DONE = InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000)
PIECE = bytes(1 << 20)


class Stage:
    """A server, one connection to it, and a function that waits for its test's words."""

    def __init__(self, server, wire):
        self.server = server
        self.wire = wire
        self.buffer = EventStreamBuffer()
        self.stream = None
        self.outcome = asyncio.get_running_loop().create_future()

    @property
    def streams(self):
        return self.server.app.service.backstage.streams

    def run_function(self, environment, invocation):
        self.stream = invocation.stream
        return self.outcome

    async def invoke(self, *headers, target=TARGET):
        await self.wire.send(post(target, b"{}", SIGNED, *headers))

    async def begin(self):
        """Invoke, and return who takes the function's answer."""
        await self.invoke()
        await until(lambda: self.stream)
        return self.stream

    async def head(self):
        async with asyncio.timeout(10):
            return (await self.wire.reader.readuntil(b"\r\n\r\n")).decode().lower()

    async def event(self):
        """Read one chunk, which is one event; None: the end."""
        async with asyncio.timeout(10):
            size = int(await self.wire.reader.readuntil(b"\r\n"), 16)
            data = (await self.wire.reader.readexactly(size + 2))[:-2]
        if not data:
            return None
        self.buffer.add_data(data)
        (message,) = self.buffer
        return message.headers[":event-type"], message.payload


def play(story):
    async def whole():
        sandbox = ScriptedSandbox()
        async with serve(sandbox=sandbox) as server, wire_to(server) as wire:
            stage = Stage(server, wire)
            sandbox.invoke_script = stage.run_function
            digest = await server.app.parts.blobs.put(b"zip")
            made = creation()
            command = type(made)(made.reference, made.settings, Code(digest, 3), {}, made.seed)
            await server.driver.ask(command)
            await story(stage)
            if not stage.outcome.done():
                stage.outcome.set_result(DONE)

    run(whole())


def test_each_piece_leaves_when_it_is_written_and_the_end_with_the_reply():
    async def story(stage):
        stream = await stage.begin()
        assert stream.executed_version == "$LATEST"
        stream.begin("text/plain")
        head = await stage.head()
        assert head.startswith("http/1.1 200 ok")
        assert "x-amz-executed-version: $latest" in head
        assert "content-type: application/vnd.amazon.eventstream" in head
        for piece in (b"one", b"two"):
            stream.write(piece)
            assert await stage.event() == ("PayloadChunk", piece)
        stream.write(b"")
        stage.outcome.set_result(DONE)
        assert await stage.event() == ("InvokeComplete", b"{}")
        assert await stage.event() is None
        assert not stage.streams
        stream.write(b"late")
        await stage.invoke(target=TARGET.replace(NAME, "nobody"))
        assert (await stage.wire.answer())[0] == 404  # on the same connection, in good order

    play(story)


def test_an_answer_in_one_piece_is_one_chunk():
    async def story(stage):
        await stage.invoke("X-Amz-Log-Type: Tail")
        stage.outcome.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1, b"[1]"))
        await stage.head()
        assert await stage.event() == ("PayloadChunk", b"[1]")
        kind, payload = await stage.event()
        assert (kind, json.loads(payload).keys()) == ("InvokeComplete", {"LogResult"})
        assert await stage.event() is None

    play(story)


@pytest.mark.parametrize("pieces", [[], [b"one"]])
def test_an_error_is_told_by_the_last_event(pieces):
    async def story(stage):
        stream = await stage.begin()
        for piece in pieces:
            stream.write(piece)
        stage.outcome.set_result(InvokeOutcome(InvokeStatus.TIMED_OUT, 1))
        await stage.head()
        for piece in pieces:
            assert await stage.event() == ("PayloadChunk", piece)
        kind, payload = await stage.event()
        told = json.loads(payload)
        assert (kind, told["ErrorCode"]) == ("InvokeComplete", "Unhandled")
        assert json.loads(told["ErrorDetails"])["errorType"] == "Sandbox.Timedout"
        assert await stage.event() is None

    play(story)


def test_a_client_that_does_not_read_fills_the_stream_and_one_that_goes_empties_it():
    async def story(stage):
        stream = await stage.begin()
        assert not stream.is_full
        told = []
        stream.when_room(lambda: told.append("nothing yet"))
        stage.wire.writer.transport.pause_reading()
        while not stream.is_full:
            stream.write(PIECE)
            await asyncio.sleep(0)
        stream.when_room(lambda: told.append("room"))
        assert told == ["nothing yet"]
        stage.wire.writer.transport.abort()
        await until(lambda: "room" in told)
        stream.write(PIECE)
        assert not stream.is_full
        stage.outcome.set_result(DONE)
        await until(lambda: not stage.streams)  # the function was not disturbed

    play(story)


@pytest.mark.parametrize("has_begun", [False, True])
def test_a_server_that_fails_says_so_in_either_form(has_begun):
    async def story(stage):
        stream = await stage.begin()
        if has_begun:
            stream.write(b"one")
        stage.server.driver.fail("the test says so")
        if has_begun:
            await stage.head()
            assert await stage.event() == ("PayloadChunk", b"one")
            kind, payload = await stage.event()
            assert (kind, json.loads(payload)["ErrorCode"]) == ("InvokeComplete", "InternalFailure")
            assert await stage.event() is None
        else:
            assert (await stage.wire.answer())[0] == 500
        stream.begin("text/plain")
        stream.write(b"two")
        assert not stage.streams

    play(story)


def test_a_dry_run_and_refusals_are_answers_in_one_piece():
    async def story(stage):
        await stage.invoke("X-Amz-Invocation-Type: DryRun")
        assert (await stage.wire.answer())[::2] == (204, b"")
        stage.server.app.service.drain()
        await stage.invoke()
        assert (await stage.wire.answer())[0] == 503
        assert (stage.stream, stage.streams) == (None, {})

    play(story)
