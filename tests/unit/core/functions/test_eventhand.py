"""What is under way of one function's asynchronous invokes."""

from headrace.core.functions import limits
from headrace.core.functions.commands import EnvironmentStarted
from headrace.core.functions.environment import Life
from headrace.core.functions.eventhand import Hand
from headrace.core.functions.outcomes import Ending
from tests.unit.core.functions.bench import invoke
from tests.unit.core.functions.eventbench import GOOD, EventBench


def run(bench):
    """Invoke the function for each event that was handed out and is not invoked."""
    for one in bench.handed_out[bench.invoked :]:
        bench.ask(invoke(event=one.event))
    bench.invoked = len(bench.handed_out)


def deep(count):
    """Return a bench that was loaded with so many events."""
    bench = EventBench()
    for _ in range(count):
        bench.accept()
    bench.reload()
    bench.invoked = 0
    run(bench)
    return bench


def test_a_load_hands_out_a_few_of_many_events_at_once():
    bench = deep(500)
    assert len(bench.handed_out) == limits.EVENTS_AT_FIRST
    assert len(bench.room.fleet.environments) == limits.EVENTS_AT_FIRST


def start(bench):
    """Have all environments that were asked for start well."""
    fleet = bench.room.fleet
    while starting := [one.id for one in fleet.environments if one.life is Life.STARTING]:
        for environment in starting:
            bench.ask(EnvironmentStarted(environment, Ending.OK))


def test_none_more_are_handed_out_while_environments_start():
    bench = deep(500)
    bench.sleep(10_000)
    assert len(bench.handed_out) == limits.EVENTS_AT_FIRST
    start(bench)
    bench.sleep(999)
    assert len(bench.handed_out) == limits.EVENTS_AT_FIRST


def test_a_hundred_more_are_handed_out_each_second_if_they_take_long():
    bench = deep(500)
    start(bench)
    handed_out = []
    for _ in range(6):
        bench.sleep(1_000)
        run(bench)
        start(bench)
        handed_out.append(len(bench.handed_out))
    assert handed_out == [132, 232, 332, 432, 500, 500]


def test_events_that_end_soon_need_no_more_environments():
    bench = deep(500)
    for _ in range(10):
        for event in sorted(bench.room.events._hands[16].running):
            bench.end(GOOD, event)
        run(bench)
        bench.sleep(500)
        run(bench)
    assert len(bench.room.events._hands[16].running) <= limits.EVENTS_AT_FIRST
    assert len(bench.handed_out) > 300


def test_free_environments_take_events_however_many_run(monkeypatch):
    monkeypatch.setattr(limits, "EVENTS_AT_FIRST", 1)
    bench = EventBench()
    bench.send()
    bench.send()
    for environment in list(bench.room.fleet.environments):
        bench.ask(EnvironmentStarted(environment.id, Ending.OK))
    for environment in list(bench.room.fleet.environments):
        bench.ended(environment=environment.id)
    for _ in range(3):
        bench.accept()
    assert [one.event for one in bench.handed_out] == [0, 1]


def test_events_that_wait_for_their_turn_grow_too_old(monkeypatch):
    monkeypatch.setattr(limits, "EVENTS_AT_FIRST", 1)
    monkeypatch.setattr(limits, "GROWTH_PER_SECOND", 0)
    bench = EventBench(age_s=60)
    bench.accept()
    bench.accept()
    bench.sleep(62_000)
    assert [one.event for one in bench.handed_out] == [0]
    bench.end(GOOD, 0)
    assert bench.room.events.logs[16].is_empty


def test_a_hand_that_has_nothing_to_do_begins_with_few_again():
    hand = Hand(0)
    hand.pace.allowed = 500
    hand.running.add(1)
    hand.rest()
    assert hand.pace.allowed == 500
    hand.ended(1)
    hand.rest()
    assert hand.pace.allowed == limits.EVENTS_AT_FIRST
