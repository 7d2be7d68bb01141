"""One connection over a real socket: clients that are slow, silent, deaf or many."""

import asyncio
from itertools import pairwise

import pytest

from headrace.shell import connection as connection_module
from headrace.shell.connection import Times
from headrace.shell.limits import RELIEVED_AT_ONCE
from headrace.wire.envelope import HttpResponse
from tests.unit.shell.talk import Desk, post, run, serving, turns, until

ANSWER = HttpResponse(200, [], b"late")


@pytest.mark.parametrize(
    "start, after_s, status",
    [
        (b"", 4, None),
        (b"POST / HT", 11, 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc", 12, 408),
    ],
)
def test_slow_and_idle_clients_are_closed_in_time(start, after_s, status):
    async def story():
        times = Times(head_s=10, body_s=1, idle_s=3, write_s=5)
        async with serving(Desk(), times=times) as (server, connect):
            wire = await connect()
            await wire.send(start)
            await turns()
            now = asyncio.get_running_loop().time()
            server.look(now + after_s - 1.5)
            assert len(server.shared.connections) == 1
            server.look(now + after_s + 1)
            if status is not None:
                assert (await wire.answer())[0] == status
            assert await wire.rest() == b""

    run(story())


def test_a_request_that_comes_byte_by_byte_has_no_longer_than_another():
    async def story():
        async with serving(Desk(), times=Times(head_s=10)) as (server, connect):
            wire = await connect()
            now = asyncio.get_running_loop().time()
            for second, byte in enumerate(b"POST / HTTP"):
                await wire.send(bytes([byte]))
                await turns(2)
                server.look(now + second)
            assert len(server.shared.connections) == 1
            server.look(now + 11)
            assert (await wire.answer())[0] == 408

    run(story())


def test_who_waits_for_an_answer_is_never_timed_out():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(post("/hold"))
            await until(lambda: desk.held)
            server.look(asyncio.get_running_loop().time() + 10_000)
            desk.held[0].answer(ANSWER)
            assert (await wire.answer())[2] == b"late"

    run(story())


BIG = "X-Size: 8000000"


def test_a_client_that_does_not_read_begins_nothing_more_and_is_cut_off():
    async def story():
        desk = Desk()
        async with serving(desk, times=Times(write_s=5)) as (server, connect):
            wire = await connect()
            wire.writer.transport.pause_reading()
            await wire.send(post("/1", b"", BIG) + post("/2", b"", BIG) + post("/3"))
            await until(lambda: server.shared.stuck)
            await turns()
            (connection,) = server.shared.connections
            assert desk.begun == ["/1"]
            assert connection._is_paused
            now = asyncio.get_running_loop().time()
            server.look(now + 6)
            assert server.shared.connections  # 8 MB may take 8 seconds more
            server.look(now + 20)
            await until(lambda: not server.shared.connections)
            assert not server.shared.stuck

    run(story())


def test_a_client_that_reads_late_gets_everything():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            wire.writer.transport.pause_reading()
            await wire.send(post("/1", b"", BIG) + post("/2", b"", BIG) + post("/3"))
            await until(lambda: server.shared.stuck)
            wire.writer.transport.resume_reading()
            sizes = [len((await wire.answer())[2]) for _ in range(3)]
            assert sizes == [8_000_008, 8_000_008, 8]
            assert desk.begun == ["/1", "/2", "/3"]

    run(story())


def test_what_waits_for_slow_readers_is_bounded_over_all_of_them(monkeypatch):
    monkeypatch.setattr(connection_module, "UNREAD_BYTES_MAX", 20_000_000)

    async def story():
        async with serving(Desk()) as (server, connect):
            wires = [await connect() for _ in range(5)]
            for wire in wires:
                wire.writer.transport.pause_reading()
                await wire.send(post("/1", b"", BIG))
                await turns(5)
            await until(lambda: len(server.shared.connections) < 5)
            held = sum(connection.unread_bytes for connection in server.shared.connections)
            assert 0 < held <= 20_000_000

    run(story())


def test_nothing_is_read_while_the_driver_is_pressed():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire, other = await connect(), await connect()
            desk.is_pressed = True
            await wire.send(post("/hold"))
            await until(lambda: desk.held)
            await other.send(post("/hold2"))
            await until(lambda: len(desk.held) == 2)
            await wire.send(post("/3"))
            await other.send(post("/4"))
            await turns()
            assert desk.begun == ["/hold", "/hold2"]
            desk.is_pressed = False
            desk.held[0].answer(ANSWER)  # an answer is what relieves
            assert (await wire.answer())[2] == b"late"
            assert (await wire.answer())[2] == b"POST /3 "
            desk.held[1].answer(ANSWER)
            assert [(await other.answer())[2] for _ in range(2)] == [b"late", b"POST /4 "]

    run(story())


def test_what_was_not_read_comes_a_few_connections_a_turn():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wires = [await connect() for _ in range(1 + 3 * RELIEVED_AT_ONCE)]
            desk.is_pressed = True
            for wire in wires:
                await wire.send(post("/hold"))
            await until(lambda: len(desk.held) == len(wires))
            for wire in wires:
                await wire.send(post("/next"))
            await turns()
            desk.is_pressed = False
            desk.held[0].answer(ANSWER)
            waiting = [len(server.shared.pressed)]
            while waiting[-1]:
                await asyncio.sleep(0)
                waiting.append(len(server.shared.pressed))
                if len(waiting) == 2:
                    desk.is_pressed = True  # by what the first ones brought: the others wait on
                    await turns()
                    assert len(server.shared.pressed) >= waiting[1]
                    desk.is_pressed = False
                    server.shared.relieve()
            steps = [before - after for before, after in pairwise(waiting)]
            assert waiting[0] == len(wires) - RELIEVED_AT_ONCE
            assert max(steps) <= RELIEVED_AT_ONCE
            for held in list(desk.held)[1:]:
                held.answer(ANSWER)
            for wire in wires:
                assert [(await wire.answer())[2] for _ in range(2)] == [b"late", b"POST /next "]

    run(story())


def test_a_watched_client_is_read_from_even_when_the_driver_is_pressed():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            desk.is_pressed = True
            await wire.send(post("/watch"))
            await until(lambda: desk.held)
            await wire.close()
            await until(lambda: desk.lost)
            assert desk.lost == ["/watch"]

    run(story())


def test_connections_beyond_the_limit_are_answered_503():
    async def story():
        async with serving(Desk(), connections_max=16) as (server, connect):
            wires = [await connect() for _ in range(16)]
            await until(lambda: len(server.shared.connections) == 16)
            late = await connect()
            assert (await late.answer())[0] == 503
            assert await late.rest() == b""
            await wires[0].send(post("/"))
            assert (await wires[0].answer())[0] == 200

    run(story())
