"""Runs of many groups: no run over two of them, whatever is removed, moved, written and read."""

from headrace.core.sqs.grouped_lane import GroupedLane
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.untold import Untold
from tests.unit.core.sqs.bench import written


def make():
    lane = GroupedLane(0)
    lane.add((1, 3, 7, 100), 1)
    lane.add((4, 1, 7, 100), 4)
    lane.add((5, 2, 7, 100), 1)
    lane.add((7, 1, 7, 100), 1)
    return lane


def test_a_run_is_one_groups():
    assert list(make().grouped_runs()) == [(1, 3, 1), (4, 1, 4), (5, 3, 1)]


def test_removal_splits_a_run_within_its_group():
    lane = make()
    assert lane.remove(2) == (2, 1, 7, 100)
    assert lane.remove(4) == (4, 1, 7, 100)
    assert list(lane.grouped_runs()) == [(1, 1, 1), (3, 1, 1), (5, 3, 1)]
    assert lane.look_up(3) == (100, 1)
    assert lane.look_up(2) is None


def test_moved_bodies_join_neighbours_of_their_group_only():
    lane = make()
    for number in range(1, 8):
        assert lane.move_bodies(number, 1, 9, 7) == (1, 7)
    assert list(lane.grouped_runs()) == [(1, 3, 1), (4, 1, 4), (5, 3, 1)]
    assert {block for _, _, block, _ in lane.runs()} == {9}


def test_what_expires_is_told_by_group():
    lane = make()
    lane.add((8, 1, 8, 101), 4)
    untold = Untold()
    lane.expire(100, Leftovers(), untold)
    assert untold.take(9) == [1, 4, 1]
    assert list(lane.grouped_runs()) == [(8, 1, 4)]


def test_bytes_and_back():
    lane, other = make(), GroupedLane(0)
    lane.remove(1)
    other.decode(written(lane.encode()))
    assert written(other.encode()) == written(lane.encode())
    assert list(other.grouped_runs()) == list(lane.grouped_runs())
    other.add((8, 1, 7, 100), 1)
    assert list(other.grouped_runs())[-1] == (5, 4, 1), "a send goes on with the last run"
