"""Look at a journal that may be damaged as it is, and at the blobs beside it."""

from collections.abc import Iterator
from typing import Protocol

from headrace.ports.journal import Block, Snapshot


class Wreck(Protocol):
    """A journal to be read and never written; all that is read belongs to one instant."""

    name: str  #: What it is called in a sentence.
    troubles: list[str]  #: What is wrong with it as a whole, in sentences.

    def close(self) -> None:
        """Let go of it."""
        ...

    def numbers(self) -> list[int]:
        """Return the numbers of all blocks that are there or may be there, ascending."""
        ...

    def block(self, seq: int) -> Block | str | None:
        """Return a block; a sentence when it cannot be read; None when it is not there."""
        ...

    def snapshots(self) -> Iterator[Snapshot | str]:
        """Yield each machine's snapshot, or a sentence about one that is damaged."""
        ...

    def highest(self) -> int:
        """Return the highest block number that was ever used, as far as can be read."""
        ...

    def blobs(self) -> Iterator[tuple[str, bytes | str]]:
        """Yield the digest of each blob with its bytes, or with a sentence why they are not."""
        ...
