"""Lanes merged by number: what is due comes in order, whatever its delay was."""

from headrace.core.sqs.backlog import NO_NUMBER, Backlog
from headrace.core.sqs.leftovers import Leftovers
from tests.unit.core.sqs.bench import written_lanes


def filled():
    backlog = Backlog()
    backlog.append(1, 1, 7, 100, 50)
    backlog.append(2, 2, 7, 100, 0)
    backlog.append(4, 1, 7, 100, 10)
    backlog.append(5, 3, 8, 120, 0)
    backlog.append(8, 1, 8, 120, 50)
    return backlog


def numbers(pieces):
    return [number for first, count, _, _ in pieces for number in range(first, first + count)]


def test_only_what_is_due_is_taken_in_order_of_numbers():
    backlog = filled()
    assert backlog.first(100) == 2
    assert backlog.next_due() == 110
    assert numbers(backlog.take(2, 100)) == [2, 3]
    assert numbers(backlog.take(3, 120)) == [4, 5, 6]
    assert numbers(backlog.take(9, 150)) == [1, 7]
    assert backlog.first(150) == NO_NUMBER
    assert backlog.next_due() == 170
    assert numbers(backlog.take(9, 170)) == [8]
    assert backlog.count == 0
    assert backlog.next_due() is None


def test_what_was_sent_after_a_late_instant_is_due_without_a_delay():
    backlog = filled()
    assert numbers(backlog.take(9, 100)) == [2, 3, 5, 6, 7]


def test_nothing_from_below_on_is_taken():
    backlog = filled()
    assert numbers(backlog.take(9, 200, below=4)) == [1, 2, 3]


def test_counts_tell_due_from_delayed():
    backlog = filled()
    assert backlog.count == 8
    assert [backlog.delayed_count(at) for at in (109, 110, 149, 150, 170)] == [3, 2, 2, 1, 0]


def test_removal_in_the_middle_keeps_the_order():
    backlog = filled()
    assert backlog.remove(2) == (2, 1, 7, 100)
    assert backlog.remove(2) is None
    assert backlog.remove(1) == (1, 1, 7, 100)
    backlog.append(9, 1, 9, 130, 0)
    assert numbers(backlog.take(9, 200)) == [3, 4, 5, 6, 7, 8, 9]


def test_expiry_and_purge_leave_bodies_over():
    backlog, leftovers = filled(), Leftovers()
    assert backlog.oldest_sent_at() == 100
    backlog.drop_sent_by(100, leftovers)
    assert [(f.block, f.count) for f in leftovers.take(9)] == [(7, 4)]
    assert (backlog.count, backlog.oldest_sent_at()) == (4, 120)
    backlog.drop_all(leftovers)
    assert [(f.block, f.count) for f in leftovers.take(9)] == [(8, 4)]
    assert (backlog.count, backlog.oldest_sent_at()) == (0, None)
    assert backlog.take(9, 999) == []


def test_a_snapshot_holds_everything():
    backlog, copy = filled(), Backlog()
    backlog.take(1, 100)
    copy.decode(written_lanes(backlog))
    assert written_lanes(copy) == written_lanes(backlog)
    assert copy.count == backlog.count
    assert numbers(copy.take(9, 999)) == numbers(backlog.take(9, 999))


def test_bodies_move_whatever_lane_they_are_in():
    backlog = filled()
    assert backlog.move_bodies(8, 1, 20, 8) == (1, 8)
    assert backlog.move_bodies(99, 1, 20, None) == (0, 0)
    assert (8, 1, 20, 120) in set(backlog.runs())
    assert 20 in [block for _, _, blocks in backlog.columns(20, 20) for block in blocks]
