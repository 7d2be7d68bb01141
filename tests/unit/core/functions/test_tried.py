"""Tried events in chunks."""

import pytest
from msgspec.structs import replace

from headrace.core.functions import tried
from headrace.core.functions.tried import Event, Tried
from tests.unit.core.functions.bench import EPOCH

ALL = frozenset(range(1, 100))


@pytest.fixture(params=[1, 3, 1_024], autouse=True)
def chunk_size(request, monkeypatch):
    """Have chunks of one number, of a few, and of many."""
    monkeypatch.setattr(tried, "CHUNK_NUMBERS", request.param)


def event(block, result_block=0):
    return Event(block, EPOCH, "", result_block=result_block)


def test_events_are_kept_by_number():
    events = Tried({7: event(5), 2: event(6)})
    assert events.get(7) == event(5)
    assert events.get(3) is None
    assert list(events.items()) == [(2, event(6)), (7, event(5))]
    events.put(7, event(9))
    assert (events.get(7), events.count) == (event(9), 2)
    events.remove(7)
    assert (events.get(7), events.count) == (None, 1)


def test_bodies_are_found_by_their_blocks_wherever_they_were_moved():
    events = Tried({0: event(5, 20), 1: event(6), 9: event(30)})
    assert sorted(events.bodies_in(frozenset({20, 6}))) == [(6, 2), (20, 1)]
    assert events.count_bodies() == {5: 1, 20: 1, 6: 1, 30: 1}
    events.put(0, replace(events.get(0), block=40, result_block=3))
    assert events.bodies_in(frozenset({5, 20})) == []
    assert sorted(events.bodies_in(ALL)) == [(3, 1), (6, 2), (30, 18), (40, 0)]


def test_letting_go_part_by_part_counts_every_body():
    events = Tried({0: event(5, 20), 1: event(6), 9: event(5)})
    numbers, bodies = events.pop_part()
    while events.count:
        more, dead = events.pop_part()
        numbers += more
        bodies += dead
    assert sorted(numbers) == [0, 1, 9]
    assert bodies == {5: 2, 20: 1, 6: 1}


def test_frozen_parts_stay_as_they_are():
    events = Tried({number: event(number + 1) for number in range(8)})
    parts = events.parts(freeze=True)
    events.remove(2)
    events.put(3, event(50))
    events.put(8, event(60))
    assert {number: one.block for part in parts for number, one in part.items()} == {
        number: number + 1 for number in range(8)
    }
    assert [number for number, _ in events.items()] == [0, 1, 3, 4, 5, 6, 7, 8]
