"""Where operations look things up."""

from headrace.shell.rooms import Rooms


def test_rooms_are_replaced_all_at_once():
    rooms = Rooms()
    assert rooms.queues is None
    rooms.replace("queues", "functions", "mappings", "logs", "buckets")
    assert (rooms.queues, rooms.functions, rooms.mappings) == ("queues", "functions", "mappings")
    assert (rooms.logs, rooms.buckets) == ("logs", "buckets")
    rooms.replace("newer")
    assert (rooms.queues, rooms.functions, rooms.mappings) == ("newer", None, None)
