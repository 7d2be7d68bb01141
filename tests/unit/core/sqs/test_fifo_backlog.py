"""The order of groups (spec/sqs.md 14.2, S-A1), many of them, and none of them when empty."""

from headrace.core.sqs.fifo_backlog import FifoBacklog
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.touched import STALE_MAX, Slot


def make(delay_ms=0):
    return FifoBacklog(345_600_000, delay_ms)


def touch(backlog, group, now, visible_at):
    """Receive the first untouched message of a group."""
    number, _, block, sent_at = backlog.take_first(group, now)
    slot = Slot(number, block, 1, number, sent_at, now, now, 1, 1, visible_at, is_in_flight=True)
    slot.group = group.name
    backlog.touched.add_received([slot])
    return slot


def test_a_locked_group_stands_nowhere_and_an_empty_one_is_gone():
    backlog = make()
    backlog.add((1, 1, 1, 10), "a")
    backlog.add((2, 1, 1, 10), "a")
    slot = touch(backlog, backlog.first_group(10), 10, 50)
    assert backlog.first_group(10) is None
    backlog.touched.drop(slot.number)
    group = backlog.first_group(10)
    assert group.after(0) == 2
    touch(backlog, group, 10, 50)
    backlog.touched.drop(2)
    assert backlog.groups_count() == 0
    assert backlog.first_group(99) is None


def test_another_delay_holds_at_once_for_what_is_here():
    backlog = make(5)
    backlog.add((1, 1, 1, 10), "a")
    assert (backlog.first_group(14), backlog.next_due()) == (None, 15)
    backlog.delay_ms = 2
    assert backlog.first_group(12).name == "a"
    assert backlog.next_due() is None, "it is due already"
    assert backlog.delayed_count(11) == 1


def test_a_moment_is_that_of_the_release_not_of_the_sending():
    backlog = make()
    backlog.add((1, 1, 1, 10), "a")
    backlog.add((2, 1, 1, 11), "b")
    slot = touch(backlog, backlog.first_group(10), 10, 50)
    backlog.touched.show(slot, 12)
    assert backlog.first_group(12).name == "b"


def test_heaps_follow_the_number_of_groups():
    backlog = make()
    backlog.add((1, 1, 1, 10), "a")
    slot = touch(backlog, backlog.first_group(10), 10, 50)
    for turn in range(10 * STALE_MAX):
        backlog.touched.hide(slot, 100 + turn)
        backlog.touched.show(slot, 100 + turn)
        assert backlog.first_group(10_000).name == "a"
    assert len(backlog._returned) <= STALE_MAX + 3


def test_expired_messages_leave_their_groups():
    backlog = make()
    backlog.add((1, 2, 1, 10), "a")
    backlog.add((3, 1, 1, 10), "b")
    backlog.add((4, 1, 1, 20), "a")
    backlog.drop_sent_by(10, Leftovers())
    backlog.tell(99)
    assert (backlog.count, backlog.groups_count()) == (1, 1)
    assert backlog.first_group(20).after(0) == 4


def test_a_message_can_go_from_the_middle_of_its_group():
    """What `headrace journal salvage` writes about a message whose body is lost."""
    backlog = make()
    backlog.add((1, 3, 1, 10), "a")
    assert backlog.remove(2) == (2, 1, 1, 10)
    group = backlog.group_of(1)
    assert (group.touched, list(group.untouched._ranges)) == ([2], [1, 1, 3, 1])
    assert backlog.remove(9) is None
