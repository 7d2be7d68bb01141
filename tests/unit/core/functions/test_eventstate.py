"""Asynchronous invokes as the bytes of a snapshot."""

from array import array

import msgspec
import pytest

from headrace.core.functions import tried, untried
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.eventstate import (
    FrozenEvents,
    FrozenFunction,
    Stored,
    decode_stored,
)
from headrace.core.functions.function import decode_snapshot, events_of
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
    EventsMoved,
)
from headrace.core.functions.tried import Event, Tried
from headrace.core.functions.untried import Untried
from tests.unit.core.functions.bench import EPOCH
from tests.unit.core.functions.eventbench import GOOD, QUEUE, EventBench

#: Written by format 2 on 2026-11-28 (five events: one on its way to a queue, two that failed once,
#: two untried); must be readable for ever.
STORED = bytes.fromhex(
    "0292c501859fac313233343536373839303132ac65752d63656e7472616c2d31a6726573697a65c4100001020304"
    "05060708090a0b0c0d0e0f8081a7244c41544553549ba7244c415445535400dc0011aa707974686f6e332e3131ab"
    "6170702e68616e646c6572d92061726e3a6177733a69616d3a3a3132333435363738393031323a726f6c652f7294"
    "b22f6177732f6c616d6264612f726573697a65a454657874a0a0a003cc80cd0200c0a67838365f3634ab50617373"
    "5468726f756768a0a0a44e6f6e6590a35a6970c095d9406162616261626162616261626162616261626162616261"
    "6261626162616261626162616261626162616261626162616261626162616261626162616261626162cd011400a0"
    "c0c410000102030405060708090a0b0c0d0e0fcf000001a1ee565e00cf000001a1ee565e00c000a0a001c080c080"
    "c2808081a7244c415445535495cf000001a1ee565e00c0c0d92d61726e3a6177733a7371733a65752d63656e7472"
    "616c2d313a3132333435363738393031323a726573756c7473a0c4d1970502c41807000000000000000000000000"
    "0000000900000000000000c418005e56eea1010000005e56eea1010000005e56eea1010000c40c00000000000000"
    "000000000091a083009805cf000001a1ee565e00a0000093a75375636365737301cf000001a1ee565e009192d92d"
    "61726e3a6177733a7371733a65752d63656e7472616c2d313a3132333435363738393031323a726573756c7473c2"
    "06019806cf000001a1ee565e00a001cf000001a1ee574860c09000039808cf000001a1ee565e00a001cf000001a1"
    "ee574860c09000"
)


@pytest.fixture(params=[1, 3, 4_096])
def chunks(request, monkeypatch):
    """Have chunks of one event, of a few, and of many."""
    monkeypatch.setattr(untried, "CHUNK_EVENTS", request.param)
    monkeypatch.setattr(tried, "CHUNK_NUMBERS", request.param)


def log_of(count):
    """Return events of which each fifth failed and each seventh is on its way to a target."""
    log = EventLog()
    for number in range(count):
        log.take(EventAccepted(16, EPOCH + number, number, str(number % 3)), 5 + number)
    change(log, range(0, count, 5), range(3, count, 7))
    return log


def change(log, failing, ending):
    for number in failing:
        log.take(EventFailed(16, EPOCH, number, 1, EPOCH + 60_000), 1_000)
    for number in ending:
        done = EventConcluded(
            16, EPOCH, number, Ending("Success", 1, EPOCH), ((QUEUE, False),), True
        )
        log.take(done, 1_000)


@pytest.mark.parametrize("count", [0, 1, 9, 400])
def test_the_parts_are_one_messagepack_array_as_short_as_it_can_be(chunks, count):
    log = log_of(count)
    data = log.encode()
    assert msgspec.msgpack.encode(msgspec.msgpack.decode(data, type=Stored)) == data
    stored = decode_stored(data)
    assert stored.next_number == count
    assert list(stored.tried) == [number for number, _ in log.tried.items()]


@pytest.mark.slow
def test_the_parts_are_one_messagepack_array_when_there_are_many():
    events = {number: Event(5, EPOCH, "") for number in range(1 << 16)}
    columns = array("Q", [5] * 9_000), array("q", [EPOCH] * 9_000), array("I", [0] * 9_000)
    data = b"".join(FrozenEvents(Untried(1 << 16, columns), Tried(events), [""], freeze=False))
    assert msgspec.msgpack.encode(decode_stored(data)) == data


def test_a_frozen_log_is_what_it_was_whatever_happens_while_it_is_written(chunks):
    log = log_of(40)
    was = log.encode()
    reading = iter(log.freeze())
    parts = [next(reading), next(reading)]
    change(log, [1, 2, 39], [5, 8, 0])
    log.take(EventsMoved(16, EPOCH, (8, 10, 14)), 2_000)
    for number in (4, 6, 7, 9):
        log.take(EventConcluded(16, EPOCH, number, Ending("Success", 1, EPOCH)), 1_000)
    for number in range(40, 50):
        log.take(EventAccepted(16, EPOCH, number, "new"), 2_000)
    assert b"".join([*parts, *reading]) == was
    assert log.encode() != was
    again = EventLog()
    again.decode(log.encode())
    assert again.encode() == log.encode()
    assert [again.find(number) for number in range(50)] == [log.find(n) for n in range(50)]


def test_names_go_with_the_last_untried_event():
    log = EventLog()
    log.take(EventAccepted(16, EPOCH, 0, "old"), 5)
    log.take(EventConcluded(16, EPOCH, 0, Ending("Success", 1, EPOCH)), 6)
    log.take(EventAccepted(16, EPOCH, 1, "new"), 7)
    assert decode_stored(log.encode()).names == ["new"]
    assert log.find(1).qualifier == "new"


def test_events_of_format_2_are_still_read():
    bench = EventBench(on_success=QUEUE)
    bench.room.load(16, STORED)
    log = bench.room.events.logs[16]
    assert [log.is_untried(number) for number in range(6)] == [0, 0, 1, 0, 1, 0]
    assert (log.find(1).failures, log.find(4).block, log.next_number) == (1, 9, 5)
    assert (log.find(0).targets, log.find(0).result_block) == (((QUEUE, False),), 6)
    assert decode_snapshot(STORED) == bench.room.directory.functions[16]


def test_a_function_of_many_events_is_frozen_and_one_of_few_is_not(monkeypatch):
    monkeypatch.setattr(untried, "CHUNK_EVENTS", 4)
    bench = EventBench()
    for _ in range(4):
        bench.accept()
    assert bench.room.freeze(16) is None
    bench.accept()
    was = bench.room.snapshot(16)
    frozen = bench.room.freeze(16)
    assert isinstance(frozen, FrozenFunction)
    assert abs(frozen.size - len(was)) < 100
    bench.end(GOOD, 0)
    assert b"".join(frozen) == was
    assert decode_snapshot(was) == bench.room.directory.functions[16]
    assert decode_stored(events_of(was)).next_number == 5


def test_a_function_of_many_failed_events_is_frozen(monkeypatch):
    monkeypatch.setattr(tried, "CHUNK_NUMBERS", 1)
    log = EventLog()
    for number in range(2):
        log.take(EventAccepted(16, EPOCH, number), 5)
    change(log, [0], [])
    assert not log.is_large
    change(log, [1], [])
    assert log.is_large
