"""Chains of events: what a function is told of them, and where they end (spec/esm.md 5.5)."""

import pytest

from headrace.core.functions.commands import SetRecursion
from headrace.core.functions.lineage import turns_of
from tests.unit.shell.pollersbench import HANDLE, Server, run


@pytest.mark.parametrize("allows", [False, True])
def test_a_chain_of_events_is_continued_until_it_is_a_loop(allows):
    async def story():
        server = Server()
        await server.create()
        if allows:
            await server.driver.ask(SetRecursion(HANDLE, True))
        header = None
        for _ in range(20):
            await server.send("round", header=header)
            await server.quiet()
            header = server.headers[-1]
        assert len(server.events) == (20 if allows else 16)
        assert turns_of(header, HANDLE.arn) == len(server.events)
        assert server.left() == 0

    run(story())
