"""Answers that come bit by bit, over a real socket."""

import asyncio

from headrace.shell.connection import Times
from headrace.wire.envelope import HttpResponse
from tests.unit.shell.talk import Desk, post, run, serving, turns, until

HEAD = HttpResponse(200, [("X-A", "b")])
ANSWER = HttpResponse(200, [], b"late")
PIECE = bytes(1 << 20)


async def read_head(wire):
    async with asyncio.timeout(10):
        return (await wire.reader.readuntil(b"\r\n\r\n")).decode()


async def read_chunk(wire):
    async with asyncio.timeout(10):
        size = int(await wire.reader.readuntil(b"\r\n"), 16)
        return (await wire.reader.readexactly(size + 2))[:-2]


async def hold(desk, wire, data=None):
    """Have a request begun whose answer the test gives."""
    count = len(desk.held)
    await wire.send(data or post("/hold"))
    await until(lambda: len(desk.held) > count)
    return desk.held[-1]


def test_pieces_arrive_before_the_answer_is_whole_and_the_connection_goes_on():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            outflow = (await hold(desk, wire)).stream(HEAD)
            head = await read_head(wire)
            assert "Transfer-Encoding: chunked\r\n" in head
            assert "X-A: b\r\n" in head
            assert "Content-Length" not in head
            for piece in (b"one", b"two"):
                outflow.write(piece)
                assert await read_chunk(wire) == piece
            outflow.end()
            assert await read_chunk(wire) == b""
            await wire.send(post("/next"))
            assert (await wire.answer())[2] == b"POST /next "

    run(story())


def test_a_streamed_answer_waits_for_its_turn_and_others_wait_for_it():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            first = await hold(desk, wire)
            second = await hold(desk, wire)
            third = await hold(desk, wire)
            outflow = second.stream(HEAD)
            outflow.write(b"one")
            third.answer(ANSWER)
            assert outflow.is_full
            (connection,) = server.shared.connections
            assert connection.unread_bytes == 7
            first.answer(ANSWER)
            assert not outflow.is_full
            assert (await wire.answer())[2] == b"late"
            await read_head(wire)
            assert await read_chunk(wire) == b"one"
            outflow.end()
            assert await read_chunk(wire) == b""
            assert (await wire.answer())[2] == b"late"

    run(story())


def test_a_client_that_does_not_read_fills_the_flow_until_it_does():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            wire.writer.transport.pause_reading()
            outflow = (await hold(desk, wire)).stream(HEAD)
            written = 0
            while not outflow.is_full:
                outflow.write(PIECE)
                written += 1
                await turns(2)
            assert server.shared.stuck
            room = asyncio.Event()
            outflow.when_room(room.set)
            await turns()
            assert not room.is_set()
            wire.writer.transport.resume_reading()
            await read_head(wire)
            for _ in range(written):
                assert await read_chunk(wire) == PIECE
            await room.wait()
            outflow.end()
            assert await read_chunk(wire) == b""

    run(story())


def test_a_client_that_goes_or_never_reads_frees_the_writer():
    async def story():
        desk = Desk()
        async with serving(desk, times=Times(write_s=5)) as (server, connect):
            for leaves in (True, False):
                wire = await connect()
                wire.writer.transport.pause_reading()
                outflow = (await hold(desk, wire)).stream(HEAD)
                while not outflow.is_full:
                    outflow.write(PIECE)
                    await turns(2)
                room = asyncio.Event()
                outflow.when_room(room.set)
                if leaves:
                    wire.writer.transport.abort()
                else:
                    server.look(asyncio.get_running_loop().time() + 60)
                async with asyncio.timeout(10):
                    await room.wait()
                outflow.write(PIECE)
                outflow.end()
                assert not outflow.is_full
                assert not server.shared.connections

    run(story())


def test_a_client_that_went_before_the_stream_began_is_written_nothing():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            exchange = await hold(desk, wire, post("/watch"))
            wire.writer.transport.abort()
            await until(lambda: exchange.is_gone)
            outflow = exchange.stream(HEAD)
            outflow.write(b"a")
            outflow.end()
            assert not outflow.is_full

    run(story())


def test_a_client_that_knows_no_chunks_gets_the_body_up_to_the_end():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            old = post("/hold", b"", "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
            outflow = (await hold(desk, wire, old)).stream(HEAD)
            outflow.write(b"one")
            outflow.write(b"two")
            outflow.end()
            head, _, body = (await wire.rest()).partition(b"\r\n\r\n")
            assert b"Transfer-Encoding" not in head
            assert b"Connection: close" in head
            assert body == b"onetwo"

    run(story())


def test_a_client_that_closed_its_sending_side_gets_the_whole_stream():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            exchange = await hold(desk, wire)
            wire.writer.write_eof()
            await turns()
            outflow = exchange.stream(HEAD)
            outflow.write(b"one")
            await turns()
            outflow.end()
            assert (await wire.rest()).endswith(b"\r\n\r\n3\r\none\r\n0\r\n\r\n")

    run(story())
