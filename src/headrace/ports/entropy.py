"""Randomness: the only place where ids and jitter come from."""

from typing import Protocol


class Entropy(Protocol):
    """Random bytes."""

    def take(self, count: int) -> bytes:
        """Return `count` random bytes."""
        ...

    def uuid(self) -> str:
        """Return a random UUID (version 4) in lower case with hyphens."""
        ...
