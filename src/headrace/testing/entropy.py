"""Random bytes that a seed determines, so that a story has the same ids each time."""

import random
import uuid


class SeededEntropy:
    """The Entropy port for tests."""

    def __init__(self, seed: int = 0) -> None:
        """Return the same bytes in the same order for the same seed."""
        self._random = random.Random(seed)

    def take(self, count: int) -> bytes:
        """Return `count` bytes."""
        return self._random.randbytes(count)

    def uuid(self) -> str:
        """Return a UUID (version 4) in lower case with hyphens."""
        return str(uuid.UUID(bytes=self._random.randbytes(16), version=4))
