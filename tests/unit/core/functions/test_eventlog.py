"""One function's asynchronous invokes as facts."""

import pytest

from headrace.core.functions import untried
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
    EventSettled,
    EventsMoved,
)
from headrace.core.machine import BodyAddress, Forget
from tests.unit.core.functions.bench import EPOCH

GOOD, BAD = ("arn:good", False), ("arn:bad", True)
ALL = frozenset(range(1, 100))
ENDING = Ending("RetriesExhausted", 1, EPOCH)


def log_of(count, qualifier=""):
    log = EventLog()
    for number in range(count):
        log.take(EventAccepted(16, EPOCH, number, qualifier), 5 + number)
    return log


def test_an_accepted_event_is_untried():
    log = log_of(2, "live")
    event = log.find(1)
    assert (event.block, event.accepted_at, event.qualifier) == (6, EPOCH, "live")
    assert log.next_number == 2
    assert log.count_bodies() == {5: 1, 6: 1}
    assert log.find(2) is None


def test_an_event_that_is_over_with_nothing_to_send_is_gone():
    log = log_of(2)
    assert log.take(EventConcluded(16, EPOCH, 0, ENDING), 9) == [Forget(5, 1)]
    assert log.find(0) is None
    assert log.first_untried() == 1
    assert not log.is_empty
    log.take(EventConcluded(16, EPOCH, 1, ENDING), 9)
    assert log.is_empty
    assert log.next_number == 2


def test_an_event_that_failed_keeps_its_body():
    log = log_of(1)
    assert log.take(EventFailed(16, EPOCH, 0, 1, EPOCH + 60_000), 7) == []
    assert (log.find(0).failures, log.find(0).due_at) == (1, EPOCH + 60_000)
    assert not log.is_untried(0)
    assert log.count_bodies() == {5: 1}


def test_an_event_stays_until_every_target_has_got_it():
    log = log_of(1)
    assert log.take(EventConcluded(16, EPOCH, 0, ENDING, (GOOD, BAD), True), 9) == []
    assert log.count_bodies() == {5: 1, 9: 1}
    assert sorted(log.bodies_in(ALL)) == [(5, 0), (9, 1)]
    assert log.take(EventSettled(16, EPOCH, 0, *GOOD), 10) == []
    assert log.find(0).targets == (BAD,)
    assert log.take(EventSettled(16, EPOCH, 0, *BAD), 11) == [Forget(5, 1), Forget(9, 1)]
    assert log.is_empty


def test_two_bodies_of_one_block_die_together():
    log = log_of(1)
    log.take(EventConcluded(16, EPOCH, 0, ENDING, (GOOD,), True), 5)
    assert log.take(EventSettled(16, EPOCH, 0, *GOOD), 10) == [Forget(5, 2)]


def test_bodies_move():
    log = log_of(2)
    log.take(EventConcluded(16, EPOCH, 1, ENDING, (GOOD,), True), 9)
    assert log.has_body_at(BodyAddress(9, 16, 3))
    assert not log.has_body_at(BodyAddress(8, 16, 3))
    assert not log.has_body_at(BodyAddress(8, 16, 99))
    log.take(EventsMoved(16, EPOCH, (0, 2, 3)), 20)
    assert sorted(log.bodies_in(ALL)) == [(20, 0), (20, 2), (20, 3)]


@pytest.mark.parametrize("size", [1, 2, 4_096])
def test_a_snapshot_holds_everything_however_long_its_chunks_are(monkeypatch, size):
    monkeypatch.setattr(untried, "CHUNK_EVENTS", size)
    log = log_of(9, "live")
    for number in (0, 1, 2, 3, 4, 6):
        log.take(EventConcluded(16, EPOCH, number, ENDING), 30)
    log.take(EventFailed(16, EPOCH, 7, 1, EPOCH), 30)
    again = EventLog()
    again.decode(log.encode())
    assert again.encode() == log.encode()
    assert again.next_number == 9
    assert [n for n in range(9) if again.is_untried(n)] == [5, 8]
    assert again.find(8) == log.find(8)
    assert again.find(7) == log.find(7)


def test_an_untried_event_costs_twenty_bytes():
    few, many = log_of(1_000), log_of(11_000)
    assert len(many.encode()) - len(few.encode()) < 10_000 * 21
