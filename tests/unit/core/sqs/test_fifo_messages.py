"""Commands about messages of a FIFO queue, where they differ (spec/sqs.md 2.7, 2.10, 2.11, 5.2)."""

import pytest

from headrace.core.machine import Remember
from headrace.core.sqs import commands
from headrace.core.sqs.fifo_messages import shortened
from tests.unit.core.sqs.bench import Bench, redrive_to

OUTGOING = commands.OutgoingMessage


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def queue(bench):
    return bench.create("q.fifo", FifoQueue="true", MaximumMessageSize="1024")


def send(bench, queue, *messages):
    bench.block += 1
    return bench.ask(commands.SendMessages(queue, bench.block, messages)).results


def good(deduplication_id="1", group="g"):
    return OUTGOING(b"body", 4, None, group, deduplication_id)


@pytest.mark.parametrize(
    ("message", "code", "sentence"),
    [
        (
            OUTGOING(b"", 1_025, None, "g", "1"),
            "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
        ),
        (
            OUTGOING(b"", 1, 2, "g", "1"),
            "InvalidParameterValue",
            (
                "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter "
                "that is not valid for this queue type."
            ),
        ),
        (
            OUTGOING(b"", 1, None, None, "1"),
            "MissingParameter",
            "The request must contain the parameter MessageGroupId.",
        ),
        (
            OUTGOING(b"", 1, None, "g", None),
            "InvalidParameterValue",
            (
                "The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            ),
        ),
    ],
)
def test_messages_are_refused_one_by_one(bench, queue, message, code, sentence):
    """2.7, 14.4 (S-A18)."""
    first, refusal, last = send(bench, queue, good("a"), message, good("b"))
    assert (refusal.query_code, refusal.message) == (code, sentence)
    assert (first.number, last.number) == (1, 2)


def test_a_delay_of_zero_is_taken(bench, queue):
    """2.7; 11, row 34."""
    assert send(bench, queue, OUTGOING(b"", 1, 0, "g", "1"))[0].number == 1


def test_a_duplicate_is_answered_as_the_first_and_not_remembered(bench, queue):
    """5.2; 11, row 32."""
    first, twin, other = send(bench, queue, good("a"), good("a", "h"), good("b"))
    assert first == twin
    assert int(other.sequence_number) > int(first.sequence_number)
    (remember,) = [effect for effect in bench.effects if isinstance(effect, Remember)]
    assert (remember.record.count, len(remember.bodies)) == (2, 2)
    assert send(bench, queue, good("a")) == (first,)
    assert bench.records() == []


def test_a_receive_says_the_sequence_number_of_the_send(bench, queue):
    """5.3, 4.5."""
    (sent,) = send(bench, queue, good())
    (message,) = bench.receive(queue)
    assert message.sequence_number == sent.sequence_number
    assert message.message_id == sent.message_id
    assert message.deduplication_id == ""


def test_a_handle_ends_with_its_visibility(bench, queue):
    """2.10, 2.11, 13.5; 12, Q2; 11, row 30."""
    send(bench, queue, good())
    (message,) = bench.receive(queue, visibility_ms=1_000)
    bench.now += 1_000
    (refusal,) = bench.delete(queue, [message])
    handle = message.receipt_handle
    assert refusal.message == (
        f"Value {handle} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )
    change = commands.ChangeVisibility(queue, ((handle, 5),))
    (refusal,) = bench.ask(change).results
    assert refusal.message == (
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
        "or is not available for visibility timeout change."
    )
    (again,) = bench.receive(queue)
    assert bench.delete(queue, [message])[0] is not None, "a later receive has another handle"
    assert bench.delete(queue, [again]) == (None,)
    assert bench.delete(queue, [message, again]) == (None, None), "gone: a silent success"


def test_a_dead_letter_keeps_group_and_ids_and_lives_anew(bench):
    """7.2 (FIFO column); 12, Q6."""
    dead = bench.create("dead.fifo", FifoQueue="true")
    queue = bench.create("o.fifo", FifoQueue="true", RedrivePolicy=redrive_to("dead.fifo"))
    (sent,) = send(bench, queue, good())
    sent_at = bench.now
    bench.receive(queue, visibility_ms=0)
    bench.now += 5_000
    assert bench.receive(queue) == ()
    (message,) = bench.receive(dead)
    assert message.message_id == message.deduplication_id == sent.message_id
    assert (message.sent_at, message.receive_count) == (sent_at, 2)
    assert message.dead_letter_source_arn.endswith(":o.fifo")
    (slot,) = bench.queue(dead).touched.slots.values()
    assert (slot.group, slot.sent_at) == ("g", bench.now)


def test_returned_messages_come_again_with_the_same_count(bench, queue):
    """A receive whose answer nobody got: the group is free again."""
    send(bench, queue, good("a"), good("b"))
    messages = bench.receive(queue)
    bench.ask(commands.ReturnMessages(queue, tuple((m.number, m.receive_count) for m in messages)))
    assert [(m.number, m.receive_count) for m in bench.receive(queue)] == [(1, 1), (2, 1)]


def test_groups_are_written_as_short_as_they_can_be():
    assert shortened(["a", "a"]) == ["a"]
    assert shortened(["a", "b", "b"]) == ["a", "b"]
