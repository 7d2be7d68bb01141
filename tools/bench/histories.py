"""Journals with a past, made without a server: what a load finds when queues are deep."""

from collections.abc import Iterable, Iterator

from headrace.base.instant import Instant
from headrace.core.functions.eventbody import Envelope, encode_body
from headrace.core.functions.records import (
    ConcurrencyReserved,
    EventAccepted,
    EventFailed,
    FunctionCreated,
)
from headrace.core.functions.settings import Code, Logging, Settings
from headrace.core.machine import Record
from headrace.core.shard import SHARD, ShardOpened
from headrace.core.sqs.attributes import settings_of
from headrace.core.sqs.deduplication import key_of
from headrace.core.sqs.records import MessagesReceived, MessagesSent, QueueCreated
from headrace.ports.journal import Block
from headrace.store.codec import FORMAT, encode_bodies, encode_head
from headrace.store.memory import MemoryDisk
from headrace.testing.clock import START

ACCOUNT, REGION = "000000000000", "us-east-1"
#: Records of one block: what a turn of a busy server brings.
RECORDS_PER_BLOCK = 10
QUEUE, DEAD_LETTERS = 16, 17
FUNCTION = 16
#: What lies in a block for an asynchronous invoke.
ENVELOPE = encode_body(Envelope("8476a536-e9f4-11e8-9739-2dfe598c3fcd", b"{}"))

_STANDARD = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
_FIFO = {
    **_STANDARD,
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}


def arn_of(name: str) -> str:
    """Return the ARN of a queue of these journals."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def created(number: int, name: str, **attributes: str) -> QueueCreated:
    """Return the record of a queue; FIFO when its name says so."""
    settings = {**(_FIFO if name.endswith(".fifo") else _STANDARD), **attributes}
    settings_of(settings)  # raises for what no queue may have
    return QueueCreated(number, START, ACCOUNT, REGION, name, settings, {})


def sent(
    messages: int,
    *,
    run: int = 1,
    delay_s: int = 0,
    groups: int = 0,
    at: int = START,
    is_fifo: bool = False,
) -> Iterator[MessagesSent]:
    """Yield records of sends of `run` messages each, no two at one instant.

    `groups` are taken in turn; none when 0.
    """
    for turn, first in enumerate(range(1, messages + 1, run)):
        names = [f"group-{turn % groups:06d}"] if groups else None
        numbers = range(first, first + run)
        keys = b"".join(key_of(str(number), None) for number in numbers) if is_fifo else b""
        instant = Instant(at + turn)
        yield MessagesSent(QUEUE, instant, first, [delay_s * 1_000], run, names, keys)


def received(messages: int, at: int, visible_at: int) -> Iterator[MessagesReceived]:
    """Yield records that the first messages were received, ten at a time."""
    for first in range(1, messages + 1, 10):
        yield MessagesReceived(QUEUE, Instant(at), Instant(visible_at), [first, 10])


def function_created(name: str) -> FunctionCreated:
    """Return the record of a function."""
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    settings = Settings("python3.11", "app.handler", role, Logging(f"/aws/lambda/{name}"))
    code = Code("ab" * 32, 276)
    return FunctionCreated(FUNCTION, START, ACCOUNT, REGION, name, b"seed" * 4, settings, code, {})


def reserved(concurrency: int) -> ConcurrencyReserved:
    """Return the record of how many invokes of the function run at a time."""
    return ConcurrencyReserved(FUNCTION, START, concurrency)


def accepted(events: int) -> Iterator[EventAccepted]:
    """Yield records of asynchronous invokes, no two at one instant."""
    for number in range(events):
        yield EventAccepted(FUNCTION, Instant(START + number), number)


def failed(events: int, at: int, due_at: int) -> Iterator[EventFailed]:
    """Yield records that the first events failed once."""
    for number in range(events):
        yield EventFailed(FUNCTION, Instant(at), number, 1, Instant(due_at))


def disk_of(records: Iterable[Record], body: bytes = b"0123456789abcdef") -> MemoryDisk:
    """Return a disk whose journal holds these records, some to a block."""
    disk = MemoryDisk()
    _write(disk, [ShardOpened(SHARD, START, b"secret" * 4, "virtual")], body)
    waiting: list[Record] = []
    for record in records:
        waiting.append(record)
        if len(waiting) == RECORDS_PER_BLOCK:
            _write(disk, waiting, body)
            waiting = []
    if waiting:
        _write(disk, waiting, body)
    return disk


def copy_of(disk: MemoryDisk) -> MemoryDisk:
    """Return a disk with the same blocks, for another life."""
    copy = MemoryDisk()
    copy.blocks, copy.last_seq = dict(disk.blocks), disk.last_seq
    return copy


def _write(disk: MemoryDisk, records: list[Record], body: bytes) -> None:
    keys = [
        (record.machine, number)
        for record in records
        if isinstance(record, MessagesSent)
        for number in range(record.first, record.first + record.count)
    ]
    keys += [
        (record.machine, 2 * record.number)
        for record in records
        if isinstance(record, EventAccepted)
    ]
    disk.last_seq += 1
    disk.blocks[disk.last_seq] = Block(
        seq=disk.last_seq,
        epoch=1,
        at=records[-1].at,
        format=FORMAT,
        head=encode_head(records, len(keys)),
        bodies=encode_bodies(keys, [body] * len(keys)),
    )
