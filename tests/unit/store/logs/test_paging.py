"""What ends a page, and where the next one begins."""

import pytest

from headrace.core.logs.events import StoredEvent
from headrace.store.logs.paging import is_stream_wanted, is_wanted, page_of
from headrace.testing.conformance.logs import query

EVENTS = [StoredEvent(id, "s", id, id, "x" * 74) for id in range(1, 11)]


@pytest.mark.parametrize(
    ("bounds", "ids", "reached"),
    [
        ({}, list(range(1, 11)), None),
        ({"limit": 3}, [1, 2, 3], 3),
        ({"limit": 10}, list(range(1, 11)), None),
        ({"bytes_max": 250}, [1, 2], 2),
        ({"bytes_max": 300}, [1, 2, 3], 3),
        ({"bytes_max": 1}, [1], 1),
        ({"searched_bytes_max": 1_500}, [1, 2, 3, 4, 5], 5),
        ({"searched_bytes_max": 1}, [1], 1),
    ],
)
def test_a_page_ends_where_its_bounds_say(bounds, ids, reached):
    page = page_of(EVENTS, query(**bounds))
    assert [event.id for event in page.events] == ids
    assert page.reached == reached


def test_what_does_not_match_counts_as_searched():
    page = page_of(EVENTS, query(searched_bytes_max=1_500, matches=lambda message: False))
    assert (page.events, page.reached) == ((), 5)


def test_bounds_of_instants_are_inclusive_and_those_of_ids_are_not():
    def wanted(**changes):
        return [event.id for event in EVENTS if is_wanted(event, query(**changes))]

    assert wanted(since=3, until=5) == [3, 4, 5]
    assert wanted(after=3, before=6) == [4, 5]


def test_streams_are_wanted_by_name_or_prefix():
    assert is_stream_wanted("a/b", query(prefix="a/"))
    assert not is_stream_wanted("b", query(prefix="a/"))
    assert is_stream_wanted("b", query(streams=frozenset({"b"})))
    assert not is_stream_wanted("c", query(streams=frozenset({"b"})))
