"""What a queue counts for those who watch it; volatile, since the server's start."""

import msgspec


class QueueTally(msgspec.Struct, gc=False):
    """Messages, but for the last: all counts only grow."""

    sent: int = 0  #: By senders; not what came from other queues.
    received: int = 0  #: Handed out, again for each receive.
    deleted: int = 0
    dead_lettered: int = 0  #: Left for the dead-letter queue.
    expired: int = 0
    empty_receives: int = 0  #: Receives that were answered without a message.
