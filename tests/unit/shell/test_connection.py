"""One connection over a real socket: order and ends."""

import asyncio

import pytest

from headrace.shell import connection as connection_module
from headrace.wire.envelope import HttpResponse
from tests.unit.shell.talk import Desk, post, run, serving, turns, until

ANSWER = HttpResponse(200, [], b"late")


def test_requests_of_one_connection_are_answered_one_after_another():
    async def story():
        async with serving(Desk()) as (_, connect):
            wire = await connect()
            for number in range(3):
                await wire.send(post(f"/{number}", b"body"))
                status, headers, body = await wire.answer()
                assert (status, body) == (200, b"POST /%d body" % number)
                assert "connection" not in headers
                assert headers["date"].endswith("GMT")

    run(story())


def test_pipelined_requests_are_begun_at_once_and_answered_in_order():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/hold") + post("/2") + post("/hold3") + post("/4"))
            await until(lambda: len(desk.begun) == 4)
            desk.held[1].answer(HttpResponse(200, [], b"third"))
            desk.held[0].answer(HttpResponse(200, [], b"first"))
            bodies = [(await wire.answer())[2] for _ in range(4)]
            assert bodies == [b"first", b"POST /2 ", b"third", b"POST /4 "]

    run(story())


def test_an_answer_that_cannot_be_written_is_given_anew():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/hold"))
            await until(lambda: desk.held)
            with pytest.raises(AssertionError):
                desk.held[0].answer(HttpResponse(200, [("A", "b\nC: d")]))
            desk.held[0].answer(ANSWER)
            assert (await wire.answer())[2] == b"late"

    run(story())


def test_nothing_is_begun_behind_a_request_that_blocks():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/1") + post("/block") + post("/3") + post("/4"))
            await turns()
            assert desk.begun == ["/1", "/block"]
            desk.held[0].answer(ANSWER)
            bodies = [(await wire.answer())[2] for _ in range(4)]
            assert bodies == [b"POST /1 ", b"late", b"POST /3 ", b"POST /4 "]

    run(story())


def test_a_flood_of_pipelined_requests_is_begun_in_portions():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(*[post(f"/hold{number}") for number in range(300)])
            await turns()
            assert len(desk.begun) == connection_module.PIPELINED_MAX
            (connection,) = server.shared.connections
            assert connection._is_paused
            for number in range(300):
                await until(lambda: desk.held)
                desk.held.popleft().answer(HttpResponse(200, [], b"%d" % number))
            assert [int((await wire.answer())[2]) for _ in range(300)] == list(range(300))
            assert not connection._is_paused

    run(story())


def test_thousands_of_requests_in_one_write_are_answered():
    async def story():
        async with serving(Desk()) as (_, connect):
            wire = await connect()
            count = 3_000
            sending = asyncio.create_task(wire.send(post("/") * count))
            for _ in range(count):
                assert (await wire.answer())[2] == b"POST / "
            await sending

    run(story())


def test_reading_goes_on_behind_a_watched_request_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(connection_module, "PIPELINED_BEHIND_PARKED_MAX", 50)

    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/watch"), post("/hold") * 60)
            await until(lambda: len(desk.begun) == connection_module.PIPELINED_MAX)
            assert desk.lost == []
            await wire.send(post("/hold") * 60)
            assert await wire.rest() == b""
            assert desk.lost == ["/watch"]

    run(story())


@pytest.mark.parametrize(
    "request_bytes, connection",
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "close"),
        (b"GET / HTTP/1.0\r\n\r\n", "close"),
        (b"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", "keep-alive"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", "keep-alive"),
    ],
)
def test_a_connection_lives_as_the_client_wishes(request_bytes, connection):
    async def story():
        async with serving(Desk()) as (_, connect):
            wire = await connect()
            await wire.send(request_bytes)
            status, headers, body = await wire.answer()
            assert (status, headers["connection"], body) == (200, connection, b"GET / ")
            if connection == "close":
                assert await wire.rest() == b""
            else:
                await wire.send(request_bytes)
                assert (await wire.answer())[0] == 200

    run(story())


def test_what_comes_behind_the_last_request_is_not_read():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + post("/2"))
            assert (await wire.answer())[2] == b"GET /1 "
            assert await wire.rest() == b""
            assert desk.begun == ["/1"]

    run(story())


def test_head_is_answered_without_a_body():
    async def story():
        async with serving(Desk()) as (_, connect):
            wire = await connect()
            await wire.send(b"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n" + post("/y"))
            _, headers, _ = await wire.answer(bodiless=True)
            assert headers["content-length"] == str(len("HEAD /x "))
            assert (await wire.answer())[2] == b"POST /y "

    run(story())


def test_a_client_that_waits_for_100_continue_gets_it():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            waiting = post("/x", b"body", "Expect: 100-continue")
            await wire.send(waiting[:-4])
            assert (await wire.answer())[0] == 100
            await wire.send(b"body")
            assert (await wire.answer())[2] == b"POST /x body"

    run(story())


def test_100_continue_waits_for_the_answers_before_it():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/hold") + post("/x", b"body", "Expect: 100-continue")[:-4])
            await turns()
            desk.held[0].answer(ANSWER)
            assert (await wire.answer())[2] == b"late"
            assert (await wire.answer())[0] == 100
            await wire.send(b"body")
            assert (await wire.answer())[2] == b"POST /x body"

    run(story())


@pytest.mark.parametrize(
    "data, status",
    [
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 400),
        (b"POST /forbidden HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 403),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\n" + b"A" * 70_000, 431),
    ],
)
def test_what_is_turned_away_is_answered_and_closed(data, status):
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(data)
            got, headers, _ = await wire.answer()
            assert (got, headers["connection"]) == (status, "close")
            assert await wire.rest() == b""
            await wire.close()
            await until(lambda: not server.shared.connections)
            assert desk.begun == []

    run(story())


def test_a_refusal_comes_after_the_answers_before_it():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/hold") + post("/2") + b"rubbish\r\n\r\n" + post("/4"))
            await turns()
            desk.held[0].answer(ANSWER)
            assert [(await wire.answer())[0] for _ in range(3)] == [200, 200, 400]
            assert await wire.rest() == b""
            assert desk.begun == ["/hold", "/2"]

    run(story())


def test_a_client_that_is_still_sending_sees_the_refusal():
    async def story():
        desk = Desk()
        desk.limit = 1_000
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/x", b"a" * 3_000_000))
            assert (await wire.answer())[0] == 413

    run(story())


def test_a_refused_client_that_never_stops_is_cut_off(monkeypatch):
    monkeypatch.setattr(connection_module, "LINGER_BYTES_MAX", 100_000)

    async def story():
        desk = Desk()
        desk.limit = 1_000
        async with serving(desk) as (server, connect):
            wire = await connect()
            with pytest.raises(ConnectionError):
                await wire.send(*[post("/x", b"a" * 100_000)] * 100)
                await wire.writer.wait_closed()
            await until(lambda: not server.shared.connections)

    run(story())


def test_a_client_that_goes_is_noticed_while_it_is_watched():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(post("/1") + post("/watch"))
            await until(lambda: desk.held)
            await wire.close()
            await until(lambda: not server.shared.connections)
            assert desk.lost == ["/watch"]
            assert not desk.held[0].answer(ANSWER)

    run(story())


def test_a_client_that_goes_before_its_watched_answer_has_its_turn_is_noticed():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/hold") + post("/watch"))
            await until(lambda: len(desk.held) == 2)
            assert desk.held[1].answer(ANSWER)
            wire.writer.transport.abort()
            await until(lambda: desk.lost)
            assert desk.lost == ["/watch"]
            desk.held[0].answer(ANSWER)

    run(story())


def test_a_written_answer_is_not_lost_any_more():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(post("/watch"))
            await until(lambda: desk.held)
            assert desk.held[0].answer(ANSWER)
            await wire.answer()
            await wire.close()
            await until(lambda: not server.shared.connections)
            assert desk.lost == []

    run(story())


def test_a_client_that_closed_its_sending_side_gets_its_answers():
    async def story():
        desk = Desk()
        async with serving(desk) as (server, connect):
            wire = await connect()
            await wire.send(post("/hold") + post("/2"))
            wire.writer.write_eof()
            await until(lambda: desk.held)
            await turns()
            desk.held[0].answer(ANSWER)
            assert [(await wire.answer())[2] for _ in range(2)] == [b"late", b"POST /2 "]
            assert await wire.rest() == b""
            await until(lambda: not server.shared.connections)

    run(story())


def test_a_client_that_closed_its_sending_side_counts_as_gone_for_what_is_watched():
    async def story():
        desk = Desk()
        async with serving(desk) as (_, connect):
            wire = await connect()
            await wire.send(post("/hold") + post("/watch"))
            await until(lambda: len(desk.held) == 2)
            wire.writer.write_eof()
            await until(lambda: desk.lost)
            desk.held[0].answer(ANSWER)
            assert (await wire.answer())[2] == b"late"
            assert await wire.rest() == b""

    run(story())
