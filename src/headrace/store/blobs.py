"""Blobs as files named by their digest in a folder, on disk before anything names them."""

import asyncio
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from headrace.store.folder import sync_folder

#: Name of the folder inside the data folder.
BLOBS_FOLDER = "blobs"

#: Beginning of the names of files that are being written.
UNFINISHED = "unfinished-"


class FileBlobs:
    """The Blobs port on a folder, in practice `blobs` in the data folder."""

    def __init__(self, folder: Path, space_is_low: Callable[[], bool] = lambda: False) -> None:
        """Keep files in `folder`, which is created when the first one comes.

        Args:
            folder: Where.
            space_is_low: Whether the disk is to be left to the journal: nothing new is taken then.
        """
        self._folder = folder
        self._space_is_low = space_is_low

    async def put(self, content: bytes) -> str:
        """Store and return the digest; durable on return. Bytes that are there stay there.

        Raises:
            OSError: There is no room for them, or next to none.
        """
        return await asyncio.to_thread(self._put, content)

    async def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
        """
        try:
            return await asyncio.to_thread(self._path(digest).read_bytes)
        except FileNotFoundError as error:
            raise KeyError(digest) from error

    async def path(self, digest: str) -> Path:
        """Return the file that holds exactly these bytes."""
        return self._path(digest)

    async def keep_only(self, digests: frozenset[str]) -> None:
        """Delete every other blob, and what a crash left unfinished."""
        await asyncio.to_thread(self._keep_only, digests)

    def _path(self, digest: str) -> Path:
        return self._folder / digest

    def _put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        if self._path(digest).exists():
            sync_folder(self._folder)  # who puts the same bytes at this moment may not have yet
            return digest
        if self._space_is_low():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if not self._folder.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self._folder.parent)
        descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=self._folder)
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.chmod(0o644)
            unfinished.replace(self._path(digest))
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        sync_folder(self._folder)
        return digest

    def _keep_only(self, digests: frozenset[str]) -> None:
        if not self._folder.exists():
            return
        for file in self._folder.iterdir():
            if file.name not in digests:
                file.unlink()
        sync_folder(self._folder)
