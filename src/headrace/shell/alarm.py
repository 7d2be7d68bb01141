"""The one alarm of the driver: it rings at the earliest deadline of all rooms."""

from collections.abc import Callable

from headrace.base.instant import Instant
from headrace.core.machine import Room
from headrace.ports.clock import Alarm, Clock


class OneAlarm:
    """An alarm that is moved whenever the earliest deadline changes."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        """Call `ring` on the event loop, in service time."""
        self._clock = clock
        self._ring = ring
        self._alarm: Alarm | None = None
        self._at: Instant | None = None

    def is_due(self, now: Instant) -> bool:
        """Tell whether the instant that it is set to has come."""
        return self._at is not None and self._at <= now

    def set(self, at: Instant | None) -> None:
        """Ring at this instant and at no other; None: not at all."""
        if at == self._at:
            return
        if at is None:
            self.cancel()
            return
        self._at = at
        if self._alarm is None:
            self._alarm = self._clock.call_at(at, self._fire)
        else:
            self._alarm.move(at)

    def cancel(self) -> None:
        """Do not ring."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._at = None

    def _fire(self) -> None:
        self._alarm = self._at = None
        self._ring()


class RoomsAlarm(OneAlarm):
    """The alarm at the earliest deadline of all rooms, which are asked when theirs may differ."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        """Call `ring` on the event loop, in service time."""
        super().__init__(clock, ring)
        self._deadlines: dict[Room, Instant | None] = {}

    def begin(self) -> None:
        """Forget the rooms of before, and do not ring."""
        self._deadlines = {}
        self.cancel()

    def follow(self, room: Room) -> None:
        """Something happened in one room, and in no other."""
        deadline = room.next_deadline()
        if deadline != self._deadlines.get(room):
            self._deadlines[room] = deadline
            self._set_earliest()

    def look_at(self, *rooms: Room) -> None:
        """Set it anew; something may have happened in these rooms, and in no other."""
        for room in rooms:
            self._deadlines[room] = room.next_deadline()
        self._set_earliest()

    def _set_earliest(self) -> None:
        earliest: Instant | None = None
        for deadline in self._deadlines.values():
            if deadline is not None and (earliest is None or deadline < earliest):
                earliest = deadline
        self.set(earliest)
