"""One log group: everything durable of it but its events."""

import msgspec

from headrace.base.arn import partition_of
from headrace.base.instant import Instant
from headrace.core.logs.commands import GroupPlace
from headrace.core.logs.events import GroupKey
from headrace.core.logs.limits import MS_PER_DAY
from headrace.core.logs.records import LogGroupCreated, LogGroupTagged, RetentionSet
from headrace.core.machine import Record

#: First byte of a snapshot.
SNAPSHOT_FORMAT = b"\x01"


class LogGroup(msgspec.Struct, frozen=True, array_like=True):
    """A group's whole durable state; new fields go to the end with a default."""

    number: int  #: Of its machine; no other group ever has it.
    account: str
    region: str
    name: str
    created_at: Instant
    tags: dict[str, str] = {}
    group_class: str = "STANDARD"
    kms_key_id: str = ""
    retention_days: int | None = None  #: None: events are kept for ever.

    @property
    def place(self) -> GroupPlace:
        """Whose it is, and its name."""
        return GroupPlace(self.account, self.region, self.name)

    @property
    def arn(self) -> str:
        """Its ARN, without the star that old answers put behind it."""
        partition = partition_of(self.region)
        return f"arn:{partition}:logs:{self.region}:{self.account}:log-group:{self.name}"

    @property
    def key(self) -> GroupKey:
        """What the store knows it by."""
        return GroupKey(self.number, self.name)

    def kept_since(self, now: Instant) -> Instant:
        """Return how old an event may be at most; older ones are not shown."""
        if self.retention_days is None:
            return Instant(0)
        return Instant(max(0, now - self.retention_days * MS_PER_DAY))


def created(record: LogGroupCreated) -> LogGroup:
    """Return a new group."""
    return LogGroup(
        number=record.machine,
        account=record.account,
        region=record.region,
        name=record.name,
        created_at=record.at,
        tags=record.tags,
        group_class=record.group_class,
        kms_key_id=record.kms_key_id,
    )


def altered(group: LogGroup, record: Record) -> LogGroup:
    """Return a group after any other fact about it."""
    if isinstance(record, RetentionSet):
        return msgspec.structs.replace(group, retention_days=record.days)
    assert isinstance(record, LogGroupTagged)
    return msgspec.structs.replace(group, tags=record.tags)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(LogGroup).decode


def encode_snapshot(group: LogGroup) -> bytes:
    """Return a group's state as bytes, a format number first."""
    return SNAPSHOT_FORMAT + _encode(group)


def decode_snapshot(state: bytes) -> LogGroup:
    """Return the group again.

    Raises:
        ValueError: The bytes are in an unknown format.
    """
    if state[:1] != SNAPSHOT_FORMAT:
        raise ValueError("a snapshot of a log group in an unknown format")
    return _decode(memoryview(state)[1:])
