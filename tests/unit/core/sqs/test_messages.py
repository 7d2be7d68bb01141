"""Commands about messages, one by one (spec/sqs.md 2.7 to 2.11, 4.9)."""

import pytest

from headrace.core.machine import Remember, Reply
from headrace.core.sqs import commands
from headrace.core.sqs.errors import OverLimit
from headrace.core.sqs.replies import Done, SentMessage
from tests.unit.core.sqs.bench import Bench


@pytest.fixture
def bench():
    return Bench(in_flight_max=5, parked_max=2)


def codes(results):
    return [result and result.query_code for result in results]


def test_messages_are_refused_one_by_one(bench):
    queue = bench.create(MaximumMessageSize="1024")
    messages = (
        commands.OutgoingMessage(b"a", 1_024),
        commands.OutgoingMessage(b"b", 1_025),
        commands.OutgoingMessage(b"c", 1, deduplication_id="d"),
        commands.OutgoingMessage(b"d", 1, group_id="tenant"),
    )
    results = bench.ask(commands.SendMessages(queue, 7, messages)).results
    assert [type(result) for result in results[::3]] == [SentMessage, SentMessage]
    assert results[1].message == (
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    )
    assert "MessageDeduplicationId" in results[2].message
    remember = bench.effects[0]
    assert isinstance(remember, Remember)
    assert (remember.first, remember.bodies) == (1, [b"a", b"d"])
    assert [result.number for result in results[::3]] == [1, 2]


def test_a_send_of_which_nothing_is_left_is_not_remembered(bench):
    queue = bench.create(MaximumMessageSize="1024")
    bench.send(queue, size=2_000)
    assert [type(effect) for effect in bench.effects] == [Reply]


def test_delays_are_kept_as_short_as_they_can_be(bench):
    queue = bench.create(DelaySeconds="9")
    message = commands.OutgoingMessage
    sent = (message(b"", 1, 0), message(b"", 1), message(b"", 1, 9), message(b"", 1))
    bench.ask(commands.SendMessages(queue, 1, sent))
    (record,) = bench.records()
    assert (record.count, record.delays_ms) == (4, [0, 9_000])
    assert bench.queue(queue).counts(bench.now) == (1, 0, 3)


def test_a_receive_says_everything_about_a_message(bench):
    queue = bench.create()
    ((sent),) = bench.send(queue)
    bench.now += 5
    (message,) = bench.receive(queue)
    reply = bench.replies[bench.ticket]
    assert message.message_id == sent.message_id
    assert (message.number, message.receive_count, message.dead_letter_source_arn) == (1, 1, "")
    assert (message.sent_at, message.first_received_at) == (bench.now - 5, bench.now)
    assert (message.address.block, message.address.machine, message.address.number) == (1, queue, 1)
    assert (reply.received_at, reply.visible_at) == (bench.now, bench.now + 30_000)


def test_an_empty_receive_writes_nothing(bench):
    queue = bench.create()
    assert bench.receive(queue) == ()
    assert bench.records() == []


def test_too_many_in_flight_refuse_a_short_poll_and_hold_a_long_one(bench):
    queue = bench.create()
    bench.send(queue, 10)
    first = bench.receive(queue)
    assert len(first) == 5
    with pytest.raises(OverLimit) as refusal:
        bench.receive(queue)
    assert refusal.value.message.startswith("Too many messages have been received")
    assert bench.receive(queue, wait_ms=20_000) is None
    ticket = bench.ticket
    bench.delete(queue, first[:2])
    assert [message.number for message in bench.replies[ticket].messages] == [6, 7]


def test_more_parked_receives_than_the_limit_are_answered_at_once(bench):
    queue = bench.create()
    assert bench.receive(queue, wait_ms=None) is None
    assert bench.receive(queue, wait_ms=1_000) is None
    assert bench.receive(queue, wait_ms=1_000) == ()


def test_a_withdrawn_receive_gets_nothing(bench):
    queue = bench.create()
    bench.receive(queue, wait_ms=20_000)
    parked = bench.ticket
    assert bench.ask(commands.WithdrawReceive(queue, parked)) == Done()
    assert bench.ask(commands.WithdrawReceive(queue, parked)) == Done()
    assert bench.room.next_deadline() is None
    bench.send(queue)
    assert parked not in bench.replies
    assert len(bench.receive(queue)) == 1


def test_returned_messages_are_not_counted_and_stale_returns_do_nothing(bench):
    queue = bench.create()
    bench.send(queue)
    (message,) = bench.receive(queue)
    returns = commands.ReturnMessages(queue, ((message.number, 1), (99, 1)))
    assert bench.ask(returns) == Done()
    assert len(bench.records()) == 1
    assert bench.ask(returns) == Done()
    assert bench.records() == []
    bench.now += 7
    (again,) = bench.receive(queue)
    assert (again.receive_count, again.first_received_at) == (1, bench.now)


def test_what_concerns_a_queue_that_is_gone_is_done(bench):
    for command in (
        commands.WithdrawReceive(99, 1),
        commands.ReturnMessages(99, ((1, 1),)),
        commands.MoveBodies(99, 5, ((1, 99, 1),)),
    ):
        assert bench.ask(command) == Done()
    assert bench.forgets() == [(5, 1)]


def test_a_handle_deletes_once_and_for_all(bench):
    queue, other = bench.create("q"), bench.create("other")
    bench.send(queue, 3)
    messages = bench.receive(queue)
    assert codes(bench.delete(queue, [messages[0], messages[2], messages[0]])) == [None] * 3
    (record,) = bench.records()
    assert record.numbers == [1, 1, 3, 1]
    assert bench.forgets() == [(1, 2)]
    assert codes(bench.delete(queue, messages)) == [None] * 3, "a silent success"
    assert codes(bench.delete(queue, messages)) == [None] * 3
    assert bench.records() == []
    assert codes(bench.delete(other, messages[:1])) == ["ReceiptHandleIsInvalid"]
    (refusal,) = bench.ask(commands.DeleteMessages(queue, ("garbage",))).results
    assert refusal.message == 'The input receipt handle "garbage" is not a valid receipt handle.'


def test_an_expired_or_older_handle_deletes_too(bench):
    queue = bench.create()
    bench.send(queue, 2)
    old = bench.receive(queue)
    bench.wake_up(30_000)
    bench.delete(queue, old[:1])
    new = bench.receive(queue)
    assert [message.number for message in new] == [2]
    bench.delete(queue, old[1:])
    assert bench.queue(queue).counts(bench.now) == (0, 0, 0)


def test_visibility_refusals_in_awss_words(bench):
    queue = bench.create()
    bench.send(queue)
    (message,) = bench.receive(queue)
    handle = message.receipt_handle
    bench.now += 1_000

    total = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    bounds = "VisibilityTimeout must be an integer between 0 and 43200."
    gone = "Message does not exist or is not available for visibility timeout change."

    def change(*entries):
        return [
            result and result.message
            for result in bench.ask(commands.ChangeVisibility(queue, entries)).results
        ]

    assert change((handle, 43_199), ("garbage", 1), (handle, 43_200), (handle, -1), (handle, 43_201)) == [
        None,
        'The input receipt handle "garbage" is not a valid receipt handle.',
        f"Value 43200 for parameter VisibilityTimeout is invalid. Reason: {total}",
        f"Value -1 for parameter VisibilityTimeout is invalid. Reason: {bounds}",
        f"Value 43201 for parameter VisibilityTimeout is invalid. Reason: {bounds}",
    ]  # fmt: skip
    bench.delete(queue, [message])
    assert change((handle, 1)) == [
        f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {gone}",
    ]
    assert bench.records() == []


def test_the_last_change_of_one_message_in_a_batch_counts(bench):
    queue = bench.create()
    bench.send(queue)
    (message,) = bench.receive(queue)
    entries = ((message.receipt_handle, 5), (message.receipt_handle, 60))
    bench.ask(commands.ChangeVisibility(queue, entries))
    bench.wake_up(59_999)
    assert bench.receive(queue) == ()
    bench.wake_up(1)
    assert len(bench.receive(queue)) == 1
