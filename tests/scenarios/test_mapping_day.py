"""A day of real deliveries in virtual time: nothing is lost, nothing twice, nothing overtakes."""

import pytest

from headrace.testing.pipeline import fail
from tools.day import INPUT, Day

LINES = INPUT.read_text().splitlines()


@pytest.mark.slow
def test_a_day_of_deliveries_ends_with_each_message_processed_filtered_or_dead():
    day = Day(4_000, seed=20261128, lines=LINES)
    figures = day.run()
    assert figures["messages"] == 4_000
    assert figures["looks"] >= 48
    # It was a day on which everything happened.
    assert min(figures["processed"], figures["filtered"], figures["dead"]) > 10
    assert figures["throttled"] > 10
    assert len(day.groups) == 40


@pytest.mark.slow
def test_the_same_seed_is_the_same_day():
    first, second = (Day(300, seed=7, lines=LINES) for _ in range(2))
    assert first.run() == second.run()
    assert [call.ids for call in first.pipe.calls] == [call.ids for call in second.pipe.calls]


def test_a_lost_and_a_doubled_message_are_found_out():
    day = Day(1, seed=1, lines=LINES)
    day.send()
    day.look()
    day.sent["ghost"] = day.pipe.now
    with pytest.raises(AssertionError, match="nowhere"):
        day.look()
    del day.sent["ghost"]
    day.pipe.filtered.add(next(iter(day.sent)))
    day.pipe.deleted.add(next(iter(day.sent)))
    with pytest.raises(AssertionError, match="two places"):
        day.look()


def test_overtaking_is_found_out():
    day = Day(1, seed=1, lines=LINES)
    day.pipe.function = lambda call: fail(1_000)
    queue = day.queues["repositories.fifo"]
    day.groups["g"] = day.pipe.send(queue, "one", "two", group="g")
    (call,) = day.pipe.calls
    day.check_order(call)
    call.records = call.records[1:]
    with pytest.raises(AssertionError, match="overtaken"):
        day.check_order(call)
