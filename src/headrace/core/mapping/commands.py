"""What can be asked of a mapping, and what it is told (imperative names; facts in the past).

A mapping is named by its machine number: `Mappings.find` gives it for a UUID, in the same turn of
the loop. Each command names its reply.
"""

from enum import Enum

import msgspec

from headrace.base.instant import Instant
from headrace.core.mapping.settings import Settings


class Target(msgspec.Struct, frozen=True, gc=False):
    """What the caller found out about the function."""

    arn: str  #: With the qualifier that was asked for.
    name: str  #: The bare name, for the sentence about a duplicate.
    timeout_s: int


class Source(msgspec.Struct, frozen=True, gc=False):
    """What the caller found out about the queue."""

    arn: str
    visibility_timeout_s: int


class CreateMapping(msgspec.Struct, frozen=True):
    """Create a mapping. Reply: `MappingFound`."""

    seed: bytes  #: What the UUID derives from.
    account: str
    region: str
    source: Source
    target: Target
    settings: Settings  #: `settings.function_arn` equals `target.arn`.
    enabled: bool = True
    tags: dict[str, str] = {}


class Pollers(msgspec.Struct, frozen=True, gc=False):
    """What an update says of provisioned mode; without either number the mode ends."""

    least: int | None = None  #: None: as before, or the default.
    most: int | None = None


class UpdateMapping(msgspec.Struct, frozen=True):
    """Change some settings, all or none; None keeps. Reply: `MappingFound`."""

    mapping: int
    target: Target | None = None
    source: Source | None = None  #: Given with `target`: its visibility timeout is checked again.
    batch_size: int | None = None
    window_s: int | None = None
    reports_failures: bool | None = None
    maximum_concurrency: int | None = None  #: 0 clears.
    filters: tuple[str, ...] | None = None  #: Empty clears.
    pollers: Pollers | None = None
    metrics: tuple[str, ...] | None = None  #: Empty clears.
    kms_key_arn: str | None = None  #: Empty clears.
    enabled: bool | None = None


class TagMapping(msgspec.Struct, frozen=True):
    """Add tags, or put others in their place. Reply: `Done`."""

    mapping: int
    tags: dict[str, str]


class UntagMapping(msgspec.Struct, frozen=True):
    """Take tags away; keys that are not there are fine. Reply: `Done`."""

    mapping: int
    keys: tuple[str, ...]


class ListMappingTags(msgspec.Struct, frozen=True, gc=False):
    """Read the tags. Reply: `TagsFound`."""

    mapping: int


class DeleteMapping(msgspec.Struct, frozen=True, gc=False):
    """Delete a mapping; batches in hand are finished. Reply: `MappingFound`."""

    mapping: int


class GetMapping(msgspec.Struct, frozen=True, gc=False):
    """Read a mapping. Reply: `MappingFound`."""

    mapping: int


class ListMappings(msgspec.Struct, frozen=True, gc=False):
    """List the mappings of one account and region by UUID. Reply: `MappingsFound`."""

    account: str
    region: str
    source_arn: str = ""  #: Empty: any.
    function_arn: str = ""  #: Empty: any; else the very same text.
    after: str = ""  #: UUIDs behind this one only.
    at_most: int = 100


class MessageAttribute(msgspec.Struct, frozen=True, gc=False):
    """An attribute of a message: name, full DataType, value as text or bytes."""

    name: str
    data_type: str
    value: str | bytes


class PolledMessage(msgspec.Struct, frozen=True):
    """One received message with everything that the event document says of it."""

    message_id: str
    receipt_handle: str
    body: str
    sender_id: str
    sent_at: Instant
    first_received_at: Instant
    receive_count: int
    attributes: tuple[MessageAttribute, ...] = ()
    attributes_md5: str = ""  #: Hex digest of `attributes`; empty when there are none.
    trace_header: str = ""
    turns: int = 0  #: Through the function in the chain that led here; 0 where loops are allowed.
    dead_letter_source_arn: str = ""
    group_id: str = ""
    deduplication_id: str = ""
    sequence_number: str = ""

    @property
    def length(self) -> int:
        """Characters, or bytes, of what its sender wrote: its body and its attributes' values."""
        return len(self.body) + sum([len(one.value) for one in self.attributes])


class Polled(msgspec.Struct, frozen=True):
    """The receive of a `Poll` ended; without messages when it was stopped. Reply: `Done`."""

    mapping: int
    poll: int
    messages: tuple[PolledMessage, ...]
    visible_at: Instant  #: When the lease of these messages ends.
    #: A `payload.Sifter`, and what it made of the messages, if that was done beside the loop.
    sifted: "tuple[object, object] | None" = None


class PollFailed(msgspec.Struct, frozen=True, gc=False):
    """The receive of a `Poll` was refused: no such queue, for example. Reply: `Done`."""

    mapping: int
    poll: int


class Limit(Enum):
    """Whose concurrency an invoke needs room in (spec/lambda.md 6.1)."""

    NONE = "none"  #: Nobody's: it ran where environments are ready ahead of need, or not at all.
    ACCOUNT = "account"  #: What no function of the account has reserved.
    FUNCTION = "function"  #: What is reserved for the function.


class Succeeded(msgspec.Struct, frozen=True, gc=False):
    """Outcome: the function returned this."""

    payload: bytes


class FunctionFailed(msgspec.Struct, frozen=True, gc=False):
    """Outcome: the function raised, timed out, exited or could not be initialised."""


class Throttled(msgspec.Struct, frozen=True, gc=False):
    """Outcome: there was no room for the invoke; nothing ran."""

    limit: Limit = Limit.ACCOUNT  #: Where there was none.


class NotInvoked(msgspec.Struct, frozen=True, gc=False):
    """Outcome: the function is missing or not active, or the service failed; nothing ran."""


class TooLarge(msgspec.Struct, frozen=True, gc=False):
    """Outcome: the event was refused for its size."""


class LeaseOver(msgspec.Struct, frozen=True, gc=False):
    """Outcome: it was too late to invoke, the messages are visible again."""


Outcome = Succeeded | FunctionFailed | Throttled | NotInvoked | TooLarge | LeaseOver


class PlaceFreed(msgspec.Struct, frozen=True, gc=False):
    """An invoke of somebody else than a mapping has ended. Reply: `Done`."""

    function_arn: str
    frees: Limit  #: Where the invoke had its place, which is free now.


class BatchFinished(msgspec.Struct, frozen=True):
    """The invoke of an `InvokeBatch` ended. Reply: `Done`."""

    mapping: int
    batch: int
    outcome: Outcome
    frees: Limit = Limit.NONE  #: Where the invoke had its place, which is free now.
