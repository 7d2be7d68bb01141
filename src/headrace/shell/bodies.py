"""Recent message bodies in memory within a byte budget, and those on disk when they are asked for.

Blocks are kept whole, the least recently used one goes first. A miss is read beside the commits,
off the event loop; everybody who misses in the same block waits for the same read. A block is
pinned while it is read: the keeper does not delete it.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from headrace.core.machine import BodyAddress
from headrace.ports.journal import Journal, JournalDamaged, JournalError
from headrace.shell.block import OpenBlock
from headrace.store.codec import BodyKey, decode_bodies

#: Bytes of bodies kept in memory unless the configuration says otherwise.
BUDGET_BYTES = 64 * 1024 * 1024
#: What an entry costs beside its bytes: key, dictionary slot and bytes object.
ENTRY_BYTES = 200
#: A reader that misses in blocks this close behind each other goes through a cold backlog.
NEAR = 64
#: Blocks and bytes that are read ahead for such a reader.
AHEAD_BLOCKS_MAX = 64
AHEAD_BYTES_MAX = 1024 * 1024


#: A bodies part larger than this is decoded off the event loop.
DECODED_ON_THE_LOOP_BYTES = 1024 * 1024

#: A block that is being read.
Read = asyncio.Future[dict[BodyKey, bytes]]


class CachedBlock(NamedTuple):
    """The bodies of one block."""

    bodies: dict[BodyKey, bytes]
    size: int


class Bodies:
    """Finds the body of a message, in memory or on disk."""

    def __init__(self, journal: Journal, budget_bytes: int = BUDGET_BYTES) -> None:
        """Read from `journal`; keep at most about `budget_bytes` in memory."""
        self._journal = journal
        self._budget = budget_bytes
        self._cached: OrderedDict[int, CachedBlock] = OrderedDict()
        self._cached_bytes = 0
        self._reading: dict[int, Read] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pins: Counter[int] = Counter()
        self._last_missed = 0
        #: Returns the size of a block's bodies part on disk, 0 if there is none: the keeper knows.
        self.size_of: Callable[[int], int] = lambda block: 0

    def keep(self, block: OpenBlock) -> None:
        """Take the bodies of a block that was sealed."""
        if block.keys:
            self._store(block.seq, dict(zip(block.keys, block.bodies, strict=True)))

    def get(self, address: BodyAddress) -> bytes | None:
        """Return a body that is in memory, or None."""
        cached = self._cached.get(address.block)
        if cached is None:
            return None
        self._cached.move_to_end(address.block)
        return cached.bodies.get((address.machine, address.number))

    def find(self, addresses: Iterable[BodyAddress]) -> dict[BodyAddress, bytes] | None:
        """Return the bodies at these addresses if all are in memory, else None."""
        found: dict[BodyAddress, bytes] = {}
        block = 0
        bodies: dict[BodyKey, bytes] = {}
        for address in addresses:
            if address.block != block:
                block = address.block
                cached = self._cached.get(block)
                if cached is None:
                    return None
                self._cached.move_to_end(block)
                bodies = cached.bodies
            body = bodies.get((address.machine, address.number))
            if body is None:
                return None
            found[address] = body
        return found

    async def fetch(self, addresses: Iterable[BodyAddress]) -> dict[BodyAddress, bytes]:
        """Return the bodies at these addresses, from memory or from disk.

        Raises:
            JournalDamaged: A block or a body is missing or cannot be read.
        """
        wanted = list(addresses)
        found: dict[BodyAddress, bytes] = {}
        missing: list[BodyAddress] = []
        for address in wanted:
            body = self.get(address)
            if body is None:
                missing.append(address)
            else:
                found[address] = body
        if missing:
            blocks = await self._read({address.block: None for address in missing})
            for address in missing:
                body = blocks[address.block].get((address.machine, address.number))
                if body is None:
                    raise JournalDamaged(
                        f"{self._journal.name}: block {address.block}: the body of message"
                        f" {address.number} of machine {address.machine} is missing or damaged"
                    )
                found[address] = body
        return found

    def pin(self, block: int) -> None:
        """Keep a block from being deleted until `unpin`."""
        self._pins[block] += 1

    def unpin(self, block: int) -> None:
        """Undo one `pin`."""
        self._pins[block] -= 1
        if self._pins[block] <= 0:
            del self._pins[block]

    def is_pinned(self, block: int) -> bool:
        """Tell whether a block is being read."""
        return block in self._pins

    def drop(self, block: int) -> None:
        """Forget a block of which nothing is alive any more."""
        cached = self._cached.pop(block, None)
        if cached is not None:
            self._cached_bytes -= cached.size

    def clear(self) -> None:
        """Forget what is in memory: a block that was not committed has a number to be used again.

        Reads under way go on: what is on the disk stays what it is.
        """
        self._cached.clear()
        self._cached_bytes = 0

    def _store(self, seq: int, bodies: dict[BodyKey, bytes]) -> None:
        self.drop(seq)
        size = sum(map(len, bodies.values())) + ENTRY_BYTES * len(bodies)
        self._cached[seq] = CachedBlock(bodies, size)
        self._cached_bytes += size
        while self._cached_bytes > self._budget and len(self._cached) > 1:
            self.drop(next(iter(self._cached)))

    async def _read(self, blocks: Iterable[int]) -> dict[int, dict[BodyKey, bytes]]:
        """Return the bodies of these blocks; starts one read for those that nobody reads yet."""
        wanted = list(blocks)
        new = [block for block in wanted if block not in self._reading]
        if new:
            loop = asyncio.get_running_loop()
            started = {block: loop.create_future() for block in [*new, *self._ahead_of(new)]}
            self._reading.update(started)
            for block in started:
                self.pin(block)
            task = loop.create_task(self._read_from_disk(started))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        reads = {block: self._reading[block] for block in wanted}
        return {block: await asyncio.shield(read) for block, read in reads.items()}

    async def _read_from_disk(self, reads: dict[int, Read]) -> None:
        """Read blocks and complete their futures; a damaged one fails those who wait for it."""
        try:
            parts = await self._journal.read_bodies(list(reads))
        except JournalError as error:
            failures = dict.fromkeys(reads, error)
            decoded: dict[int, dict[BodyKey, bytes]] = {}
        else:
            decoded, failures = await self._decode(reads, parts)
        for block, read in reads.items():
            self._reading.pop(block, None)
            self.unpin(block)
            if block in decoded:
                self._store(block, decoded[block])
                read.set_result(decoded[block])
            else:
                read.set_exception(failures[block])
                read.exception()  # nobody may be waiting for a block that was read ahead

    async def _decode(
        self, blocks: Iterable[int], parts: dict[int, bytes]
    ) -> tuple[dict[int, dict[BodyKey, bytes]], dict[int, JournalError]]:
        """Return the bodies of each block, and what is wrong with the others."""
        decoded: dict[int, dict[BodyKey, bytes]] = {}
        failures: dict[int, JournalError] = {}
        for block in blocks:
            if block not in parts:
                failures[block] = JournalDamaged(f"{self._journal.name}: block {block} is missing")
                continue
            try:
                if len(parts[block]) > DECODED_ON_THE_LOOP_BYTES:
                    found = await asyncio.to_thread(decode_bodies, parts[block], block)
                else:
                    found = decode_bodies(parts[block], block)
                decoded[block] = found.bodies
            except JournalDamaged as error:
                failures[block] = JournalDamaged(f"{self._journal.name}: {error}")
        return decoded, failures

    def _ahead_of(self, blocks: Sequence[int]) -> list[int]:
        """Return the blocks behind these that a reader of a cold backlog will want next."""
        last, self._last_missed = self._last_missed, max(blocks)
        if not last < self._last_missed <= last + NEAR:
            return []
        ahead: list[int] = []
        size = 0
        for block in range(self._last_missed + 1, self._last_missed + 1 + NEAR):
            size += self.size_of(block)
            if size > AHEAD_BYTES_MAX or len(ahead) >= AHEAD_BLOCKS_MAX:
                break
            if self.size_of(block) and block not in self._cached and block not in self._reading:
                ahead.append(block)
        if ahead:
            self._last_missed = ahead[-1]
        return ahead
