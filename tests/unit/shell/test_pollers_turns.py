"""Callers of one function that has room for one: mappings take turns (spec/esm.md 4.3)."""

import pytest

from headrace.core.functions.commands import Invoke, ReserveConcurrency
from headrace.core.functions.errors import TooManyRequests
from headrace.core.functions.replies import Invoked, Place
from headrace.core.mapping.commands import PlaceFreed
from headrace.shell.pollers import freed_by
from tests.unit.shell.pollersbench import HANDLE, Server, run


def test_a_place_that_comes_free_goes_to_the_batch_that_waits_at_once():
    async def story():
        server = Server()
        await server.create(batch_size=1)
        await server.driver.ask(ReserveConcurrency(HANDLE, 1))
        server.is_held = True
        await server.send("busy 1", "busy 2", "busy 3")
        await server.quiet()
        await server.open("letters")
        await server.map(batch_size=1)
        await server.send("quiet")
        await server.quiet()
        assert server.delivered() == [["busy 1"]]
        server.let_go()
        await server.quiet()  # no time passes
        assert server.delivered() == [["busy 1"], ["quiet"]]
        server.let_go()
        await server.quiet()
        assert len(server.delivered()) == 3
        assert server.delivered()[2][0].startswith("busy")

    run(story())


def test_the_place_of_a_direct_invoke_goes_to_the_batch_that_waits_at_once():
    async def story():
        server = Server()
        await server.create(batch_size=1)
        await server.driver.ask(ReserveConcurrency(HANDLE, 1))
        server.is_held = True
        replies = []
        server.driver.submit(direct("first"), replies.append)
        await server.quiet()
        await server.send("waits")
        await server.quiet()
        assert server.events == ["first"]
        server.let_go()
        await server.quiet()  # no time passes
        assert server.events[0] == "first"
        assert server.events[1]["Records"][0]["body"] == "waits"
        server.driver.submit(direct("second"), replies.append)
        server.let_go()
        await server.quiet()
        assert server.left() == 0
        assert [type(reply) for reply in replies] == [Invoked, TooManyRequests]

    run(story())


def test_while_no_batch_waits_the_end_of_an_invoke_is_told_nobody(monkeypatch):
    async def story():
        server = Server()
        await server.create(batch_size=1)
        told = []
        monkeypatch.setitem(server.rooms.mappings._deciders, PlaceFreed, told.append)
        await server.driver.ask(direct("alone"))
        await server.quiet()
        assert server.events == ["alone"]
        assert told == []

    run(story())


def direct(payload):
    return Invoke(HANDLE, f'"{payload}"'.encode(), "4f7e8a52-52c6-4f4a-8a58-7a6b2fbb9d0c")


@pytest.mark.parametrize("place", Place)
def test_every_place_belongs_to_some_limit(place):
    assert freed_by(Invoked("", "", b"", place=place)).value in {place.value, "none"}
