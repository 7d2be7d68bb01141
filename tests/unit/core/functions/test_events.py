"""Asynchronous invokes of one function, as the room hands them out and takes them back."""

from itertools import pairwise

import pytest

from headrace.core.functions import limits, untried
from headrace.core.functions.commands import AcceptEvent, ReserveConcurrency
from headrace.core.functions.effects import RunEvent, SendResult
from headrace.core.functions.errors import (
    ResourceNotFound,
    ServiceException,
    account_is_busy,
    function_is_busy,
)
from headrace.core.functions.functions import Functions
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.records import EventConcluded, EventFailed
from headrace.core.machine import Forget, Numbers, Remember
from tests.unit.core.functions.bench import PYTHON, REQUEST_ID, creation, invoke, reference
from tests.unit.core.functions.eventbench import BAD, GOOD, QUEUE, EventBench


def reserve(bench, count):
    bench.ask(ReserveConcurrency(reference(), count))


def conditions(bench):
    return [one.ending.condition for one in bench.records if isinstance(one, EventConcluded)]


def test_an_event_is_on_disk_before_it_is_handed_out():
    bench = EventBench()
    remembered, _, handed_out = bench.accept()
    assert isinstance(remembered, Remember)
    assert remembered.first == 0
    assert handed_out == RunEvent(16, 0, reference(), handed_out.address)
    assert (handed_out.address.block, handed_out.address.number) == (5, 0)


def test_an_event_that_ran_well_is_gone():
    bench = EventBench()
    bench.accept()
    bench.end()
    assert conditions(bench) == ["Success"]
    assert bench.of(Forget) == [Forget(5, 1)]
    assert bench.of(SendResult) == []
    assert bench.room.next_deadline() is None


def test_an_outcome_that_nobody_waits_for_is_no_news():
    bench = EventBench()
    bench.accept()
    bench.end()
    bench.end()
    assert conditions(bench) == ["Success"]


def test_a_failed_event_is_tried_again_after_one_and_two_minutes():
    bench = EventBench()
    bench.accept()
    for wait_ms in (60_000, 120_000):
        bench.end(BAD)
        bench.sleep(wait_ms - 1)
        assert bench.of(RunEvent) == []
        bench.sleep(1)
        assert len(bench.of(RunEvent)) == 1
    bench.end(BAD)
    assert conditions(bench) == ["RetriesExhausted"]
    assert bench.records[-1].ending.attempts == 3
    assert bench.room.next_deadline() is None


def test_a_failed_event_keeps_its_moment_over_a_load():
    bench = EventBench()
    bench.accept()
    bench.end(BAD)
    bench.sleep(59_000)
    bench.reload()
    assert bench.handed_out == []
    bench.sleep(1_000)
    assert len(bench.handed_out) == 1


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_as_many_retries_as_are_set(retries):
    bench = EventBench(retries=retries)
    bench.accept()
    for _ in range(retries):
        bench.end(BAD)
        bench.sleep(120_000)
    bench.end(BAD)
    assert conditions(bench) == ["RetriesExhausted"]


def test_no_retry_is_planned_that_would_come_too_late():
    bench = EventBench(age_s=90)
    bench.accept()
    bench.end(BAD)
    assert isinstance(bench.records[-1], EventFailed)
    bench.sleep(60_000)
    bench.end(BAD)
    assert conditions(bench) == ["EventAgeExceeded"]
    assert bench.records[-1].ending.attempts == 2


def test_a_fault_of_the_server_backs_off_and_is_no_attempt():
    bench = EventBench(retries=0)
    bench.accept()
    for wait_ms in (1_000, 2_000, 4_000):
        bench.end(ServiceException("no environment"))
        bench.sleep(wait_ms - 1)
        assert bench.of(RunEvent) == []
        bench.sleep(1)
        assert len(bench.of(RunEvent)) == 1
    bench.end(GOOD)
    assert conditions(bench) == ["Success"]
    assert bench.records[-1].ending.attempts == 1


def test_a_fault_that_lasts_ends_with_the_age():
    bench = EventBench(age_s=60, on_failure=QUEUE)
    bench.accept()
    while not conditions(bench):
        bench.end(ServiceException("no environment"))
        bench.sleep(32_000)
    assert conditions(bench) == ["EventAgeExceeded"]
    (record,) = [one for one in bench.records if isinstance(one, EventConcluded)]
    assert (record.ending.attempts, record.has_result) == (0, False)


def test_without_room_an_event_waits_for_an_invoke_to_end():
    bench = EventBench()
    reserve(bench, 1)
    bench.ask(invoke())
    bench.accept()
    bench.accept()
    assert bench.handed_out == []
    (busy,) = bench.room.fleet._roster.environments
    bench.started(environment=busy)
    bench.ended(environment=busy)
    assert [one.event for one in bench.handed_out] == [0]
    bench.ask(invoke(event=0, request_id=REQUEST_ID))
    bench.ended(environment=busy)
    bench.end(event=0)
    assert [one.event for one in bench.handed_out] == [0, 1]


def test_without_room_an_event_asks_again_by_itself():
    bench = EventBench()
    reserve(bench, 1)
    bench.ask(invoke())
    bench.accept()
    due = []
    for _ in range(10):
        due.append(bench.room.events.next_deadline() - bench.now)
        bench.sleep(due[-1])
    assert due == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]


def test_without_room_an_event_is_given_up_when_it_would_be_too_old():
    bench = EventBench(age_s=60)
    reserve(bench, 1)
    bench.ask(invoke())
    bench.accept()
    bench.sleep(31_000)
    assert conditions(bench) == ["EventAgeExceeded"]
    assert bench.room.events.next_deadline() is None


@pytest.mark.parametrize("refusal", [account_is_busy(), function_is_busy()])
def test_a_throttled_event_waits_and_is_no_attempt(refusal):
    bench = EventBench(retries=0)
    bench.accept()
    bench.end(refusal)
    assert bench.of(RunEvent) == []
    bench.sleep(1_000)
    assert len(bench.of(RunEvent)) == 1
    bench.end(GOOD)
    assert bench.records[-1].ending.attempts == 1


def test_no_more_are_handed_out_than_have_room():
    bench = EventBench()
    reserve(bench, 3)
    for _ in range(5):
        bench.accept()
    assert len(bench.handed_out) == 3


def test_room_that_is_reserved_later_is_used_at_once():
    bench = EventBench()
    reserve(bench, 1)
    for _ in range(5):
        bench.accept()
    reserve(bench, 4)
    assert len(bench.handed_out) == 4


def test_no_concurrency_at_all_is_a_failure_at_once():
    bench = EventBench(on_failure=QUEUE)
    reserve(bench, 0)
    bench.accept()
    assert bench.handed_out == []
    assert conditions(bench) == ["ZeroReservedConcurrency"]
    (sent,) = bench.of(SendResult)
    assert (sent.ending.attempts, sent.result) == (0, None)


def test_many_events_are_given_up_some_at_a_time(monkeypatch):
    monkeypatch.setattr(limits, "EVENTS_LOOKED_AT", 2)
    bench = EventBench()
    reserve(bench, 1)
    for _ in range(6):
        bench.accept()
    bench.end(event=0)
    bench.ask(ReserveConcurrency(reference(), 0))
    looked_at = [len(conditions(bench))]
    while (due := bench.room.events.next_deadline()) is not None and due <= bench.now:
        bench.take(bench.room.wake(bench.now, 1))
        looked_at.append(len(conditions(bench)))
    assert max(b - a for a, b in pairwise(looked_at)) == 2
    assert looked_at[-1] == 5  # one is handed out


def test_the_event_of_a_version_that_is_gone_is_dropped():
    bench = EventBench(on_failure=QUEUE)
    bench.accept()
    bench.end(ResourceNotFound("gone"))
    assert bench.room.events.logs[16].is_empty


def test_events_of_a_deleted_function_die_with_it():
    bench = EventBench()
    bench.accept(block=5)
    bench.accept(block=6)
    bench.delete()
    assert bench.of(Forget) == [Forget(5, 1), Forget(6, 1)]
    bench.end(event=0)
    assert bench.of(Remember) == []
    assert bench.room.next_deadline() is None


def test_many_events_of_a_deleted_function_die_bit_by_bit(monkeypatch):
    monkeypatch.setattr(untried, "CHUNK_EVENTS", 2)
    bench = EventBench(on_success=QUEUE)
    for number in range(7):
        bench.accept(block=5 + number)
    bench.end(GOOD, 0)
    bench.delete()
    dead = [bench.of(Forget)]
    while bench.room.next_deadline() == bench.now:
        bench.take(bench.room.wake(bench.now, 1))
        dead.append(bench.of(Forget))
    assert max(map(len, dead)) == 2
    assert sorted(one.block for some in dead for one in some) == [5, 6, 6, 7, 8, 9, 10, 11]
    assert bench.room.next_deadline() is None
    bench.ask(creation())
    bench.sleep(3_600_000)
    assert bench.of(SendResult) == []


def test_a_rebuilt_room_has_nothing_left_of_deleted_functions(monkeypatch):
    monkeypatch.setattr(untried, "CHUNK_EVENTS", 2)
    bench = EventBench()
    for _ in range(7):
        bench.accept()
    bench.delete()
    room = Functions(Numbers(), interpreters=[PYTHON])
    for record in bench.records:
        room.replay(record, 5)
    assert room.next_deadline() is None


@pytest.mark.slow
def test_one_turn_gives_up_some_of_many_events():
    bench = EventBench()
    reserve(bench, 1)
    for _ in range(1_200):
        bench.accept()
    reserve(bench, 0)
    assert len(bench.effects) < 1_000
    bench.take(bench.room.wake(bench.now, 1_000))
    assert 500 < len(bench.effects) < 1_500
    bench.accept()
    assert len(bench.effects) < 1_000, "a command does not do it all at once either"
    bench.sleep(0)
    assert len(conditions(bench)) == 1_200  # one is handed out


def test_an_absent_function_accepts_nothing():
    bench = EventBench()
    refusal = bench.ask(AcceptEvent(reference("absent"), 5, b""))
    assert refusal.code == "ResourceNotFoundException"
    assert refusal.message.endswith(":absent:$LATEST")


def test_what_is_handed_out_is_handed_out_again_after_a_load():
    bench = EventBench()
    bench.accept()
    bench.accept()
    bench.end(event=0)
    bench.reload()
    assert [one.event for one in bench.handed_out] == [1]
    bench.accept()
    assert [one.event for one in bench.handed_out] == [1, 2]


def test_an_invoke_that_ended_badly_frees_its_room_too():
    bench = EventBench()
    reserve(bench, 1)
    bench.ask(invoke())
    (busy,) = bench.room.fleet._roster.environments
    bench.accept()
    bench.started(Ending.REFUSED, environment=busy)
    assert [one.event for one in bench.handed_out] == [0]
