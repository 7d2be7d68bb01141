"""What a function counts: AWS's Invocations, Errors, Throttles."""

from types import SimpleNamespace

from headrace.core.functions.replies import Invoked
from headrace.core.functions.tally import Tallies


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
