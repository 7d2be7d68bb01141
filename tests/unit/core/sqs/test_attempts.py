"""Attempts are kept for five minutes, and not too many of them (spec/sqs.md 5.4)."""

import pytest

from headrace.core.sqs import limits
from headrace.core.sqs.attempts import Attempt, Attempts, attempt_key
from headrace.core.sqs.touched import Slot


def slot(visible_at=50, receive_count=1):
    return Slot(1, 1, 1, 1, 0, 0, 0, receive_count, 1, visible_at, is_in_flight=True)


@pytest.mark.parametrize(
    "slots",
    [{}, {1: slot(visible_at=51)}, {1: slot(receive_count=2)}],
    ids=["deleted", "changed", "received again"],
)
def test_what_was_touched_since_is_not_answered_again(slots):
    attempts = Attempts([Attempt(b"k", 0, 50, [1], [1])])
    assert attempts.find(b"k", {1: slot()}, 299_999) is not None
    assert attempts.find(b"k", slots, 10) is None
    assert attempts.find(b"k", {1: slot()}, 300_000) is None


def test_old_ones_and_too_many_are_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "RECEIVE_ATTEMPTS_MAX", 2)
    attempts = Attempts()
    for at, name in enumerate("abc"):
        attempts.add(Attempt(attempt_key(name), at, 50, [1], [1]))
    assert [attempt.at for attempt in attempts.all()] == [1, 2]
    attempts.add(Attempt(attempt_key("d"), 300_002, 50, [1], [1]))
    assert [attempt.at for attempt in attempts.all()] == [300_002]
