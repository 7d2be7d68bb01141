"""Function URLs in the mode RESPONSE_STREAM, with a scripted sandbox that streams."""

import asyncio
import json

from headrace.api.urls.answer import HEAD_BYTES_MAX, WITH_HEAD
from headrace.core.functions.url import Cors
from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from tests.unit.shell import test_functionurls as urls
from tests.unit.shell.talk import until

DONE = InvokeOutcome(InvokeStatus.ANSWERED, 1_000_000)
FAILED = InvokeOutcome(InvokeStatus.ERROR, 1_000_000, b"{}")
END = b"\0" * 8


class Function:
    """A function that waits for its test's words."""

    def __init__(self):
        self.stream = None
        self.outcome = None

    def __call__(self, _environment, invocation):
        self.stream = invocation.stream
        self.outcome = asyncio.get_running_loop().create_future()
        return self.outcome

    async def begin(self, stage, method="GET", **headers):
        """Call the URL; return who takes the answer."""
        self.stream = self.outcome = None
        given = {"Host": stage.host} | headers
        lines = [f"{method} / HTTP/1.1", *(f"{n}: {v}" for n, v in given.items()), "", ""]
        await stage.wire.send("\r\n".join(lines).encode())
        await until(lambda: self.outcome)
        return self.stream


async def head_of(stage):
    """Read an answer's head; return the status line's number and the lower-case lines behind it."""
    async with asyncio.timeout(10):
        head = await stage.wire.reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().lower().split("\r\n")[:-2]
    return int(first.split()[1]), lines


async def chunk(stage):
    """Read one chunk; empty: the end."""
    async with asyncio.timeout(10):
        size = int(await stage.wire.reader.readuntil(b"\r\n"), 16)
        return (await stage.wire.reader.readexactly(size + 2))[:-2]


def play(story, **changes):
    function = Function()

    async def whole(stage):
        await stage.open(invoke_mode="RESPONSE_STREAM", **changes)
        await story(stage, function)
        if function.outcome is not None and not function.outcome.done():
            function.outcome.set_result(DONE)
        await stage.driver.settled()
        await until(lambda: not stage.server.app.service.backstage.streams)

    urls.play(whole, invoke=function)


def test_each_piece_leaves_when_it_is_written():
    async def story(stage, function):
        stream = await function.begin(stage, Origin="https://a.example")
        stream.begin("text/html; charset=utf-8")
        for piece in (b"one", b"", b"two"):
            stream.write(piece)
        status, lines = await head_of(stage)
        assert status == 200
        assert "content-type: text/html; charset=utf-8" in lines
        assert "transfer-encoding: chunked" in lines
        assert "access-control-allow-origin: *" in lines
        assert any(line.startswith("x-amzn-requestid: ") for line in lines)
        assert [await chunk(stage), await chunk(stage)] == [b"one", b"two"]
        function.outcome.set_result(DONE)
        assert await chunk(stage) == b""
        stream.write(b"late")
        await function.begin(stage)  # on the same connection, in good order
        function.outcome.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1, b'{"a": 1}'))
        assert (await stage.wire.answer())[2] == b'{"a":1}'

    play(story, cors=Cors(allow_origins=("*",)))


def test_a_head_says_status_and_headers_wherever_it_is_cut():
    head = json.dumps({"statusCode": 201, "headers": {"x-a": "b"}, "cookies": ["c=d"]}).encode()
    whole = head + END + b"body\0"

    async def story(stage, function):
        for cut in (0, 3, len(head), len(head) + 5, len(head) + 8, len(whole) - 1):
            stream = await function.begin(stage)
            stream.begin(f"{WITH_HEAD}; x=y")
            stream.write(whole[:cut])
            stream.write(whole[cut:])
            status, lines = await head_of(stage)
            assert status == 201
            assert {"x-a: b", "set-cookie: c=d", "content-type: application/json"} <= {*lines}
            function.outcome.set_result(DONE)
            body = b""
            while piece := await chunk(stage):
                body += piece
            assert body == b"body\0"

    play(story)


def test_nothing_is_sent_before_the_head_is_whole():
    async def story(stage, function):
        stream = await function.begin(stage)
        stream.begin(WITH_HEAD)
        stream.write(b'{"statusCode":')
        assert not stream.has_begun
        function.outcome.set_result(FAILED)
        status, _, body = await stage.wire.answer()
        assert (status, body) == (502, b"Internal Server Error")
        stream = await function.begin(stage)
        stream.begin(WITH_HEAD)
        stream.write(b"no head")
        function.outcome.set_result(DONE)
        status, headers, body = await stage.wire.answer()
        assert (status, body) == (200, b"no head")
        assert headers["content-type"] == "application/octet-stream"

    play(story)


def test_a_head_may_be_as_long_as_is_allowed_however_it_is_cut():
    async def story(stage, function):
        head = b"{}".ljust(HEAD_BYTES_MAX)
        for pieces in ([head + END], [head + END[:5], END[5:]]):
            stream = await function.begin(stage)
            stream.begin(WITH_HEAD)
            for piece in pieces:
                stream.write(piece)
            status, _ = await head_of(stage)
            assert status == 200
            function.outcome.set_result(DONE)
            assert await chunk(stage) == b""

    play(story)


def test_a_head_that_is_none_is_a_failure_and_the_rest_is_dropped():
    async def story(stage, function):
        too_long = b"{}".ljust(HEAD_BYTES_MAX + 1)
        for bad in (b"[]" + END, b'{"statusCode": 1}' + END, too_long + b"xxxxxxx", too_long + END):
            stream = await function.begin(stage)
            stream.begin(WITH_HEAD)
            stream.write(bad)
            stream.write(b"rest")
            status, _, body = await stage.wire.answer()
            assert (status, body) == (502, b"Internal Server Error")
            assert not stream.is_full
            function.outcome.set_result(DONE)
            await until(lambda: not stage.server.app.service.backstage.streams)

    play(story)


def test_a_status_without_a_body_has_none():
    async def story(stage, function):
        stream = await function.begin(stage)
        stream.begin(WITH_HEAD)
        stream.write(b'{"statusCode": 204}' + END + b"body")
        status, lines = await head_of(stage)
        assert status == 204
        assert not any(line.startswith("transfer-encoding") for line in lines)
        function.outcome.set_result(DONE)
        await until(lambda: not stage.server.app.service.backstage.streams)
        await function.begin(stage)
        function.outcome.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1, b"1"))
        assert (await stage.wire.answer())[2] == b"1"

    play(story)


def test_a_failure_behind_the_head_breaks_the_body_off():
    async def story(stage, function):
        stream = await function.begin(stage)
        stream.begin("")
        stream.write(b"some")
        status, lines = await head_of(stage)
        assert "content-type: application/octet-stream" in lines
        assert (status, await chunk(stage)) == (200, b"some")
        function.outcome.set_result(FAILED)
        async with asyncio.timeout(10):
            assert await stage.wire.reader.read() == b"", "no last chunk, and the connection ends"

    play(story)


def test_who_does_not_read_holds_the_function():
    async def story(stage, function):
        stream = await function.begin(stage)
        stream.begin("text/plain")
        room = []
        stream.when_room(lambda: room.append(0))
        assert room == [0]
        written = 0
        while not stream.is_full:
            stream.write(bytes(1 << 20))
            written += 1 << 20
        stream.when_room(lambda: room.append(1))
        assert room == [0]
        await head_of(stage)
        read = 0
        while read < written:
            read += len(await chunk(stage))
        await until(lambda: room == [0, 1])

    play(story)


def test_a_function_that_does_not_stream_is_answered_as_ever():
    async def story(stage, function):
        await function.begin(stage)
        payload = b'{"statusCode": 202, "body": "x"}'
        function.outcome.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1, payload))
        status, headers, body = await stage.wire.answer()
        assert (status, headers["content-length"], body) == (202, "1", b"x")

    play(story)


def test_who_wants_the_head_only_waits_for_the_whole():
    async def story(stage, function):
        assert await function.begin(stage, "HEAD") is None
        function.outcome.set_result(InvokeOutcome(InvokeStatus.ANSWERED, 1, b"{}" + END + b"abc"))
        status, headers, _ = await stage.wire.answer(bodiless=True)
        assert (status, headers["content-length"]) == (200, "3")

    play(story)
