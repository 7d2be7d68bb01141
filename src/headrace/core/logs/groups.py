"""The room of all log groups of a shard.

A group's events are no state of its machine: they lie in files, which may be lost without harm to
what is asked here. So what is recorded is small, and writing a log line costs the journal nothing.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from headrace.base.instant import Instant, later
from headrace.core.deadlines import Deadlines
from headrace.core.logs.commands import (
    CreateLogGroup,
    DeleteLogGroup,
    GroupPlace,
    NoteLogGroup,
    SetRetention,
    TagLogGroup,
    UntagLogGroup,
)
from headrace.core.logs.effects import DropEvents, ExpireEvents
from headrace.core.logs.errors import (
    InvalidParameter,
    ResourceAlreadyExists,
    TooManyTags,
    no_group,
)
from headrace.core.logs.group import (
    LogGroup,
    altered,
    created,
    decode_snapshot,
    encode_snapshot,
)
from headrace.core.logs.limits import EXPIRE_EVERY_MS, RETENTION_DAYS, TAGS_MAX
from headrace.core.logs.records import (
    RECORDS,
    LogGroupCreated,
    LogGroupDeleted,
    LogGroupTagged,
    RetentionSet,
)
from headrace.core.logs.replies import Done, GroupNoted
from headrace.core.machine import BodyAddress, Numbers, Record, Remember, Reply

#: The value of a reply, and the fact that was decided, if any.
Decision = tuple[Any, Record | None]


class LogGroups:
    """All log groups of a shard (`core.machine.Room`)."""

    commands: tuple[type, ...] = (
        CreateLogGroup,
        NoteLogGroup,
        DeleteLogGroup,
        SetRetention,
        TagLogGroup,
        UntagLogGroup,
    )
    growing: tuple[type, ...] = (CreateLogGroup, NoteLogGroup, TagLogGroup)
    records: tuple[type[Record], ...] = RECORDS

    def __init__(self, numbers: Numbers) -> None:
        """Start without groups."""
        self._numbers = numbers
        self._groups: dict[int, LogGroup] = {}
        self._by_place: dict[GroupPlace, int] = {}
        self._places: list[GroupPlace] = []  #: In their order, so that lists need no sorting.
        #: When old events of groups with a retention are removed next; volatile.
        self._expiries: Deadlines[int] = Deadlines()
        self._deciders: dict[type, Callable[[Any, Instant], Decision]] = {
            CreateLogGroup: self._create,
            NoteLogGroup: self._note,
            DeleteLogGroup: self._delete,
            SetRetention: self._set_retention,
            TagLogGroup: self._tag,
            UntagLogGroup: self._untag,
        }

    # --- look-ups --------------------------------------------------------------------------------

    def get(self, place: GroupPlace) -> LogGroup | None:
        """Return a group, or None if it is not there."""
        number = self._by_place.get(place)
        return None if number is None else self._groups[number]

    def find(self, place: GroupPlace) -> LogGroup:
        """Return a group.

        Raises:
            ResourceNotFound: It is not there.
        """
        group = self.get(place)
        if group is None:
            raise no_group()
        return group

    def behind(self, account: str, region: str, name: str) -> Iterator[LogGroup]:
        """Yield groups by name in ASCII order, from the first one behind `name`."""
        return self.at_or_behind(account, region, f"{name}\0")

    def at_or_behind(self, account: str, region: str, name: str) -> Iterator[LogGroup]:
        """Yield groups by name in ASCII order, from the first one that is not before `name`."""
        first = bisect_left(self._places, GroupPlace(account, region, name))
        for at in range(first, len(self._places)):
            place = self._places[at]
            if (place.account, place.region) != (account, region):
                return
            yield self._groups[self._by_place[place]]

    # --- the room --------------------------------------------------------------------------------

    def apply(self, command: Any, now: Instant, ticket: int) -> list[Any]:
        """Decide a command; see `core.machine.Room`."""
        value, record = self._deciders[type(command)](command, now)
        if record is None:
            return [Reply(ticket, value)]
        before = self._groups.get(record.machine)
        self._absorb(record)
        return [Remember(record), Reply(ticket, value), *self._follow(record.machine, before, now)]

    def next_deadline(self) -> Instant | None:
        """Return when old events are to be removed next."""
        return self._expiries.next()

    def wake(self, now: Instant, at_most: int) -> list[Any]:
        """Have old events removed, once a day for each group that has a retention."""
        effects: list[Any] = []
        for _ in range(at_most):
            due = self._expiries.take_due(now)
            if due is None:
                break
            at, number = due
            effects += self._expire(self._groups[number], at)
        return effects

    def resume(self, now: Instant) -> list[Any]:
        """Have removed what has become too old while nobody looked."""
        effects: list[Any] = []
        for group in self._groups.values():
            effects += self._expire(group, now)
        return effects

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact."""
        self._numbers.saw(record.machine)
        self._absorb(record)

    def machines(self) -> Iterable[int]:
        """Return the numbers of all groups."""
        return self._groups.keys()

    def snapshot(self, machine: int) -> bytes:
        """Return a group's whole durable state."""
        return encode_snapshot(self._groups[machine])

    def load(self, machine: int, state: bytes) -> None:
        """Add a group from its snapshot."""
        self._numbers.saw(machine)
        self._add(decode_snapshot(state))

    def count_bodies(self) -> dict[int, int]:
        """Return nothing: log groups keep no bodies in blocks."""
        return {}

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return nothing: log groups keep no bodies in blocks."""
        return []

    # --- decisions -------------------------------------------------------------------------------

    def _create(self, command: CreateLogGroup, now: Instant) -> Decision:
        if command.place in self._by_place:
            raise ResourceAlreadyExists("The specified log group already exists")
        _check_tags(command.tags)
        return Done(), self._created(
            command.place, now, command.tags, command.group_class, command.kms_key_id
        )

    def _note(self, command: NoteLogGroup, now: Instant) -> Decision:
        number = self._by_place.get(command.place)
        if number is not None:
            return GroupNoted(number), None
        record = self._created(command.place, now, {}, "STANDARD", "")
        return GroupNoted(record.machine), record

    def _created(
        self, place: GroupPlace, now: Instant, tags: dict[str, str], group_class: str, key: str
    ) -> LogGroupCreated:
        number = self._numbers.take()
        return LogGroupCreated(
            number, now, place.account, place.region, place.name, tags, group_class, key
        )

    def _delete(self, command: DeleteLogGroup, now: Instant) -> Decision:
        return Done(), LogGroupDeleted(self.find(command.place).number, now)

    def _set_retention(self, command: SetRetention, now: Instant) -> Decision:
        if command.days is not None and command.days not in RETENTION_DAYS:
            allowed = ", ".join(map(str, RETENTION_DAYS))
            raise InvalidParameter(
                f"1 validation error detected: Value '{command.days}' at 'retentionInDays' failed "
                f"to satisfy constraint: Member must satisfy enum value set: [{allowed}]"
            )
        return Done(), RetentionSet(self.find(command.place).number, now, command.days)

    def _tag(self, command: TagLogGroup, now: Instant) -> Decision:
        group = self.find(command.place)
        tags = {**group.tags, **command.tags}
        _check_tags(tags)
        return Done(), LogGroupTagged(group.number, now, tags)

    def _untag(self, command: UntagLogGroup, now: Instant) -> Decision:
        group = self.find(command.place)
        tags = {key: value for key, value in group.tags.items() if key not in command.keys}
        return Done(), LogGroupTagged(group.number, now, tags)

    # --- what follows from facts -----------------------------------------------------------------

    def _absorb(self, record: Record) -> None:
        if isinstance(record, LogGroupCreated):
            self._add(created(record))
            return
        group = self._groups[record.machine]
        if isinstance(record, LogGroupDeleted):
            del self._groups[record.machine]
            del self._by_place[group.place]
            del self._places[bisect_left(self._places, group.place)]
        else:
            self._groups[record.machine] = altered(group, record)

    def _add(self, group: LogGroup) -> None:
        self._groups[group.number] = group
        self._by_place[group.place] = group.number
        insort(self._places, group.place)

    def _follow(self, number: int, before: LogGroup | None, now: Instant) -> list[Any]:
        """Return what the shell has to do after a change."""
        group = self._groups.get(number)
        if group is None:
            assert before is not None
            self._expiries.withdraw(number)
            return [DropEvents(before)]
        if before is None or before.retention_days == group.retention_days:
            return []
        return self._expire(group, now)

    def _expire(self, group: LogGroup, now: Instant) -> list[Any]:
        """Have what is too old removed, and look again in a day."""
        if group.retention_days is None:
            self._expiries.withdraw(group.number)
            return []
        self._expiries.put(group.number, later(now, EXPIRE_EVERY_MS))
        return [ExpireEvents(group, group.kept_since(now))]


def _check_tags(tags: dict[str, str]) -> None:
    if len(tags) > TAGS_MAX:
        raise TooManyTags(f"A resource can have no more than {TAGS_MAX} tags.")
