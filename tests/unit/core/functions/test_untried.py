"""Untried events as chunks of columns."""

from array import array

import pytest

from headrace.core.functions import untried
from headrace.core.functions.untried import Untried
from tests.unit.core.functions.bench import EPOCH


@pytest.fixture(params=[1, 3, 4_096], autouse=True)
def chunk_size(request, monkeypatch):
    """Have chunks of one event, of a few, and of many."""
    monkeypatch.setattr(untried, "CHUNK_EVENTS", request.param)


def held(count, first=0):
    """Return events that lie in block 5 and those that follow."""
    events = Untried(first)
    for number in range(count):
        events.append(5 + number, EPOCH + number, number % 2)
    return events


def bytes_of(columns):
    return [b"".join(part.tobytes() for part in parts) for parts in columns]


def test_an_event_is_found_by_its_number():
    events = held(8, first=100)
    assert events.find(103) == (8, EPOCH + 3, 1)
    assert events.find(99) is None
    assert events.find(108) is None
    assert (events.first, events.next_number, events.count) == (100, 108, 8)


def test_one_that_is_gone_is_not_found_and_numbers_go_on():
    events = held(8)
    for number in (0, 1, 2, 5):
        events.remove(number)
    assert [n for n in range(8) if events.find(n)] == [3, 4, 6, 7]
    assert (events.first, events.next_number, events.count) == (3, 8, 4)
    assert [events.first_from(n) for n in (0, 4, 5, 8)] == [3, 4, 6, 8]
    for number in (7, 6, 4, 3):
        events.remove(number)
    assert (events.first, events.first_from(0), events.next_number) == (8, 8, 8)
    events.append(30, EPOCH, 0)
    assert events.find(8) == (30, EPOCH, 0)


def test_numbers_that_are_left_out_are_not_found():
    events = Untried()
    events.skip(4)
    assert (events.first, events.next_number) == (4, 4)
    events.append(5, EPOCH, 0)
    events.skip(2)
    events.append(6, EPOCH, 0)
    assert [n for n in range(9) if events.find(n)] == [4, 7]
    assert (events.first, events.next_number, events.count) == (4, 8, 2)
    with pytest.raises(AssertionError):
        events.place(5, 9)


def test_bodies_are_found_by_their_blocks_wherever_they_were_moved():
    events = held(8)
    events.remove(2)
    assert events.bodies_in(frozenset({5, 7, 12})) == [(5, 0), (12, 7)]
    events.place(0, 40)
    events.place(7, 3)
    assert events.bodies_in(frozenset({5, 12})) == []
    assert events.bodies_in(frozenset({3, 40})) == [(40, 0), (3, 7)]
    assert events.bodies_in(frozenset()) == []
    assert events.count_bodies() == {40: 1, 6: 1, 8: 1, 9: 1, 10: 1, 11: 1, 3: 1}


def test_a_chunk_without_any_of_the_blocks_is_not_looked_into(monkeypatch):
    monkeypatch.setattr(untried, "CHUNK_EVENTS", 4)
    looked_into = []
    monkeypatch.setattr(
        untried, "compress", lambda places, _: looked_into.append(len(places)) or []
    )
    events = held(40)
    events.bodies_in(frozenset({6, 44}))
    assert looked_into == [4, 4]


def test_letting_go_part_by_part_counts_every_body():
    events = held(8)
    events.remove(2)
    before = events.count_bodies()
    bodies = events.pop_bodies()
    while events.count:
        bodies += events.pop_bodies()
    assert bodies == before


def test_frozen_columns_stay_as_they_are():
    events = held(8)
    events.remove(0)
    kept = bytes_of(events.columns(freeze=False))
    frozen = list(events.columns(freeze=True))
    events.place(3, 50)
    events.remove(1)
    events.append(60, EPOCH, 0)
    assert bytes_of(frozen) == kept
    assert bytes_of(events.columns(freeze=False)) != kept
    assert events.find(3)[0] == 50


def test_columns_make_the_same_events_again():
    events = held(8)
    for number in (0, 1, 4, 5, 6):
        events.remove(number)
    data = bytes_of(events.columns(freeze=False))
    columns = array("Q"), array("q"), array("I")
    for column, part in zip(columns, data, strict=True):
        column.frombytes(part)
    again = Untried(events.first, columns)
    assert bytes_of(again.columns(freeze=False)) == data
    assert (again.first, again.next_number, again.count) == (2, 8, 3)
    assert again.bodies_in(frozenset(range(1, 100))) == events.bodies_in(frozenset(range(1, 100)))
