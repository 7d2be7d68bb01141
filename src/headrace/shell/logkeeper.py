"""Bring the lines of functions into their groups, and carry out what the groups decide.

A group that nobody has made is made when the first line comes, as on AWS. A log that cannot be
written never harms an invoke.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.logs.commands import GroupPlace, NoteLogGroup
from headrace.core.logs.effects import DropEvents, ExpireEvents
from headrace.core.logs.replies import GroupNoted
from headrace.ports.logs import LogStore
from headrace.shell.driver import Driver
from headrace.shell.rooms import Rooms

log = logging.getLogger(__name__)


class LogKeeper:
    """Joins log groups and the store of their events."""

    def __init__(
        self, driver: Driver, rooms: Rooms, store: LogStore, now: Callable[[], Instant]
    ) -> None:
        """Write into `store`, and carry out the effects of the groups of `driver`."""
        self._driver = driver
        self._rooms = rooms
        self._store = store
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_refused = False
        driver.carry(DropEvents, self._drop)
        driver.carry(ExpireEvents, self._expire)

    def write(self, place: GroupPlace, stream: str, text: bytes) -> None:
        """Append whole lines to a stream, an event each."""
        group = self._rooms.logs.get(place)
        if group is None:
            # Known in this turn: should the block of its record fail, so do the functions.
            self._driver.submit(NoteLogGroup(place), lambda _: None)
            group = self._rooms.logs.get(place)
        if group is not None:
            self._is_refused = False
            self._store.write(group.key, stream, self._now(), text)
        elif not self._is_refused:
            self._is_refused = True
            log.warning("lines of %s are lost: its group could not be made", place.name)

    async def adopt(self, account: str, region: str) -> None:
        """Make groups of what older servers have written, for this account and region."""
        try:
            for name in await self._store.orphans():
                place = GroupPlace(account, region, name)
                noted = await self._driver.ask(NoteLogGroup(place))
                assert isinstance(noted, GroupNoted)
                group = self._rooms.logs.get(place)
                if group is not None:
                    await self._store.adopt(group.key)
        except (OSError, ServiceError) as error:
            log.warning("old log files stay where they are: %s", error)

    async def settled(self) -> None:
        """Return when what the groups decided is carried out."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _drop(self, effect: DropEvents) -> None:
        self._begin(self._store.drop(effect.group.key))

    def _expire(self, effect: ExpireEvents) -> None:
        self._begin(self._store.expire(effect.group.key, effect.before))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except OSError as error:
        log.warning("log files could not be removed: %s", error)
