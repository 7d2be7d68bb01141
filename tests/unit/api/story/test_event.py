"""A life's events: all of them, or the first and the last of too many."""

from headrace.api.story.event import Event, Life


def test_as_many_as_are_wanted_are_kept():
    life = Life(10)
    for at in range(20):
        life.add(Event(at, "received"))
    assert [event.at for event in life.events] == list(range(20))
    assert life.left_out == 0


def test_of_more_the_first_and_the_last_are_kept():
    life = Life(10)
    events = life.events
    for at in range(100):
        life.add(Event(at, "received"))
    assert events is life.events
    assert len(events) + life.left_out == 100
    kept = [event.at for event in events]
    assert kept[:5] == [0, 1, 2, 3, 4]
    assert kept[-5:] == [95, 96, 97, 98, 99]
