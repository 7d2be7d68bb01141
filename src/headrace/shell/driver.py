"""Feed the rooms, write what they remember, answer after the commit, wake them in time.

One thread owns all machines. A command is applied at once, in the turn of the event loop in which
it arrives; its records join the block that is being filled. At the end of the turn the block is
sealed and appended, unless the one before is still on its way to the disk: then it fills on, which
is how group commit comes by itself. Replies and effects leave when their block is durable, in
order. What wrote nothing, refusals included, waits for the newest block that has something of its
room; where nothing of the room is on its way it leaves at once, and the disk is no matter to it. A
look-up, which may have seen every room, waits for the newest block that it saw.

When an append fails, or a room has a bug, memory is ahead of the journal: everybody who waits
gets a 5xx and all rooms are rebuilt from the journal. Memory is never patched.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from headrace.base.errors import InternalFailure, ServiceError, ServiceUnavailable
from headrace.base.instant import Instant
from headrace.core.machine import Remember, Reply, Room, answer_of
from headrace.ports.clock import Clock
from headrace.ports.journal import Block, Journal, JournalError
from headrace.shell.alarm import RoomsAlarm
from headrace.shell.block import OpenBlock
from headrace.shell.hand import Hand
from headrace.shell.rebuilding import Rebuild, Rebuilding
from headrace.shell.tickets import Taker, Tickets
from headrace.store.codec import BodyKey

log = logging.getLogger(__name__)

#: Carries out an effect of a room's own, on the event loop, after the commit.
Carrier = Callable[[Any], None]

#: Units of work of one `wake`; bounds a turn of the loop (20 ms at most).
WAKE_AT_MOST = 1_000
#: Size of the block being filled from which the HTTP server should stop reading from its sockets.
#: A large block is encoded in one turn of the loop, and read back whole for one of its bodies.
FULL_BLOCK_BYTES = 4 * 1024 * 1024
#: Bytes waiting for commit from which nothing should be read, and housekeeping should wait.
PRESSED_BYTES = 64 * 1024 * 1024
#: Bytes waiting for commit beyond which new commands are refused with a 503.
WAITING_BYTES_MAX = 256 * 1024 * 1024
#: Commands kept for the log when a room has a bug.
STORY_LENGTH = 50


def guarded(call: Callable[..., Any], *arguments: Any) -> bool:
    """Call; log a bug in it and return False, so that one caller's bug is not another's."""
    try:
        call(*arguments)
    except Exception:
        log.exception("a bug while answering")
        return False
    return True


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("The service is unavailable. Please try again.")


def _append(
    journal: Journal, block: OpenBlock, at: Instant
) -> tuple[Block | None, asyncio.Future[None]]:
    """Seal a block and hand it to the disk; return it, and what ends when it is durable.

    A failure is told by the latter: whoever asks for this may have an earlier block to answer.
    """
    sealed: Block | None = None
    appending: asyncio.Future[None]
    try:
        sealed = block.seal(at)
        appending = asyncio.ensure_future(journal.append(sealed))
    except Exception as error:
        appending = asyncio.get_running_loop().create_future()
        appending.set_exception(error)
    return sealed, appending


class Driver:
    """The only loop there is: commands in, blocks out, replies after."""

    def __init__(self, clock: Clock, journal: Journal, hand: Hand) -> None:
        """Make a driver without rooms; `start` gives it some."""
        self.clock = clock
        self.journal = journal
        self.hand = hand
        self.rooms: tuple[Room, ...] = ()
        self.on_block_sealed: list[Callable[[OpenBlock], object]] = []
        self.on_block_durable: list[Callable[[Block], object]] = []
        self.on_forget: Callable[[int, int], None] = lambda block, count: None
        self.running = False
        self._room_of: dict[type, Room] = {}
        self._growing: frozenset[type] = frozenset()
        self._carriers: dict[type, Carrier] = {}
        self._tickets = Tickets(hand, guarded)
        self._filling = OpenBlock(1)
        self._committing: OpenBlock | None = None
        self._seal_asked = False
        self._alarm = RoomsAlarm(clock, self.wake)
        self._story: deque[tuple[Instant, Any]] = deque(maxlen=STORY_LENGTH)
        self._appending: asyncio.Future[None] | None = None
        #: Called when memory must be rebuilt; loads new rooms and calls `start` with them.
        self.rebuild: Rebuild | None = None
        self._rebuilding = Rebuilding()
        self._is_stopped = False
        self._settled_waiters: list[asyncio.Future[None]] = []

    def start(self, rooms: Iterable[Room]) -> None:
        """Take freshly loaded rooms, resume what they had decided, and accept commands."""
        self.rooms = tuple(rooms)
        self._room_of = {command: room for room in self.rooms for command in room.commands}
        self._growing = frozenset(command for room in self.rooms for command in room.growing)
        self._alarm.begin()
        self._filling = OpenBlock(self.journal.last_seq + 1)
        self._committing = None
        self.running = not self._is_stopped
        now = self.clock.now()
        self._wake_overdue(now)
        for room in self.rooms:
            self._take_effects(self._filling, room, room.resume(now))
        self._end_of_command()

    def carry(self, effect: type, carrier: Carrier) -> None:
        """Say who carries out effects of this type."""
        self._carriers[effect] = carrier

    @property
    def block(self) -> int:
        """Number of the block that is being filled: where bodies of the next command will lie."""
        return self._filling.seq

    @property
    def has_unsealed(self) -> bool:
        """Whether records wait to be sealed; if not, memory stands at the end of a block."""
        return self._filling.has_records

    @property
    def is_pressed(self) -> bool:
        """Whether a block is full or so much waits that reading from sockets should pause."""
        return self._filling.size > FULL_BLOCK_BYTES or self.waiting_bytes > PRESSED_BYTES

    @property
    def waiting_bytes(self) -> int:
        """About how much waits for commit."""
        return self._filling.size + (self._committing.size if self._committing else 0)

    def submit(self, command: Any, taker: Taker, now: Instant | None = None) -> int:
        """Apply a command now; `taker` gets its reply or refusal after the commit.

        Who has just read the clock gives `now`. Returns the ticket, with which a parked receive can
        be withdrawn. The reply of a command that changes nothing may come before this returns.
        """
        ticket = self._tickets.number()
        if self._must_refuse(command):
            taker(_unavailable())
            return ticket
        self._tickets.issue(ticket, taker)
        now = self.clock.now() if now is None else now
        if self._alarm.is_due(now):
            self._wake_overdue(now)
            if not self.running:
                return ticket  # a bug in `wake`: everybody was answered, and memory is rebuilt
            self._alarm.look_at(*self.rooms)
        self._story.append((now, command))
        room = self._room_of[type(command)]
        try:
            effects = room.apply(command, now, ticket)
        except ServiceError as refusal:
            effects = [Reply(ticket, refusal)]
        except Exception:
            self._fail_for_bug(command)
            return ticket
        block = self._block_for(room, effects)
        leaves = block is not self._filling
        if not self._take_effects(block, room, effects, ticket):
            self._tickets.park(ticket)
        self._end_of_command(room)
        if leaves:
            self._release(block)
        return ticket

    async def ask(self, command: Any) -> Any:
        """Submit a command, wait for its reply and return it.

        Raises:
            ServiceError: The refusal.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def take(value: Any) -> None:
            if not future.done():
                future.set_result(value)

        self.submit(command, take)
        return answer_of(await future)

    def reply(self, value: Any, taker: Taker) -> None:
        """Give `taker` a value that was found by looking into the rooms, after their last commit.

        What a look-up saw may not be durable yet, so even a refusal must wait.
        """
        if not self.running or not self.journal.is_owned:
            taker(_unavailable())
            return
        ticket = self._tickets.number()
        self._tickets.issue(ticket, taker)
        self._filling.replies.append((ticket, value))
        self._end_of_command()

    def drop_taker(self, ticket: int) -> None:
        """Forget who waits for a ticket, after a parked command was withdrawn."""
        self._tickets.drop(ticket)

    def add_bodies(self, keys: Iterable[BodyKey], bodies: Iterable[bytes]) -> None:
        """Put bodies that compaction moves into the block that is being filled.

        In the same turn the caller submits the commands whose records say so (`MoveBodies`).
        """
        for (machine, number), body in zip(keys, bodies, strict=True):
            self._filling.add_body(machine, number, body)

    def fail(self, reason: str) -> None:
        """Answer 5xx to everybody who waits and rebuild memory: the journal failed elsewhere."""
        if self.running:
            self._fail(reason)

    async def settled(self) -> None:
        """Return when everything that was remembered so far is durable and answered, or failed."""
        while self._committing is not None or self._filling.is_used:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settled_waiters.append(waiter)
            await waiter

    async def stop(self) -> None:
        """Refuse new commands and return when the last block is durable and answered."""
        self.running, self._is_stopped = False, True
        self._rebuilding.stop()
        self._alarm.cancel()
        await self.settled()

    def wake(self) -> None:
        """Let time pass to now: the alarm's callback, also called when a virtual clock moves."""
        if self.running:
            self._wake_overdue(self.clock.now())
            self._end_of_command()

    def _must_refuse(self, command: Any) -> bool:
        if not self.running or not self.journal.is_owned:
            return True  # memory may be behind what another server has written
        if self.waiting_bytes > WAITING_BYTES_MAX:
            return True
        return self.journal.space_is_low and type(command) in self._growing

    def _block_for(self, room: Room, effects: list[Any]) -> OpenBlock:
        """Return the block being filled, or one that leaves now: what it rests on is durable."""
        filling, committing = self._filling, self._committing
        waits = room in filling.rooms or (committing is not None and room in committing.rooms)
        if waits or Remember in map(type, effects):
            return filling
        return OpenBlock(filling.seq)

    def _take_effects(
        self, block: OpenBlock, room: Room, effects: list[Any], ticket: int = 0
    ) -> bool:
        """Sort effects into a block; return whether `ticket` is among those answered."""
        if not effects:
            return False
        answered, others = block.take(room, effects, ticket)
        for other in others:
            self._tickets.unpark(other)
        return answered

    def _wake_overdue(self, now: Instant) -> None:
        for room in self.rooms:
            deadline = room.next_deadline()
            if deadline is not None and deadline <= now:
                try:
                    self._take_effects(self._filling, room, room.wake(now, WAKE_AT_MOST))
                except Exception:
                    self._fail_for_bug(f"wake of {type(room).__name__}")
                    return

    def _end_of_command(self, room: Room | None = None) -> None:
        """Seal at this turn's end, answer what waits for nothing, set the alarm (for one room)."""
        filling = self._filling
        if not self._seal_asked and self._committing is None and filling.is_used:
            if filling.has_records:
                self._seal_asked = True
                asyncio.get_running_loop().call_soon(self._seal)
            else:
                self._release_without_commit()
        if room is None:
            self._alarm.look_at(*self.rooms)
        else:
            self._alarm.follow(room)

    def _release_without_commit(self) -> None:
        """Nothing is unwritten, so what was decided on durable state leaves at once."""
        block, self._filling = self._filling, OpenBlock(self._filling.seq)
        self._release(block)

    def _seal(self) -> None:
        """Send the filled block to the journal; the next one fills meanwhile."""
        self._seal_asked = False
        if self._committing is not None or not self._filling.has_records or not self.rooms:
            return
        block = self._filling
        self._filling = OpenBlock(block.seq + 1)
        if not all(guarded(hear, block) for hear in self.on_block_sealed):
            self._fail(f"the sealing of block {block.seq} could not be told")
            return
        self._committing = block
        self.hand.take()
        sealed, appending = _append(self.journal, block, self.clock.now())
        self._appending = appending
        appending.add_done_callback(lambda done: self._appended(block, sealed, done))

    def _appended(
        self, block: OpenBlock, sealed: Block | None, appending: asyncio.Future[None]
    ) -> None:
        if appending.cancelled():
            return  # the loop is being closed
        self._committing = None
        try:
            appending.result()
        except JournalError as error:
            self._fail(f"the journal failed: {error}")
            return
        except Exception:
            self._fail_for_bug(f"the append of block {block.seq}")
            return
        self._rebuilding.forget_failures()
        if not self.rooms:
            self._tell_settled()
            return  # memory is being rebuilt; whoever waited has been answered already
        assert sealed is not None, "what was not sealed has failed"
        if not all(guarded(hear, sealed) for hear in self.on_block_durable):
            self._fail(f"the end of block {block.seq} could not be told")
            return
        self._seal()  # first the disk gets its next block, then this one's callers are answered
        self._release(block)
        self.hand.give_back()
        self._end_of_command()

    def _release(self, block: OpenBlock) -> None:
        """Answer and carry out what this block, now durable, allows."""
        for ticket, value in block.replies:
            self._tickets.release(ticket, value)
        for effect in block.effects:
            if not guarded(self._carriers[type(effect)], effect):
                self._fail(f"{effect!r} could not be carried out")
                return
        for forget in block.forgets:
            self.on_forget(forget.block, forget.count)
        self._tell_settled()

    def _tell_settled(self) -> None:
        if self._committing is None and not self._filling.is_used:
            waiters, self._settled_waiters = self._settled_waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _fail_for_bug(self, command: Any) -> None:
        log.exception("a bug while applying %r; the story so far: %r", command, list(self._story))
        self._fail("a bug of ours; see above")

    def _fail(self, reason: str) -> None:
        """Answer 5xx to everybody who waits, and have memory rebuilt from the journal."""
        log.error("memory is rebuilt from the journal: %s", reason)
        self.running = False
        self.rooms = ()
        self._alarm.begin()
        self._filling = OpenBlock(self._filling.seq)
        failure = InternalFailure("We encountered an internal error. Please try again.")
        self._tickets.release_all(failure)
        self._tell_settled()
        if self.rebuild is not None:
            self._rebuilding.want(self.rebuild, reason, self._appending)
