"""Hold large messages against the filters of their mapping on a thread, beside the loop.

Their poll ends when that is done, so their order and all that a mapping promises stay as they are:
it is as if their bodies had been read from a slow disk.
"""

import asyncio

from msgspec.structs import replace

from headrace.core.mapping.commands import Polled
from headrace.shell.rooms import Rooms


class Sifting:
    """Sifts for all mappings, one receive at a time: threads that compute hold up the loop's."""

    def __init__(self, rooms: Rooms) -> None:
        """Sift for the mappings among `rooms`."""
        self._rooms = rooms
        self._turn = asyncio.Lock()

    async def sifted(self, polled: Polled) -> Polled:
        """Return what a receive brought with what becomes of it under its mapping's settings now.

        They may have changed meanwhile; then it is done once more.
        """
        async with self._turn:
            while (sifter := self._rooms.mappings.sifter(polled.mapping)) is not None:
                if polled.sifted is not None and polled.sifted[0] is sifter:
                    break
                made = await asyncio.to_thread(sifter.sift, polled.messages)
                polled = replace(polled, sifted=(sifter, made))
        return polled
