"""What a target says, as the room of functions takes it."""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.commands import EventSent
from headrace.core.functions.effects import SendResult
from headrace.core.functions.records import EventSettled
from headrace.core.functions.replies import Done
from headrace.core.machine import Forget
from tests.unit.core.functions.eventbench import QUEUE, EventBench


@pytest.fixture
def bench():
    bench = EventBench(on_success=QUEUE)
    bench.accept()
    bench.end()
    return bench


def test_what_is_sent_is_known_to_its_last_byte(bench):
    (effect,) = bench.of(SendResult)
    assert (effect.target, effect.is_dead_letter) == (QUEUE, False)
    assert effect.ending.condition == "Success"
    assert effect.function_arn.endswith(":resize:$LATEST")
    assert effect.address.number == 0
    assert effect.result.number == 1


def test_what_was_sent_is_over(bench):
    assert isinstance(bench.ask(EventSent(16, 0, QUEUE, False)), Done)
    assert isinstance(bench.records[-1], EventSettled)
    assert sum(one.count for one in bench.of(Forget)) == 2
    assert bench.ask(EventSent(16, 0, QUEUE, False)) == Done()
    assert bench.of(Forget) == []
    assert bench.room.next_deadline() is None


def test_what_cannot_be_sent_now_is_sent_again_and_again_later(bench):
    for wait_ms in (1_000, 2_000, 4_000):
        bench.ask(EventSent(16, 0, QUEUE, False, try_again=True))
        bench.sleep(wait_ms - 1)
        assert bench.of(SendResult) == []
        bench.sleep(1)
        assert len(bench.of(SendResult)) == 1


def sent(bench):
    return [one.event for one in bench.of(SendResult)]


@pytest.mark.parametrize("loaded", [False, True])
def test_no_more_is_read_and_sent_at_once_than_fits_into_memory(monkeypatch, loaded):
    monkeypatch.setattr(limits, "SENDS_IN_HAND_MAX", 2)
    bench = EventBench(on_success=QUEUE)
    first = []
    for number in range(5):
        bench.accept()
        bench.end(event=number)
        first += sent(bench)
    if loaded:
        bench.reload()
        first = sent(bench)
    assert first == [0, 1]
    bench.sleep(1_000)
    assert sent(bench) == []
    bench.ask(EventSent(16, 1, QUEUE, False))
    bench.sleep(0)
    assert sent(bench) == [2]
    bench.ask(EventSent(16, 0, QUEUE, False, try_again=True))
    bench.sleep(0)
    assert sent(bench) == [3]
    bench.sleep(1_000)
    bench.ask(EventSent(16, 2, QUEUE, False))
    bench.sleep(0)
    assert sent(bench) == [4]
    bench.ask(EventSent(16, 3, QUEUE, False))
    bench.sleep(0)
    assert sent(bench) == [0]
    bench.ask(EventSent(16, 0, QUEUE, False))
    bench.ask(EventSent(16, 4, QUEUE, False))
    assert bench.room.events.logs[16].is_empty
    assert bench.room.events.outbox._sending == {}


def test_what_a_deleted_function_had_under_way_bars_nobody(monkeypatch):
    monkeypatch.setattr(limits, "SENDS_IN_HAND_MAX", 1)
    bench = EventBench(on_success=QUEUE)
    bench.accept()
    bench.end()
    bench.delete()
    assert bench.room.events.outbox._sending == {}


def test_nothing_is_sent_for_a_function_that_is_gone(bench):
    bench.ask(EventSent(16, 0, QUEUE, False, try_again=True))
    bench.delete()
    bench.sleep(1_000)
    assert bench.of(SendResult) == []
    assert bench.ask(EventSent(16, 0, QUEUE, False)) == Done()


def test_after_a_load_everything_is_sent_again(bench):
    bench.reload()
    assert len(bench.of(SendResult)) == 1
