"""Facts about log groups; tags 350 to 359."""

from headrace.core.machine import Record


class LogGroupCreated(Record, frozen=True, tag=350):
    """A group is there from now on."""

    account: str
    region: str
    name: str
    tags: dict[str, str]
    group_class: str
    kms_key_id: str


class LogGroupDeleted(Record, frozen=True, tag=351):
    """A group is there no more."""


class RetentionSet(Record, frozen=True, tag=352):
    """A group keeps its events for so many days; None: for ever."""

    days: int | None


class LogGroupTagged(Record, frozen=True, tag=353):
    """A group has these tags, and no others."""

    tags: dict[str, str]


RECORDS: tuple[type[Record], ...] = (
    LogGroupCreated,
    LogGroupDeleted,
    RetentionSet,
    LogGroupTagged,
)
