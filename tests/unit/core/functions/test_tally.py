"""What a function counts: AWS's Invocations, Errors, Throttles."""

from types import SimpleNamespace

from headrace.core.functions.commands import EventSent
from headrace.core.functions.replies import Invoked
from headrace.core.functions.tally import Tallies
from tests.unit.core.functions.bench import invoke
from tests.unit.core.functions.eventbench import BAD, GOOD, QUEUE, EventBench


def end(tallies, value, duration_us=1_000):
    tallies.of(20).concurrent += 1
    tallies.end(20, SimpleNamespace(duration_us=duration_us), value)


def test_what_ran_counts_with_its_errors_and_its_time():
    tallies = Tallies()
    end(tallies, Invoked("r", "1", b""), 1_500)
    end(tallies, Invoked("r", "1", b"", "Unhandled"), 500)
    tally = tallies.of(20)
    assert (tally.invocations, tally.errors, tally.concurrent) == (2, 1, 0)
    assert (tally.duration_us.total, sum(tally.duration_us.counts)) == (2_000, 2)


def test_what_never_ran_is_only_no_longer_in_hand():
    tallies = Tallies()
    end(tallies, ValueError("no environment"))
    assert (tallies.of(20).invocations, tallies.of(20).concurrent) == (0, 0)


def test_what_is_gone_is_forgotten_when_its_last_invoke_has_ended():
    tallies = Tallies()
    tallies.of(20).concurrent = 1
    tallies.of(21).errors = 5
    tallies.keep_only(())
    assert tallies.of(21).errors == 0
    assert tallies.of(20).concurrent == 1


def test_asynchronous_invokes_count_as_they_come_are_tried_and_are_dropped():
    bench = EventBench(on_failure=QUEUE, retries=1)
    tally = bench.room.fleet.capacity.tallies.of(16)
    bench.accept()
    bench.ask(invoke(event=0))
    assert (tally.events_received, tally.events_dropped) == (1, 0)
    bench.end(BAD)
    bench.sleep(60_000)
    bench.ask(invoke(event=0))
    assert (tally.event_age_us.total, sum(tally.event_age_us.counts)) == (60_000_000, 2)
    bench.end(BAD)
    assert (tally.events_received, tally.events_dropped) == (1, 1)
    bench.accept()
    bench.end(GOOD)
    assert (tally.events_received, tally.events_dropped) == (2, 1)


def test_what_a_target_refuses_counts_by_the_kind_of_target():
    bench = EventBench(on_failure=QUEUE, retries=0, dead_letter_arn=QUEUE)
    tally = bench.room.fleet.capacity.tallies.of(16)
    bench.accept()
    bench.end(BAD)
    bench.ask(EventSent(16, 0, QUEUE, False, try_again=True, is_refused=True))
    bench.ask(EventSent(16, 0, QUEUE, False, is_refused=True))
    bench.ask(EventSent(16, 0, QUEUE, True))
    bench.ask(EventSent(16, 0, QUEUE, True, is_refused=True))  # it has been settled
    assert (tally.destination_failures, tally.dead_letter_errors) == (2, 0)
    bench.accept()
    bench.end(BAD)
    bench.ask(EventSent(16, 1, QUEUE, True, is_refused=True))
    assert (tally.destination_failures, tally.dead_letter_errors) == (2, 1)
