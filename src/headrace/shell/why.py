"""Serve what became of a message and why: `GET /_aws/sqs/why?QueueUrl=...&MessageId=...`.

The message is looked for by its id among all that its queue ever held, then followed through the
history and, where it still is somewhere, looked at there. The long work is a thread's.
"""

import asyncio
import copy
from array import array
from collections.abc import Awaitable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from headrace.api.context import Context
from headrace.api.sqs.locate import find_queue
from headrace.api.story.answer import Reach, document_of, not_found
from headrace.api.story.event import Life
from headrace.api.story.sentences import Names
from headrace.api.story.tracing import Tracer
from headrace.base.arn import parse_queue_url
from headrace.base.instant import Instant, ms_of_s
from headrace.core.machine import BodyAddress, Record
from headrace.core.sqs.commands import LookAtMessages
from headrace.core.sqs.content import decode
from headrace.core.sqs.errors import InvalidParameterValue, QueueDoesNotExist
from headrace.core.sqs.queue import Queue
from headrace.core.sqs.receipts import Receipts
from headrace.core.sqs.records import MessagesArrived, MessagesSent, QueueCreated
from headrace.ports.history import Page
from headrace.ports.journal import JournalError
from headrace.shell.limits import SOUGHT_SLICE, STORY_EVENTS_MAX
from headrace.shell.stories import HistoryReader, Stories
from headrace.shell.turns import next_turn
from headrace.wire.envelope import HttpRequest, HttpResponse

PREFIX = "/_aws/sqs/why"


#: Of a message from elsewhere: its number in the queue; machine and number that make its id;
#: machine and number of its home.
ARRIVED_FIELDS = 5


class Origin(msgspec.Struct, frozen=True):
    """Where a message was first written, and where it is now if a queue says so."""

    machine: int
    number: int
    found_at: tuple[int, int] = (0, 0)


class Sought(msgspec.Struct, frozen=True):
    """What a search needs to know of the queue that was named."""

    message_id: str
    name: tuple[str, str, str]  #: Account, region and name.
    machine: int = 0  #: 0: there is no such queue now.
    last: int = 0  #: The greatest message number that it has given.
    #: What came from elsewhere and is there, `ARRIVED_FIELDS` for each: there may be a million.
    arrived: "array[int]" = array("Q")


class Why:
    """What the service is asked about the life of a message."""

    def __init__(self, stories: Stories) -> None:
        """Take part in a service: a page."""
        self._stories = stories
        self._service, self._history = stories.service, stories.history
        self._service.pages[PREFIX] = self.serve

    async def serve(self, request: HttpRequest) -> HttpResponse:
        """Answer one question."""
        place = request.path.removeprefix(PREFIX).strip("/")

        def answer(parameters: dict[str, str], context: Context) -> Awaitable[dict[str, Any]]:
            if place:
                parameters.setdefault("QueueUrl", f"/queue/{unquote(place)}")
            return self._answer(parameters, context)

        return await self._stories.serve(request, "sqs", answer)

    async def _answer(self, parameters: dict[str, str], context: Context) -> dict[str, Any]:
        message_id = parameters.get("MessageId", "").lower()
        if len(message_id) != 36:
            raise InvalidParameterValue("MessageId must be the id of a message: 36 characters.")
        async with self._stories.turn:
            sought = await self._sought(message_id, parameters, context)
            answer = await self._look(sought)
            if answer["queue"] is None and answer["events"]:
                answer = await self._look(sought)  # it may have gone between two looks
            return answer

    async def _sought(
        self, message_id: str, parameters: dict[str, str], context: Context
    ) -> Sought:
        """Return what the queue that is named says of itself; an absent one has a name only."""
        queues = self._service.rooms.queues
        try:
            number = find_queue(parameters, context, queues)
        except QueueDoesNotExist:
            place = parse_queue_url(parameters["QueueUrl"])
            account, region = place.account or context.account, place.region or context.region
            return Sought(message_id, (account, region, place.name))
        queue: Queue = queues.directory.queue(number)
        identity = queue.identity
        name = (identity.account, identity.region, identity.name)
        last, numbers = queue.next_message - 1, list(queue.arrived.values())
        arrived = array("Q")
        for start in range(0, len(numbers), SOUGHT_SLICE):
            for one in numbers[start : start + SOUGHT_SLICE]:
                slot = queue.touched.slots.get(one)
                if slot is not None:
                    id_home, id_number = slot.id_home or slot.home, slot.id_number
                    id_number = id_number or slot.home_number
                    arrived.extend((one, id_home, id_number, slot.home, slot.home_number))
            await next_turn()
        return Sought(message_id, name, number, last, arrived)

    async def _look(self, sought: Sought) -> dict[str, Any]:
        """Search, follow, and look at where the message is now."""
        # A copy: what it remembers of its newest ids is no other thread's business.
        receipts = copy.copy(self._service.rooms.queues.receipts)
        reader = Reader(self._stories.reader())
        origin = await asyncio.to_thread(_among_living, sought, receipts)
        if origin is None:
            kept = await self._history.read()
            origin = await asyncio.to_thread(reader.search, sought, receipts, kept.pages)
        kept = await self._history.read()
        reach = Reach(kept.is_on, kept.is_whole)
        if origin is None:
            reach.first_at = await asyncio.to_thread(_first_at, kept.pages)
            _, region, name = sought.name
            return not_found(sought.message_id, f"{name} ({region})", reach)
        tracer = await asyncio.to_thread(reader.follow, origin, receipts, kept.pages, reach)
        seen = await self._seen(tracer)
        await self._read_body(tracer, None if seen is None else seen.messages[0].message.address)
        queues = {event.queue for event in tracer.events}
        redrives = {queue: self._redrive_of(queue) for queue in queues}
        return await asyncio.to_thread(
            document_of,
            sought.message_id,
            tracer,
            self._names(tracer, queues),
            seen,
            reach,
            redrives.__getitem__,
            STORY_EVENTS_MAX,
        )

    async def _seen(self, tracer: Tracer) -> Any:
        """Return the message as its queue holds it, or None; let time pass for one that is gone."""
        place = tracer.place
        if place is None:
            return None
        driver, queues = self._service.driver, self._service.rooms.queues
        if place.queue not in queues.directory.queues:
            return None
        look = LookAtMessages(place.queue, place.number - 1, 1, in_flight=True, delayed=True)
        seen = await driver.ask(look)
        retention_s = queues.describe(place.queue).message_retention_period_s
        is_here = bool(seen.messages) and seen.messages[0].message.number == place.number
        tracer.pass_time(driver.clock.now(), 1 << 60 if is_here else ms_of_s(retention_s))
        return seen if is_here else None

    async def _read_body(self, tracer: Tracer, address: BodyAddress | None) -> None:
        """Learn size and sender from the body, where it is still on disk."""
        if address is None and tracer.first_block and tracer.body_bytes is None:
            address = BodyAddress(tracer.first_block, *tracer.home)
        if address is None:
            return
        try:
            found = await self._service.backstage.bodies.fetch([address])
        except JournalError:
            return  # nobody needs it any more, and it is gone
        content = decode(found[address])
        tracer.sender, tracer.body_bytes = content.sender_id, len(content.body.encode())

    def _names(self, tracer: Tracer, queues: Iterable[int]) -> Names:
        """Return what is called how, looked up now: the answer is written beside the loop."""
        rooms, known = self._service.rooms, tracer.known

        def queue(number: int) -> str:
            living = rooms.queues.directory.queues.get(number)
            return living.arn if living is not None else known.arns.get(number, f"queue {number}")

        def mapping(number: int) -> str:
            living = rooms.mappings.describe(number)
            uuid = known.mappings.get(number, ("", ""))[0] if living is None else living.uuid
            return f"mapping {uuid or number}"

        here = () if tracer.place is None else (tracer.place.queue,)
        mappings = {event.mapping for event in tracer.events}
        return Names(
            {number: queue(number) for number in (*queues, *here)}.__getitem__,
            {number: mapping(number) for number in mappings}.__getitem__,
        )

    def _redrive_of(self, queue: int) -> str:
        living = self._service.rooms.queues.directory.queues.get(queue)
        return "" if living is None else str(living.attributes.get("RedrivePolicy", ""))


class Reader:
    """Reads the history for one message; used on threads, keeps nothing."""

    def __init__(self, history: HistoryReader) -> None:
        """Read by another one, which knows records."""
        self._history = history

    def search(self, sought: Sought, receipts: Receipts, pages: Iterator[Page]) -> Origin | None:
        """Look in the history for a message that was in a queue of this name and is not now."""
        last = {sought.machine: 0} if sought.machine else {}
        for _, records in self._history.records(pages, Reach(is_on=True, is_whole=True)):
            for record in records:
                origin = _look_at(record, sought, receipts, last)
                if origin is not None:
                    return origin
        for machine, greatest in last.items():
            number = receipts.number_of(sought.message_id, machine, 1, greatest)
            if number:
                return Origin(machine, number)
        return None

    def follow(
        self, origin: Origin, receipts: Receipts, pages: Iterator[Page], reach: Reach
    ) -> Tracer:
        """Collect what happened to a message."""
        tracer = Tracer(
            origin.machine,
            origin.number,
            receipts.message_id,
            Life(STORY_EVENTS_MAX),
            origin.found_at,
        )
        for seq, records in self._history.records(pages, reach):
            tracer.take(records, seq)
        tracer.found_now()
        return tracer


def _among_living(sought: Sought, receipts: Receipts) -> Origin | None:
    """Return the origin of a message that its queue can know."""
    if not sought.machine:
        return None
    fields = iter(sought.arrived)
    for number, id_home, id_number, home, home_number in zip(
        *[fields] * ARRIVED_FIELDS, strict=True
    ):
        if receipts.message_id(id_home, id_number) == sought.message_id:
            return Origin(home, home_number, (sought.machine, number))
    number = receipts.number_of(sought.message_id, sought.machine, 1, sought.last)
    return Origin(sought.machine, number) if number else None


def _look_at(
    record: Record, sought: Sought, receipts: Receipts, last: dict[int, int]
) -> Origin | None:
    """Note what queues had the name, and their greatest numbers; return what is sought."""
    if isinstance(record, QueueCreated):
        if (record.account, record.region, record.name) == sought.name:
            last[record.machine] = 0
    elif isinstance(record, MessagesSent):
        if record.machine in last:
            last[record.machine] = record.first + record.count - 1
    elif isinstance(record, MessagesArrived) and record.machine in last:
        for one in record.messages:
            place = one.id_home or one.home, one.id_number or one.home_number
            if receipts.message_id(*place) == sought.message_id:
                return Origin(one.home, one.home_number)
    return None


def _first_at(pages: Iterator[Page]) -> Instant | None:
    """Return when the history begins."""
    return next((page.at for page in pages), None)
