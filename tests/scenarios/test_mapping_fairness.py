"""Many mappings share the account's concurrency: none starves, in virtual time (esm.md 4.3).

AWS does not say who gets a place that comes free; its pollers try again by time. Here a busy
mapping, which would take each place again at once, gives it to those that wait.
"""

import pytest

from headrace.core.mapping.commands import Limit
from headrace.testing.pipeline import START, Pipeline, Result, function_arn, succeed, throttle

SECOND = 1_000
MINUTE = 60 * SECOND


class Account:
    """Functions that share this many places; how long each runs is given by its name."""

    def __init__(self, places, limit=Limit.ACCOUNT, **durations_ms):
        self.places = places
        self.limit = limit
        self.durations_ms = durations_ms
        self.running = dict.fromkeys(map(function_arn, durations_ms), 0)
        self.samples = []

    def __call__(self, call):
        if call.running >= self.places:
            return throttle(self.limit)
        result = succeed(call, self.durations_ms[name_of(call)])
        return Result(result.outcome, result.duration_ms, result.handled, self.limit)


def name_of(call):
    return call.function_arn.rpartition(":")[2].removesuffix(":live")


def calls_of(pipe, function):
    """The calls of one function that ran."""
    arn = function_arn(function)
    return [
        call
        for call in pipe.calls
        if call.function_arn == arn and call.ended_at and call.ended_at > call.at
    ]


def running_at(pipe, function, instant):
    return sum(call.at <= instant < call.ended_at for call in calls_of(pipe, function))


def test_a_busy_mapping_cannot_starve_a_quiet_one():
    pipe = Pipeline(Account(5, busy=700, quiet=50))
    busy = pipe.create_queue("busy", VisibilityTimeout=600)
    quiet = pipe.create_queue("quiet", VisibilityTimeout=600)
    pipe.create_mapping(busy, "busy", batch_size=1)
    pipe.create_mapping(quiet, "quiet", batch_size=1)
    pipe.send(busy, *["x"] * 3_000)
    waited = []
    for second in range(10):
        pipe.advance(10_000 + 37 * second)
        sent_at, before = pipe.now, len(calls_of(pipe, "quiet"))
        pipe.send(quiet, "now")
        pipe.advance(2_000)
        (call,) = calls_of(pipe, "quiet")[before:]
        waited.append(call.at - sent_at)
    assert pipe.left(busy) > 1_000  # it was busy all the time
    assert max(waited) <= 700  # the first place that came free
    assert pipe.left(quiet) == 0


def test_a_hundred_quiet_mappings_beside_a_busy_one_each_get_their_turn():
    names = [f"q{number}" for number in range(100)]
    pipe = Pipeline(Account(3, busy=500, **dict.fromkeys(names, 100)))
    busy = pipe.create_queue("busy", VisibilityTimeout=900)
    pipe.create_mapping(busy, "busy", batch_size=1)
    queues = [pipe.create_queue(name, VisibilityTimeout=900) for name in names]
    for name, queue in zip(names, queues, strict=True):
        pipe.create_mapping(queue, name, batch_size=1)
    pipe.send(busy, *["x"] * 2_000)
    pipe.advance(5_000)
    for queue in queues:
        pipe.send(queue, "one")
    began = pipe.now
    pipe.advance(20_000)
    assert pipe.left(busy) > 1_000
    assert [pipe.left(queue) for queue in queues] == [0] * 100
    # 100 calls of 100 ms, one after the other on the first place that came free, at the latest.
    assert max(calls_of(pipe, name)[0].at for name in names) - began <= 500 + 100 * 100


@pytest.mark.parametrize(("one_ms", "two_ms"), [(1_000, 1_000), (3_000, 150)])
def test_two_busy_mappings_share_the_places_however_long_their_functions_run(one_ms, two_ms):
    pipe = Pipeline(Account(10, one=one_ms, two=two_ms))
    for name in ("one", "two"):
        queue = pipe.create_queue(name, VisibilityTimeout=900)
        pipe.create_mapping(queue, name, batch_size=1)
        pipe.send(queue, *["x"] * 6_000)
        pipe.advance(20_000)  # the first has everything until the second comes
    pipe.advance(2 * MINUTE)
    after = pipe.now - 90_000
    instants = range(after, pipe.now - 5_000, 331)
    shares = [running_at(pipe, "one", instant) for instant in instants]
    assert 3.5 <= sum(shares) / len(shares) <= 6.5
    others = [running_at(pipe, "two", instant) for instant in instants]
    assert sum(shares) + sum(others) >= 9 * len(instants)  # and hardly a place is idle


def test_what_is_reserved_for_a_function_is_shared_by_its_mappings():
    pipe = Pipeline(Account(1, Limit.FUNCTION, handle=900))
    busy = pipe.create_queue("busy", VisibilityTimeout=600)
    quiet = pipe.create_queue("quiet", VisibilityTimeout=600)
    pipe.create_mapping(busy, batch_size=1)
    pipe.create_mapping(quiet, batch_size=1)
    pipe.send(busy, *["x"] * 300)
    pipe.advance(61_003)
    sent_at = pipe.now
    pipe.send(quiet, "now")
    pipe.advance(2_000)
    (call,) = [call for call in calls_of(pipe, "handle") if call.bodies == ["now"]]
    assert call.at - sent_at <= 900


def test_a_place_under_another_limit_is_nobodys_turn():
    """What comes free of a reservation is no room for the account's other functions."""
    account = Account(1, quiet=10, busy=100)
    reserved = Account(99, Limit.FUNCTION, busy=100)
    tries = []

    def function(call):
        if name_of(call) == "busy":
            return reserved(call)
        tries.append(call.at - START)
        return throttle()

    pipe = Pipeline(function)
    busy = pipe.create_queue("busy", VisibilityTimeout=600)
    quiet = pipe.create_queue("quiet", VisibilityTimeout=600)
    pipe.create_mapping(busy, "busy", batch_size=1, maximum_concurrency=2)
    pipe.create_mapping(quiet, "quiet", batch_size=1)
    pipe.send(busy, *["x"] * 500)
    pipe.send(quiet, "now")
    pipe.advance(10_000)
    assert account.places == 1
    assert [at - tries[0] for at in tries] == [0, 1_000, 3_000, 7_000]


def test_a_mapping_that_waits_alone_is_tried_again_by_time_as_on_aws():
    pipe = Pipeline(Account(1, handle=2_500))
    queue = pipe.create_queue("orders", VisibilityTimeout=120)
    pipe.create_mapping(queue, batch_size=1, maximum_concurrency=2)
    pipe.send(queue, "a", "b")
    pipe.advance(30_000)
    second = [call.at - pipe.calls[0].at for call in pipe.calls if call.bodies == ["b"]]
    assert second == [0, 1_000, 3_000]
    assert pipe.left(queue) == 0


@pytest.mark.parametrize("limit", [Limit.ACCOUNT, Limit.FUNCTION])
def test_the_place_of_a_direct_invoke_goes_to_the_mapping_that_waits_and_on_from_there(limit):
    """Nobody waits for a back-off: the third try would be 3 s after the first."""
    account = Account(0, limit, handle=200)  # direct invokes have all of it
    pipe = Pipeline(account)
    queues = [pipe.create_queue(name, VisibilityTimeout=120) for name in ("one", "two")]
    for queue in queues:
        pipe.create_mapping(queue, batch_size=1)
    began = pipe.now
    for queue in queues:
        pipe.send(queue, "now")
    pipe.advance(1_500)
    pipe.free("handle", Limit.FUNCTION if limit is Limit.ACCOUNT else Limit.ACCOUNT)
    assert len(pipe.calls) == 4  # a place under another limit is none of theirs
    account.places = 1
    pipe.free("handle", limit)
    pipe.advance(1_000)
    assert [call.at - began for call in calls_of(pipe, "handle")] == [1_500, 1_700]
    assert [pipe.left(queue) for queue in queues] == [0, 0]
