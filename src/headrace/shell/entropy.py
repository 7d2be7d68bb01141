"""Random bytes from the operating system, fetched some kilobytes at a time."""

import os

#: Bytes fetched at a time: a request needs a few dozen, and each fetch is a system call.
POOL_BYTES = 4_096

#: UUIDs made at a time.
UUIDS = 128
#: The two highest bits of a UUID's ninth byte are 1 and 0; by the hexadecimal digit they are in.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


class SystemEntropy:
    """The Entropy port; the only source of randomness in production.

    Bytes are given out once. A forked child would give out the same ones again: none of our
    children uses this.
    """

    def __init__(self) -> None:
        """Start with an empty pool."""
        self._pool = b""
        self._used = 0
        self._uuids: list[str] = []

    def take(self, count: int) -> bytes:
        """Return `count` random bytes."""
        used = self._used
        if used + count > len(self._pool):
            if count > POOL_BYTES:
                return os.urandom(count)
            self._pool = os.urandom(POOL_BYTES)
            used = 0
        self._used = used + count
        return self._pool[used : used + count]

    def uuid(self) -> str:
        """Return a random UUID (version 4) in lower case with hyphens."""
        if not self._uuids:
            text = os.urandom(16 * UUIDS).hex()
            self._uuids = [_uuid_of(text[at : at + 32]) for at in range(0, 32 * UUIDS, 32)]
        return self._uuids.pop()


def _uuid_of(text: str) -> str:
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
