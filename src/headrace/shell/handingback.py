"""What mappings hold and no function runs, given back to its queues when the server stops.

A message that waits for a window, a slot or room would else come back by its visibility timeout,
with a receive that nobody had: with a maxReceiveCount of 1 it would be a dead letter.
"""

from collections.abc import Collection, Iterator

from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError
from headrace.core.sqs.commands import ReturnMessages
from headrace.shell.rooms import Rooms

#: A batch: (mapping, batch).
Key = tuple[int, int]


def returns_of(rooms: Rooms, running: Collection[Key]) -> Iterator[ReturnMessages]:
    """Yield a command for each batch that is not among those that run."""
    for mapping, source_arn, batch in rooms.mappings.in_hand():
        if (mapping, batch.number) in running:
            continue
        arn = parse_arn(source_arn)
        try:
            queue = rooms.queues.find(arn.account, arn.region, arn.resource)
        except ServiceError:
            continue  # the queue went, and its messages with it
        receipts = filter(None, map(rooms.queues.receipts.read, batch.handles))
        receives = tuple((number, count) for machine, number, count in receipts if machine == queue)
        if receives:
            yield ReturnMessages(queue, receives)
