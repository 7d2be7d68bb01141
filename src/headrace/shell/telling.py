"""Tell the core how an effect ended, again and again while the driver has too much to do."""

import asyncio
from collections.abc import Callable
from typing import Any

from headrace.base.errors import ServiceUnavailable
from headrace.shell.driver import Driver

#: Seconds until a command that the driver refused for its load is submitted again.
SUBMIT_AGAIN_S = 0.1


class Telling:
    """One command on its way, which belongs to rooms: when those are gone, so is what it speaks of.

    Functions within a function that name each other would be a circle, with all that they hold, and
    the garbage collector looks for old ones hardly ever (`lifecycle.GC_THRESHOLDS`).
    """

    __slots__ = ("_driver", "_drop", "_life", "_make", "_take")

    def __init__(
        self,
        driver: Driver,
        life: Any,
        make: Callable[[], Any],
        take: Callable[[Any], None],
        drop: Callable[[], None],
    ) -> None:
        """Prepare to tell.

        Args:
            life: The rooms that it belongs to.
            make: Returns the command, for each attempt anew: it may name the block being filled.
            take: Called with the answer, once.
            drop: Called instead when it was never submitted, because its rooms are gone.
        """
        self._driver = driver
        self._life = life
        self._make = make
        self._take = take
        self._drop = drop

    def submit(self) -> None:
        """Submit the command, or drop it."""
        if is_over(self._driver, self._life):
            self._drop()
        else:
            self._driver.submit(self._make(), self._answered)

    def _answered(self, value: Any) -> None:
        if isinstance(value, ServiceUnavailable) and not is_over(self._driver, self._life):
            asyncio.get_running_loop().call_later(SUBMIT_AGAIN_S, self.submit)
        else:
            self._take(value)


def is_over(driver: Driver, life: Any) -> bool:
    """Tell whether the rooms `life` have been put away, or all work has."""
    return not driver.running or driver.rooms is not life
