"""A turn of the loop in the middle of long work."""

import asyncio

from headrace.shell.turns import next_turn


def test_others_have_their_turn():
    async def story():
        order = []
        asyncio.get_running_loop().call_soon(order.append, "other")
        await next_turn()
        order.append("we")
        return order

    assert asyncio.run(story()) == ["other", "we"]
