"""One mapping as it is remembered: settings, state, and the time at which the state settles.

What is set becomes effective when the state has settled (spec/esm.md 1.5), so a mapping has two
sets of settings: those that its user reads, and those that rule now.
"""

import msgspec

from headrace.base.instant import Instant
from headrace.core.mapping.records import MappingCreated, MappingDeletionBegun, MappingUpdated
from headrace.core.mapping.replies import MappingFound
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.state import POLLING, SETTLES_TO, State

#: Format number of `encode`; a new layout takes the next one and the old reader stays.
FORMAT = 1


class Mapping(msgspec.Struct, array_like=True):
    """The durable side of a mapping."""

    uuid: str
    account: str
    region: str
    source_arn: str
    settings: Settings
    in_force: Settings
    state: State
    settles_at: Instant | None  #: None: the state is settled.
    last_modified: Instant
    tags: dict[str, str]

    @property
    def polls(self) -> bool:
        """Whether messages are asked for."""
        return self.state in POLLING

    @property
    def is_settled(self) -> bool:
        """Whether it may be changed."""
        return self.settles_at is None

    def update(self, record: MappingUpdated) -> None:
        """Take over what was changed."""
        self.settings = record.settings
        self.state = record.state
        self.settles_at = record.settles_at
        self.last_modified = record.at
        if record.settles_at is None:
            self.in_force = record.settings

    def begin_deletion(self, record: MappingDeletionBegun) -> None:
        """Go from here to nowhere."""
        self.state = State.DELETING
        self.settles_at = record.settles_at
        self.last_modified = record.at

    def settle(self) -> bool:
        """Arrive where the state leads; return whether the mapping still exists."""
        arrived = SETTLES_TO[self.state]
        if arrived is None:
            return False
        self.state = arrived
        self.settles_at = None
        self.in_force = self.settings
        return True

    def found(self) -> MappingFound:
        """Return the mapping as its user reads it."""
        return MappingFound(
            self.uuid,
            self.account,
            self.region,
            self.source_arn,
            self.settings,
            self.state,
            self.last_modified,
        )


def mapping_of(record: MappingCreated) -> Mapping:
    """Return the mapping that was created."""
    return Mapping(
        record.uuid,
        record.account,
        record.region,
        record.source_arn,
        record.settings,
        record.settings,
        record.state,
        record.settles_at,
        record.at,
        record.tags,
    )


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Mapping).decode
_FORMAT_BYTE = bytes([FORMAT])


def encode(mapping: Mapping) -> bytes:
    """Return the bytes of a snapshot."""
    return _FORMAT_BYTE + _encode(mapping)


def decode(data: bytes) -> Mapping:
    """Return the mapping again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a snapshot of ours.
    """
    if not data or data[0] != FORMAT:
        raise ValueError("a snapshot of a mapping in an unknown format")
    return _decode(memoryview(data)[1:])
