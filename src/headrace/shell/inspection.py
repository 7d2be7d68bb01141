"""Look at a store that may be damaged, and save what is readable into a new data folder.

The store is a data folder or a database; nothing in it is changed. A block whose head cannot be
read is replaced by an empty one, so that numbers stay what they are; a message whose body cannot be
read is deleted, and said to be, as an asynchronous event is over; a record that builds on what is
lost is left out.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from headrace.base.instant import Instant
from headrace.core.access.access import Access
from headrace.core.functions.eventbody import RETRIES_EXHAUSTED, Ending
from headrace.core.functions.functions import Functions
from headrace.core.functions.records import EventConcluded
from headrace.core.logs.groups import LogGroups
from headrace.core.machine import Numbers, Record, Room
from headrace.core.mapping.mappings import Mappings
from headrace.core.objects.buckets import Buckets
from headrace.core.shard import SHARD, Shard, ShardOpened
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.ranges import ranges_of
from headrace.core.sqs.records import MessagesDeleted, MessagesReceived
from headrace.ports.entropy import Entropy
from headrace.ports.journal import Block, Head, JournalDamaged, JournalError, Snapshot
from headrace.ports.wreck import Wreck
from headrace.shell.clock import SystemClock
from headrace.shell.fitting import Unfit, unfit_records, without
from headrace.shell.recovery import KEEPER_KIND, KeeperState, recover
from headrace.store.blobs import BLOBS_FOLDER, FileBlobs
from headrace.store.codec import (
    FORMAT,
    BodyKey,
    decode_bodies,
    encode_bodies,
    encode_head,
    machines_of_head,
)
from headrace.store.folder import FolderLock
from headrace.store.sqlite.journal import FILE_NAME, SqliteJournal
from headrace.store.sqlite.wreck import FileWreck, write_saved

#: Takes a line for the user.
Say = Callable[[str], None]

#: How the URL of a database begins.
DATABASE_SCHEMES = ("postgresql://", "postgres://")

#: Random bytes of a shard's secret.
SECRET_BYTES = 32


class Findings(msgspec.Struct):
    """What was found in a journal."""

    blocks: int = 0  #: That are there.
    floor: int = 0  #: Every record up to this block is reflected in a snapshot.
    highest: int = 0  #: The highest block number ever used.
    snapshots: list[Snapshot] = msgspec.field(default_factory=list)  #: The readable ones.
    losses: list[str] = msgspec.field(default_factory=list)  #: A sentence each.
    headless: set[int] = msgspec.field(default_factory=set)  #: Blocks without a readable head.
    unread: set[int] = msgspec.field(default_factory=set)  #: Blocks that lack some bodies.
    unfit: Unfit = msgspec.field(default_factory=dict)  #: Records whose machine is lost.

    @property
    def extent(self) -> str:
        """How much was readable, in words."""
        return f"{self.blocks:,} blocks and {len(self.snapshots):,} snapshots"


def verify(source: str | Path, say: Say) -> int:
    """Say what is damaged in a store; return the exit status, 0 if nothing is.

    Args:
        source: A data folder, or the postgresql:// URL of a database.
        say: Takes each line.

    Raises:
        JournalInUse: A server works in the folder.
        JournalDamaged: There is no journal, or nothing of it can be read.
        JournalError: The database cannot be reached.
    """
    with _opened(source) as wreck:
        findings = look(wreck)
    for loss in findings.losses:
        say(loss)
    say(f"{wreck.name}: {findings.extent} were read")
    say("losses: see above" if findings.losses else "nothing is damaged")
    return 1 if findings.losses else 0


def salvage(source: str | Path, new: Path, entropy: Entropy, say: Say) -> int:
    """Write all that is readable of a store to a new data folder; return the exit status.

    Args:
        source: A data folder, or the postgresql:// URL of a database.
        new: Must be empty or missing.
        entropy: For a secret that is lost.
        say: Takes each line.

    Raises:
        JournalInUse: A server works in the old folder.
        JournalDamaged: There is no journal, or nothing of it can be read; or the new folder is not
            empty.
        JournalError: The database cannot be reached.
    """
    if new.exists() and any(new.iterdir()):
        raise JournalDamaged(f"{new} is not empty: salvage writes to a new folder only")
    with _opened(source) as wreck:
        findings = look(wreck)
        new.mkdir(parents=True, exist_ok=True)
        blocks = _readable_blocks(wreck, findings)
        write_saved(new / FILE_NAME, blocks, findings.snapshots, findings.highest)
        _save_blobs(wreck, new / BLOBS_FOLDER)
    for loss in findings.losses:
        say(loss)
    asyncio.run(_settle(new, findings, entropy, say))
    say(f"{new}: {findings.extent} were saved")
    return 0


def look(wreck: Wreck) -> Findings:
    """Read everything and note what is damaged."""
    findings = Findings(highest=wreck.highest())
    has_floor = _look_at_snapshots(wreck, findings)
    present = _look_at_blocks(wreck, findings)
    if findings.snapshots and not has_floor and present:
        findings.floor = min(present) - 1
    findings.highest = max([findings.highest, *present])
    for seq in range(findings.floor + 1, findings.highest + 1):
        if seq not in present:
            findings.losses.append(f"block {seq} is missing: all of it is lost")
            findings.headless.add(seq)
    for digest, content in wreck.blobs():
        if trouble := _trouble_of(digest, content):
            findings.losses.append(f"the archive or object {digest}: {trouble}: it is lost")
    if findings.losses:
        _look_for_unfit(wreck, findings)
    findings.losses[:0] = wreck.troubles
    return findings


def _look_for_unfit(wreck: Wreck, findings: Findings) -> None:
    """Note which records build on what is lost."""

    def heads() -> Iterator[Head]:
        for one in _readable_blocks(wreck, findings):
            yield Head(one.seq, one.at, one.format, one.head, len(one.bodies))

    unfit = unfit_records(_make_rooms, findings.snapshots, heads)
    machines = Counter(machine for places in unfit.values() for machine in places.values())
    for machine, count in sorted(machines.items()):
        findings.losses.append(
            f"machine {machine}: {count} records build on what is lost, and are lost with it"
        )
    findings.unfit = unfit


def _look_at_snapshots(wreck: Wreck, findings: Findings) -> bool:
    """Note each machine's snapshot; return whether the keeper's is there, with the floor."""
    has_floor = False
    for found in wreck.snapshots():
        if isinstance(found, str):
            findings.losses.append(f"{found}: what the machine held by then is lost")
            continue
        findings.snapshots.append(found)
        if found.kind == KEEPER_KIND:
            state = msgspec.msgpack.decode(found.state or b"", type=KeeperState)
            findings.floor = state.floor
            has_floor = True
    return has_floor


def _look_at_blocks(wreck: Wreck, findings: Findings) -> set[int]:
    """Note what is damaged in each block; return the numbers of those that are there."""
    present: set[int] = set()
    for seq in wreck.numbers():
        block = wreck.block(seq)
        if block is None:
            continue
        present.add(seq)
        if isinstance(block, str):
            findings.losses.append(f"block {seq}: {block}: all of it is lost")
            findings.headless.add(seq)
            findings.unread.add(seq)
        else:
            findings.blocks += 1
            _look_at_block(block, findings)
    return present


def _trouble_of(digest: str, content: bytes | str) -> str:
    """Return what is wrong with a blob, or nothing."""
    if isinstance(content, str):
        return content
    return "" if hashlib.sha256(content).hexdigest() == digest else "its bytes are others"


def _save_blobs(wreck: Wreck, folder: Path) -> None:
    """Write the blobs that are whole."""
    blobs = FileBlobs(folder)
    with asyncio.Runner() as runner:
        for digest, content in wreck.blobs():
            if isinstance(content, bytes) and not _trouble_of(digest, content):
                runner.run(blobs.put(content))


def _look_at_block(block: Block, findings: Findings) -> None:
    try:
        counts = machines_of_head(block.head, block.seq, block.format)
    except JournalDamaged as error:
        findings.headless.add(block.seq)
        is_reflected = block.seq <= findings.floor
        what = "nothing is lost, snapshots have it" if is_reflected else "its records are lost"
        findings.losses.append(f"{error}: {what}")
        counts = {}
    try:
        damaged = decode_bodies(block.bodies, block.seq).damaged
    except JournalDamaged as error:
        findings.unread.add(block.seq)
        machines = ", ".join(f"{machine} ({count} records)" for machine, count in counts.items())
        findings.losses.append(
            f"{error}: all its bodies are lost; it speaks of machines {machines}"
        )
        return
    if damaged:
        findings.unread.add(block.seq)
        lost: dict[int, list[int]] = {}
        for machine, number in damaged:
            lost.setdefault(machine, []).append(number)
        for machine, numbers in lost.items():
            findings.losses.append(
                f"block {block.seq}: {len(numbers)} bodies of machine {machine} are damaged:"
                f" numbers {', '.join(map(str, numbers))}"
            )


def _readable_blocks(wreck: Wreck, findings: Findings) -> Iterator[Block]:
    """Yield what goes into the new journal."""
    at = Instant(0)
    for seq in sorted({*wreck.numbers(), *findings.headless}):
        block = wreck.block(seq)
        if not isinstance(block, Block):
            if seq in findings.headless:
                yield Block(
                    seq=seq, epoch=1, at=at, format=FORMAT, head=encode_head([]), bodies=b""
                )
            continue
        at = block.at
        if seq in findings.unread:
            good = _good_bodies(block)
            block = msgspec.structs.replace(
                block, bodies=encode_bodies(list(good), list(good.values()))
            )
        if seq in findings.headless:
            block = msgspec.structs.replace(block, format=FORMAT, head=encode_head([]))
        elif seq in findings.unfit:
            head = Head(seq, block.at, block.format, block.head, 0)
            kept = without(_make_rooms, head, findings.unfit[seq])
            block = msgspec.structs.replace(block, format=FORMAT, head=kept)
        yield block


def _good_bodies(block: Block) -> dict[BodyKey, bytes]:
    try:
        return decode_bodies(block.bodies, block.seq).bodies
    except JournalDamaged:
        return {}


async def _settle(new: Path, findings: Findings, entropy: Entropy, say: Say) -> None:
    """Make the new journal whole: a shard with a secret, no message without a body."""
    journal = SqliteJournal(new)
    await journal.open()
    try:
        clock = SystemClock()
        secret = entropy.take(SECRET_BYTES)
        opening = ShardOpened(SHARD, clock.now(), secret, clock.kind)
        recovered = await recover(journal, clock, _make_rooms, lambda now: opening)
        records: list[Record] = []
        shard, queues, functions = (recovered.rooms[kind] for kind in range(3))
        assert isinstance(shard, Shard)
        assert isinstance(queues, Queues)
        assert isinstance(functions, Functions)
        if not shard.is_open:
            say("the shard's secret is lost: message ids and receipt handles are new ones")
            records.append(opening)
        there = {
            key: block
            for block in findings.unread
            for key in decode_bodies((await journal.read_bodies([block])).get(block, b""), block)[0]
        }
        needed = {*queues.count_bodies(), *functions.count_bodies()}
        gone = frozenset(needed - set(recovered.blocks)) | findings.unread
        for holder, numbers in _messages_without_body(queues, gone, there).items():
            say(f"{len(numbers)} messages of {_name_of(queues, holder)} are lost with their bodies")
            records += _removal(queues, holder, sorted(numbers), clock.now())
        records += _end_events(functions, gone, there, clock.now(), say)
        if records:
            head = encode_head(records)
            seq, at = journal.last_seq + 1, clock.now()
            await journal.append(
                Block(seq=seq, epoch=1, at=at, format=FORMAT, head=head, bodies=b"")
            )
    finally:
        await journal.close()


def _messages_without_body(
    queues: Queues, blocks: frozenset[int], there: dict[BodyKey, int]
) -> dict[int, list[int]]:
    """Return the numbers of the living messages in `blocks` whose body is not there, by queue."""
    lost: dict[int, list[int]] = {}
    for holder, address in queues.relocate(blocks):
        if there.get((address.machine, address.number)) != address.block:
            arrived = queues.directory.queues[holder].arrived
            key = (address.machine, address.number)
            lost.setdefault(holder, []).append(arrived.get(key, address.number))
    return lost


def _removal(queues: Queues, holder: int, numbers: list[int], now: Instant) -> list[Record]:
    """Return what says that these messages are gone: only a received message can be deleted."""
    touched = queues.directory.queues[holder].touched.slots
    untouched = [number for number in numbers if number not in touched]
    records: list[Record] = []
    if untouched:
        records.append(MessagesReceived(holder, now, now, ranges_of(untouched)))
    return [*records, MessagesDeleted(holder, now, ranges_of(numbers))]


def _end_events(
    functions: Functions,
    blocks: frozenset[int],
    there: dict[BodyKey, int],
    now: Instant,
    say: Say,
) -> list[Record]:
    """Return what says that asynchronous events are over whose body is gone, or without answer."""
    records: list[Record] = []
    lost = {
        (function, address.number)
        for function, address in functions.relocate(blocks)
        if there.get((function, address.number)) != address.block
    }
    counts: Counter[str] = Counter()
    for function, number in sorted(lost):
        event = functions.events.book.logs[function].find(number // 2)
        assert event is not None, "its body is needed"
        ending = event.ending or Ending(RETRIES_EXHAUSTED, event.failures, now)
        name = functions.directory.functions[function].name
        if number % 2 == 0:
            records.append(EventConcluded(function, now, number // 2, ending))
            counts[f"asynchronous events of function {name} are lost with their bodies"] += 1
        elif (function, number - 1) not in lost:
            records.append(EventConcluded(function, now, number // 2, ending, event.targets))
            counts[f"asynchronous events of function {name} have lost their answers"] += 1
    for what, count in counts.items():
        say(f"{count} {what}")
    return records


def _name_of(queues: Queues, machine: int) -> str:
    return f"queue {queues.describe(machine).name}"


def _make_rooms() -> dict[int, Room]:
    numbers = Numbers()
    return {
        0: Shard(numbers),
        1: Queues(b"", numbers),
        2: Functions(numbers, (), ()),
        3: Mappings(numbers),
        4: LogGroups(numbers),
        5: Access(),
        6: Buckets(numbers),
    }


@contextlib.contextmanager
def _opened(source: str | Path) -> Iterator[Wreck]:
    """Have a store open for reading as long as the block lasts; a folder is owned meanwhile."""
    if str(source).startswith(DATABASE_SCHEMES):
        with contextlib.closing(_database(str(source))) as wreck:
            yield wreck
        return
    folder = Path(source)
    if not folder.is_dir():
        raise JournalDamaged(f"there is no folder {folder}")
    lock = FolderLock(folder)
    try:
        lock.take()
        with contextlib.closing(FileWreck(folder / FILE_NAME)) as wreck:
            yield wreck
    finally:
        lock.release()


def _database(url: str) -> Wreck:
    try:
        from headrace.store.postgres.wreck import PostgresWreck  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise JournalError(
            f"a store in PostgreSQL needs the package {error.name}: pip install headrace[postgres]"
        ) from error
    return PostgresWreck(url)
