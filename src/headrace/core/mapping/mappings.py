"""The room of all event source mappings of a shard."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from headrace.base.instant import Instant, later
from headrace.core.deadlines import Deadlines
from headrace.core.machine import BodyAddress, Numbers, Record, Remember, Reply
from headrace.core.mapping import mapping as durable
from headrace.core.mapping import tags
from headrace.core.mapping.batch import Batch
from headrace.core.mapping.commands import (
    BatchFinished,
    CreateMapping,
    DeleteMapping,
    GetMapping,
    ListMappings,
    ListMappingTags,
    PlaceFreed,
    Polled,
    PollFailed,
    TagMapping,
    Target,
    UntagMapping,
    UpdateMapping,
)
from headrace.core.mapping.deliveries import Deliveries, Notice
from headrace.core.mapping.errors import MappingInUse, MappingNotFound, ResourceConflict
from headrace.core.mapping.limits import LIST_PAGE_MAX, SETTLE_MS
from headrace.core.mapping.mapping import Mapping, mapping_of
from headrace.core.mapping.payload import Sifter
from headrace.core.mapping.records import (
    MappingCreated,
    MappingDeletionBegun,
    MappingTagged,
    MappingUpdated,
)
from headrace.core.mapping.replies import Done, MappingsFound, TagsFound
from headrace.core.mapping.settings import Settings, check_settings, check_timeouts, pollers
from headrace.core.mapping.state import SETTLES_TO, State, created, updated
from headrace.core.mapping.tally import Tally

_DONE = Done()

#: The value of a reply, and effects beside it.
Decision = tuple[Any, list[Any]]


class Mappings:
    """Takes commands for mappings by number, keeps what is durable apart from what is under way."""

    commands: tuple[type, ...] = (
        CreateMapping,
        UpdateMapping,
        DeleteMapping,
        GetMapping,
        ListMappings,
        TagMapping,
        UntagMapping,
        ListMappingTags,
        Polled,
        PollFailed,
        BatchFinished,
        PlaceFreed,
    )
    growing: tuple[type, ...] = (CreateMapping, TagMapping)
    records: tuple[type[Record], ...] = (
        MappingCreated,
        MappingUpdated,
        MappingDeletionBegun,
        MappingTagged,
    )

    def __init__(self, numbers: Numbers, settle_ms: int = SETTLE_MS) -> None:
        """Start without mappings; `settle_ms` is how long Creating, Updating and so on last."""
        self._numbers = numbers
        self._settle_ms = settle_ms
        self._mappings: dict[int, Mapping] = {}
        self._by_uuid: dict[str, int] = {}
        self._deliveries = Deliveries()
        self._deadlines: Deadlines[int] = Deadlines()
        self._now = Instant(0)
        self._deciders: dict[type, Callable[[Any, Instant], Decision]] = {
            CreateMapping: self._create,
            UpdateMapping: self._update,
            DeleteMapping: self._delete,
            GetMapping: self._get,
            ListMappings: self._list,
            TagMapping: self._tag,
            UntagMapping: self._tag,
            ListMappingTags: self._list_tags,
            Polled: self._told,
            PollFailed: self._told,
            BatchFinished: self._told,
            PlaceFreed: self._told,
        }

    # --- look-ups --------------------------------------------------------------------------------

    def find(self, account: str, region: str, uuid: str) -> int:
        """Return the machine number of a mapping.

        Raises:
            MappingNotFound: This account has no mapping with this UUID in this region.
        """
        number = self._by_uuid.get(uuid.lower(), 0)
        mapping = self._mappings.get(number)
        if mapping is None or (mapping.account, mapping.region) != (account, region):
            raise MappingNotFound
        return number

    def describe(self, mapping: int) -> Mapping | None:
        """Return a mapping by its number; None when it is gone."""
        return self._mappings.get(mapping)

    def tally(self, mapping: int) -> Tally:
        """Return what a mapping has counted since the last start."""
        return self._deliveries.tally(mapping)

    def sifter(self, mapping: int) -> Sifter | None:
        """Return what sifts the messages of a mapping as it is now; None: it asks for none."""
        return self._deliveries.sifter(mapping)

    def running(self, mapping: int) -> int:
        """Return how many batches of a mapping are with its function."""
        delivery = self._deliveries.by_mapping.get(mapping)
        return 0 if delivery is None else delivery.running

    def in_hand(self) -> Iterator[tuple[int, str, Batch]]:
        """Go through what all mappings have received and not let go of, with mapping and queue."""
        return self._deliveries.in_hand()

    @property
    def has_waiting(self) -> bool:
        """Whether the batches of a mapping wait for room under some limit."""
        return self._deliveries.has_waiting

    # --- the room --------------------------------------------------------------------------------

    def apply(self, command: Any, now: Instant, ticket: int) -> list[Any]:
        """Decide a command; see `core.machine.Room`."""
        self._pass_to(now)
        value, effects = self._deciders[type(command)](command, now)
        effects.append(Reply(ticket, value))
        return effects

    def next_deadline(self) -> Instant | None:
        """Return when `wake` has something to do next."""
        return self._deadlines.next()

    def wake(self, now: Instant, at_most: int) -> list[Any]:
        """Let time pass to `now`: states settle, windows end, retries and slots fall due."""
        self._pass_to(now)
        effects: list[Any] = []
        for _ in range(at_most):
            due = self._deadlines.take_due(now)
            if due is None:
                break
            at, number = due
            mapping = self._mappings.get(number)
            if mapping is not None and mapping.settles_at == at:
                self._settle(number, mapping)
                effects += self._follow_state(number, at)
            else:
                effects += self._deliveries.wake(number, at)
            self._rest(number)
        return effects

    def resume(self, now: Instant) -> list[Any]:
        """Ask for messages again wherever they should be asked for."""
        effects: list[Any] = []
        for number in self._mappings:
            effects += self._follow_state(number, now)
            self._rest(number)
        return effects

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact; states settle on the way there."""
        self._settle_until(record.at)
        self._numbers.saw(record.machine)
        self._absorb(record)
        self._rest(record.machine)

    def machines(self) -> Iterable[int]:
        """Return the numbers of the mappings that live here."""
        return self._mappings.keys()

    def snapshot(self, machine: int) -> bytes:
        """Return the durable side of a mapping."""
        return durable.encode(self._mappings[machine])

    def load(self, machine: int, state: bytes) -> None:
        """Add a mapping from its snapshot."""
        mapping = durable.decode(state)
        self._numbers.saw(machine)
        self._mappings[machine] = mapping
        self._by_uuid[mapping.uuid] = machine
        self._rest(machine)

    def count_bodies(self) -> dict[int, int]:
        """Return nothing: mappings keep no bodies."""
        return {}

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return nothing: mappings keep no bodies."""
        return []

    # --- what its users ask ----------------------------------------------------------------------

    def _create(self, command: CreateMapping, now: Instant) -> Decision:
        check_timeouts(command.source.visibility_timeout_s, command.target.timeout_s)
        check_settings(command.settings, command.source.arn)
        tags.check(command.tags)
        self._refuse_duplicate(command.source.arn, command.target, besides=0)
        state = created(enabled=command.enabled)
        record = MappingCreated(
            machine=self._numbers.take(),
            at=now,
            uuid=_uuid_of(command.seed),
            account=command.account,
            region=command.region,
            source_arn=command.source.arn,
            settings=command.settings,
            state=state,
            settles_at=self._settles_at(state, now),
            tags=command.tags,
        )
        return self._take_fact(record, now)

    def _update(self, command: UpdateMapping, now: Instant) -> Decision:
        mapping = self._changeable(command.mapping, "update")
        if command.target is not None and command.source is not None:
            check_timeouts(command.source.visibility_timeout_s, command.target.timeout_s)
        settings = _merged(mapping.settings, command)
        check_settings(settings, mapping.source_arn)
        if command.target is not None:
            self._refuse_duplicate(mapping.source_arn, command.target, besides=command.mapping)
        state = updated(mapping.state, enabled=command.enabled)
        settles_at = self._settles_at(state, now)
        record = MappingUpdated(command.mapping, now, settings, state, settles_at)
        return self._take_fact(record, now)

    def _delete(self, command: DeleteMapping, now: Instant) -> Decision:
        self._changeable(command.mapping, "delete")
        gone_at = later(now, self._settle_ms)
        return self._take_fact(MappingDeletionBegun(command.mapping, now, gone_at), now)

    def _get(self, command: GetMapping, now: Instant) -> Decision:
        return self._mappings[command.mapping].found(), []

    def _list(self, command: ListMappings, now: Instant) -> Decision:
        page_size = max(1, min(command.at_most, LIST_PAGE_MAX))
        found = sorted(
            uuid
            for uuid, number in self._by_uuid.items()
            if uuid > command.after and _matches(self._mappings[number], command)
        )
        page = tuple(self._mappings[self._by_uuid[uuid]].found() for uuid in found[:page_size])
        return MappingsFound(page, more=len(found) > page_size), []

    def _tag(self, command: TagMapping | UntagMapping, now: Instant) -> Decision:
        record = tags.decide(command, self._mappings[command.mapping].tags, now)
        self._absorb(record)
        self._deliveries.follow_tags(command.mapping, record.tags)
        return _DONE, [Remember(record)]

    def _list_tags(self, command: ListMappingTags, now: Instant) -> Decision:
        return TagsFound(self._mappings[command.mapping].tags), []

    # --- what the shell tells --------------------------------------------------------------------

    def _told(self, command: Notice, now: Instant) -> Decision:
        effects, numbers = self._deliveries.take(command, now)
        for number in numbers:
            self._rest(number)
        return _DONE, effects

    # --- facts and time --------------------------------------------------------------------------

    def _take_fact(self, record: Record, now: Instant) -> Decision:
        self._absorb(record)
        effects: list[Any] = [Remember(record)]
        effects += self._follow_state(record.machine, now)
        self._rest(record.machine)
        return self._mappings[record.machine].found(), effects

    def _absorb(self, record: Record) -> None:
        """Apply a fact, new or read again."""
        match record:
            case MappingCreated():
                self._mappings[record.machine] = mapping_of(record)
                self._by_uuid[record.uuid] = record.machine
            case MappingUpdated():
                self._mappings[record.machine].update(record)
            case MappingTagged():
                self._mappings[record.machine].tags = record.tags
            case MappingDeletionBegun():
                self._mappings[record.machine].begin_deletion(record)
            case _:
                raise AssertionError(f"no record of a mapping: {record!r}")

    def _settles_at(self, state: State, now: Instant) -> Instant | None:
        return later(now, self._settle_ms) if state in SETTLES_TO else None

    def _settle(self, number: int, mapping: Mapping) -> None:
        if not mapping.settle():
            del self._mappings[number]
            del self._by_uuid[mapping.uuid]

    def _settle_until(self, at: Instant) -> None:
        """While replaying nothing is under way, so all that falls due is states that settle."""
        while (due := self._deadlines.take_due(at)) is not None:
            _, number = due
            self._settle(number, self._mappings[number])
            self._rest(number)

    def _follow_state(self, number: int, now: Instant) -> list[Any]:
        """Start or stop asking for messages, as the state says."""
        return self._deliveries.follow(number, self._mappings.get(number), now)

    def _rest(self, number: int) -> None:
        """Note the next deadline of a mapping; forget it when it is gone and nothing is in hand."""
        mapping = self._mappings.get(number)
        settles_at = mapping.settles_at if mapping is not None else None
        works_at = self._deliveries.rest(number, is_gone=mapping is None)
        if settles_at is not None and (works_at is None or settles_at <= works_at):
            self._deadlines.put(number, settles_at)
        elif works_at is not None:
            self._deadlines.put(number, works_at)
        else:
            self._deadlines.withdraw(number)

    def _pass_to(self, now: Instant) -> None:
        assert now >= self._now, "time went back"
        self._now = now

    def _changeable(self, number: int, verb: str) -> Mapping:
        mapping = self._mappings[number]
        if not mapping.is_settled:
            raise MappingInUse(verb)
        return mapping

    def _refuse_duplicate(self, source_arn: str, target: Target, besides: int) -> None:
        for number, mapping in self._mappings.items():
            same = (mapping.source_arn, mapping.settings.function_arn) == (source_arn, target.arn)
            if same and number != besides:
                raise ResourceConflict(source_arn, target.name, mapping.uuid)


def _merged(settings: Settings, command: UpdateMapping) -> Settings:
    """Return the settings after an update; None keeps."""
    least, most = settings.minimum_pollers, settings.maximum_pollers
    if command.pollers is not None:
        least, most = pollers(command.pollers.least, command.pollers.most, settings)

    def changed(new: Any, old: Any) -> Any:
        return old if new is None else new

    return Settings(
        function_arn=command.target.arn if command.target else settings.function_arn,
        batch_size=changed(command.batch_size, settings.batch_size),
        window_s=changed(command.window_s, settings.window_s),
        reports_failures=changed(command.reports_failures, settings.reports_failures),
        maximum_concurrency=changed(command.maximum_concurrency, settings.maximum_concurrency),
        filters=changed(command.filters, settings.filters),
        minimum_pollers=least,
        maximum_pollers=most,
        metrics=changed(command.metrics, settings.metrics),
        kms_key_arn=changed(command.kms_key_arn, settings.kms_key_arn),
    )


def _matches(mapping: Mapping, command: ListMappings) -> bool:
    return (
        (mapping.account, mapping.region) == (command.account, command.region)
        and command.source_arn in ("", mapping.source_arn)
        and command.function_arn in ("", mapping.settings.function_arn)
    )


def _uuid_of(seed: bytes) -> str:
    """Return a version-4 UUID that derives from a command's seed."""
    digest = bytearray(hashlib.blake2b(seed, digest_size=16, person=b"mapping uuid").digest())
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
