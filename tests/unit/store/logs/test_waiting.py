"""Events wait in the order of a query, and those behind its page are let go of."""

import pytest

from headrace.core.logs.events import StoredEvent
from headrace.store.logs import waiting
from headrace.store.logs.waiting import Waiting
from headrace.testing.conformance.logs import query


def event(id):
    return StoredEvent(id, "s", id // 10, id // 10, "x" * 50)


def ids(events):
    return [one.id for one in events]


def test_what_comes_before_an_instant_is_yielded_in_order():
    some = Waiting(query())
    for id in (35, 12, 27, 11):
        some.add(event(id))
    assert ids(some.before(2)) == [11, 12]
    assert ids(some.before(2)) == []
    some.add(event(20))
    assert ids(some.rest()) == [20, 27, 35]


def test_against_the_order_instants_are_negative():
    some = Waiting(query(descending=True))
    for id in (35, 12, 27, 11):
        some.add(event(id))
    assert ids(some.before(-1)) == [35, 27]
    assert ids(some.rest()) == [12, 11]


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"limit": 3}, [10, 11, 12, 13]),
        ({"searched_bytes_max": 900}, [10, 11, 12, 13]),
        ({"searched_bytes_max": 900, "limit": 2, "matches": bool}, [10, 11, 12, 13]),
        ({"searched_bytes_max": 901}, [10, 11, 12, 13, 14]),
        ({"bytes_max": 76 * 2}, [10, 11, 12]),
        ({"bytes_max": 76 * 2 + 1}, [10, 11, 12, 13]),
    ],
)
def test_a_page_and_one_event_are_kept(monkeypatch, changes, kept):
    monkeypatch.setattr(waiting, "SPARE_BYTES", 0)
    monkeypatch.setattr(waiting, "SPARE_EVENTS", 0)
    some = Waiting(query(**changes))
    for id in reversed(range(10, 40)):
        some.add(event(id))
    some._let_go()
    assert ids(some.rest()) == kept
    assert some.until == 1
    assert some.is_beyond(2)
    assert not some.is_beyond(1)


def test_before_anything_was_let_go_of_the_query_says_what_is_beyond():
    assert not Waiting(query()).is_beyond(1 << 60)
    assert Waiting(query(until=5)).is_beyond(6)
    descending = Waiting(query(descending=True, since=5))
    assert descending.is_beyond(-4)
    assert not descending.is_beyond(-5)
