"""What has happened to a mapping and must be remembered (past tense, tags 200 to 299)."""

from headrace.base.instant import Instant
from headrace.core.machine import Record
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.state import State


class MappingCreated(Record, frozen=True, array_like=True, tag=200):
    """A mapping was created."""

    uuid: str
    account: str
    region: str
    source_arn: str
    settings: Settings
    state: State
    settles_at: Instant | None  #: None: the state is settled.
    tags: dict[str, str]


class MappingUpdated(Record, frozen=True, array_like=True, tag=201):
    """Settings were changed, or the mapping was switched on or off."""

    settings: Settings
    state: State
    settles_at: Instant | None


class MappingDeletionBegun(Record, frozen=True, array_like=True, tag=202):
    """A mapping was deleted; it is gone at `settles_at`."""

    settles_at: Instant


class MappingTagged(Record, frozen=True, array_like=True, tag=203):
    """The tags of a mapping are these from now on."""

    tags: dict[str, str]
