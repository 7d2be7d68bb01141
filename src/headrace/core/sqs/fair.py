"""A standard queue with group ids: what differs once the first one was sent.

Until then it does what any standard queue does. From then on its messages stand in a
`FairBacklog`, which decides whose turn it is (spec/sqs.md 6). What makes a group noisy is found out
when messages are accepted and when they were handed out, both of which are records: a replay finds
the same.
"""

from collections.abc import Iterable, Sequence

from headrace.base.instant import Instant
from headrace.core.sqs.backlog import NO_NUMBER
from headrace.core.sqs.fair_backlog import FairBacklog
from headrace.core.sqs.lane import Piece
from headrace.core.sqs.limits import SETTLE_AT_MOST, Noise
from headrace.core.sqs.queue import Identity, Queue, TakeLimits, Taken
from headrace.core.sqs.records import Arrival, MessagesSent
from headrace.core.sqs.touched import Slot


class FairQueue(Queue):
    """One standard queue whose messages may have group ids."""

    def __init__(
        self,
        number: int,
        identity: Identity,
        attributes: dict[str, str],
        tags: dict[str, str],
        now: Instant,
    ) -> None:
        """Make an empty queue with normalized attributes, created now."""
        super().__init__(number, identity, attributes, tags, now)
        self.noise = Noise()
        self.fair: FairBacklog | None = None  #: `backlog` since the first group id.

    def use_noise(self, noise: Noise) -> None:
        """Take other thresholds."""
        self.noise = noise
        if self.fair is not None:
            self.fair.use_noise(noise)

    def become_fair(self) -> FairBacklog:
        """Let the messages that are here stand as messages without a group from now on."""
        fair = FairBacklog(self.settings.retention_ms, self.noise, lambda: self.now)
        self.touched.put_last(0)
        fair.adopt(self.backlog, self.touched)
        self.backlog = self.fair = fair
        self.touched = fair.touched
        return fair

    def accept(self, record: MessagesSent, block: int) -> None:
        """Take new messages, whose bodies lie in `block`, behind all others."""
        if self.fair is None and record.groups is None:
            super().accept(record, block)
            return
        fair = self.fair or self.become_fair()
        first, at = record.first, record.at
        end = self.next_message = first + record.count
        delays, groups = record.delays_ms, record.groups or [""]
        for place in range(max(len(delays), len(groups)) - 1):
            delay_ms = delays[min(place, len(delays) - 1)]
            fair.add((first, 1, block, at), delay_ms, groups[min(place, len(groups) - 1)])
            first += 1
        fair.add((first, end - first, block, at), delays[-1], groups[-1])
        fair.assess(groups, at)
        expires_at = Instant(at + self.settings.retention_ms)
        self._backlog_expires_at = min(self._backlog_expires_at, expires_at)

    def take(self, at_most: int, now: Instant, visible_at: Instant, limits: TakeLimits) -> Taken:
        """Find visible messages, those of quiet groups first, and put them in flight."""
        fair = self.fair
        if fair is None:
            return super().take(at_most, now, visible_at, limits)
        found = Taken([], [], [], is_cut=False)
        moves_at_most = limits.moves_at_most or NO_NUMBER
        touched = self.touched
        while len(found.slots) < at_most and len(found.departing) < moves_at_most:
            turn = fair.first_in_turn(now)
            if turn is None:
                break
            slot = touched.slots.get(turn.number)
            if slot is None:
                piece = fair.take_turn(turn)
                found.slots.append(self._touch_one(piece, turn.group.name, now, visible_at))
            elif touched.is_expired(slot, now):
                found.expired.append(slot)
                touched.drop(slot.number)
                if len(found.expired) >= SETTLE_AT_MOST and not found.slots:
                    return self._cut(found.departing, found.expired)
            elif limits.max_receives and slot.queue_receives >= limits.max_receives:
                found.departing.append(slot)
                touched.drop(slot.number)
            else:
                self._receive_again(slot, now, visible_at)
                found.slots.append(slot)
        if visible_at <= now:
            # Only now, so that no message stands twice in one answer (13.2).
            for slot in found.slots:
                touched.show(slot, visible_at)
        self._leave(found.expired)
        self._leave(found.departing)
        is_cut = not found.slots and len(found.departing) >= moves_at_most
        return found._replace(is_cut=is_cut)

    def handed_out(self, slots: Sequence[Slot]) -> None:
        """Find out which of the groups that messages were handed out of are noisy."""
        if self.fair is not None:
            self.fair.assess([slot.group for slot in slots], self.now)

    def receive(self, numbers: Iterable[int], now: Instant, visible_at: Instant) -> None:
        """Replay that these messages were received."""
        fair = self.fair
        if fair is None:
            super().receive(numbers, now, visible_at)
            return
        slots: list[Slot] = []
        for number in numbers:
            slot = self.touched.slots.get(number)
            if slot is None:
                group = fair.group_of(number)
                piece = fair.remove(number)
                if group is None or piece is None:
                    continue
                slot = self._touch_one(piece, group.name, now, visible_at)
            else:
                self._receive_again(slot, now, visible_at)
            if visible_at <= now:
                self.touched.show(slot, visible_at)
            slots.append(slot)
        self.handed_out(slots)

    def arrive(self, arrivals: Iterable[Arrival], source_arn: str, now: Instant) -> None:
        """Take messages from another queue; their groups come along."""
        messages = list(arrivals)
        if self.fair is None and any(message.group for message in messages):
            self.become_fair()
        super().arrive(messages, source_arn, now)

    def _touch_one(self, piece: Piece, group: str, now: Instant, visible_at: Instant) -> Slot:
        first, _, block, sent_at = piece
        slot = Slot(
            number=first,
            block=block,
            home=self.number,
            home_number=first,
            sent_at=Instant(sent_at),
            first_received_at=now,
            received_at=now,
            receive_count=1,
            queue_receives=1,
            visible_at=visible_at,
            is_in_flight=True,
            group=group,
        )
        self.touched.add_received([slot])
        return slot
