"""Play stories on a room as the driver does, and check the laws of core/machine.py on them.

A story is a list of (wait in ms, step); what a step means is the room's author's business: a
function `translate(step, life)` makes a command of it, or None. To put a room under the laws, give
`Laws` a factory of empty rooms and that function, and call its checks from Hypothesis tests; see
tests/laws/test_queue_laws.py.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Union

import msgspec

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.machine import Forget, Remember, Reply, Room

Story = Sequence[tuple[int, Any]]
EPOCH = Instant(1_700_000_000_000)
#: Enough for everything that a story can make due.
ALL = 1_000_000


class Written(NamedTuple):
    """A record and the block that it lies in."""

    block: int
    record: Any


class Life:
    """A room that lives through a story; every step is one block."""

    def __init__(self, room: Room, at_most: int = ALL, is_punctual: bool = False) -> None:
        self.room = room
        self.at_most = at_most
        self.is_punctual = is_punctual
        self.now = EPOCH
        self.block = 1
        self.ticket = 0
        self.effects: list[Any] = []
        self.written: list[Written] = []
        self.replies: dict[int, Any] = {}
        #: Living bodies by block, as the keeper counts them.
        self.alive: Counter[int] = Counter()

    @property
    def next_block(self) -> int:
        """Number of the block that the next command's bodies will lie in."""
        return self.block + 1

    def pass_time(self, wait_ms: int) -> None:
        """Let time pass, in one late step or through each deadline on time."""
        until = Instant(self.now + wait_ms)
        if self.is_punctual:
            while (due := self.room.next_deadline()) is not None and due <= until:
                self.now = max(self.now, due)
                self.take(self.room.wake(self.now, self.at_most))
        self.now = until
        self.catch_up()

    def catch_up(self) -> None:
        """Wake until nothing is due."""
        turns = 0
        while (due := self.room.next_deadline()) is not None and due <= self.now:
            self.take(self.room.wake(self.now, self.at_most))
            turns += 1
            assert turns < 100_000, "the room spins: a deadline that is due never goes away"

    def ask(self, command: Any) -> ServiceError | None:
        """Apply a command; return its refusal."""
        self.block += 1
        self.ticket += 1
        # What a compaction writes: bodies that come with a command and not with a record.
        self.alive[self.block] += len(getattr(command, "bodies", ()))
        try:
            effects = self.room.apply(command, self.now, self.ticket)
        except ServiceError as refusal:
            return refusal
        self.take(effects)
        self.catch_up()
        return None

    def take(self, effects: list[Any]) -> None:
        """Do with effects what the driver does."""
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Remember):
                self.written.append(Written(self.block, effect.record))
                self.alive[self.block] += len(effect.bodies)
            elif isinstance(effect, Reply):
                assert effect.ticket not in self.replies, "a ticket is answered twice"
                self.replies[effect.ticket] = effect.value
            elif isinstance(effect, Forget):
                self.alive[effect.block] -= effect.count
                assert self.alive[effect.block] >= 0, "a body dies twice"


def state_of(room: Room) -> dict[int, bytes]:
    """Return the snapshot of every machine."""
    return {machine: room.snapshot(machine) for machine in sorted(room.machines())}


def told(effects: Sequence[Any]) -> list[str]:
    """Return the effects whose order matters, all but Forget, as texts (errors have no equals)."""
    return [repr(effect) for effect in effects if not isinstance(effect, Forget)]


class Laws:
    """The seven laws for one kind of room."""

    def __init__(self, make: Callable[[], Room], translate: Callable[[Any, Life], Any]) -> None:
        self.make = make
        self.translate = translate

    def live(self, story: Story, **how: Any) -> Life:
        """Play a story to its end."""
        life = Life(self.make(), **how)
        for wait_ms, step in story:
            self.play(life, wait_ms, step)
        return life

    def play(self, life: Life, wait_ms: int, step: Any) -> None:
        """Play one step."""
        life.pass_time(wait_ms)
        command = self.translate(step, life)
        if command is not None:
            life.ask(command)

    def check_same_story_same_effects(self, story: Story) -> None:
        """Law 1."""
        one, two = self.live(story), self.live(story)
        assert repr(one.effects) == repr(two.effects)
        assert state_of(one.room) == state_of(two.room)

    def check_early_wake_does_nothing(self, story: Story) -> None:
        """Law 2: a wake at an instant before the next deadline changes nothing."""
        life = Life(self.make())
        for wait_ms, step in story:
            before, due = state_of(life.room), life.room.next_deadline()
            early = life.now + min(wait_ms, wait_ms if due is None else due - life.now - 1)
            if early >= life.now:
                assert life.room.wake(Instant(early), ALL) == []
                assert state_of(life.room) == before
            self.play(life, wait_ms, step)

    def check_no_deadline_is_left(self, story: Story) -> None:
        """Law 3; also when each wake may do very little. (`catch_up` fails when a room spins.)"""
        life = self.live(story, at_most=1)
        due = life.room.next_deadline()
        assert due is None or due > life.now

    def check_time_does_not_go_back(self, story: Story) -> None:
        """Law 4: an instant before the last one is a bug, not an answer."""
        life = self.live([*story, (1, None)])
        for attempt in (
            lambda: life.room.wake(Instant(life.now - 1), ALL),
            lambda: life.room.apply(self.some_command(story, life), Instant(life.now - 1), 0),
        ):
            life.room.wake(life.now, ALL)
            try:
                attempt()
            except AssertionError:
                continue
            raise RuntimeError("time went back and the room did not mind")

    def some_command(self, story: Story, life: Life) -> Any:
        """Return a command that the story holds."""
        commands = (self.translate(step, life) for _, step in story)
        return next(command for command in commands if command is not None)

    def check_late_is_as_good_as_on_time(self, story: Story) -> None:
        """Law 5."""
        late, punctual = self.live(story), self.live(story, is_punctual=True)
        assert told(late.effects) == told(punctual.effects)
        assert late.alive == punctual.alive
        assert state_of(late.room) == state_of(punctual.room)

    def check_refusal_changes_nothing(self, story: Story) -> None:
        """Law 6."""
        life = Life(self.make())
        for wait_ms, step in story:
            life.pass_time(wait_ms)
            command = self.translate(step, life)
            if command is None:
                continue
            before, due = state_of(life.room), life.room.next_deadline()
            if life.ask(command) is not None:
                assert state_of(life.room) == before
                assert life.room.next_deadline() == due

    def check_rebuilt_equals_lived(self, story: Story, cuts: Sequence[int]) -> None:
        """Law 7: from records alone, and from snapshots taken at different times and later records.

        Args:
            cuts: After which steps snapshots are written; machine by machine in turn.
        """
        life = Life(self.make())
        kept: dict[int, tuple[int, bytes | None]] = {}
        for place, (wait_ms, step) in enumerate(story):
            self.play(life, wait_ms, step)
            for turn, cut in enumerate(cuts):
                if cut == place:
                    self.keep_snapshots(life, kept, turn, len(cuts))
        self.compare(life, self.rebuild(life, {}))
        self.compare(life, self.rebuild(life, kept))

    def keep_snapshots(
        self, life: Life, kept: dict[int, tuple[int, bytes | None]], turn: int, turns: int
    ) -> None:
        """Write the snapshots of some machines as of the last block, and tombstones."""
        machines = set(life.room.machines())
        for machine in sorted(machines | kept.keys()):
            if machine % turns == turn % turns:
                state = life.room.snapshot(machine) if machine in machines else None
                kept[machine] = (life.block, state)
        life.block += 1  # what time does next belongs to a later block

    def rebuild(self, life: Life, kept: dict[int, tuple[int, bytes | None]]) -> Room:
        """Return a room made of snapshots and the records behind them, as recovery does it."""
        room = self.make()
        for machine, (_, state) in sorted(kept.items()):
            if state is not None:
                room.load(machine, state)
        union: Any = Union[room.records]  # noqa: UP007 - built at run time
        decode = msgspec.msgpack.Decoder(union).decode
        for block, record in life.written:
            if record.machine not in kept or block > kept[record.machine][0]:
                room.replay(decode(msgspec.msgpack.encode(record)), block)
        return room

    def compare(self, life: Life, room: Room) -> None:
        """Check that a rebuilt room is as the one that lived."""
        room.resume(life.now)
        while (due := room.next_deadline()) is not None and due <= life.now:
            room.wake(life.now, ALL)
        assert state_of(room) == state_of(life.room)
        assert room.count_bodies() == life.room.count_bodies()

    def check_bodies_are_counted(self, story: Story) -> None:
        """What was remembered and not forgotten is what is alive."""
        life = Life(self.make())
        for wait_ms, step in story:
            self.play(life, wait_ms, step)
            alive = {block: count for block, count in life.alive.items() if count}
            assert alive == life.room.count_bodies()
