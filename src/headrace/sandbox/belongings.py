"""What one environment has: its supply and its /tmp, which may outlive its processes.

After an invoke that its processes did not survive, an environment is reset: others take their
place, and keep the user id, the control group and the files in /tmp (spec/lambda.md 4.1). Where
/tmp is a mount of the environment's own, the runtime hands out a second hold on it before it gives
up its rights, through a socket that is closed by then (the hatch). The server keeps it as a
descriptor: nobody sees the files until they are mounted again, and when the server dies, they go.
A copy of a template does the same, but the function has run in it before; so what it hands out is
looked at.
"""

import contextlib
import fcntl
import os
import socket
import stat
from collections.abc import Callable

from headrace.ports.sandbox import EnvironmentSpec
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.processes import Ended, ProcessTree
from headrace.sandbox.supplies import Supplies, Supply

_MEGABYTE = 1_048_576
#: Of the memory, what files in /tmp may take up after it has run out: one part in so many.
_MEMORY_SHARE = 2


class Belongings:
    """Holds what an environment has until it is given back or goes to the next."""

    def __init__(
        self, supplies: Supplies, supply: Supply, forget: Callable[[], None], left: int = -1
    ) -> None:
        """Begin.

        Args:
            forget: Called when all is given back.
            left: The hold on the /tmp of the environment before; -1: it gets an empty one.
        """
        self.supply = supply
        self.is_gone = False  #: Given back, or with the next.
        self._supplies = supplies
        self._forget = forget
        self._left = left
        self._hatch: socket.socket | None = None
        self._temporary = -1
        group = supply.group
        #: How many processes of those before were killed for want of memory.
        self.oom_kills = 0 if group is None or not supply.is_used else group.oom_kill_count()

    def open_hatch(self) -> list[int]:
        """Return the runtime's end of the hatch and, if there is one, the /tmp left to it.

        The caller closes them.

        Raises:
            OSError: There are too many open files.
        """
        self._hatch, theirs = socket.socketpair()
        self._hatch.setblocking(False)
        left, self._left = self._left, -1
        return [theirs.detach()] if left < 0 else [theirs.detach(), left]

    @property
    def has_left(self) -> bool:
        """Whether the environment before has left a /tmp that is a mount."""
        return self._left >= 0

    def close_hatch(self) -> None:
        """Take what the runtime has put into the hatch; it did so before it said anything."""
        hatch, self._hatch = self._hatch, None
        if hatch is None:
            return
        with hatch, contextlib.suppress(OSError):
            _, descriptors, _, _ = socket.recv_fds(hatch, 1, 1)
            for descriptor in descriptors:
                if _is_hold(descriptor):
                    self._temporary = descriptor
                else:
                    os.close(descriptor)

    def pass_on(
        self, spec: EnvironmentSpec, interpreter: Interpreter, processes: ProcessTree
    ) -> "Belongings":
        """Return what the next environment of `spec` has; nothing of it is ours any more."""
        self.is_gone = True
        temporary, self._temporary = self._temporary, -1
        if temporary >= 0 and not _leaves_room(temporary, spec.memory_mb, processes):
            os.close(temporary)
            temporary = -1
        if self.supply.group is not None:
            self.supply.group.free_cpu()
        supply = self._supplies.renew(self.supply, spec, interpreter)
        return Belongings(self._supplies, supply, self._forget, temporary)

    def give_back(self) -> None:
        """Give everything back; does nothing the second time."""
        if self.is_gone:
            return
        self.is_gone = True
        self.close_hatch()
        for descriptor in (self._temporary, self._left):
            if descriptor >= 0:
                os.close(descriptor)
        self._supplies.give_back(self.supply)
        self._forget()


def _is_hold(descriptor: int) -> bool:
    """Tell whether a descriptor holds a folder and can be used for nothing else."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    return bool(flags & os.O_PATH) and stat.S_ISDIR(os.fstat(descriptor).st_mode)


def _leaves_room(temporary: int, memory_mb: int, processes: ProcessTree) -> bool:
    """Tell whether a /tmp may stay: its files are memory, and could be why that has run out."""
    if processes.ended is not Ended.OUT_OF_MEMORY:
        return True
    found = os.fstatvfs(temporary)
    used = (found.f_blocks - found.f_bfree) * found.f_frsize
    return used * _MEMORY_SHARE <= memory_mb * _MEGABYTE
