"""A look shows every message, where it is and until when, and changes nothing."""

import pytest

from headrace.core.sqs import commands
from headrace.core.sqs.errors import QueueDoesNotExist
from tests.unit.core.sqs.bench import REGION, Bench, arn_of, redrive_to


@pytest.fixture
def bench():
    return Bench()


def look(bench, queue, **how):
    before = {machine: bench.room.snapshot(machine) for machine in bench.room.machines()}
    seen = bench.ask(commands.LookAtMessages(queue, **how))
    assert {machine: bench.room.snapshot(machine) for machine in bench.room.machines()} == before
    assert bench.records() == []
    return seen


def numbers(seen):
    return [found.message.number for found in seen.messages]


def everything(bench, queue, **how):
    return look(bench, queue, in_flight=True, delayed=True, **how)


def test_states_and_instants(bench):
    queue = bench.create(VisibilityTimeout="30")
    bench.send(queue, 2)
    bench.send(queue, delay_s=60)
    sent_at = bench.now
    bench.now += 5_000
    bench.receive(queue, at_most=1)
    assert numbers(look(bench, queue)) == [2]
    assert numbers(look(bench, queue, in_flight=True)) == [1, 2]
    assert numbers(look(bench, queue, delayed=True)) == [2, 3]
    held, waiting, delayed = everything(bench, queue).messages
    assert (held.state, held.visible_at) == ("in flight", bench.now + 30_000)
    assert (waiting.state, waiting.visible_at) == ("visible", sent_at)
    assert (delayed.state, delayed.visible_at) == ("delayed", sent_at + 60_000)
    assert (held.queue_receives, held.message.receive_count) == (1, 1)
    assert delayed.expires_at == sent_at + 345_600_000


def test_what_has_fallen_due_is_seen_as_such_before_a_wake(bench):
    queue = bench.create(VisibilityTimeout="30", MessageRetentionPeriod="60")
    bench.send(queue, 2)
    bench.receive(queue, at_most=1)
    bench.now += 30_000
    assert [found.state for found in look(bench, queue).messages] == ["visible", "visible"]
    bench.now += 30_000
    assert everything(bench, queue).messages == ()


def test_pages_go_through_all_in_order_of_numbers(bench):
    queue = bench.create(VisibilityTimeout="600")
    for count in range(1, 8):
        bench.send(queue, count, delay_s=count % 3)
    bench.now += 2_000
    bench.receive(queue, at_most=7)
    bench.receive(queue, at_most=3, visibility_ms=0)
    found, after, more = [], 0, True
    while more:
        seen = everything(bench, queue, after=after, at_most=5)
        assert len(seen.messages) <= 5
        found += numbers(seen)
        after, more = found[-1], seen.more
    assert found == list(range(1, 29))


def test_a_page_may_begin_inside_a_run(bench):
    queue = bench.create()
    bench.send(queue, 10)
    assert numbers(look(bench, queue, after=4, at_most=3)) == [5, 6, 7]
    assert numbers(look(bench, queue, after=9)) == [10]
    assert numbers(look(bench, queue, after=10)) == []


def test_an_exact_page_has_no_next(bench):
    queue = bench.create()
    bench.send(queue, 3)
    assert not look(bench, queue, at_most=3).more
    assert look(bench, queue, at_most=2).more


def test_it_tells_where_messages_come_from_and_go_to(bench):
    dead = bench.create("dead")
    queue = bench.create(RedrivePolicy=redrive_to("dead", 1), VisibilityTimeout="0")
    bench.send(queue)
    (sent,) = bench.receive(queue)
    bench.receive(queue)
    (seen,) = look(bench, dead).messages
    assert seen.message.dead_letter_source_arn == arn_of("orders")
    assert seen.message.message_id == sent.message_id
    assert not seen.is_redriven
    bench.ask(commands.StartMoveTask(REGION, arn_of("dead"), None, None, b""))
    bench.wake_up()
    found = look(bench, queue)
    assert found.messages[0].is_redriven
    assert (found.target_arn, found.max_receive_count) == (arn_of("dead"), 1)


def test_ids_and_addresses_are_those_of_a_receive(bench):
    queue = bench.create()
    bench.send(queue, 2)
    seen = [found.message for found in look(bench, queue).messages]
    received = bench.receive(queue)
    assert [(m.message_id, m.address, m.sent_at) for m in seen] == [
        (m.message_id, m.address, m.sent_at) for m in received
    ]


def test_a_queue_that_is_gone(bench):
    with pytest.raises(QueueDoesNotExist):
        bench.ask(commands.LookAtMessages(99))


def test_a_fifo_queue_is_looked_at_as_well(bench):
    queue = bench.create("q.fifo", FifoQueue="true", DelaySeconds="5")
    for group, deduplication_id in (("a", "1"), ("b", "2"), ("a", "3")):
        bench.send(queue, group_id=group, deduplication_id=deduplication_id)
    assert numbers(look(bench, queue)) == []
    assert [found.state for found in everything(bench, queue).messages] == ["delayed"] * 3
    bench.now += 5_000
    (first,) = bench.receive(queue, at_most=1)
    seen = everything(bench, queue)
    assert numbers(seen) == [1, 2, 3]
    assert [found.state for found in seen.messages] == ["in flight", "visible", "visible"]
    assert seen.messages[0].message.sequence_number == first.sequence_number
    assert len({found.message.sequence_number for found in seen.messages}) == 3


def test_a_message_waits_behind_the_first_of_its_group_that_is_in_flight(bench):
    """spec/sqs.md 5.1: earlier ones of the group and other groups do not wait."""
    queue = bench.create("q.fifo", FifoQueue="true", MessageRetentionPeriod="60")
    for place, group in enumerate("aaaabb"):
        bench.send(queue, group_id=group, deduplication_id=str(place))
    first, second, third = bench.receive(queue, at_most=3, visibility_ms=20_000)
    bench.ask(commands.ChangeVisibility(queue, ((first.receipt_handle, 0),)))
    bench.ask(commands.ChangeVisibility(queue, ((third.receipt_handle, 0),)))
    until = bench.now + 20_000
    waits = [(m.waits_behind, m.waits_until) for m in everything(bench, queue).messages]
    assert waits == [
        ("", 0),
        ("", 0),
        (second.message_id, until),
        (second.message_id, until),
        ("", 0),
        ("", 0),
    ]
    bench.delete(queue, [second])
    assert {m.waits_behind for m in everything(bench, queue).messages} == {""}


def test_nothing_waits_behind_what_is_over_and_not_carried_out_yet(bench):
    queue = bench.create("q.fifo", FifoQueue="true", MessageRetentionPeriod="60")
    bench.send(queue, group_id="a", deduplication_id="1")
    bench.now += 30_000
    bench.send(queue, group_id="a", deduplication_id="2")
    (first,) = bench.receive(queue, at_most=1, visibility_ms=600_000)
    assert everything(bench, queue).messages[1].waits_behind == first.message_id
    bench.now += 30_000  # its retention is over, and nobody has woken
    (second,) = everything(bench, queue).messages
    assert second.waits_behind == ""


def test_a_noisy_group_is_said_to_be_one(bench):
    """spec/sqs.md 6: also of what came back, and not for ever."""
    queue = bench.create()
    bench.send(queue, 40, group_id="noisy")
    bench.send(queue, group_id="quiet")
    bench.send(queue)
    assert not any(found.is_noisy for found in look(bench, queue).messages)
    for _ in range(3):
        received = bench.receive(queue, at_most=10, visibility_ms=30_000)
    back = ((received[0].receipt_handle, 0),)
    bench.ask(commands.ChangeVisibility(queue, back))
    bench.send(queue, group_id="noisy")
    seen = everything(bench, queue).messages
    noisy = [found.message.number for found in seen if found.is_noisy]
    assert noisy == [received[0].number, *range(31, 41), 43]
    bench.wake_up(330_000)
    assert not any(found.is_noisy for found in everything(bench, queue).messages)
