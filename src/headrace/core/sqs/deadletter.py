"""Move messages to another queue in one step, as what they are or as new messages.

A message that was received too often moves when a receive meets it that would be one too many,
never by time (spec/sqs.md 7.1). It keeps its id, body, send instant, first receive and count (7.2);
the count that maxReceiveCount is compared with starts anew in the other queue (12, Q5). A move task
makes a new message of it, with the same body (7.4).
"""

from collections.abc import Sequence

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import Remember
from headrace.core.sqs.queue import Queue
from headrace.core.sqs.records import Arrival, MessagesArrived, MessagesDeparted
from headrace.core.sqs.touched import Slot


def move(source: Queue, target: Queue, slots: Sequence[Slot], now: Instant) -> list[Remember]:
    """Let messages that have left `source` arrive in `target`, which may be the same queue.

    Returns:
        Both records, which must come into one block.
    """
    arrivals = [_arrival_of(slot) for slot in slots]
    return [depart(source, slots, now), _arrive(target, arrivals, source.arn, now)]


def depart(source: Queue, slots: Sequence[Slot], now: Instant) -> Remember:
    """Return the record that messages have left `source`."""
    return Remember(MessagesDeparted(source.number, now, [slot.number for slot in slots]))


def arrive_anew(target: Queue, slots: Sequence[Slot], now: Instant) -> Remember:
    """Let messages that have left some queue arrive in `target` as if they were sent now.

    Returns:
        The record, which must come into one block with their departure.
    """
    first = target.next_message
    arrivals = [
        msgspec.structs.replace(
            _arrival_of(slot),
            sent_at=now,
            first_sent_at=Instant(0),
            first_received_at=Instant(0),
            receive_count=0,
            id_home=target.number,
            id_number=number,
        )
        for number, slot in enumerate(slots, first)
    ]
    return _arrive(target, arrivals, "", now)


def _arrival_of(slot: Slot) -> Arrival:
    return Arrival(
        block=slot.block,
        home=slot.home,
        home_number=slot.home_number,
        sent_at=slot.sent_at,
        first_received_at=slot.first_received_at,
        receive_count=slot.receive_count,
        id_home=slot.id_home,
        id_number=slot.id_number,
        group=slot.group,
        first_sent_at=slot.first_sent_at,
    )


def _arrive(target: Queue, arrivals: list[Arrival], source_arn: str, now: Instant) -> Remember:
    record = MessagesArrived(target.number, now, target.next_message, source_arn, arrivals)
    target.arrive(arrivals, source_arn, now)
    return Remember(record)
