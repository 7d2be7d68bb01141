"""Two mappings of one function that has room for one: they take turns (spec/esm.md 4.3)."""

from headrace.core.functions.commands import ReserveConcurrency
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
