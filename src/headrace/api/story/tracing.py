"""Follow one message through the records of blocks and the decisions between them.

A message is followed by where it was first written, which its records keep wherever it goes, and in
decisions by its id. Records come in the order in which they were made; what time alone did stands
in none of them and is put between (`visible`, `expired`).
"""

from collections.abc import Callable, Iterable
from typing import Any

from headrace.api.story.event import Event, Known, Life, Place
from headrace.base.arn import queue_arn
from headrace.base.instant import Instant, ms_of_s
from headrace.core.machine import Record
from headrace.core.mapping.decisions import (
    BatchEnded,
    BatchInvoked,
    BatchStarted,
    MessagesFiltered,
    MessagesLetGo,
    MessagesPolled,
    ServerStarted,
)
from headrace.core.mapping.records import MappingCreated, MappingUpdated
from headrace.core.sqs.ranges import numbers_of
from headrace.core.sqs.records import (
    Arrival,
    MessagesArrived,
    MessagesDeleted,
    MessagesDeparted,
    MessagesReceived,
    MessagesReturned,
    MessagesSent,
    QueueAttributesSet,
    QueueCreated,
    QueueDeleted,
    QueuePurged,
    VisibilityChanged,
)

_RETENTION = "MessageRetentionPeriod"


class Tracer:
    """Collects what happened to one message."""

    def __init__(
        self,
        home: int,
        number: int,
        id_of: Callable[[int, int], str],
        life: Life,
        found_at: tuple[int, int] = (0, 0),
    ) -> None:
        """Follow the message that was first number `number` of queue `home`.

        Args:
            found_at: Queue and number where it is now, if that is known: how it came there may have
                been forgotten.
        """
        self.life, self.events = life, life.events
        self.known = Known()
        self.place: Place | None = Place(home, number)  #: None: it is in no queue any more.
        self.first_block = 0  #: Where its body was written; 0: not known.
        self.ids = [id_of(home, number)]  #: Its ids, in order: a move task gives a new one.
        self.body_bytes: int | None = None
        self.sender = ""
        self._home = (home, number)
        self._found_at = found_at
        self._id_of = id_of
        self._due: tuple[Instant, str] | None = None  # when it is visible by time alone, and why
        self._batches: dict[tuple[int, int], BatchStarted] = {}  # with it, and not ended
        self._left_by: tuple[str, int] = ("", 0)  # what a mapping decided last: why it will go
        self._takers: dict[type, Callable[[Any, int], None]] = {
            QueueCreated: self._queue_created,
            QueueAttributesSet: self._attributes_set,
            QueueDeleted: self._queue_deleted,
            QueuePurged: self._purged,
            MessagesSent: self._sent,
            MessagesReceived: self._received,
            MessagesReturned: self._returned,
            MessagesDeleted: self._deleted,
            VisibilityChanged: self._visibility_changed,
            MessagesDeparted: self._departed,
            MessagesArrived: self._arrived,
            MappingCreated: self._mapping_set,
            MappingUpdated: self._mapping_set,
            MessagesPolled: self._polled,
            MessagesFiltered: self._filtered,
            BatchStarted: self._batch_started,
            BatchInvoked: self._batch_invoked,
            BatchEnded: self._batch_ended,
            MessagesLetGo: self._let_go,
            ServerStarted: self._restarted,
        }

    @property
    def home(self) -> tuple[int, int]:
        """Queue and number under which the message was first written."""
        return self._home

    def take(self, records: Iterable[Record], block: int) -> None:
        """Take the records of one block, or decisions (block 0)."""
        takers = self._takers
        for record in records:
            taker = takers.get(type(record))
            if taker is not None:
                taker(record, block)

    def pass_time(self, now: Instant, retention_ms: int) -> None:
        """Let time pass to `now`; `retention_ms` is that of the queue where it is now."""
        place = self.place
        if place is None:
            return
        expires_at = Instant(place.sent_at + retention_ms)
        if place.sent_at and expires_at <= now:
            self._add(
                Event(expires_at, "expired", place.queue, details={"retention": retention_ms})
            )
            self.place = None
        elif self._due is not None and self._due[0] <= now:
            self._show()

    def found_now(self) -> None:
        """All records are taken; where none speaks of it, the message is where it was found."""
        if not self.events and self._found_at[0]:
            self.place = Place(*self._found_at)

    # --- queues ----------------------------------------------------------------------------------

    def _queue_created(self, record: QueueCreated, block: int) -> None:
        self.known.arns[record.machine] = queue_arn(record.region, record.account, record.name)
        self.known.attributes[record.machine] = record.attributes

    def _attributes_set(self, record: QueueAttributesSet, block: int) -> None:
        known = dict(self.known.attributes.get(record.machine, {}))
        if (
            self._is_here(record.machine)
            and _RETENTION in known
            and _RETENTION in record.attributes
        ):
            self.pass_time(record.at, ms_of_s(int(known[_RETENTION])))
        known |= {name: text for name, text in record.attributes.items() if text is not None}
        for name, text in record.attributes.items():
            if text is None:
                known.pop(name, None)
        self.known.attributes[record.machine] = known

    def _queue_deleted(self, record: QueueDeleted, block: int) -> None:
        self._go(record, "queue-deleted")

    def _purged(self, record: QueuePurged, block: int) -> None:
        self._go(record, "purged")

    def _go(self, record: Record, what: str) -> None:
        place = self.place
        # Before its sending is known it may have been sent later.
        if place is not None and self._is_here(record.machine) and (self.events or place.sent_at):
            self._add(Event(record.at, what, record.machine))
            self.place = None

    # --- messages --------------------------------------------------------------------------------

    def _sent(self, record: MessagesSent, block: int) -> None:
        machine, number = self._home
        place = number - record.first
        if record.machine != machine or not 0 <= place < record.count:
            return
        self.first_block = block
        delay_ms = record.delays_ms[min(place, len(record.delays_ms) - 1)]
        details: dict[str, Any] = {}
        if delay_ms:
            details["visible_at"] = record.at + delay_ms
            self._due = Instant(record.at + delay_ms), "delay"
        if record.groups and (group := record.groups[min(place, len(record.groups) - 1)]):
            details["group"] = group
        self.place = Place(machine, number, sent_at=record.at)
        self.life.add(Event(record.at, "sent", machine, details=details))

    def _received(self, record: MessagesReceived, block: int) -> None:
        if not self._concerns(record.machine, numbers_of(record.numbers)):
            return
        assert self.place is not None
        self.place.receives += 1
        details = {"receive": self.place.receives, "visible_at": record.visible_at}
        self._add(Event(record.at, "received", record.machine, details=details))
        self._due = record.visible_at, "timeout"
        self._left_by = ("", 0)

    def _returned(self, record: MessagesReturned, block: int) -> None:
        if self._concerns(record.machine, numbers_of(record.numbers)):
            assert self.place is not None
            self.place.receives -= 1
            self._due = None
            self._add(Event(record.at, "undone", record.machine))

    def _deleted(self, record: MessagesDeleted, block: int) -> None:
        if self._concerns(record.machine, numbers_of(record.numbers)):
            why, mapping = self._left_by
            self._add(
                Event(record.at, "deleted", record.machine, mapping, {"why": why} if why else {})
            )
            self.place = None

    def _visibility_changed(self, record: VisibilityChanged, block: int) -> None:
        if self._concerns(record.machine, record.numbers):
            assert self.place is not None
            visible_at = record.visible_at[record.numbers.index(self.place.number)]
            details = {"visible_at": visible_at}
            self._add(Event(record.at, "visibility", record.machine, details=details))
            self._due = (visible_at, "timeout") if visible_at > record.at else None

    def _departed(self, record: MessagesDeparted, block: int) -> None:
        if self._concerns(record.machine, record.numbers):
            assert self.place is not None
            details: dict[str, Any] = {"receives": self.place.receives}
            attributes = self.known.attributes.get(record.machine, {})
            if "RedrivePolicy" in attributes:
                details["redrive"] = attributes["RedrivePolicy"]
            self._add(Event(record.at, "departed", record.machine, details=details))
            self.place = None

    def _arrived(self, record: MessagesArrived, block: int) -> None:
        for place, arrival in enumerate(record.messages):
            if (arrival.home, arrival.home_number) == self._home:
                self._arrive(record, arrival, record.first + place)

    def _arrive(self, record: MessagesArrived, arrival: Arrival, number: int) -> None:
        self.place = Place(record.machine, number, sent_at=arrival.sent_at)
        details: dict[str, Any] = {"source": record.source_arn} if record.source_arn else {}
        if arrival.id_home:
            new_id = self._id_of(arrival.id_home, arrival.id_number)
            if new_id not in self.ids:
                self.ids.append(new_id)
                details["message_id"] = new_id
        details["receives"] = arrival.receive_count
        self._due = None
        self._add(Event(record.at, "arrived", record.machine, details=details))

    def _is_here(self, machine: int) -> bool:
        return self.place is not None and self.place.queue == machine

    def _concerns(self, machine: int, numbers: Iterable[int]) -> bool:
        place = self.place
        if place is not None and place.queue == machine:
            return place.number in numbers
        if machine == self._found_at[0] and self._found_at[1] in numbers:
            self.place = Place(*self._found_at)
            return True
        return False

    # --- decisions -------------------------------------------------------------------------------

    def _mapping_set(self, record: MappingCreated | MappingUpdated, block: int) -> None:
        uuid, _ = self.known.mappings.get(record.machine, ("", ""))
        if isinstance(record, MappingCreated):
            uuid = record.uuid
        self.known.mappings[record.machine] = uuid, record.settings.function_arn

    def _polled(self, record: MessagesPolled, block: int) -> None:
        place = self._place_in(record.ids)
        if place is None:
            return
        self.body_bytes = record.body_bytes[place]
        self.sender = record.senders[min(place, len(record.senders) - 1)]
        for event in reversed(self.events):
            if event.what == "received" and event.details["visible_at"] == record.visible_at:
                event.mapping = record.machine
                break

    def _filtered(self, record: MessagesFiltered, block: int) -> None:
        place = self._place_in(record.ids)
        if place is not None:
            self._left_by = "filter", record.machine
            details = {"reason": record.reasons[place]}
            self._add(Event(record.at, "filtered", mapping=record.machine, details=details))

    def _batch_started(self, record: BatchStarted, block: int) -> None:
        if self._place_in(record.ids) is None:
            return
        self._batches[record.machine, record.batch] = record
        details = {
            "batch": record.batch,
            "messages": len(record.ids),
            "attempt": record.attempt,
            "function": record.function_arn,
        }
        self._add(Event(record.at, "handed", mapping=record.machine, details=details))

    def _batch_invoked(self, record: BatchInvoked, block: int) -> None:
        if (record.machine, record.batch) not in self._batches:
            return
        details: dict[str, Any] = {"batch": record.batch, "request_id": record.request_id}
        if record.log_stream:
            details |= {"log_stream": record.log_stream, "version": record.version}
        if not record.is_answered:
            details |= {"error_type": record.error_type, "error_message": record.error_message}
        self._add(Event(record.at, "invoked", mapping=record.machine, details=details))

    def _batch_ended(self, record: BatchEnded, block: int) -> None:
        batch = self._batches.pop((record.machine, record.batch), None)
        if batch is None:
            return
        is_failed = self._place_in(record.failed) is not None
        details: dict[str, Any] = {
            "batch": record.batch,
            "failed": is_failed,
            "reported": record.is_report,
            "failures": len(record.failed),
        }
        if record.retry_at:
            details["retry_at"] = record.retry_at
        self._left_by = ("", 0) if is_failed else ("batch", record.machine)
        self._add(Event(record.at, "ended", mapping=record.machine, details=details))

    def _let_go(self, record: MessagesLetGo, block: int) -> None:
        if self._place_in(record.ids) is not None:
            details = {"reason": record.reason}
            self._add(Event(record.at, "let-go", mapping=record.machine, details=details))

    def _restarted(self, record: ServerStarted, block: int) -> None:
        if self.place is not None and self.events:
            self._batches.clear()
            self._add(Event(record.at, "restart", details={"version": record.version}))

    def _place_in(self, ids: list[str]) -> int | None:
        newest = self.ids[-1]
        return ids.index(newest) if newest in ids else None

    # --- time ------------------------------------------------------------------------------------

    def _add(self, event: Event) -> None:
        """Add an event, and before it what time alone did until then."""
        if self._due is not None and self._due[0] <= event.at:
            self._show()
        self.life.add(event)

    def _show(self) -> None:
        assert self._due is not None
        at, why = self._due
        self._due = None
        queue = 0 if self.place is None else self.place.queue
        self.life.add(Event(at, "visible", queue, details={"why": why}))
