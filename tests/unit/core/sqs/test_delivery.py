"""Serving: stirred queues, bounded turns, moves that go on, what a late wake does."""

from headrace.core.machine import Reply
from headrace.core.sqs import commands
from headrace.core.sqs.delivery import forgets_of
from headrace.core.sqs.touched import Slot
from tests.unit.core.sqs.bench import Bench, redrive_to


def over_received(count, moves_at_most):
    """A bench with `count` messages that may not be received again, all visible."""
    bench = Bench(moves_at_most=moves_at_most)
    dead = bench.create("dead")
    queue = bench.create("orders", RedrivePolicy=redrive_to("dead"))
    bench.send(queue, count)
    for _ in range(0, count, 10):
        bench.receive(queue, visibility_ms=1_000)
    bench.wake_up(1_000)
    return bench, queue, dead


def test_a_short_poll_goes_on_moving_and_then_is_answered_empty():
    bench, queue, dead = over_received(10, moves_at_most=3)
    assert bench.receive(queue) is None
    assert len(bench.queue(dead).touched.slots) == 3
    assert bench.room.next_deadline() == bench.now
    ticket = bench.ticket
    bench.wake(at_most=1)
    assert len(bench.queue(dead).touched.slots) == 6, "one bounded piece of work"
    bench.wake_up()
    assert bench.replies[ticket].messages == ()
    assert len(bench.queue(dead).touched.slots) == 10
    assert bench.room.next_deadline() > bench.now


def test_a_receive_answers_with_what_it_has_when_it_stops_moving():
    bench, queue, dead = over_received(4, moves_at_most=3)
    bench.send(queue, 1)
    assert bench.receive(queue, at_most=1) is None
    bench.wake_up()
    assert [message.number for message in bench.replies[bench.ticket].messages] == [5]
    assert len(bench.queue(dead).touched.slots) == 4


def test_a_withdrawn_receive_stops_moving():
    bench, queue, dead = over_received(10, moves_at_most=3)
    bench.receive(queue)
    bench.ask(commands.WithdrawReceive(queue, bench.ticket))
    bench.wake_up()
    assert len(bench.queue(dead).touched.slots) == 3
    assert bench.room.next_deadline() > bench.now


def test_arrivals_are_handed_to_who_waits_at_the_dead_letter_queue():
    bench, queue, dead = over_received(2, moves_at_most=100)
    bench.receive(dead, wait_ms=None)
    waiting = bench.ticket
    assert bench.receive(queue) == ()
    assert [message.receive_count for message in bench.replies[waiting].messages] == [2, 2]


def test_a_late_wake_answers_at_the_instants_when_it_was_due():
    bench = Bench()
    queue = bench.create(VisibilityTimeout="1")
    bench.send(queue)
    for _ in range(3):
        bench.receive(queue, wait_ms=20_000)
    effects = bench.wake(60_000)
    start = bench.now - 60_000
    found = [
        (effect.value.received_at - start, len(effect.value.messages))
        for effect in effects
        if isinstance(effect, Reply)
    ]
    assert found == [(1_000, 1), (2_000, 1)], "the first receive took it at 0"


def test_serving_many_waiting_receives_is_bounded():
    bench = Bench()
    queue = bench.create()
    for _ in range(500):
        bench.receive(queue, at_most=1, wait_ms=20_000)
    bench.send(queue, 500)
    answered = sum(isinstance(effect, Reply) for effect in bench.effects) - 1
    assert 0 < answered < 500
    assert bench.room.next_deadline() == bench.now
    for effect in bench.wake_up():
        answered += isinstance(effect, Reply)
    assert answered == 500


def test_a_receive_looks_at_what_is_overdue_when_no_wake_came():
    bench = Bench()
    queue = bench.create(VisibilityTimeout="1")
    bench.send(queue)
    bench.receive(queue)
    bench.now += 1_000
    assert [message.receive_count for message in bench.receive(queue)] == [2]


def test_dead_bodies_are_counted_by_block():
    slots = [
        Slot(number, number % 2, 16, number, 0, 0, 0, 0, 0, 0, is_in_flight=False)
        for number in range(5)
    ]
    assert [(forget.block, forget.count) for forget in forgets_of(slots)] == [(0, 3), (1, 2)]
