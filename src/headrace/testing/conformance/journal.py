"""What every journal must do: order, reads, snapshots all or none, deletion, reopening, ownership.

Each check takes a function that returns a new journal on the same disk, not yet opened, and closes
what it opens. `CHECKS` lists them all:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_my_journal_conforms(check, tmp_path):
        asyncio.run(check(lambda: MyJournal(tmp_path)))
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from headrace.base.instant import Instant
from headrace.ports.journal import (
    AppendRefused,
    Block,
    Head,
    Journal,
    JournalError,
    JournalInUse,
    Snapshot,
)

MakeJournal = Callable[[], Journal]
Check = Callable[[MakeJournal], Awaitable[None]]


def block(seq: int, head: bytes = b"", bodies: bytes = b"") -> Block:
    """Return a block whose parts say which one it is, unless they are given."""
    return Block(
        seq=seq,
        epoch=1,
        at=Instant(1_000 + seq),
        format=1,
        head=head or b"head %d" % seq,
        bodies=bodies or b"bodies %d" % seq,
    )


@contextlib.asynccontextmanager
async def opened(make: MakeJournal) -> AsyncIterator[Journal]:
    """Open a journal for as long as the block lasts."""
    journal = make()
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def read_heads(journal: Journal, after: int = 0) -> list[Head]:
    """Return all heads behind a block."""
    return [head async for heads in journal.heads(after) for head in heads]


async def a_new_journal_is_empty(make: MakeJournal) -> None:
    """Nothing is there that nobody wrote."""
    async with opened(make) as journal:
        assert journal.last_seq == 0
        assert await read_heads(journal) == []
        assert list(await journal.snapshots()) == []
        assert not journal.space_is_low
        assert journal.name


async def blocks_come_back_in_order(make: MakeJournal) -> None:
    """Heads are read in order, with the size of their bodies; bodies apart."""
    async with opened(make) as journal:
        for seq in (1, 2, 3):
            await journal.append(block(seq))
        assert journal.last_seq == 3
        assert await read_heads(journal) == [
            Head(seq, Instant(1_000 + seq), 1, b"head %d" % seq, 8) for seq in (1, 2, 3)
        ]
        assert [head.seq for head in await read_heads(journal, after=2)] == [3]
        assert await journal.read_bodies([3, 1, 9]) == {1: b"bodies 1", 3: b"bodies 3"}


async def appends_are_carried_out_in_the_order_of_the_calls(make: MakeJournal) -> None:
    """Callers need not wait for one append before they ask for the next."""
    async with opened(make) as journal:
        appends = [asyncio.ensure_future(journal.append(block(seq))) for seq in range(1, 31)]
        done: list[int] = []
        for seq, append in enumerate(appends, 1):
            append.add_done_callback(lambda _, seq=seq: done.append(seq))  # type: ignore[misc]
        await asyncio.gather(*appends)
        assert done == list(range(1, 31))
        assert [head.seq for head in await read_heads(journal)] == done


async def a_number_that_is_not_the_next_is_refused(make: MakeJournal) -> None:
    """No gap, no block twice; a refusal changes nothing and the next append works."""
    async with opened(make) as journal:
        await journal.append(block(1))
        for wrong in (1, 3):
            try:
                await journal.append(block(wrong, head=b"wrong"))
            except AppendRefused:
                pass
            else:
                raise AssertionError(f"block {wrong} was taken")
        await journal.append(block(2))
        assert [head.head for head in await read_heads(journal)] == [b"head 1", b"head 2"]


async def bodies_may_be_empty_and_large(make: MakeJournal) -> None:
    """Bytes come back as they were, none and many."""
    large = bytes(range(256)) * 8_192
    async with opened(make) as journal:
        await journal.append(Block(seq=1, epoch=1, at=Instant(1), format=1, head=b"h", bodies=b""))
        await journal.append(block(2, bodies=large))
        assert await journal.read_bodies([1, 2]) == {1: b"", 2: large}
        assert [head.bodies_bytes for head in await read_heads(journal)] == [0, len(large)]


async def many_heads_come_in_batches(make: MakeJournal) -> None:
    """A long journal is read in several steps, each of them not empty."""
    async with opened(make) as journal:
        await asyncio.gather(
            *(journal.append(block(seq, head=bytes(9_000))) for seq in range(1, 41))
        )
        batches = [heads async for heads in journal.heads(0)]
        assert [head.seq for heads in batches for head in heads] == list(range(1, 41))
        assert all(batches)


async def everything_is_there_after_reopening(make: MakeJournal) -> None:
    """What was written outlives the journal's object."""
    async with opened(make) as journal:
        await journal.append(block(1))
        await journal.write_snapshots([Snapshot(16, 1, 1, b"state")])
    async with opened(make) as journal:
        assert journal.last_seq == 1
        assert [head.head for head in await read_heads(journal)] == [b"head 1"]
        assert list(await journal.snapshots()) == [Snapshot(16, 1, 1, b"state")]
        await journal.append(block(2))
        assert journal.last_seq == 2


async def snapshots_replace_each_other(make: MakeJournal) -> None:
    """Only the newest snapshot of a machine is kept; an empty state is not a tombstone."""
    async with opened(make) as journal:
        await journal.write_snapshots([Snapshot(16, 1, 1, b"old"), Snapshot(17, 1, 2, b"")])
        # A large one comes as a bytearray.
        large = Snapshot(16, 5, 1, bytearray(b"new"))
        await journal.write_snapshots([large, Snapshot(3, 5, 3, b"three")])
        assert list(await journal.snapshots()) == [
            Snapshot(3, 5, 3, b"three"),
            Snapshot(16, 5, 1, b"new"),
            Snapshot(17, 1, 2, b""),
        ]


async def snapshots_are_written_all_or_none(make: MakeJournal) -> None:
    """One that cannot be stored keeps the others of the same call out."""
    async with opened(make) as journal:
        await journal.write_snapshots([Snapshot(16, 1, 1, b"old")])
        wrong = Snapshot(17, 1, 1, "no bytes")  # type: ignore[arg-type]
        with contextlib.suppress(JournalError, TypeError):
            await journal.write_snapshots([Snapshot(16, 2, 1, b"new"), wrong])
    async with opened(make) as journal:
        assert list(await journal.snapshots()) == [Snapshot(16, 1, 1, b"old")]


async def tombstones_stay_until_they_are_dropped(make: MakeJournal) -> None:
    """A machine that is gone says so until no older block is left; living ones stay."""
    async with opened(make) as journal:
        await journal.write_snapshots(
            [Snapshot(16, 5, 1, None), Snapshot(17, 9, 1, None), Snapshot(18, 5, 1, b"alive")]
        )
        assert [snapshot.state for snapshot in await journal.snapshots()] == [None, None, b"alive"]
        await journal.drop_tombstones(5)
        assert [snapshot.machine for snapshot in await journal.snapshots()] == [17, 18]


async def deleted_blocks_are_gone_and_their_numbers_stay_used(make: MakeJournal) -> None:
    """Deleting leaves gaps; `last_seq` stays even when nothing is left, over reopening too."""
    async with opened(make) as journal:
        for seq in (1, 2, 3):
            await journal.append(block(seq))
        await journal.delete_blocks([2, 77])
        assert [head.seq for head in await read_heads(journal)] == [1, 3]
        assert await journal.read_bodies([2]) == {}
        await journal.delete_blocks([1, 3])
        assert journal.last_seq == 3
    async with opened(make) as journal:
        assert journal.last_seq == 3
        assert await read_heads(journal) == []
        await journal.append(block(4))


async def reads_and_writes_go_side_by_side(make: MakeJournal) -> None:
    """Reading while blocks are appended and deleted disturbs nobody."""
    async with opened(make) as journal:
        for seq in range(1, 21):
            await journal.append(block(seq))
        appends = [journal.append(block(seq)) for seq in range(21, 41)]
        reads = [journal.read_bodies([seq]) for seq in range(11, 21)]
        found = await asyncio.gather(journal.delete_blocks(range(1, 11)), *appends, *reads)
        assert found[-10:] == [{seq: b"bodies %d" % seq} for seq in range(11, 21)]
        assert [head.seq for head in await read_heads(journal)] == list(range(11, 41))


async def a_second_owner_is_refused(make: MakeJournal) -> None:
    """Only one journal at a time has the disk; the refusal disturbs the owner in nothing."""
    async with opened(make) as journal:
        try:
            await make().open()
        except JournalInUse as error:
            sentence = str(error)
        else:
            raise AssertionError("two owners")
        assert "in use" in sentence
        await journal.append(block(1))
    async with opened(make) as journal:
        assert journal.last_seq == 1


async def a_closed_journal_takes_nothing(make: MakeJournal) -> None:
    """After `close` an append is refused and was not written; closing twice is fine."""
    journal = make()
    await journal.open()
    await journal.append(block(1))
    await journal.close()
    await journal.close()
    try:
        await journal.append(block(2))
    except AppendRefused:
        pass
    else:
        raise AssertionError("written after close")
    async with opened(make) as again:
        assert again.last_seq == 1


async def closing_waits_for_what_was_asked(make: MakeJournal) -> None:
    """An append that was handed over before `close` is written."""
    journal = make()
    await journal.open()
    append = asyncio.ensure_future(journal.append(block(1)))
    await asyncio.sleep(0)
    await journal.close()
    await append
    async with opened(make) as again:
        assert again.last_seq == 1


CHECKS: tuple[Check, ...] = (
    a_new_journal_is_empty,
    blocks_come_back_in_order,
    appends_are_carried_out_in_the_order_of_the_calls,
    a_number_that_is_not_the_next_is_refused,
    bodies_may_be_empty_and_large,
    many_heads_come_in_batches,
    everything_is_there_after_reopening,
    snapshots_replace_each_other,
    snapshots_are_written_all_or_none,
    tombstones_stay_until_they_are_dropped,
    deleted_blocks_are_gone_and_their_numbers_stay_used,
    reads_and_writes_go_side_by_side,
    a_second_owner_is_refused,
    a_closed_journal_takes_nothing,
    closing_waits_for_what_was_asked,
)
