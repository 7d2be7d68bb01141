"""How much disk is left, and a reserve that is given up when there is none."""

import contextlib
import logging
import os
from pathlib import Path

from headrace.store.limits import MIB, SpaceLimits

log = logging.getLogger(__name__)


class DiskSpace:
    """Watches the disk of one folder and keeps a file there that can be given up.

    `check` and `give_up_reserve` belong to the thread that writes; `is_low` may be read anywhere.
    """

    def __init__(self, folder: Path, limits: SpaceLimits) -> None:
        """Watch `folder`, which need not exist yet."""
        self._folder = folder
        self._reserve = folder / "reserve"
        self._limits = limits
        self._is_low = False
        #: Whether the reserve is there; None until it was looked for. It is checked after every
        #: commit, and a look at the disk then costs more than the rest of the check.
        self._has_reserve: bool | None = None

    @property
    def is_low(self) -> bool:
        """Whether only what frees space should still be written.

        While it is low the disk is asked each time: no commit may come to ask it.
        """
        if self._is_low and self._free_bytes() >= self._limits.enough_bytes:
            self._is_low = False
            log.warning("%s: there is enough disk space again", self._folder)
        return self._is_low

    def check(self) -> None:
        """Look at the disk; make the reserve if it is missing and there is room for it."""
        free = self._free_bytes()
        if free < self._limits.low_bytes:
            self._mark_low(free)
        elif not self._is_low and not self._has_reserve:
            if self._has_reserve is None and self._reserve.exists():
                self._has_reserve = True
            else:
                self._make_reserve()

    def give_up_reserve(self) -> None:
        """The disk is full: give the reserve to the writer."""
        self._mark_low(self._free_bytes())
        self._has_reserve = False
        if self._reserve.exists():
            log.warning("%s: the reserve of disk space is given up", self._folder)
            self._reserve.unlink(missing_ok=True)

    def _mark_low(self, free: int) -> None:
        if not self._is_low:
            self._is_low = True
            log.warning("%s: disk space is low (%d MiB)", self._folder, free // MIB)

    def _free_bytes(self) -> int:
        """Return how much is free; nothing of a disk that does not say."""
        try:
            disk = os.statvfs(self._folder)
        except FileNotFoundError:
            # Not for want of space: the next append finds out, if it is not refused for that.
            return self._limits.enough_bytes
        except OSError:
            return 0
        return disk.f_bavail * disk.f_frsize

    def _make_reserve(self) -> None:
        try:
            with self._reserve.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._limits.reserve_bytes)
                else:  # macOS
                    file.write(bytes(self._limits.reserve_bytes))
            self._has_reserve = True
        except OSError as error:
            with contextlib.suppress(OSError):
                self._reserve.unlink()
            log.warning("%s: no reserve of disk space (%s)", self._folder, error)
            free = self._free_bytes()
            # Where there is room, that is not why: it goes on without, and says so once.
            self._has_reserve = free >= self._limits.enough_bytes
            if not self._has_reserve:
                self._mark_low(free)
