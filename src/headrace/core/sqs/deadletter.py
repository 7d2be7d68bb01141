"""Move messages that were received too often to another queue, in one step.

A message moves when a receive meets it that would be one too many, never by time (spec/sqs.md
7.1). It keeps its id, body, send instant, first receive and count (7.2); the count that
maxReceiveCount is compared with starts anew in the other queue (12, Q5).
"""

from collections.abc import Sequence

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
    arrivals = [
        Arrival(
            block=slot.block,
            home=slot.home,
            home_number=slot.home_number,
            sent_at=slot.sent_at,
            first_received_at=slot.first_received_at,
            receive_count=slot.receive_count,
        )
        for slot in slots
    ]
    departed = MessagesDeparted(source.number, now, [slot.number for slot in slots])
    arrived = MessagesArrived(target.number, now, target.next_message, source.arn, arrivals)
    target.arrive(arrivals, source.arn, now)
    return [Remember(departed), Remember(arrived)]
