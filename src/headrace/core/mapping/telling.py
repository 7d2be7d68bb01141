"""What a mapping tells the history of what it does, as effects."""

from collections.abc import Collection, Iterable, Sequence

from headrace.base.instant import Instant
from headrace.core.mapping.batch import Batch
from headrace.core.mapping.commands import LeaseOver, Outcome, Polled, PolledMessage, Succeeded
from headrace.core.mapping.decisions import (
    BatchEnded,
    BatchStarted,
    MessagesFiltered,
    MessagesLetGo,
    MessagesPolled,
    Told,
)
from headrace.core.mapping.effects import DeleteBatch, DropLooping, GiveBack
from headrace.core.mapping.limits import LOOP_TURNS_MAX
from headrace.core.mapping.payload import Sifted

#: Why messages come back without an invoke.
LATE = "they were visible again before they had been read"
LEASE_OVER = "the batch waited until its messages were visible again"
TOO_LARGE = "the message is too large for the event of an invoke"
LOOP = f"its chain has gone through the function {LOOP_TURNS_MAX} times: a loop, which ends here"
STUCK = "it waits for a message of its group that cannot be handed over"
UNSTARTED = "it was received ahead, and the function was not as quick as before: given back at once"
GROUP_FAILED = "a message before it in its group failed"


def polled(source_arn: str, command: Polled, now: Instant) -> Told:
    """Tell what a receive brought."""
    messages = command.messages
    senders = [message.sender_id for message in messages]
    if senders.count(senders[0]) == len(senders):
        senders = senders[:1]
    return Told(
        MessagesPolled(
            command.mapping,
            now,
            source_arn,
            [message.message_id for message in messages],
            [len(message.body.encode()) for message in messages],
            senders,
            command.visible_at,
        )
    )


def leave_out(
    mapping: int, source_arn: str, sifted: Sifted, now: Instant
) -> list[Told | DeleteBatch | DropLooping]:
    """Tell which messages the function is not to see, and have them deleted or taken out."""
    effects: list[Told | DeleteBatch | DropLooping] = []
    if sifted.unwanted:
        effects += drop(mapping, source_arn, sifted.unwanted, now)
    if sifted.looping:
        effects += end_loop(mapping, source_arn, sifted.looping, now)
    return effects


def drop(
    mapping: int, source_arn: str, unwanted: Sequence[tuple[PolledMessage, str]], now: Instant
) -> list[Told | DeleteBatch]:
    """Tell what passed no filter, and have it deleted."""
    ids = [message.message_id for message, _ in unwanted]
    told = MessagesFiltered(mapping, now, source_arn, ids, [reason for _, reason in unwanted])
    handles = tuple(message.receipt_handle for message, _ in unwanted)
    return [Told(told), DeleteBatch(mapping, source_arn, handles, filtered=True)]


def end_loop(
    mapping: int, source_arn: str, looping: Sequence[PolledMessage], now: Instant
) -> list[Told | DropLooping]:
    """Tell what has gone round too often, and have it taken out of its queue."""
    told = let_go(mapping, [message.message_id for message in looping], LOOP, now)
    handles = tuple(message.receipt_handle for message in looping)
    return [told, DropLooping(mapping, source_arn, handles)]


def give_back(
    mapping: int, source_arn: str, batches: Iterable[Batch], now: Instant
) -> list[Told | GiveBack]:
    """Tell that batches wait no longer for a slot, and have their receives undone."""
    effects: list[Told | GiveBack] = []
    for batch in batches:
        told = let_go(mapping, batch.ids, UNSTARTED, now)
        effects += [told, GiveBack(mapping, source_arn, tuple(batch.handles))]
    return effects


def late(command: Polled, now: Instant) -> Told:
    """Tell that what a receive brought is visible again."""
    return let_go(command.mapping, [one.message_id for one in command.messages], LATE, now)


def started(mapping: int, batch: Batch, function_arn: str, now: Instant) -> Told:
    """Tell that a batch goes to the function."""
    ids = list(batch.ids)
    return Told(BatchStarted(mapping, now, batch.number, batch.tries, function_arn, ids))


def ended(
    mapping: int, batch: Batch, failed: Collection[str], outcome: Outcome, now: Instant
) -> Told:
    """Tell which messages of a batch are not deleted, in their order."""
    if isinstance(outcome, LeaseOver):
        return let_go(mapping, batch.ids, LEASE_OVER, now)
    ids = [one for one in batch.ids if one in failed]
    is_report = isinstance(outcome, Succeeded) and bool(ids)
    return Told(BatchEnded(mapping, now, batch.number, ids, is_report=is_report))


def postponed(mapping: int, batch: Batch, retry_at: Instant, now: Instant) -> Told:
    """Tell that the same batch is tried again."""
    return Told(BatchEnded(mapping, now, batch.number, list(batch.ids), retry_at))


def let_go(mapping: int, ids: Iterable[str], reason: str, now: Instant) -> Told:
    """Tell that messages come back without an invoke."""
    return Told(MessagesLetGo(mapping, now, list(ids), reason))
