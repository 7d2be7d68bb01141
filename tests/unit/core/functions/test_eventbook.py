"""The asynchronous invokes of all functions as facts."""

from headrace.core.functions.commands import MoveEvents
from headrace.core.functions.eventbook import EventBook
from headrace.core.functions.records import EventAccepted, EventsMoved
from headrace.core.machine import BodyAddress, Forget, Remember
from tests.unit.core.functions.bench import EPOCH


def book_of_two():
    book = EventBook()
    book.take(EventAccepted(16, EPOCH, 0), 5)
    book.take(EventAccepted(17, EPOCH, 0), 5)
    return book


def test_bodies_are_counted_over_all_functions():
    book = book_of_two()
    assert book.count_bodies() == {5: 2}
    assert book.relocate(frozenset({5})) == [
        (16, BodyAddress(5, 16, 0)),
        (17, BodyAddress(5, 17, 0)),
    ]
    assert book.relocate(frozenset({4})) == []


def test_moved_bodies_die_where_they_lay_and_needless_copies_where_they_are():
    book = book_of_two()
    effects = book.move(MoveEvents(16, 9, ((5, 16, 0), (4, 16, 2))), EPOCH)
    assert effects == [Remember(EventsMoved(16, EPOCH, (0,))), Forget(5, 1), Forget(9, 1)]
    assert book.count_bodies() == {9: 1, 5: 1}


def test_moving_for_a_function_that_is_gone_leaves_dead_copies():
    assert EventBook().move(MoveEvents(16, 9, ((5, 16, 0),)), EPOCH) == [Forget(9, 1)]


def test_a_function_that_never_had_events_has_none_in_its_snapshot():
    book = book_of_two()
    assert book.encode(18) == b""
    again = EventBook()
    again.load(16, book.encode(16))
    again.load(18, b"")
    assert list(again.logs) == [16]
    assert again.count_bodies() == {5: 1}
