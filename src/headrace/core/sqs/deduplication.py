"""Which deduplication ids a FIFO queue accepted within the last five minutes.

An id is kept as a key of 16 bytes, a hash of it and of its scope. Keys stand in order of acceptance
in columns, so that a snapshot copies them as they are (core/sqs/state.py): after a load the window
is as wide as before, whatever has become of the messages and of the blocks that brought them.

A key is over when five minutes have passed since the message was accepted; duplicates do not extend
that (spec/sqs.md 5.2). What is over is dropped when a message is accepted or received, at the
instant that is remembered with it, so that the columns follow from the records alone; the entries
themselves go some at a time.
"""

from array import array
from bisect import bisect_right
from hashlib import blake2b

from headrace.base.instant import Instant
from headrace.core.sqs.lane import Column, swapped
from headrace.core.sqs.limits import DEDUPLICATION_WINDOW_MS

KEY_BYTES = 16
#: Entries that are over and go when one is added; more than one, so that the window shrinks.
GO_AT_ONCE = 16
#: Entries that have gone and are kept in the columns before these move down.
SLACK = 4_096


def key_of(deduplication_id: str, group_id: str | None) -> bytes:
    """Return the key of an id, in the scope of a group or (None) of the queue."""
    scope = b"" if group_id is None else bytes([len(group_id)]) + group_id.encode()
    return blake2b(scope + b"\0" + deduplication_id.encode(), digest_size=KEY_BYTES).digest()


class Window:
    """The keys accepted lately, and the numbers of their messages."""

    def __init__(self) -> None:
        """Start empty."""
        self.places: dict[bytes, int] = {}  #: Where the newest entry of each key stands.
        self._keys = bytearray()
        self._numbers = array("Q")
        self._sent = array("Q")
        self._gone = 0  #: Entries at the front of the columns that have gone,
        self._shift = 0  #: and how many entries stood before the columns' first.
        self._over = 0  #: Sent at this instant or before: over.

    def find(self, key: bytes, now: Instant) -> int | None:
        """Return the number of the message that was accepted with this key; None: none was."""
        place = self.places.get(key)
        if place is None:
            return None
        place -= self._shift
        is_over = self._sent[place] + DEDUPLICATION_WINDOW_MS <= now
        return None if is_over else self._numbers[place]

    def add(self, keys: bytes, first: int, sent_at: Instant) -> None:
        """Take the keys of messages just accepted, with consecutive numbers."""
        place = self._shift + len(self._numbers)
        count = len(keys) // KEY_BYTES
        for turn in range(count):
            self.places[keys[turn * KEY_BYTES : (turn + 1) * KEY_BYTES]] = place + turn
        self._keys += keys
        self._numbers.extend(range(first, first + count))
        self._sent.extend([sent_at] * count)
        self.let_go(sent_at)

    def let_go(self, now: Instant) -> None:
        """Drop what is over by `now`, which a record remembers."""
        self._over = now - DEDUPLICATION_WINDOW_MS
        places, sent, gone = self.places, self._sent, self._gone
        end = min(gone + GO_AT_ONCE, len(sent))
        while gone < end and sent[gone] <= self._over:
            key = bytes(self._keys[gone * KEY_BYTES : (gone + 1) * KEY_BYTES])
            if places[key] == self._shift + gone:
                del places[key]
            gone += 1
        self._gone = gone
        if gone > SLACK and gone * 2 > len(sent):
            self._move_down()

    def encode(self) -> list[Column]:
        """Return keys, numbers and send instants of what is not over, oldest first, as of now."""
        low = bisect_right(self._sent, self._over)
        keys = array("B")
        with memoryview(self._keys) as all_keys:
            keys.frombytes(all_keys[low * KEY_BYTES :])
        return [Column([(column, 0)]) for column in (keys, self._numbers[low:], self._sent[low:])]

    def decode(self, columns: list[bytes]) -> None:
        """Fill the empty window with what `encode` returned."""
        keys, numbers, sent = columns
        self._keys += keys
        self._numbers.frombytes(numbers)
        self._sent.frombytes(sent)
        self._numbers, self._sent = swapped(self._numbers), swapped(self._sent)
        for place in range(len(self._numbers)):
            self.places[keys[place * KEY_BYTES : (place + 1) * KEY_BYTES]] = place

    def _move_down(self) -> None:
        gone, self._gone = self._gone, 0
        del self._keys[: gone * KEY_BYTES]
        del self._numbers[:gone]
        del self._sent[:gone]
        self._shift += gone
