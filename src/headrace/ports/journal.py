"""Remember blocks in order; read them back; keep snapshots.

A **block** holds the records of about one turn of the event loop: `head` (the encoded records) and
`bodies` (opaque bytes under addresses), apart, so that a replay reads heads only. A store knows no
queue semantics.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from headrace.base.instant import Instant


class Block(msgspec.Struct, frozen=True):
    """What is appended: one row in one transaction."""

    seq: int  #: 1, 2, 3, ... without a gap at the time of writing.
    epoch: int  #: The owner's lease; a store with leases writes its own.
    at: Instant  #: When it was sealed, in service time.
    format: int  #: How `head` and `bodies` are encoded (store/codec.py).
    head: bytes
    bodies: bytes


class Head(msgspec.Struct, frozen=True):
    """What replay reads of a block."""

    seq: int
    at: Instant
    format: int
    head: bytes
    bodies_bytes: int  #: Size of the bodies part, for accounting.


class Snapshot(msgspec.Struct, frozen=True):
    """A machine's whole state as of the end of block `upto`; `state` None says that it is gone."""

    machine: int
    upto: int
    kind: int  #: Which room: 0 the shard, 1 queues, 2 functions, 3 mappings.
    state: bytes | bytearray | None


class JournalError(Exception):
    """Base of what can go wrong with a journal."""


class AppendRefused(JournalError):
    """The append has certainly not been written: disk full, epoch taken."""


class AppendUnknown(JournalError):
    """Nobody knows whether the append was written (an fsync failed, a connection was lost).

    Never retried: the owner stops and rebuilds its memory from the journal.
    """


class JournalDamaged(JournalError):
    """A block cannot be read; the text names file and block."""


class JournalInUse(JournalError):
    """Another server owns this journal; the text names it."""


class Journal(Protocol):
    """An ordered, durable sequence of blocks with snapshots beside it."""

    #: What to call it in a sentence: the path of its file, or "memory".
    name: str

    #: Called with a sentence when another server has taken the journal over.
    on_lost: Callable[[str], None]

    async def open(self) -> None:
        """Take ownership; create what is missing. Opens anew what an unknown append has closed.

        Raises:
            JournalInUse: Somebody else owns it.
            JournalDamaged: It is there and cannot be read.
        """
        ...

    @property
    def is_owned(self) -> bool:
        """Whether nobody else can own it now: only then does memory say what is true.

        What is appended needs no such look: an append of somebody else's is refused.
        """
        ...

    @property
    def last_seq(self) -> int:
        """Number of the newest block written; 0 when there is none."""
        ...

    @property
    def space_is_low(self) -> bool:
        """Whether only what frees space (deletes, receives) should still be written."""
        ...

    def append(self, block: Block) -> Awaitable[None]:
        """Append a block; what is returned ends when it is durable. Calls are carried out in order.

        Raises:
            AppendRefused, AppendUnknown: See there.
        """
        ...

    def heads(self, after: int) -> AsyncIterator[Sequence[Head]]:
        """Yield the heads of the blocks behind `after`, in order, some hundred at a time."""
        ...

    async def read_bodies(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """Return the bodies part of each of these blocks; a missing block is absent."""
        ...

    async def snapshots(self) -> Sequence[Snapshot]:
        """Return the newest snapshot of each machine."""
        ...

    async def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Replace the snapshots of these machines, all or none; durable on return."""
        ...

    async def drop_tombstones(self, upto: int) -> None:
        """Remove the snapshots without state whose `upto` is at or before this one."""
        ...

    async def delete_blocks(self, seqs: Iterable[int]) -> None:
        """Remove these blocks and give their space back; `last_seq` stays.

        Missing ones are fine.
        """
        ...

    async def close(self) -> None:
        """Let go of ownership after what was appended is durable."""
        ...
