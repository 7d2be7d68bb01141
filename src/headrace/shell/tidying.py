"""Let the sandbox remove what it has unpacked of functions that are gone or have other code."""

import asyncio

from headrace.core.functions.effects import DropCode
from headrace.ports.sandbox import Sandbox
from headrace.shell.driver import Driver
from headrace.shell.rooms import Rooms

#: Seconds that pass before, in which more may go: each time all functions are looked at.
TIDY_S = 1.0


class Tidying:
    """Carries out `DropCode`, several at a time."""

    def __init__(self, driver: Driver, rooms: Rooms, sandbox: Sandbox) -> None:
        self._rooms = rooms
        self._sandbox = sandbox
        self._timer: asyncio.TimerHandle | None = None
        driver.carry(DropCode, self._drop)

    def tidy(self) -> None:
        """Have everything removed now that no function runs on."""
        self.stop()
        self._sandbox.keep_code(self._rooms.functions.code_in_use())

    def stop(self) -> None:
        """Remove nothing more; the next start does."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop(self, _effect: DropCode) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TIDY_S, self.tidy)
