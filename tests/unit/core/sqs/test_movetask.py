"""How fast a move task is, and which tasks are remembered (spec/sqs.md 7.4)."""

import pytest

from headrace.core.sqs.movetask import (
    CANCELLING,
    COMPLETED,
    MoveTask,
    active_task,
    pace_of,
    remember,
)


def task(number=1, **more):
    return MoveTask(str(number), "", more.pop("rate", 0), 1_000, 5, 1_000, **more)


@pytest.mark.parametrize(
    ("rate", "messages", "period_ms"),
    [(1, 1, 1_000), (3, 1, 334), (10, 1, 100), (11, 1, 91), (25, 2, 80), (500, 50, 100)],
)
def test_a_rate_becomes_steps(rate, messages, period_ms):
    assert pace_of(rate) == (messages, period_ms)


@pytest.mark.parametrize("rate", range(1, 501))
def test_no_rate_is_exceeded_or_missed_by_far(rate):
    messages, period_ms = pace_of(rate)
    assert 0.9 * rate < messages * 1_000 / period_ms <= rate


def test_without_a_rate_it_is_the_highest():
    assert pace_of(0) == pace_of(500)


def test_progress_counts_and_waits():
    moving = task(rate=2)
    moving.progress(1, 5_000)
    assert (moving.moved, moving.next_at) == (1, 5_500)


def test_only_the_newest_can_be_active():
    assert active_task([]) is None
    assert active_task([task(status=COMPLETED)]) is None
    assert active_task([task(status=COMPLETED), task(2)]).task_id == "2"
    assert active_task([task(3, status=CANCELLING)]).task_id == "3"


def test_ten_are_remembered():
    tasks = []
    for number in range(12):
        remember(tasks, task(number))
    assert [kept.task_id for kept in tasks] == [str(number) for number in range(2, 12)]
