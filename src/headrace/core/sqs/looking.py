"""Look at the messages of a queue without receiving them: where each is, until when, and why.

Nothing changes by a look, not even what has fallen due and is not carried out yet. A page holds
messages in order of their numbers. Untouched messages cost as much as the page is long; of touched
ones all numbers are looked through.
"""

import heapq
from collections.abc import Iterator

from headrace.base.instant import Instant
from headrace.core.sqs.commands import LookAtMessages
from headrace.core.sqs.delivery import Delivery
from headrace.core.sqs.lane import Lane
from headrace.core.sqs.queue import Queue
from headrace.core.sqs.replies import MessagesSeen, SeenMessage
from headrace.core.sqs.touched import Slot

VISIBLE = "visible"
IN_FLIGHT = "in flight"
DELAYED = "delayed"


def look(queue: Queue, command: LookAtMessages, now: Instant, delivery: Delivery) -> MessagesSeen:
    """Return a page of messages and what the queue does with those received too often."""
    at_most = command.at_most + 1
    untouched = heapq.merge(
        *(_untouched(queue, lane, command, now) for lane in queue.backlog.lanes()), key=_number_of
    )
    touched = heapq.nsmallest(at_most, _touched(queue, command, now), key=_number_of)
    found = []
    for slot in heapq.merge(untouched, touched, key=_number_of):
        if slot.sent_at + queue.settings.retention_ms > now:
            found.append(slot)
            if len(found) == at_most:
                break
    page = found[: command.at_most]
    messages = delivery.messages_of(queue, page)
    seen = [
        SeenMessage(
            message=message,
            state=_state_of(slot, now),
            visible_at=slot.visible_at,
            expires_at=Instant(slot.sent_at + queue.settings.retention_ms),
            queue_receives=slot.queue_receives,
            is_redriven=bool(slot.id_home),
        )
        for slot, message in zip(page, messages, strict=True)
    ]
    redrive = queue.settings.redrive
    return MessagesSeen(
        messages=tuple(seen),
        more=len(found) > len(page),
        target_arn="" if redrive is None else redrive.dead_letter_target_arn,
        max_receive_count=0 if redrive is None else redrive.max_receive_count,
    )


def _number_of(slot: Slot) -> int:
    return slot.number


def _state_of(slot: Slot, now: Instant) -> str:
    if slot.visible_at <= now:
        return VISIBLE
    return IN_FLIGHT if slot.is_in_flight else DELAYED


def _touched(queue: Queue, command: LookAtMessages, now: Instant) -> Iterator[Slot]:
    for slot in queue.touched.slots.values():
        if slot.number > command.after and (command.in_flight or slot.visible_at <= now):
            yield slot


def _untouched(queue: Queue, lane: Lane, command: LookAtMessages, now: Instant) -> Iterator[Slot]:
    """Yield a slot for each message of a lane, up to the first delayed one if those are not meant.

    Send instants ascend in a lane, so that all behind it are delayed too.
    """
    delay_ms = queue.settings.delay_ms if queue.view.is_fifo else lane.delay_ms
    home = queue.number
    for first, count, block, sent in lane.runs_after(command.after):
        sent_at, visible_at = Instant(sent), Instant(sent + delay_ms)
        if visible_at > now and not command.delayed:
            return
        for number in range(first, first + count):
            yield Slot(
                number=number,
                block=block,
                home=home,
                home_number=number,
                sent_at=sent_at,
                first_received_at=Instant(0),
                received_at=Instant(0),
                receive_count=0,
                queue_receives=0,
                visible_at=visible_at,
                is_in_flight=False,
            )
