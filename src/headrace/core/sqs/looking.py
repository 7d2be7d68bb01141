"""Look at the messages of a queue without receiving them: where each is, until when, and why.

Nothing changes by a look, not even what has fallen due and is not carried out yet. A page holds
messages in order of their numbers. Untouched messages cost as much as the page is long; of touched
ones all numbers are looked through, on a FIFO queue once more for what locks its groups.
"""

import heapq
from collections.abc import Iterator
from typing import Any, NamedTuple

from headrace.base.instant import Instant
from headrace.core.sqs.commands import LookAtMessages
from headrace.core.sqs.delivery import Delivery
from headrace.core.sqs.fair import FairQueue
from headrace.core.sqs.fair_backlog import FairBacklog
from headrace.core.sqs.fifo import FifoQueue
from headrace.core.sqs.fifo_backlog import FifoBacklog
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
    locks = _locks(queue, delivery, now)
    seen = [
        SeenMessage(
            message=message,
            state=_state_of(slot, now),
            visible_at=slot.visible_at,
            expires_at=Instant(slot.sent_at + queue.settings.retention_ms),
            queue_receives=slot.queue_receives,
            is_redriven=bool(slot.id_home),
            **_turn_of(queue, slot, locks, now),
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


class Lock(NamedTuple):
    """The first message of a FIFO group that is in flight: those behind it wait."""

    number: int
    message_id: str
    until: Instant


def _locks(queue: Queue, delivery: Delivery, now: Instant) -> dict[str, Lock]:
    """Return what locks each locked group of a FIFO queue; empty for a standard one."""
    if not isinstance(queue, FifoQueue):
        return {}
    first: dict[str, Slot] = {}
    for slot in queue.touched.slots.values():
        if slot.visible_at > now and not queue.touched.is_expired(slot, now):
            known = first.get(slot.group)
            if known is None or slot.number < known.number:
                first[slot.group] = slot
    found = delivery.messages_of(queue, list(first.values()))
    return {
        group: Lock(slot.number, message.message_id, slot.visible_at)
        for (group, slot), message in zip(first.items(), found, strict=True)
    }


def _turn_of(queue: Queue, slot: Slot, locks: dict[str, Lock], now: Instant) -> dict[str, Any]:
    """Return, as members of SeenMessage, what keeps a message waiting though it is visible."""
    if slot.visible_at > now:
        return {}
    if isinstance(queue, FifoQueue):
        lock = locks.get(_group_of(queue.backlog, slot)) if locks else None
        if lock is not None and lock.number < slot.number:
            return {"waits_behind": lock.message_id, "waits_until": lock.until}
    elif isinstance(queue, FairQueue) and queue.fair is not None:
        return {"is_noisy": queue.fair.is_noisy(_group_of(queue.fair, slot), now)}
    return {}


def _group_of(backlog: FifoBacklog | FairBacklog, slot: Slot) -> str:
    """Return the group's name of a message, touched or not."""
    group = backlog.group_of(slot.number)
    return slot.group if group is None else group.name


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
