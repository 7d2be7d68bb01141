"""The sandbox hears what functions still run on, some time after something went."""

import asyncio

from headrace.core.functions.commands import DeleteFunction
from headrace.shell import tidying
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve
from tests.unit.core.functions.bench import CODE, creation, reference


class Listening(ScriptedSandbox):
    """A sandbox that keeps what it is told."""

    def __init__(self):
        super().__init__()
        self.told = []

    def keep_code(self, code):
        self.told.append(code.archives)


def test_several_deletions_are_one_look_at_all_functions(monkeypatch):
    monkeypatch.setattr(tidying, "TIDY_S", 0.0)

    async def story():
        sandbox = Listening()
        async with serve(sandbox=sandbox, clock=VirtualClock()) as server:
            assert sandbox.told == [frozenset()]  # At the start.
            for name in ("a", "b", "c"):
                await server.driver.ask(creation(name))
            deletions = [DeleteFunction(reference(name)) for name in ("a", "b")]
            await asyncio.gather(*map(server.driver.ask, deletions))
            async with asyncio.timeout(10):
                while len(sandbox.told) < 2:
                    await asyncio.sleep(0)
            assert sandbox.told[1:] == [frozenset({CODE.digest})]
            await server.driver.ask(DeleteFunction(reference("c")))
        assert len(sandbox.told) <= 3

    asyncio.run(story())


def test_a_server_that_stops_tidies_no_more(monkeypatch):
    monkeypatch.setattr(tidying, "TIDY_S", 3_600.0)

    async def story():
        sandbox = Listening()
        async with serve(sandbox=sandbox, clock=VirtualClock()) as server:
            await server.driver.ask(creation("a"))
            await server.driver.ask(DeleteFunction(reference("a")))
            timer = server.app.tidying._timer
            assert timer is not None
        assert timer.cancelled()
        assert len(sandbox.told) == 1

    asyncio.run(story())
