"""The slots of one mapping: when the next one comes, and that other bounds rule at once."""

from headrace.core.mapping.limits import CONCURRENCY_START, GROWTH_STEP_MS
from headrace.core.mapping.scaling import bounds_of
from headrace.core.mapping.slots import Slots

NOW = 1_000_000


def test_while_all_are_taken_one_more_comes_each_step():
    slots = Slots(bounds_of(0), NOW)
    assert slots.limit == CONCURRENCY_START
    assert slots.see(NOW, CONCURRENCY_START - 1) is None
    assert slots.see(NOW, CONCURRENCY_START) == NOW + GROWTH_STEP_MS
    slots.grow(NOW + GROWTH_STEP_MS)
    assert slots.limit == CONCURRENCY_START + 1
    assert slots.see(NOW + GROWTH_STEP_MS, CONCURRENCY_START) is None


def test_none_comes_where_there_are_as_many_as_there_may_be():
    slots = Slots(bounds_of(2), NOW)
    assert slots.see(NOW, 2) is None
    assert slots.limit == 2


def test_it_falls_with_time_and_shrinks_with_failures_and_other_bounds_rule_at_once():
    slots = Slots(bounds_of(0), NOW)
    for step in range(3):
        slots.grow(NOW + step)
    slots.see(NOW, 0)
    slots.fall(NOW + GROWTH_STEP_MS, 1)
    assert slots.limit == CONCURRENCY_START + 2
    slots.shrink()
    assert slots.limit == CONCURRENCY_START + 1
    slots.rebound(bounds_of(3))
    assert slots.limit == 3
