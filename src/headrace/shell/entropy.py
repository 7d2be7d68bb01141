"""Random bytes from the operating system."""

import os
import uuid


class SystemEntropy:
    """The Entropy port; the only source of randomness in production."""

    def take(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return os.urandom(count)

    def uuid(self) -> str:
        """Return a random UUID (version 4) in lower case with hyphens."""
        return str(uuid.uuid4())
