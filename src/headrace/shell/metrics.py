"""Serve counts of queues, functions, mappings and the server at `/metrics`, for Prometheus.

Nothing is reckoned for it before it is asked: the rooms count in whole numbers what happens anyway.
A page of many machines is written a part a turn, so that the loop goes on.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from headrace import __version__
from headrace.base.arn import parse_arn
from headrace.base.instant import Instant
from headrace.core.functions.environment import Life
from headrace.core.sqs.queue import Queue
from headrace.shell.limits import METRICS_SLICE, OLDEST_LOOKED_AT
from headrace.shell.meter import Meter, resident_bytes
from headrace.shell.pollers import Pollers
from headrace.shell.rooms import Rooms
from headrace.shell.service import Service
from headrace.shell.turns import next_turn
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.exposition import CONTENT_TYPE, Family, labels_of, seconds_of

PREFIX = "/metrics"

#: Name without "headrace_", kind, and what it says.
_QUEUES = (
    ("queue_messages_visible", "gauge", "Messages that a receive could get now."),
    ("queue_messages_in_flight", "gauge", "Messages received and neither deleted nor back."),
    ("queue_messages_delayed", "gauge", "Messages whose delay is not over."),
    ("queue_oldest_message_age_seconds", "gauge", "Age of about the oldest message; 0: none."),
    ("queue_sent_total", "counter", "Messages taken from senders."),
    ("queue_received_total", "counter", "Messages handed out, again for each receive."),
    ("queue_empty_receives_total", "counter", "Receives answered without a message."),
    ("queue_deleted_total", "counter", "Messages deleted by a consumer or mapping."),
    ("queue_dead_lettered_total", "counter", "Messages that left for the dead-letter queue."),
    ("queue_expired_total", "counter", "Messages whose retention was over."),
)
_FUNCTIONS = (
    ("function_invocations_total", "counter", "Invokes that ran (AWS: Invocations)."),
    ("function_errors_total", "counter", "Invokes that ended with an error (AWS: Errors)."),
    ("function_throttles_total", "counter", "Invokes refused for lack of room (AWS: Throttles)."),
    ("function_duration_seconds", "histogram", "How long invokes ran (AWS: Duration)."),
    ("function_concurrent_executions", "gauge", "Invokes accepted and not answered."),
    ("function_environments", "gauge", "Execution environments, by what they do."),
    ("function_cold_starts_total", "counter", "Environments that were started."),
    (
        "function_async_events_received_total",
        "counter",
        "Asynchronous invokes accepted (AWS: AsyncEventsReceived).",
    ),
    (
        "function_async_event_age_seconds",
        "histogram",
        "How old asynchronous invokes were at each attempt (AWS: AsyncEventAge).",
    ),
    (
        "function_async_events_dropped_total",
        "counter",
        "Asynchronous invokes over without having run well (AWS: AsyncEventsDropped).",
    ),
    (
        "function_destination_delivery_failures_total",
        "counter",
        "Tries to tell a destination that were refused (AWS: DestinationDeliveryFailures).",
    ),
    (
        "function_dead_letter_errors_total",
        "counter",
        "Tries to send a dead letter that were refused (AWS: DeadLetterErrors).",
    ),
    (
        "function_async_events_waiting",
        "gauge",
        "Asynchronous invokes that are not over, or of which something must still be sent.",
    ),
)
_MAPPINGS = (
    ("mapping_enabled", "gauge", "1 while messages are asked for."),
    ("mapping_batches", "gauge", "Batches that the function has."),
    ("mapping_polled_events_total", "counter", "Messages received (AWS: PolledEventCount)."),
    (
        "mapping_filtered_out_events_total",
        "counter",
        "Messages that passed no filter (AWS: FilteredOutEventCount).",
    ),
    (
        "mapping_invoked_events_total",
        "counter",
        "Messages handed to the function, again for each attempt (AWS: InvokedEventCount).",
    ),
    (
        "mapping_failed_invoke_events_total",
        "counter",
        "Messages of failed or refused invokes, or reported (AWS: FailedInvokeEventCount).",
    ),
    (
        "mapping_deleted_events_total",
        "counter",
        "Messages deleted after handling or filtering (AWS: DeletedEventCount).",
    ),
    (
        "mapping_looping_events_dropped_total",
        "counter",
        "Messages taken out because they went round in a loop (AWS: RecursiveInvocationsDropped).",
    ),
)
_SERVER = (
    ("info", "gauge", "The version, as a label."),
    ("commit_seconds", "histogram", "How long the journal took to make a block durable."),
    ("records_total", "counter", "Records written to the journal."),
    ("head_bytes_total", "counter", "Bytes of records written to the journal."),
    ("body_bytes_total", "counter", "Bytes of message bodies written to the journal."),
    ("loop_late_seconds", "histogram", "How late the event loop was, looked at twice a second."),
    ("connections", "gauge", "Connections of clients."),
    ("resident_memory_bytes", "gauge", "Memory of the server's process."),
    ("disk_free_bytes", "gauge", "Space left where the data is."),
)


class Families:
    """The metrics of one kind of thing, in their order."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Start without samples."""
        self._all = {name: Family(f"headrace_{name}", *rest) for name, *rest in rows}

    def __getitem__(self, name: str) -> Family:
        """Return a metric by its name without the prefix."""
        return self._all[name]

    def add(self, labels: str, values: Iterable[int | str], names: Iterable[str]) -> None:
        """Add a sample to each of these metrics."""
        for name, value in zip(names, values, strict=True):
            self._all[name].add(labels, value)

    def texts(self) -> Iterator[bytes]:
        """Yield the text of each, in parts; its samples are let go of."""
        for family in self._all.values():
            yield from family.texts()


class Metrics:
    """What is counted, as a page."""

    def __init__(self, service: Service, pollers: Pollers, meter: Meter, folder: Path) -> None:
        """Take part in a service: a page. `folder` is where the data is."""
        self._service = service
        self._rooms: Rooms = service.rooms
        self._pollers = pollers
        self._meter = meter
        self._folder = folder
        self.connections: Callable[[], int] = lambda: 0  #: How many there are.
        service.pages[PREFIX] = self.serve

    async def serve(self, request: HttpRequest) -> HttpResponse:
        """Answer a scrape."""
        if request.path != PREFIX:
            return HttpResponse(404, [("Content-Type", "text/plain")], b"Not found.\n")
        if request.method not in {"GET", "HEAD"}:
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "GET, HEAD")]
            return HttpResponse(405, headers, b"Only GET and HEAD.\n")
        parts = list(self._server())
        if self._service.driver.running:
            for kind in (self._queues, self._functions, self._mappings):
                for text in (await kind()).texts():
                    parts.append(text)
                    await next_turn()
        page = await asyncio.to_thread(b"".join, parts)  # A hundred MB for 100,000 queues.
        return HttpResponse(200, [("Content-Type", CONTENT_TYPE)], page)

    # --- queues ----------------------------------------------------------------------------------

    async def _queues(self) -> Families:
        families, names = Families(_QUEUES), [name for name, _, _ in _QUEUES]
        room = self._rooms.queues
        for numbers in _slices(list(room.directory.queues)):
            now = self._service.driver.clock.now()
            for number in numbers:
                queue = room.directory.queues.get(number)
                if queue is not None:
                    families.add(_labels_of_queue(queue), _values(queue, room, now), names)
            await next_turn()
        return families

    # --- functions -------------------------------------------------------------------------------

    async def _functions(self) -> Families:
        families = Families(_FUNCTIONS)
        room = self._rooms.functions
        tallies = room.fleet.capacity.tallies
        tallies.keep_only(room.directory.functions)
        lives: dict[tuple[int, Life], int] = {}
        for environment in room.fleet.environments:
            key = environment.deployment.function, environment.life
            lives[key] = lives.get(key, 0) + 1
        for numbers in _slices(list(room.directory.functions)):
            for number in numbers:
                function = room.directory.functions.get(number)
                if function is None:
                    continue
                labels = labels_of(
                    {
                        "account": function.account,
                        "region": function.region,
                        "function": function.name,
                    }
                )
                self._add_function(families, labels, tallies.of(number))
                events = room.events.logs.get(number)
                waiting = 0 if events is None else events.waiting
                families["function_async_events_waiting"].add(labels, waiting)
                for life in Life:
                    some = lives.get((number, life), 0)
                    state = f'{labels},state="{life.name.lower()}"'
                    families["function_environments"].add(state, some)
            await next_turn()
        return families

    @staticmethod
    def _add_function(families: Families, labels: str, tally: Any) -> None:
        families["function_invocations_total"].add(labels, tally.invocations)
        families["function_errors_total"].add(labels, tally.errors)
        families["function_throttles_total"].add(labels, tally.throttles)
        families["function_duration_seconds"].add_histogram(labels, tally.duration_us)
        families["function_concurrent_executions"].add(labels, tally.concurrent)
        families["function_cold_starts_total"].add(labels, tally.starts)
        families["function_async_events_received_total"].add(labels, tally.events_received)
        families["function_async_event_age_seconds"].add_histogram(labels, tally.event_age_us)
        families["function_async_events_dropped_total"].add(labels, tally.events_dropped)
        families["function_destination_delivery_failures_total"].add(
            labels, tally.destination_failures
        )
        families["function_dead_letter_errors_total"].add(labels, tally.dead_letter_errors)

    # --- mappings --------------------------------------------------------------------------------

    async def _mappings(self) -> Families:
        families, names = Families(_MAPPINGS), [name for name, _, _ in _MAPPINGS]
        room, deleted = self._rooms.mappings, self._pollers.deleted
        for gone in deleted.keys() - set(room.machines()):
            del deleted[gone]
        for numbers in _slices(list(room.machines())):
            for number in numbers:
                mapping = room.describe(number)
                if mapping is None:
                    continue
                tally = room.tally(number)
                values = (
                    int(mapping.polls),
                    room.running(number),
                    tally.polled,
                    tally.filtered,
                    tally.invoked,
                    tally.failed,
                    deleted.get(number, 0),
                    tally.dropped,
                )
                families.add(_labels_of_mapping(mapping), values, names)
            await next_turn()
        return families

    # --- the server ------------------------------------------------------------------------------

    def _server(self) -> Iterator[bytes]:
        families, meter = Families(_SERVER), self._meter
        families["info"].add(labels_of({"version": __version__}), 1)
        families["commit_seconds"].add_histogram("", meter.commit_us)
        families["records_total"].add("", meter.records)
        families["head_bytes_total"].add("", meter.head_bytes)
        families["body_bytes_total"].add("", meter.body_bytes)
        families["loop_late_seconds"].add_histogram("", meter.late_us)
        families["connections"].add("", self.connections())
        if resident := resident_bytes():
            families["resident_memory_bytes"].add("", resident)
        if self._folder.exists():
            families["disk_free_bytes"].add("", shutil.disk_usage(self._folder).free)
        return families.texts()


def _slices(numbers: list[int]) -> Iterator[Iterator[int]]:
    """Yield numbers, some at a time."""
    for start in range(0, len(numbers), METRICS_SLICE):
        yield islice(numbers, start, start + METRICS_SLICE)


def _labels_of_queue(queue: Queue) -> str:
    identity = queue.identity
    return labels_of(
        {"account": identity.account, "region": identity.region, "queue": identity.name}
    )


def _values(queue: Queue, room: Any, now: Instant) -> tuple[int | str, ...]:
    """Return what is said of a queue, in the order of its metrics."""
    visible, in_flight, delayed = queue.counts(now)
    oldest = _oldest_sent_at(queue)
    age_ms = 0 if oldest is None else max(0, now - oldest)
    tally = room.tally(queue.number)
    return (
        visible,
        in_flight,
        delayed,
        seconds_of(age_ms * 1_000),
        tally.sent,
        tally.received,
        tally.empty_receives,
        tally.deleted,
        tally.dead_lettered,
        tally.expired,
    )


def _oldest_sent_at(queue: Queue) -> int | None:
    """Return when about the oldest message was sent; of touched ones the first that were."""
    slots = islice(queue.touched.slots.values(), OLDEST_LOOKED_AT)
    sent: list[int] = [slot.sent_at for slot in slots]
    untouched = queue.backlog.oldest_sent_at()
    if untouched is not None:
        sent.append(untouched)
    return min(sent, default=None)


def _labels_of_mapping(mapping: Any) -> str:
    source, function = parse_arn(mapping.source_arn), parse_arn(mapping.settings.function_arn)
    return labels_of(
        {
            "account": mapping.account,
            "region": mapping.region,
            "mapping": mapping.uuid,
            "queue": source.resource,
            "function": function.resource.removeprefix("function:"),
        }
    )
