"""Code archives in PostgreSQL, with a folder of files beside it for the sandbox to unpack."""

import asyncio
import hashlib
from pathlib import Path

from headrace.store.blobs import FileBlobs
from headrace.store.postgres.journal import PostgresJournal
from headrace.store.postgres.statements import SQL


class PostgresBlobs:
    """The Blobs port: the database keeps the archives, the folder is a cache of this machine's."""

    def __init__(self, journal: PostgresJournal, folder: Path) -> None:
        """Keep archives where an open journal is, and copies in `folder`."""
        self._journal = journal
        self._copies = FileBlobs(folder)
        self._checked: set[str] = set()  # copies whose bytes were compared with their name

    async def put(self, content: bytes) -> str:
        """Store and return the digest; in the database on return.

        Raises:
            JournalDamaged: The database cannot be reached.
        """
        digest = await self._copies.put(content)
        await self._journal.readers.fetch(SQL["put_blob"], self._journal.shard, digest, content)
        self._checked.add(digest)
        return digest

    async def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
            JournalDamaged: The database cannot be reached.
        """
        try:
            content = await self._copies.get(digest)
        except KeyError:
            return await self._fetch(digest)
        if digest not in self._checked:
            if await asyncio.to_thread(_digest_of, content) != digest:
                (await self._copies.path(digest)).unlink(missing_ok=True)
                return await self._fetch(digest)
            self._checked.add(digest)
        return content

    async def path(self, digest: str) -> Path:
        """Return a file that holds exactly these bytes.

        Raises:
            KeyError: There is no such blob.
            JournalDamaged: The database cannot be reached.
        """
        path = await self._copies.path(digest)
        if digest not in self._checked or not path.exists():
            await self.get(digest)
        return path

    async def keep_only(self, digests: frozenset[str]) -> None:
        """Delete every other blob, in the database if it is still ours, and here."""
        await self._journal.write(SQL["keep_blobs"], list(digests))
        self._checked &= digests
        await self._copies.keep_only(digests)

    async def _fetch(self, digest: str) -> bytes:
        """Read an archive from the database and keep a copy."""
        rows = await self._journal.readers.fetch(SQL["blob"], self._journal.shard, digest)
        if not rows or await self._copies.put(rows[0]["content"]) != digest:
            raise KeyError(digest)
        self._checked.add(digest)
        return bytes(rows[0]["content"])


def _digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
