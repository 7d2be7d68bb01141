"""Let the loop go on in the middle of long work."""

import asyncio


async def next_turn() -> None:
    """Return in the next turn of the loop."""
    loop = asyncio.get_running_loop()
    turn = loop.create_future()
    loop.call_soon(turn.set_result, None)
    await turn
