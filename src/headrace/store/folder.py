"""The data folder: one server at a time, and names that are on the disk."""

import fcntl
import os
from pathlib import Path

from headrace.ports.journal import JournalInUse


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a new file is lost with its name otherwise."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FolderLock:
    """The file `lock` in a data folder, held by the server that owns the folder.

    The operating system lets go of the lock when the process ends, however it ends. The file stays.
    """

    def __init__(self, folder: Path) -> None:
        """Lock this folder when asked to."""
        self._folder = folder
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def take(self) -> None:
        """Take the lock, or do nothing if this object holds it already.

        Raises:
            JournalInUse: Another server holds it; the text names its process.
        """
        if self._descriptor is not None:
            return
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(descriptor, 100).decode(errors="replace").partition("\n")[0]
            os.close(descriptor)
            raise JournalInUse(
                f"{self._folder} is in use by another Headrace server (process {owner})"
            ) from error
        os.ftruncate(descriptor, 0)
        text = f"{os.getpid()}\nThe Headrace server with this process id works in this folder.\n"
        os.pwrite(descriptor, text.encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
