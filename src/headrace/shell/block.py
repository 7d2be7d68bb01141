"""The block that is being filled: records, bodies, and who waits for it."""

from typing import Any

from headrace.base.instant import Instant
from headrace.core.machine import Forget, Record, Remember, Reply, Room
from headrace.ports.journal import Block
from headrace.store.codec import FORMAT, BodyKey, encode_bodies, encode_head

#: Estimated size of a record's head, for limits only.
RECORD_BYTES = 64


class OpenBlock:
    """Collects what one commit will carry and what waits for that commit."""

    __slots__ = (
        "bodies",
        "bodies_size",
        "effects",
        "forgets",
        "keys",
        "records",
        "replies",
        "rooms",
        "seq",
        "size",
    )

    def __init__(self, seq: int) -> None:
        """Start empty, as block number `seq`."""
        self.seq = seq
        self.records: list[Record] = []
        self.keys: list[BodyKey] = []
        self.bodies: list[bytes] = []
        self.replies: list[tuple[int, Any]] = []
        self.effects: list[Any] = []
        self.forgets: list[Forget] = []
        #: Those of which something is in it, so that what they decide next may not leave before.
        self.rooms: set[Room] = set()
        self.size = 0  #: Bytes, about.
        self.bodies_size = 0  #: Bytes of the bodies alone.

    @property
    def has_records(self) -> bool:
        """Whether there is something to write; bodies without a record are written too."""
        return bool(self.records or self.keys)

    @property
    def is_used(self) -> bool:
        """Whether anything or anybody is in it."""
        return bool(self.replies or self.records or self.keys or self.effects or self.forgets)

    def add(self, effect: Remember) -> None:
        """Take a record and its bodies."""
        record = effect.record
        self.records.append(record)
        self.size += RECORD_BYTES
        bodies = effect.bodies
        if len(bodies) == 1:
            self.add_body(record.machine, effect.first, bodies[0])
        elif bodies:
            machine, first = record.machine, effect.first
            self.keys += [(machine, number) for number in range(first, first + len(bodies))]
            self.bodies += bodies
            size = sum(map(len, bodies))
            self.size += size
            self.bodies_size += size

    def add_body(self, machine: int, number: int, body: bytes) -> None:
        """Take a body; one that compaction moves here keeps its old machine and number."""
        self.keys.append((machine, number))
        self.bodies.append(body)
        size = len(body)
        self.size += size
        self.bodies_size += size

    def take(self, room: Room, effects: list[Any], ticket: int = 0) -> tuple[bool, list[int]]:
        """Sort in the effects of a room.

        Returns:
            Whether `ticket` is among those answered, and the other tickets that are.
        """
        self.rooms.add(room)
        answered = False
        others: list[int] = []
        for effect in effects:
            kind = type(effect)
            if kind is Remember:
                self.add(effect)
            elif kind is Reply:
                self.replies.append((effect.ticket, effect.value))
                if effect.ticket == ticket:
                    answered = True
                else:
                    others.append(effect.ticket)
            elif kind is Forget:
                self.forgets.append(effect)
            else:
                self.effects.append(effect)
        return answered, others

    def seal(self, at: Instant) -> Block:
        """Return the block to append."""
        return Block(
            seq=self.seq,
            epoch=1,
            at=at,
            format=FORMAT,
            head=encode_head(self.records, len(self.keys)),
            bodies=encode_bodies(self.keys, self.bodies),
        )
