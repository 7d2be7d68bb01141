"""Whatever correct HTTP a client sends is read; answers come in the order of the requests."""

import asyncio
import contextlib
import socket

import pytest

from headrace.sandbox import limits
from headrace.sandbox.webserver import Reply, WebServer


class Client:
    """A server whose requests are kept, and a raw connection to it."""

    def __init__(self):
        self.requests = []
        self.exchanges = []
        self.answers_at_once = True
        self.act = None  #: What is done instead of all that.

    def handle(self, request, exchange):
        if self.act is not None:
            self.act(request, exchange)
            return
        self.requests.append(request)
        self.exchanges.append(exchange)
        if self.answers_at_once:
            exchange.answer(Reply(200, b"[%d]" % len(self.requests)))

    async def until(self, condition):
        while not condition():
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.005)


class Taker:
    """Takes bodies bit by bit, and how they ended."""

    def __init__(self, wants=True):
        self.wants = wants
        self.pieces = []
        self.heads = []
        self.valve = None
        self.is_lost = False

    def open(self, head, valve):
        self.heads.append((head.method, head.path, head.headers.get("mode")))
        self.valve = valve
        return self if self.wants else None

    def add(self, piece):
        self.pieces.append(piece)

    def lose(self):
        self.is_lost = True


def play(act, may_speak=None, open_body=None):
    """Run an act with a client, a reader and a writer."""

    async def story():
        client = Client()
        server = WebServer(client.handle, may_speak, open_body)
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        await server.listen(listener)
        reader, writer = await asyncio.open_connection(*address)
        try:
            await act(client, reader, writer)
        finally:
            writer.close()
            server.close()

    asyncio.run(story())


async def read_answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return head, await reader.readexactly(size)


def test_chunks_trailers_expectations_and_any_case_are_understood():
    async def act(client, reader, writer):
        writer.write(
            b"POST /a?b=c HTTP/1.1\r\nHOST: x\r\nTransfer-Encoding: chunked\r\n"
            b"eXpect: 100-continue\r\nTrailer: Error-Type\r\nLAMBDA-Mode: streaming\r\n\r\n"
        )
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\nError-Type: Oh\r\n\r\n")
        head, body = await read_answer(reader)
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert body == b"[1]"
        (request,) = client.requests
        assert (request.method, request.path, request.body) == ("POST", "/a", b"abcde")
        assert request.headers["lambda-mode"] == "streaming"
        assert request.trailers == {"error-type": "Oh"}

    play(act)


def test_requests_behind_each_other_are_answered_one_by_one():
    async def act(client, reader, writer):
        client.answers_at_once = False
        writer.write(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n" * (limits.PIPELINED_MAX * 2))
        await client.until(lambda: client.exchanges)
        for number in range(limits.PIPELINED_MAX * 4):
            await client.until(lambda number=number: len(client.exchanges) > number)
            assert len(client.exchanges) == number + 1
            client.exchanges[-1].answer(Reply(202, b"%d" % number))
            client.exchanges[-1].answer(Reply(500))
            assert (await read_answer(reader))[1] == b"%d" % number
        assert [one.path for one in client.requests][:3] == ["/1", "/2", "/1"]

    play(act)


def test_a_body_beyond_the_limit_is_told_but_not_kept():
    async def act(client, reader, writer):
        size = limits.RESULT_BYTES_MAX + 1
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
        await read_answer(reader)
        (request,) = client.requests
        assert request.is_too_large
        assert request.body == b""
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok")
        await read_answer(reader)
        assert (client.requests[1].body, client.requests[1].is_too_large) == (b"ok", False)

    play(act)


def test_whoever_has_left_is_not_answered():
    async def act(client, _reader, writer):
        client.answers_at_once = False
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await client.until(lambda: client.exchanges)
        assert client.exchanges[0].is_open
        writer.close()
        await client.until(lambda: not client.exchanges[0].is_open)
        client.exchanges[0].answer(Reply(200))

    play(act)


@pytest.mark.parametrize(
    "words",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nA: %s\r\n\r\n" % (b"a" * limits.HTTP_HEAD_BYTES_MAX)],
)
def test_what_is_no_http_ends_the_connection(words):
    async def act(client, reader, writer):
        writer.write(words)
        assert (await reader.read(12)) in {b"HTTP/1.1 400", b""}
        await reader.read()
        assert client.requests == []

    play(act)


def test_an_old_client_is_answered_and_left():
    async def act(_client, reader, writer):
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        assert b"Connection: close\r\n" in answer
        assert answer.endswith(b"[1]")

    play(act)


def test_more_bodies_than_may_be_in_hand_are_not_kept(monkeypatch):
    monkeypatch.setattr(limits, "API_BODIES_BYTES_MAX", 100)

    async def act(client, reader, writer):
        client.answers_at_once = False
        post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n" + bytes(60)
        writer.write(post * 3)
        await client.until(lambda: client.exchanges)
        for number in range(3):
            await client.until(lambda number=number: len(client.exchanges) > number)
            client.exchanges[number].answer(Reply(200, b""))
        # The first was handed over at once; of the two that waited there was room for one.
        assert [len(one.body) for one in client.requests] == [60, 60, 0]
        assert [one.is_too_large for one in client.requests] == [False, False, True]
        writer.write(post)
        await client.until(lambda: len(client.requests) == 4)
        assert len(client.requests[3].body) == 60

    play(act)


def test_bodies_of_whoever_has_left_are_in_hand_no_more(monkeypatch):
    monkeypatch.setattr(limits, "API_BODIES_BYTES_MAX", 100)

    async def act(client, reader, writer):
        client.answers_at_once = False
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n"
        address = writer.get_extra_info("peername")
        for _ in range(3):
            _, other = await asyncio.open_connection(*address)
            other.write(head + bytes(60) + head + bytes(60) + head + bytes(30))
            await client.until(lambda: client.exchanges)
            other.close()
            await client.until(lambda: not client.exchanges[0].is_open)
            client.exchanges.clear()
        writer.write(head + bytes(60))
        await client.until(lambda: client.exchanges)
        assert not client.requests[-1].is_too_large

    play(act)


def test_one_connection_too_many_gets_no_word(monkeypatch):
    monkeypatch.setattr(limits, "API_CONNECTIONS_MAX", 2)

    async def act(client, reader, writer):
        address = writer.get_extra_info("peername")
        second, other = await asyncio.open_connection(*address)
        third, another = await asyncio.open_connection(*address)
        with contextlib.suppress(ConnectionResetError):
            assert await third.read() == b""
        another.close()
        other.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await read_answer(second))[1] == b"[1]"
        other.close()

    play(act)


def test_whoever_does_not_read_answers_is_not_heard(monkeypatch):
    async def act(client, reader, writer):
        reader._transport.pause_reading()
        get = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = bytes(100_000)

        def handle(request, exchange):
            client.requests.append(request)
            exchange.answer(Reply(200, answer))

        client.act = handle
        writer.write(get * 2_000)
        before = -1
        while len(client.requests) != before:  # Until nothing more is taken.
            before = len(client.requests)
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.05)
        assert before < 500
        reader._transport.resume_reading()
        for _ in range(before + 1):
            assert len((await read_answer(reader))[1]) == len(answer)

    play(act)


def test_a_stranger_gets_no_word():
    seen = []

    def may_speak(peer):
        seen.append(peer)
        return False

    async def act(client, reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert client.requests == []
        assert seen == [writer.get_extra_info("sockname")]

    play(act, may_speak)


CHUNKED = b"POST /a?b HTTP/1.1\r\nMode: m\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_that_is_wanted_sooner_comes_piece_by_piece():
    taker = Taker()

    async def act(client, reader, writer):
        writer.write(CHUNKED + b"1\r\na\r\n")
        await client.until(lambda: taker.pieces == [b"a"])
        assert client.requests == []
        assert taker.heads == [("POST", "/a", "m")]
        writer.write(b"2\r\nbc\r\n0\r\nOh: no\r\n\r\n")
        await read_answer(reader)
        (request,) = client.requests
        assert (request.is_streamed, request.body, request.trailers) == (True, b"", {"oh": "no"})
        assert b"".join(taker.pieces) == b"abc"
        taker.wants = False
        writer.write(CHUNKED + b"1\r\nd\r\n0\r\n\r\n")
        await read_answer(reader)
        assert (client.requests[1].is_streamed, client.requests[1].body) == (False, b"d")
        assert not taker.is_lost

    play(act, open_body=taker.open)


def test_a_body_behind_an_unanswered_request_comes_whole():
    taker = Taker(wants=False)

    async def act(client, reader, writer):
        client.answers_at_once = False
        writer.write(b"GET / HTTP/1.1\r\n\r\n" + CHUNKED + b"1\r\na\r\n0\r\n\r\n")
        await client.until(lambda: client.exchanges)
        client.exchanges[0].answer(Reply(200, b"1"))
        await client.until(lambda: len(client.requests) == 2)
        assert (client.requests[1].is_streamed, client.requests[1].body) == (False, b"a")
        assert taker.heads == [("GET", "/", None)]

    play(act, open_body=taker.open)


def test_a_body_that_breaks_off_is_lost():
    taker = Taker()

    async def act(client, reader, writer):
        writer.write(CHUNKED + b"1\r\na\r\n")
        await client.until(lambda: taker.pieces)
        writer.transport.abort()
        await client.until(lambda: taker.is_lost)
        assert client.requests == []

    play(act, open_body=taker.open)


def test_a_held_body_is_not_read_and_a_client_that_writes_on_is_slowed():
    taker = Taker()

    async def act(client, reader, writer):
        writer.write(CHUNKED)
        await client.until(lambda: taker.valve)
        taker.valve.hold()
        piece = b"%x\r\n%b\r\n" % (1 << 20, bytes(1 << 20))
        writer.write(piece * 32)
        drained = asyncio.ensure_future(writer.drain())
        for _ in range(200):
            await asyncio.sleep(0)
        seen = sum(map(len, taker.pieces))
        assert not drained.done()
        assert seen < 1 << 20
        taker.valve.go_on()
        await drained
        writer.write(b"0\r\n\r\n")
        await read_answer(reader)
        assert sum(map(len, taker.pieces)) == 32 << 20

    play(act, open_body=taker.open)


@pytest.mark.parametrize("turns", range(4))
def test_a_server_that_is_closed_while_it_begins_listens_no_more(turns):
    async def story():
        listener = socket.create_server(("127.0.0.1", 0))
        server = WebServer(print)
        beginning = asyncio.create_task(server.listen(listener))
        for _ in range(turns):
            await asyncio.sleep(0)
        server.close()
        await beginning
        await asyncio.sleep(0)
        assert listener.fileno() == -1

    asyncio.run(story())
