"""Keep code archives by digest, on disk before the record that names them."""

from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Immutable bytes under their SHA-256."""

    async def put(self, content: bytes) -> str:
        """Store and return the digest (64 lower-case hex digits); durable on return."""
        ...

    async def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
        """
        ...

    async def path(self, digest: str) -> Path:
        """Return a file that holds exactly these bytes, for the sandbox to unpack."""
        ...

    async def keep_only(self, digests: frozenset[str]) -> None:
        """Delete every other blob; called after a start, when nothing is under way."""
        ...
