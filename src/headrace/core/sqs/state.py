"""A queue's durable state as bytes, and back, with a format number.

First byte: the format. Format 1: a MessagePack array (`QueueState`); columns of runs are
little-endian bytes, so that a million runs are written and read as a few copies, or a part at a
time from a queue that lives on (`FrozenQueue`). New fields go to
the end of a struct with a default; another layout takes another number, and its reader is added.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from headrace.base.instant import Instant
from headrace.core.sqs.attempts import Attempt, Attempts
from headrace.core.sqs.fair import FairQueue
from headrace.core.sqs.fair_backlog import FairState
from headrace.core.sqs.fifo import FifoQueue, make_queue
from headrace.core.sqs.frozen import FrozenNames, FrozenSlots, Part
from headrace.core.sqs.lane import Column
from headrace.core.sqs.movetask import MoveTask
from headrace.core.sqs.queue import Identity, Queue
from headrace.core.sqs.touched import Slot

FORMAT = b"\x01"
#: Stands for a part until its bytes are written. No text holds it, as it is no UTF-8.
_MARK = b"\xc1\xfe\xc1\xff a part of a queue \xff\xc1\xfe\xc1"


class QueueState(msgspec.Struct, array_like=True):
    """Everything durable of one queue."""

    account: str
    region: str
    name: str
    attributes: dict[str, str]
    tags: dict[str, str]
    created_at: int
    modified_at: int
    purged_at: int
    next_message: int
    lanes: list[tuple[int, list[bytes]]]
    slots: list[Slot]  #: By number, ascending.
    tasks: list[MoveTask] = msgspec.field(default_factory=list)
    fifo: "FifoState | None" = None  #: Of a FIFO queue.
    #: Of a standard queue that has seen a group id; the lanes stand here and not there.
    fair: FairState | None = None


class FifoState(msgspec.Struct, array_like=True):
    """What a FIFO queue remembers besides; the lanes stand here and not there."""

    births: bytes  #: Of each group, ascending,
    names: list[str]  #: and what they are called.
    lane: list[bytes]
    window: list[bytes]
    attempts: list[Attempt]
    former_scope: str
    former_scope_until: int


class DirectoryState(msgspec.Struct, array_like=True):
    """Everything durable that belongs to no living queue."""

    #: (account, region, name, deleted at), oldest first.
    freed: list[tuple[str, str, str, int]]


_encode = msgspec.msgpack.Encoder().encode
_decode_queue = msgspec.msgpack.Decoder(QueueState).decode
_decode_directory = msgspec.msgpack.Decoder(DirectoryState).decode


class FrozenQueue:
    """A queue's state as it was at one moment, as bytes a part at a time."""

    def __init__(self, queue: Queue, *, freeze: bool = True) -> None:
        """Take the state now; without `freeze` the queue must not change before all is read."""
        #: What stands at the marks, in their order.
        self._parts: list[Part] = []
        self._freeze = freeze
        self._pieces = _encode(self._state_of(queue)).split(_MARK)
        assert len(self._pieces) == len(self._parts) + 1, "a mark stands in the state itself"
        #: Bytes, about.
        self.size = sum(map(len, self._pieces)) + sum(part.size for part in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes."""
        yield FORMAT + self._pieces[0]
        for part, piece in zip(self._parts, self._pieces[1:], strict=True):
            if isinstance(part, Column):
                yield _header_of(part.size)
            yield from part
            yield piece

    def _write(self, parts: Sequence[Part]) -> list[Any]:
        """Return what stands for these parts, which come next, until the bytes are yielded."""
        self._parts += parts
        return [msgspec.Raw(_MARK)] * len(parts)

    def _state_of(self, queue: Queue) -> "QueueState":
        identity = queue.identity
        fair = queue.fair if isinstance(queue, FairQueue) else None
        has_lanes = fair is None and not isinstance(queue, FifoQueue)
        lanes = queue.backlog.encode(freeze=self._freeze) if has_lanes else []
        return QueueState(
            account=identity.account,
            region=identity.region,
            name=identity.name,
            attributes=dict(sorted(queue.attributes.items())),
            tags=dict(sorted(queue.tags.items())),
            created_at=queue.created_at,
            modified_at=queue.modified_at,
            purged_at=queue.purged_at,
            next_message=queue.next_message,
            lanes=[(delay_ms, self._write(columns)) for delay_ms, columns in lanes],
            slots=self._write([FrozenSlots(queue.touched, freeze=self._freeze)])[0],
            tasks=queue.tasks,
            fifo=self._fifo_state(queue) if isinstance(queue, FifoQueue) else None,
            fair=None if fair is None else fair.encode_fair(self._write, freeze=self._freeze),
        )

    def _fifo_state(self, queue: FifoQueue) -> "FifoState":
        groups, names = queue.backlog.encode_groups()
        births, written_names = self._write([groups, FrozenNames(names)])
        return FifoState(
            births=births,
            names=written_names,
            lane=self._write(queue.backlog.encode_lane(freeze=self._freeze)),
            window=self._write(queue.window.encode()),
            attempts=queue.attempts.all(),
            former_scope=queue.former_scope,
            former_scope_until=queue.former_scope_until,
        )


def encode_queue(queue: Queue) -> bytes:
    """Return a queue's state."""
    return b"".join(FrozenQueue(queue, freeze=False))


def _header_of(size: int) -> bytes:
    """Return the beginning of so many bytes in MessagePack, as short as it can be."""
    if size < 1 << 8:
        return b"\xc4" + size.to_bytes(1, "big")
    if size < 1 << 16:
        return b"\xc5" + size.to_bytes(2, "big")
    return b"\xc6" + size.to_bytes(4, "big")


def decode_queue(number: int, data: bytes) -> Queue:
    """Return the queue whose state `encode_queue` wrote.

    Raises:
        ValueError: The format is unknown.
    """
    state = _decode_queue(_body_of(data))
    identity = Identity(state.account, state.region, state.name)
    queue = make_queue(number, identity, state.attributes, state.tags, Instant(state.created_at))
    queue.modified_at = Instant(state.modified_at)
    queue.purged_at = Instant(state.purged_at)
    queue.next_message = state.next_message
    if isinstance(queue, FifoQueue):
        _fill_fifo(queue, state.fifo)
    elif state.fair is not None and isinstance(queue, FairQueue):
        queue.become_fair().decode_fair(state.fair)
    else:
        queue.backlog.decode(state.lanes)
    for slot in state.slots:
        queue.touched.add(slot)
        if (slot.home, slot.home_number) != (number, slot.number):
            queue.arrived[slot.home, slot.home_number] = slot.number
    if state.fair is not None and isinstance(queue, FairQueue) and queue.fair is not None:
        queue.fair.decode_noise(state.fair)
    queue.tasks = state.tasks
    queue.look_at_backlog()
    return queue


def _fill_fifo(queue: FifoQueue, state: FifoState | None) -> None:
    if state is None:
        raise ValueError("the state of a FIFO queue without its groups")
    queue.backlog.decode_lane(state.lane, state.births, state.names)
    queue.window.decode(state.window)
    queue.attempts = Attempts(state.attempts)
    queue.former_scope = state.former_scope
    queue.former_scope_until = Instant(state.former_scope_until)


def encode_directory(state: DirectoryState) -> bytes:
    """Return the directory's state."""
    return FORMAT + _encode(state)


def decode_directory(data: bytes) -> DirectoryState:
    """Return what `encode_directory` wrote.

    Raises:
        ValueError: The format is unknown.
    """
    return _decode_directory(_body_of(data))


def _body_of(data: bytes) -> memoryview:
    if data[:1] != FORMAT:
        raise ValueError("the state of a queue in an unknown format")
    return memoryview(data)[1:]
