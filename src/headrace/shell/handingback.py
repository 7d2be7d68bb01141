"""What mappings hold and no function runs, given back to its queues.

So when the server stops, and when a batch waits too long for a slot. A message that waits for a
window, a slot or room would else come back by its visibility timeout, with a receive that nobody
had: with a maxReceiveCount of 1 it would be a dead letter.
"""

from collections.abc import Collection, Iterable, Iterator

from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError
from headrace.core.sqs.commands import ReturnMessages
from headrace.core.sqs.queues import Queues
from headrace.shell.rooms import Rooms

#: A batch: (mapping, batch).
Key = tuple[int, int]


def returns_of(rooms: Rooms, running: Collection[Key]) -> Iterator[ReturnMessages]:
    """Yield a command for each batch that is not among those that run."""
    for mapping, source_arn, batch in rooms.mappings.in_hand():
        if (mapping, batch.number) in running:
            continue
        command = return_of(rooms.queues, source_arn, batch.handles)
        if command is not None:
            yield command


def return_of(queues: Queues, source_arn: str, handles: Iterable[str]) -> ReturnMessages | None:
    """Return a command that undoes receives of a queue; None: there is nothing to undo."""
    queue = queue_of(queues, source_arn)
    if queue is None:
        return None
    receipts = filter(None, map(queues.receipts.read, handles))
    receives = tuple((number, count) for machine, number, count in receipts if machine == queue)
    return ReturnMessages(queue, receives) if receives else None


def queue_of(queues: Queues, source_arn: str) -> int | None:
    """Return the number of a queue; None: it went, and its messages with it."""
    arn = parse_arn(source_arn)
    try:
        return queues.find(arn.account, arn.region, arn.resource)
    except ServiceError:
        return None
