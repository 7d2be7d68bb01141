"""What happened to messages on their way to a function: told to the history, never replayed.

The journal's records say what became of a message; these say why. They are records in form, so that
one reader reads both, but no room writes them to the journal or loads them: they lie in the history
alone (ports/history.py). `machine` is the mapping. Tags 220 to 229.
"""

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import Record


class Told(msgspec.Struct, frozen=True, gc=False):
    """Effect: tell the history."""

    decision: Record


class MessagesPolled(Record, frozen=True, tag=220):
    """A mapping received these messages."""

    source_arn: str
    ids: list[str]
    body_bytes: list[int]  #: Of each.
    senders: list[str]  #: Sender id of each; one for all of them where they are the same.
    visible_at: Instant  #: When the lease of these messages ends.


class MessagesFiltered(Record, frozen=True, tag=221):
    """Messages passed no filter of their mapping: they are deleted, and no function saw them."""

    source_arn: str
    ids: list[str]
    reasons: list[str]  #: What of each did not fit.


class BatchStarted(Record, frozen=True, tag=222):
    """A batch goes to the function, for the first time or again."""

    batch: int  #: Of this mapping since the server's start.
    attempt: int
    function_arn: str
    ids: list[str]


class BatchInvoked(Record, frozen=True, tag=223):
    """How the invoke of a batch ended, and where it ran."""

    batch: int
    request_id: str
    is_answered: bool  #: The function returned; else the texts say what went wrong.
    log_stream: str = ""  #: Of the environment; empty: nothing ran.
    version: str = ""
    error_type: str = ""
    error_message: str = ""  #: Cut (`core.functions.failure`).


class BatchEnded(Record, frozen=True, tag=224):
    """What a mapping made of the end of an invoke."""

    batch: int
    failed: list[str]  #: Ids of those that are not deleted; all of them, unless it succeeded.
    retry_at: Instant = Instant(0)  #: When the same batch goes to the function again; 0: never.
    is_report: bool = False  #: The function itself reported the failed ones.


class MessagesLetGo(Record, frozen=True, tag=225):
    """A mapping lets go of messages without an invoke; they come back by their visibility."""

    ids: list[str]
    reason: str


class ServerStarted(Record, frozen=True, tag=226):
    """The server started: environments and batches of before are gone. The machine is the shard."""

    version: str


DECISIONS: tuple[type[Record], ...] = (
    MessagesPolled,
    MessagesFiltered,
    BatchStarted,
    BatchInvoked,
    BatchEnded,
    MessagesLetGo,
    ServerStarted,
)
