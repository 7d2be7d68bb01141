"""What a mapping asks the shell to do.

Each `Poll` ends in exactly one `Polled` or `PollFailed` of its number, each `InvokeBatch` in one
`BatchFinished`; the others end in nothing.
"""

import msgspec

from headrace.base.instant import Instant


class Poll(msgspec.Struct, frozen=True, gc=False):
    """Receive from a queue; wait until messages arrive or `StopPolling` comes.

    `window_ms`, with the timeouts of queue and function as they are then, makes the visibility
    timeout of the receive (`batch.visibility_timeout_ms`).
    """

    mapping: int
    poll: int  #: Of this mapping: 1, 2, 3, ...
    source_arn: str
    function_arn: str
    at_most: int
    window_ms: int


class StopPolling(msgspec.Struct, frozen=True, gc=False):
    """Let the receive of a `Poll` end now; what it has received already is still `Polled`."""

    mapping: int
    poll: int


class InvokeBatch(msgspec.Struct, frozen=True, gc=False):
    """Invoke the function with an event document, unless `expires_at` has come."""

    mapping: int
    batch: int  #: Of this mapping: 1, 2, 3, ...; a batch that is tried again keeps its number.
    function_arn: str
    payload: bytes
    expires_at: Instant  #: When the first of its messages is visible again.
    trace_header: str = ""  #: Of the message with the most turns; the invoke continues its chain.


class DeleteBatch(msgspec.Struct, frozen=True):
    """Delete messages that were handled, or that no function was to see."""

    mapping: int
    source_arn: str
    receipt_handles: tuple[str, ...]
    filtered: bool = False  #: They passed no filter: nothing was invoked with them.


class DropLooping(msgspec.Struct, frozen=True):
    """Take messages of a loop out of the queue, into its dead-letter queue if it has one."""

    mapping: int
    source_arn: str
    receipt_handles: tuple[str, ...]


class GiveBack(msgspec.Struct, frozen=True):
    """Undo the receive of messages that the function has not had."""

    mapping: int
    source_arn: str
    receipt_handles: tuple[str, ...]
