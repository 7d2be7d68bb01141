"""Where an asynchronous invoke is, what it waits for and until when, for whoever asks why."""

import pytest

from headrace.core.functions import limits
from headrace.core.functions.commands import EventSent, LookAtEvent, ReserveConcurrency
from headrace.core.functions.errors import (
    FUNCTION_IS_BUSY,
    ServiceException,
    account_is_busy,
    function_is_fast,
)
from headrace.core.functions.eventhand import FAULT, IN_HAND, STARTS
from headrace.core.functions.records import EventAccepted, EventConcluded
from headrace.core.functions.replies import EventSeen, Phase
from tests.unit.core.functions.bench import invoke, reference
from tests.unit.core.functions.eventbench import BAD, QUEUE, EventBench


def seen(bench, event=0):
    """Look at an event; nothing changes by it."""
    before = bench.room.snapshot(16), bench.room.next_deadline()
    answer = bench.ask(LookAtEvent(16, event))
    assert (bench.room.snapshot(16), bench.room.next_deadline()) == before
    return answer


def busy(count=1, **settings):
    """Return a bench whose function has so much reserved concurrency, of which one is in use."""
    bench = EventBench(**settings)
    bench.ask(ReserveConcurrency(reference(), count))
    bench.ask(invoke())
    return bench


def reasons(bench):
    """Return for what each event that was handed out had waited."""
    return [one.waited_for for one in bench.handed_out]


def test_an_event_is_handed_out_starts_runs_and_is_gone():
    bench = EventBench()
    bench.accept()
    assert seen(bench) == EventSeen(Phase.STARTS)
    bench.ask(invoke(event=0))
    assert seen(bench) == EventSeen(Phase.STARTS)
    (environment,) = bench.room.fleet.environments
    bench.started(environment=environment.id)
    assert seen(bench) == EventSeen(Phase.RUNS, log_stream=environment.stream)
    bench.ended(environment=environment.id)
    bench.end()
    assert seen(bench) == seen(bench, 7) == EventSeen(Phase.GONE)
    assert reasons(bench) == [""]


def test_an_event_of_no_function_is_gone():
    assert EventBench().ask(LookAtEvent(99, 0)) == EventSeen(Phase.GONE)


def test_an_event_that_failed_waits_for_its_next_try():
    bench = EventBench()
    bench.accept()
    bench.end(BAD)
    assert seen(bench) == EventSeen(Phase.WAITS, 1, until=bench.now + 60_000)
    bench.reload()
    assert seen(bench) == EventSeen(Phase.WAITS, 1, until=bench.now + 60_000)
    bench.sleep(60_000)
    assert seen(bench) == EventSeen(Phase.STARTS, 1)
    assert reasons(bench) == [""]


def test_an_event_that_the_server_could_not_run_waits_for_that():
    bench = EventBench()
    bench.accept()
    bench.end(ServiceException("no environment"))
    assert seen(bench) == EventSeen(Phase.WAITS, 0, FAULT, bench.now + 1_000)
    bench.sleep(1_000)
    assert reasons(bench) == ["", ""]


def test_an_event_without_room_says_so_and_is_handed_out_with_the_reason():
    bench = busy()
    bench.accept()
    assert seen(bench) == EventSeen(Phase.WAITS, 0, FUNCTION_IS_BUSY, bench.now + 1_000)
    bench.sleep(1_000)
    assert seen(bench) == EventSeen(Phase.WAITS, 0, FUNCTION_IS_BUSY, bench.now + 2_000)
    (environment,) = bench.room.fleet.environments
    bench.started(environment=environment.id)
    bench.ended(environment=environment.id)
    assert reasons(bench) == [FUNCTION_IS_BUSY]
    bench.ask(ReserveConcurrency(reference(), 2))
    bench.sleep(1)
    bench.accept()
    assert reasons(bench) == [FUNCTION_IS_BUSY, ""], "it waited for nothing"


@pytest.mark.parametrize("refusal", [account_is_busy(), function_is_fast(reserved=True)])
def test_a_throttled_event_waits_for_the_reason_of_the_throttle(refusal):
    bench = EventBench()
    bench.accept()
    bench.end(refusal)
    reason = refusal.members["Reason"]
    assert seen(bench) == EventSeen(Phase.WAITS, 0, reason, bench.now + 1_000)
    bench.sleep(1_000)
    assert reasons(bench) == ["", reason]


def test_an_event_for_which_an_environment_would_start_too_soon_says_so(monkeypatch):
    monkeypatch.setattr(limits, "EVENTS_AT_FIRST", 1)
    monkeypatch.setattr(limits, "EVENT_WAIT_MS", 0)
    bench = EventBench()
    bench.accept()
    bench.accept()
    waiting = seen(bench, 1)
    assert (waiting.phase, waiting.waits_for) == (Phase.WAITS, STARTS)
    assert waiting.until > bench.now
    bench.sleep(1_000)
    assert reasons(bench) == ["", STARTS]


def test_an_event_behind_as_many_as_may_be_under_way_says_so(monkeypatch):
    monkeypatch.setattr(limits, "EVENTS_IN_HAND_MAX", 1)
    bench = EventBench()
    bench.accept()
    bench.accept()
    assert seen(bench, 1) == EventSeen(Phase.WAITS, 0, IN_HAND)
    bench.sleep(5)
    bench.end(event=0)
    assert reasons(bench) == ["", IN_HAND]


def test_what_is_given_up_for_its_age_keeps_what_it_waited_for():
    bench = busy(age_s=60)
    bench.accept()
    bench.sleep(31_000)
    (record,) = [one for one in bench.records if isinstance(one, EventConcluded)]
    assert (record.ending.condition, record.ending.waits_for) == (
        "EventAgeExceeded",
        FUNCTION_IS_BUSY,
    )


def test_but_not_after_a_fault_or_an_attempt():
    for value in (ServiceException("no environment"), BAD):
        bench = EventBench(age_s=60)
        bench.accept()
        bench.sleep(40_000)
        for _ in range(9):
            bench.end(value)
            bench.sleep(32_000)
        (record,) = [one for one in bench.records if isinstance(one, EventConcluded)]
        assert (record.ending.condition, record.ending.waits_for) == ("EventAgeExceeded", "")


def test_an_event_that_is_over_says_who_is_still_to_be_told():
    bench = EventBench(on_success=QUEUE)
    bench.accept()
    bench.end()
    assert seen(bench) == EventSeen(Phase.SENDS, targets=((QUEUE, False),))
    bench.ask(EventSent(16, 0, QUEUE, False))
    assert seen(bench).phase is Phase.GONE


def test_the_record_of_an_event_says_how_it_is_found_again():
    bench = EventBench()
    bench.accept()
    (record,) = [one for one in bench.records if isinstance(one, EventAccepted)]
    assert record.request == bytes.fromhex("8476a536e9f411e897392dfe598c3fcd")
