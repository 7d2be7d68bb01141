"""Listening, and the end of it."""

import asyncio
import resource

import pytest

from headrace.shell.http import HttpServer, raise_descriptor_limit
from headrace.testing.echo import Echo
from headrace.wire.envelope import HttpResponse
from tests.unit.shell.talk import Desk, post, run, serving, turns, until


def test_port_0_is_chosen_by_the_system():
    async def story():
        server = HttpServer(Echo())
        port = await server.listen("127.0.0.1", 0)
        assert port > 0
        other = HttpServer(Echo())
        with pytest.raises(OSError):
            await other.listen("127.0.0.1", port)
        await other.close(0)
        await server.close(0)

    run(story())


def test_a_name_of_several_addresses_gets_one_port():
    async def story():
        server = HttpServer(Echo())
        await server.listen("localhost", 0)
        assert len(server._listeners.sockets) == 1
        await server.close(0)

    run(story())


def test_a_plain_asyncio_loop_serves_as_well():
    async def story():
        async with serving(Desk()) as (_, connect):
            wire = await connect()
            await wire.send(post("/1") + post("/2", b"x"))
            assert [(await wire.answer())[2] for _ in range(2)] == [b"POST /1 ", b"POST /2 x"]
            await wire.send(b"rubbish\r\n\r\n")
            assert (await wire.answer())[0] == 400
            assert await wire.rest() == b""

    asyncio.run(story())


def test_echo_answers_with_the_same_bytes():
    async def story():
        async with serving(Echo()) as (_, connect):
            wire = await connect()
            await wire.send(post("/", b'{"a": 1}'))
            assert (await wire.answer())[2] == b'{"a": 1}'

    run(story())


def test_a_server_that_stops_answers_what_is_under_way_and_closes_the_rest():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            idle, busy = await connect(), await connect()
            await busy.send(post("/hold"))
            await until(lambda: desk.held)
            server.refuse_connections()
            assert await idle.rest() == b""
            with pytest.raises(OSError):
                await connect()
            desk.held[0].answer(HttpResponse(200, [], b"late"))
            _, headers, body = await busy.answer()
            assert (headers["connection"], body) == ("close", b"late")
            assert await busy.rest() == b""

    run(story())


def test_a_server_that_closes_waits_for_answers_only_so_long():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(post("/hold"))
            await until(lambda: desk.held)
            await server.close(0.01)
            assert await wire.rest() == b""
            await turns()
            assert not server.shared.connections

    run(story())


def test_the_limit_of_open_files_is_raised_as_far_as_the_system_lets_us():
    allowed = raise_descriptor_limit()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard
    assert allowed > 0
