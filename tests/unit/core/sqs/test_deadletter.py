"""A message that moves keeps what it is (spec/sqs.md 7.2)."""

from headrace.core.machine import Remember
from headrace.core.sqs import commands
from headrace.core.sqs.records import MessagesArrived, MessagesDeparted, MessagesReceived
from tests.unit.core.sqs.bench import Bench, arn_of, redrive_to


def test_a_moved_message_keeps_id_times_and_count():
    bench = Bench()
    dead = bench.create("dead")
    queue = bench.create("orders", RedrivePolicy=redrive_to("dead"), VisibilityTimeout="1")
    bench.send(queue, 3)
    bench.send(queue)
    sent_at = bench.now
    bench.now += 10
    (first,) = bench.receive(queue, at_most=1)
    bench.wake_up(1_000)
    bench.receive(queue)
    kinds = [type(effect.record) for effect in bench.effects if isinstance(effect, Remember)]
    assert kinds == [MessagesDeparted, MessagesArrived, MessagesReceived], "in one block"
    assert bench.forgets() == [], "its body lives on"
    bench.now += 10
    (moved,) = bench.receive(dead)
    assert moved.message_id == first.message_id
    assert moved.address == first.address
    assert (moved.sent_at, moved.first_received_at) == (sent_at, sent_at + 10)
    assert (moved.receive_count, moved.dead_letter_source_arn) == (2, arn_of("orders"))
    assert moved.receipt_handle != first.receipt_handle
    (refusal,) = bench.ask(commands.DeleteMessages(dead, (first.receipt_handle,))).results
    assert refusal.code == "ReceiptHandleIsInvalid"
    bench.delete(dead, [moved])
    assert bench.forgets() == [(1, 1)]
    assert bench.room.count_bodies() == {1: 2, 2: 1}


def test_a_chain_counts_anew_in_each_queue():
    bench = Bench()
    bench.create("last")
    middle = bench.create("middle", RedrivePolicy=redrive_to("last", 2), VisibilityTimeout="0")
    queue = bench.create("orders", RedrivePolicy=redrive_to("middle", 1), VisibilityTimeout="0")
    bench.send(queue)
    assert [message.receive_count for message in bench.receive(queue)] == [1]
    assert bench.receive(queue) == ()
    assert [message.receive_count for message in bench.receive(middle)] == [2]
    assert [message.receive_count for message in bench.receive(middle)] == [3]
    assert bench.receive(middle) == ()
    (message,) = bench.receive(bench.room.find_arn(arn_of("last")))
    assert (message.receive_count, message.dead_letter_source_arn) == (4, arn_of("middle"))


def test_messages_go_to_the_dead_letter_queue_when_they_are_told_to():
    bench = Bench()
    dead = bench.create("dead")
    queue = bench.create("orders", RedrivePolicy=redrive_to("dead", 10))
    bench.send(queue, 3)
    one, two, three = bench.receive(queue)
    handles = (one.receipt_handle, three.receipt_handle, "nothing")
    bench.ask(commands.DeadLetterMessages(queue, handles))
    assert [type(record) for record in bench.records()] == [MessagesDeparted, MessagesArrived]
    moved = bench.receive(dead)
    assert [message.message_id for message in moved] == [one.message_id, three.message_id]
    assert {message.dead_letter_source_arn for message in moved} == {arn_of("orders")}
    assert bench.room.tally(queue).dead_lettered == 2
    assert bench.forgets() == []
    bench.ask(commands.DeadLetterMessages(queue, handles))
    assert bench.records() == []
    bench.delete(queue, [two])


def test_without_a_dead_letter_queue_they_are_deleted():
    bench = Bench()
    queue = bench.create("orders")
    bench.send(queue, 2)
    one, two = bench.receive(queue)
    bench.ask(commands.DeadLetterMessages(queue, (one.receipt_handle, two.receipt_handle)))
    assert bench.forgets() == [(1, 2)]
    assert bench.room.count_bodies() == {}
    assert bench.room.tally(queue).deleted == 2
