"""What is in hand and whether more may be accepted."""

import pytest

from headrace.base.instant import Instant, later
from headrace.core.functions import limits
from headrace.core.functions.capacity import Capacity, Share
from headrace.core.functions.errors import TooManyRequests
from headrace.core.functions.execution import Execution
from tests.unit.core.functions.bench import ACCOUNT, REGION, deployment_with, invoke

SERVING = deployment_with()
NOW = Instant(1_700_000_000_000)


def take(capacity, share, *, ahead=False, payload=b"{}", now=NOW):
    execution = Execution(invoke(payload=payload), 1)
    execution.is_ahead = ahead
    capacity.check(SERVING, share, len(payload), now, ahead=ahead)
    capacity.take(execution, SERVING, share, now)
    return execution


def test_what_is_given_back_can_be_taken_again():
    capacity = Capacity()
    share = Share(False, 1)
    execution = take(capacity, share)
    assert capacity.in_hand == {(ACCOUNT, REGION): 1}
    with pytest.raises(TooManyRequests):
        take(capacity, share)
    capacity.give_back(execution, SERVING)
    assert (capacity.in_hand, capacity.payload_bytes) == ({}, 0)
    take(capacity, share)


def test_what_is_ready_ahead_of_need_counts_against_nobody():
    capacity = Capacity()
    for _ in range(3):
        take(capacity, Share(True, 0), ahead=True)
    with pytest.raises(TooManyRequests) as refusal:
        take(capacity, Share(True, 0))
    assert refusal.value.members["Reason"].startswith("Reserved")


def test_an_invoke_is_given_back_to_where_it_was_taken_from():
    capacity = Capacity()
    unreserved = take(capacity, Share(False, 5))
    take(capacity, Share(True, 5))
    capacity.give_back(unreserved, SERVING)
    take(capacity, Share(False, 1))
    assert capacity.in_hand == {(ACCOUNT, REGION): 2}


def test_the_servers_memory_is_a_limit_for_all(monkeypatch):
    monkeypatch.setattr(limits, "PAYLOADS_BYTES_MAX", 10)
    capacity = Capacity()
    take(capacity, Share(False, 5), payload=b"x" * 6)
    with pytest.raises(TooManyRequests) as refusal:
        take(capacity, Share(True, 5), ahead=True, payload=b"x" * 5)
    assert refusal.value.members["Reason"] == "ConcurrentInvocationLimitExceeded"


@pytest.mark.parametrize(
    "share, reason",
    [
        (Share(True, 2), "ReservedFunctionInvocationRateLimitExceeded"),
        (Share(False, 2), "FunctionInvocationRateLimitExceeded"),
    ],
)
def test_a_function_gets_ten_requests_a_second_for_each_unit_of_its_concurrency(share, reason):
    capacity = Capacity()

    def call(now):
        capacity.give_back(take(capacity, share, now=now), SERVING)

    for _ in range(20):
        call(NOW)
    with pytest.raises(TooManyRequests) as refusal:
        call(later(NOW, 49))
    assert refusal.value.members["Reason"] == reason
    take(capacity, share, ahead=True, now=NOW)
    for number in range(1, 5):  # One each 50 ms, whatever was refused between.
        call(later(NOW, 50 * number))
        with pytest.raises(TooManyRequests):
            call(later(NOW, 50 * number))
    for _ in range(20):
        call(later(NOW, 60_000))
    with pytest.raises(TooManyRequests):
        call(later(NOW, 60_000))


def test_without_room_to_grow_an_invoke_is_throttled():
    with pytest.raises(TooManyRequests) as refusal:
        Capacity().check(SERVING, Share(True, 5), 0, NOW, ahead=False, has_room=False)
    assert refusal.value.members["Reason"] == "ConcurrentInvocationLimitExceeded"
