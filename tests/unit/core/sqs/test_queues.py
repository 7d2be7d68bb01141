"""The room: laws at its edges, purge, deletion, slices of dead bodies, look-ups after a load."""

import pytest

from headrace.core.machine import Numbers, Reply
from headrace.core.sqs import commands, queues
from headrace.core.sqs.errors import PurgeQueueInProgress, QueueDoesNotExist
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.replies import Done
from tests.unit.core.sqs.bench import ACCOUNT, REGION, Bench


def test_time_does_not_go_back():
    bench = Bench()
    bench.create()
    with pytest.raises(AssertionError, match="time"):
        bench.room.apply(commands.ListQueues(ACCOUNT, REGION), bench.now - 1, 1)
    with pytest.raises(AssertionError, match="time"):
        bench.room.wake(bench.now - 1, 1)


def test_every_command_has_a_decision():
    room = Queues(b"s" * 32, Numbers())
    assert set(room._decide) == set(room.commands)
    assert set(room.growing) < set(room.commands)


def test_purges_are_a_minute_apart_unless_the_rules_say_otherwise():
    bench = Bench()
    queue = bench.create()
    assert bench.ask(commands.PurgeQueue(queue)) == Done()
    bench.now += 59_999
    with pytest.raises(PurgeQueueInProgress) as refusal:
        bench.ask(commands.PurgeQueue(queue))
    assert refusal.value.message == (
        "Only one PurgeQueue operation on orders is allowed every 60 seconds."
    )
    bench.now += 1
    assert bench.ask(commands.PurgeQueue(queue)) == Done()
    quick = Bench(purge_interval_ms=0)
    queue = quick.create()
    assert [quick.ask(commands.PurgeQueue(queue)) for _ in range(2)] == [Done(), Done()]


def test_deletion_answers_who_waits_and_lets_bodies_go():
    bench = Bench()
    queue = bench.create()
    bench.receive(queue, wait_ms=None)
    waiting = bench.ticket
    bench.send(queue, 2, delay_s=9)
    assert bench.ask(commands.DeleteQueue(queue)) == Done()
    assert isinstance(bench.replies[waiting], QueueDoesNotExist)
    assert bench.forgets() == [(1, 2)]
    assert list(bench.room.machines()) == [1]
    assert bench.room.next_deadline() is None


def test_many_dead_bodies_are_told_in_slices(monkeypatch):
    monkeypatch.setattr(queues, "LEFTOVER_RUNS", 2)
    monkeypatch.setattr(queues, "LEFTOVER_RUNS_PER_UNIT", 1)
    bench = Bench()
    queue = bench.create()
    for _ in range(6):
        bench.send(queue)
    bench.ask(commands.PurgeQueue(queue))
    assert bench.forgets() == [(1, 1), (2, 1)]
    assert bench.room.next_deadline() == bench.now
    assert bench.forgets(bench.wake(at_most=3)) == [(3, 1), (4, 1), (5, 1)]
    assert bench.forgets(bench.wake(at_most=3)) == [(6, 1)]
    assert bench.room.next_deadline() is None


def test_the_secret_may_come_later():
    bench = Bench()
    late = Queues(b"", Numbers())
    late.use_secret(b"s" * 32)
    created = commands.CreateQueue(ACCOUNT, REGION, "orders", {}, {})
    late.apply(created, bench.now, 1)
    effects = late.apply(
        commands.SendMessages(16, 1, (commands.OutgoingMessage(b"", 1),)), bench.now, 2
    )
    sent = next(effect.value for effect in effects if isinstance(effect, Reply))
    queue = bench.create()
    assert sent.results[0].message_id == bench.send(queue)[0].message_id


def test_a_loaded_room_goes_on_where_the_other_stopped():
    bench = Bench()
    queue = bench.create()
    bench.send(queue, 2)
    messages = bench.receive(queue, at_most=1)
    bench.room = bench.reload()
    assert bench.room.next_deadline() == bench.now + 30_000
    assert bench.delete(queue, messages) == (None,)
    assert bench.records()
    assert [message.number for message in bench.receive(queue)] == [2]
    assert bench.create("next") == 17
