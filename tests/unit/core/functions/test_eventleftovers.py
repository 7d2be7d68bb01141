"""What deleted functions leave of their asynchronous invokes."""

from headrace.core.deadlines import Deadlines
from headrace.core.functions import tried
from headrace.core.functions.directory import Directory
from headrace.core.functions.eventleftovers import Leftovers
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.eventoutbox import Outbox
from headrace.core.functions.records import EventAccepted, EventFailed
from headrace.core.functions.tally import Tallies
from headrace.core.machine import Forget
from tests.unit.core.functions.bench import EPOCH


def left_by(outbox, failed, untried):
    """Return leftovers of events that failed and of others that were not tried, by counts."""
    log, due = EventLog(), Deadlines()
    for number in range(failed + untried):
        log.take(EventAccepted(16, EPOCH, number), 5 + number)
    for number in range(failed):
        log.take(EventFailed(16, EPOCH, number, 1, EPOCH), 0)
        due.put(number, EPOCH)
        outbox.put(16, number, EPOCH)
    leftovers = Leftovers(outbox)
    leftovers.add(16, log, due)
    return leftovers, due


def test_a_chunk_is_let_go_of_at_a_time_with_all_that_knew_of_it(monkeypatch):
    monkeypatch.setattr(tried, "CHUNK_NUMBERS", 2)
    outbox = Outbox({}, Directory(), Tallies())
    leftovers, due = left_by(outbox, failed=4, untried=3)
    dead = []
    while leftovers:
        dead.append(leftovers.take())
    assert [len(some) for some in dead] == [2, 2, 3]
    assert sorted(one.block for some in dead for one in some) == [5, 6, 7, 8, 9, 10, 11]
    assert len(due) == 0
    assert outbox.next_deadline() is None
    assert leftovers.take() == []


def test_an_empty_log_leaves_nothing_and_a_replay_counts_nothing():
    outbox = Outbox({}, Directory(), Tallies())
    leftovers = Leftovers(outbox)
    leftovers.add(16, EventLog(), Deadlines())
    assert not leftovers
    leftovers, _ = left_by(outbox, failed=0, untried=1)
    assert leftovers.take() == [Forget(5, 1)]
    leftovers, _ = left_by(outbox, failed=0, untried=1)
    leftovers.clear()
    assert not leftovers
