"""A journal and blobs in memory, for tests: same promises, gone with the process.

What would be on the disk is a value of its own (`MemoryDisk`), so that a test can close a journal
and open another one on the same disk.
"""

import hashlib
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

from headrace.ports.journal import AppendRefused, Block, Head, JournalInUse, Snapshot

#: Heads that `heads` yields at a time.
BATCH = 256


class MemoryDisk:
    """What a memory journal remembers, and who has it open."""

    def __init__(self) -> None:
        """Start blank."""
        self.blocks: dict[int, Block] = {}
        self.snapshots: dict[int, Snapshot] = {}
        self.last_seq = 0
        self.owner: MemoryJournal | None = None


class MemoryJournal:
    """The Journal port in memory."""

    def __init__(self, disk: MemoryDisk | None = None) -> None:
        """Use `disk`, or one of its own."""
        self.name = "memory"
        self.on_lost: Callable[[str], None] = lambda sentence: None
        self.disk = MemoryDisk() if disk is None else disk
        self.space_is_low = False

    async def open(self) -> None:
        """Take ownership of the disk.

        Raises:
            JournalInUse: Another journal has it open.
        """
        if self.disk.owner not in {None, self}:
            raise JournalInUse("this memory is in use by another journal")
        self.disk.owner = self

    @property
    def is_owned(self) -> bool:
        """Nobody takes it over."""
        return True

    @property
    def last_seq(self) -> int:
        """Number of the newest block written; 0 when there is none."""
        return self.disk.last_seq

    async def append(self, block: Block) -> None:
        """Keep the block.

        Raises:
            AppendRefused: Its number is not the next one, or the journal is closed.
        """
        if self.disk.owner is not self:
            raise AppendRefused("the journal is not open")
        if block.seq != self.disk.last_seq + 1:
            raise AppendRefused(f"block {block.seq} cannot follow block {self.disk.last_seq}")
        self.disk.blocks[block.seq] = block
        self.disk.last_seq = block.seq

    async def heads(self, after: int) -> AsyncIterator[Sequence[Head]]:
        """Yield the heads behind `after` in order, some hundred at a time."""
        blocks = [block for seq, block in sorted(self.disk.blocks.items()) if seq > after]
        for start in range(0, len(blocks), BATCH):
            yield [
                Head(block.seq, block.at, block.format, block.head, len(block.bodies))
                for block in blocks[start : start + BATCH]
            ]

    async def read_bodies(self, seqs: Sequence[int]) -> dict[int, bytes]:
        """Return the bodies part of each of these blocks that is there."""
        blocks = self.disk.blocks
        return {seq: blocks[seq].bodies for seq in seqs if seq in blocks}

    async def snapshots(self) -> Sequence[Snapshot]:
        """Return the newest snapshot of each machine, by machine number."""
        return [snapshot for _, snapshot in sorted(self.disk.snapshots.items())]

    async def write_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Replace the snapshots of these machines, all or none."""
        for snapshot in snapshots:
            zlib.crc32(snapshot.state or b"")  # raises for what is not bytes, as other journals do
        self.disk.snapshots.update({snapshot.machine: snapshot for snapshot in snapshots})

    async def drop_tombstones(self, upto: int) -> None:
        """Remove the snapshots without state up to this block."""
        self.disk.snapshots = {
            machine: snapshot
            for machine, snapshot in self.disk.snapshots.items()
            if snapshot.state is not None or snapshot.upto > upto
        }

    async def delete_blocks(self, seqs: Iterable[int]) -> None:
        """Remove these blocks; `last_seq` stays."""
        for seq in seqs:
            self.disk.blocks.pop(seq, None)

    async def close(self) -> None:
        """Let go of the disk."""
        if self.disk.owner is self:
            self.disk.owner = None


class MemoryBlobs:
    """The Blobs port in memory; `path` writes to a temporary folder that goes with the object."""

    def __init__(self) -> None:
        """Start empty."""
        self._contents: dict[str, bytes] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="headrace-blobs-")

    async def put(self, content: bytes) -> str:
        """Keep and return the digest."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return digest

    async def get(self, digest: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
        """
        return self._contents[digest]

    async def path(self, digest: str) -> Path:
        """Return a file that holds exactly these bytes."""
        path = Path(self._folder.name) / digest
        if not path.exists():
            path.write_bytes(self._contents[digest])
        return path

    async def keep_only(self, digests: frozenset[str]) -> None:
        """Forget every other blob."""
        self._contents = {
            digest: content for digest, content in self._contents.items() if digest in digests
        }

    def close(self) -> None:
        """Remove the temporary folder."""
        self._folder.cleanup()
