"""Feed the rooms, write what they remember, answer after the commit, wake them in time.

One thread owns all machines. A command is applied at once, in the turn of the event loop in which
it arrives; its records join the block that is being filled. At the end of the turn the block is
sealed and appended, unless the one before is still on its way to the disk: then it fills on, which
is how group commit comes by itself. Replies and effects leave when their block is durable, in
order. What wrote nothing, reads and refusals included, waits for the newest block that it saw.

When an append fails, or a room has a bug, memory is ahead of the journal: everybody who waits
gets a 5xx and all rooms are rebuilt from the journal. Memory is never patched.
"""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from headrace.base.errors import InternalFailure, ServiceError, ServiceUnavailable
from headrace.base.instant import Instant
from headrace.core.machine import Forget, Remember, Reply, Room
from headrace.ports.clock import Alarm, Clock
from headrace.ports.journal import Journal, JournalError
from headrace.shell.block import OpenBlock
from headrace.shell.hand import Hand

log = logging.getLogger(__name__)

#: Takes a reply value or a ServiceError, on the event loop, after the commit.
Taker = Callable[[Any], None]
#: Carries out an effect of a room's own, on the event loop, after the commit.
Carrier = Callable[[Any], None]

#: Units of work of one `wake`; bounds a turn of the loop (20 ms at most).
WAKE_AT_MOST = 1_000
#: Bytes waiting for commit from which the HTTP server should stop reading from its sockets.
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


class Driver:
    """The only loop there is: commands in, blocks out, replies after."""

    def __init__(self, clock: Clock, journal: Journal, hand: Hand) -> None:
        """Make a driver without rooms; `start` gives it some."""
        self.clock = clock
        self.journal = journal
        self.hand = hand
        self.rooms: tuple[Room, ...] = ()
        self.on_block_sealed: Callable[[OpenBlock], None] = lambda block: None
        self.on_forget: Callable[[int, int], None] = lambda block, count: None
        #: Called when memory must be rebuilt; loads new rooms and calls `start` with them.
        self.rebuild: Callable[[str], Awaitable[None]] | None = None
        self.running = False
        self._room_of: dict[type, Room] = {}
        self._growing: frozenset[type] = frozenset()
        self._carriers: dict[type, Carrier] = {}
        self._tickets = itertools.count(1)
        self._takers: dict[int, Taker] = {}
        self._filling = OpenBlock(1)
        self._committing: OpenBlock | None = None
        self._seal_asked = False
        self._alarm: Alarm | None = None
        self._alarm_at: Instant | None = None
        self._story: deque[tuple[Instant, Any]] = deque(maxlen=STORY_LENGTH)
        self._append_task: asyncio.Task[None] | None = None
        self._rebuild_task: asyncio.Task[None] | None = None
        self._settled_waiters: list[asyncio.Future[None]] = []

    def start(self, rooms: Iterable[Room]) -> None:
        """Take freshly loaded rooms, resume what they had decided, and accept commands."""
        self.rooms = tuple(rooms)
        self._room_of = {command: room for room in self.rooms for command in room.commands}
        self._growing = frozenset(command for room in self.rooms for command in room.growing)
        self._filling = OpenBlock(self.journal.last_seq + 1)
        self._committing = None
        self.running = True
        now = self.clock.now()
        self._wake_overdue(now)
        for room in self.rooms:
            self._take_effects(room.resume(now))
        self._end_of_command()

    def carry(self, effect: type, carrier: Carrier) -> None:
        """Say who carries out effects of this type."""
        self._carriers[effect] = carrier

    @property
    def block(self) -> int:
        """Number of the block that is being filled: where bodies of the next command will lie."""
        return self._filling.seq

    @property
    def is_pressed(self) -> bool:
        """Whether so much waits for commit that reading from sockets should pause."""
        return self._waiting_bytes > PRESSED_BYTES

    def submit(self, command: Any, taker: Taker) -> int:
        """Apply a command now; `taker` gets its reply or refusal after the commit.

        Returns the ticket, with which a parked receive can be withdrawn. The reply of a command
        that changes nothing may come before this returns.
        """
        ticket = next(self._tickets)
        if self._must_refuse(command):
            taker(ServiceUnavailable("The service is unavailable. Please try again."))
            return ticket
        self._takers[ticket] = taker
        self.hand.take()
        now = self.clock.now()
        if self._alarm_at is not None and self._alarm_at <= now:
            self._wake_overdue(now)
        self._story.append((now, command))
        try:
            effects = self._room_of[type(command)].apply(command, now, ticket)
        except ServiceError as refusal:
            self._filling.replies.append((ticket, refusal))
        except Exception:
            self._fail_for_bug(ticket, command)
            return ticket
        else:
            if not self._take_effects(effects, ticket):
                self.hand.give_back()  # parked: it waits for time or others, nothing is in hand
        self._end_of_command()
        return ticket

    async def ask(self, command: Any) -> Any:
        """Submit a command, wait for its reply and return it.

        Raises:
            ServiceError: The refusal.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def take(value: Any) -> None:
            if future.done():
                return
            if isinstance(value, ServiceError):
                future.set_exception(value)
            else:
                future.set_result(value)

        self.submit(command, take)
        return await future

    def reply(self, value: Any, taker: Taker) -> None:
        """Give `taker` a value that was found by looking into the rooms, after their last commit.

        What a look-up saw may not be durable yet, so even a refusal must wait.
        """
        if not self.running:
            taker(ServiceUnavailable("The service is unavailable. Please try again."))
            return
        ticket = next(self._tickets)
        self._takers[ticket] = taker
        self.hand.take()
        self._filling.replies.append((ticket, value))
        self._end_of_command()

    def drop_taker(self, ticket: int) -> None:
        """Forget who waits for a ticket, after a parked command was withdrawn."""
        self._takers.pop(ticket, None)

    async def settled(self) -> None:
        """Return when everything that was remembered so far is durable and answered."""
        while self._committing is not None or self._filling.is_used:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settled_waiters.append(waiter)
            await waiter

    async def stop(self) -> None:
        """Refuse new commands and return when the last block is durable and answered."""
        self.running = False
        if self._alarm is not None:
            self._alarm.cancel()
        await self.settled()

    def wake(self) -> None:
        """Let time pass to now: the alarm's callback, also called when a virtual clock moves."""
        self._alarm_at = None
        if self.running:
            self._wake_overdue(self.clock.now())
            self._end_of_command()

    def _must_refuse(self, command: Any) -> bool:
        if not self.running or self._waiting_bytes > WAITING_BYTES_MAX:
            return True
        return self.journal.space_is_low and type(command) in self._growing

    @property
    def _waiting_bytes(self) -> int:
        committing = self._committing.size if self._committing is not None else 0
        return self._filling.size + committing

    def _take_effects(self, effects: list[Any], ticket: int = 0) -> bool:
        """Sort effects into the block; return whether `ticket` is among those answered."""
        filling = self._filling
        answered = False
        for effect in effects:
            kind = type(effect)
            if kind is Remember:
                filling.add(effect)
            elif kind is Reply:
                filling.replies.append((effect.ticket, effect.value))
                if effect.ticket == ticket:
                    answered = True
                elif effect.ticket in self._takers:
                    self.hand.take()  # a parked command is answered: in hand until it is released
            elif kind is Forget:
                filling.forgets.append(effect)
            else:
                filling.effects.append(effect)
        return answered

    def _wake_overdue(self, now: Instant) -> None:
        for room in self.rooms:
            deadline = room.next_deadline()
            if deadline is not None and deadline <= now:
                try:
                    self._take_effects(room.wake(now, WAKE_AT_MOST))
                except Exception:
                    self._fail_for_bug(0, f"wake of {type(room).__name__}")
                    return

    def _end_of_command(self) -> None:
        """Ask for a seal at the end of this turn, answer what waits for nothing, arm the alarm."""
        filling = self._filling
        if filling.is_used and not self._seal_asked and self._committing is None:
            if filling.has_records:
                self._seal_asked = True
                asyncio.get_running_loop().call_soon(self._seal)
            else:
                self._release_without_commit()
        self._arm()

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
        self._committing = block
        self._filling = OpenBlock(block.seq + 1)
        self.on_block_sealed(block)
        self._append_task = asyncio.get_running_loop().create_task(self._append(block))

    async def _append(self, block: OpenBlock) -> None:
        try:
            await self.journal.append(block.seal(self.clock.now()))
        except JournalError as error:
            self._committing = None
            self._fail(f"the journal failed: {error}")
            return
        self._committing = None
        if not self.rooms:
            return  # memory is being rebuilt; whoever waited has been answered already
        self._seal()  # first the disk gets its next block, then this one's callers are answered
        self._release(block)
        self._end_of_command()

    def _release(self, block: OpenBlock) -> None:
        """Answer and carry out what this block, now durable, allows."""
        takers = self._takers
        for ticket, value in block.replies:
            taker = takers.pop(ticket, None)
            if taker is not None:
                taker(value)
                self.hand.give_back()
        for effect in block.effects:
            self._carriers[type(effect)](effect)
        for forget in block.forgets:
            self.on_forget(forget.block, forget.count)
        if self._committing is None and not self._filling.is_used:
            waiters, self._settled_waiters = self._settled_waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _arm(self) -> None:
        earliest: Instant | None = None
        for room in self.rooms:
            deadline = room.next_deadline()
            if deadline is not None and (earliest is None or deadline < earliest):
                earliest = deadline
        if earliest == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._alarm_at = earliest
        if earliest is not None:
            self._alarm = self.clock.call_at(earliest, self.wake)

    def _fail_for_bug(self, ticket: int, command: Any) -> None:
        log.exception("a bug while applying %r; the story so far: %r", command, list(self._story))
        self._fail("a bug of ours; see above")

    def _fail(self, reason: str) -> None:
        """Answer 5xx to everybody who waits, and have memory rebuilt from the journal."""
        log.error("memory is rebuilt from the journal: %s", reason)
        self.running = False
        self.rooms = ()
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._alarm_at = None
        self._filling = OpenBlock(self._filling.seq)
        takers, self._takers = self._takers, {}
        for taker in takers.values():
            taker(InternalFailure("We encountered an internal error. Please try again."))
        # Those tickets that were in hand are not given back one by one: nobody knows which were.
        self.hand.reset()
        if self.rebuild is not None:
            self._rebuild_task = asyncio.get_running_loop().create_task(self._rebuild(reason))

    async def _rebuild(self, reason: str) -> None:
        task = self._append_task
        if task is not None and not task.done():
            await asyncio.wait([task])  # an append under way ends one way or the other
        assert self.rebuild is not None
        await self.rebuild(reason)
