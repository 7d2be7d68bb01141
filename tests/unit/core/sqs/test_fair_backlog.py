"""Messages of groups come and go, and are judged (spec/sqs.md 6)."""

import msgspec

from headrace.core.sqs.backlog import NO_NUMBER
from headrace.core.sqs.fair_backlog import FairBacklog
from headrace.core.sqs.leftovers import Leftovers
from headrace.core.sqs.limits import Noise
from headrace.core.sqs.touched import Slot
from tests.unit.core.sqs.bench import written

HOUR = 3_600_000
NOISE = Noise(in_flight_min=2, share_percent=50, idle_ms=1_000)


def make(clock=lambda: 10):
    backlog = FairBacklog(HOUR, NOISE, clock)
    backlog.add((1, 4, 1, 10), 0, "a")
    backlog.add((5, 1, 1, 10), 0, "")
    backlog.add((6, 2, 1, 10), 5, "b")
    return backlog


def take(backlog, now=10, visible_at=99):
    turn = backlog.first_in_turn(now)
    number, _, block, sent_at = backlog.take_turn(turn)
    slot = Slot(number, block, 1, number, sent_at, now, now, 1, 1, visible_at, is_in_flight=True)
    slot.group = turn.group.name
    backlog.touched.add_received([slot])
    return slot


def reload(backlog):
    other = FairBacklog(HOUR, NOISE, lambda: 10)
    state = backlog.encode_fair(written, freeze=False)
    state.names = msgspec.msgpack.decode(state.names)
    other.decode_fair(state)
    for slot in backlog.touched.slots.values():
        other.touched.add(slot)
    other.decode_noise(state)
    return other


def test_a_group_above_the_threshold_stands_behind_the_others():
    backlog = make()
    take(backlog)
    take(backlog)
    assert backlog.first(10) == 3
    backlog.assess(["a"], 10)
    assert backlog.first(10) == 5
    assert backlog.first(15) == 5
    assert [take(backlog, 15).number for _ in range(5)] == [5, 6, 7, 3, 4]
    assert backlog.first(15) == NO_NUMBER
    backlog.assess(["a"], 15)
    assert not backlog.group_of(5)
    backlog.add((8, 1, 1, 20), 0, "a")
    backlog.add((9, 1, 1, 20), 0, "b")
    assert backlog.first(20) == 8, "its backlog was consumed: it is over"


def test_messages_without_a_group_are_never_noisy():
    """Spec/sqs.md 6: each is its own tenant."""
    backlog = FairBacklog(HOUR, NOISE, lambda: 10)
    backlog.add((1, 5, 1, 10), 0, "")
    backlog.add((6, 1, 1, 10), 0, "a")
    for _ in range(3):
        take(backlog)
    backlog.assess(["", "a"], 10)
    assert backlog.first(10) == 4


def test_a_snapshot_knows_order_and_noise():
    backlog = make()
    slots = [take(backlog), take(backlog)]
    backlog.assess(["a"], 10)
    for slot in slots:
        backlog.touched.show(slot, 20)
    other = reload(backlog)
    assert other.encode_fair(written, freeze=False) == backlog.encode_fair(written, freeze=False)
    assert (other.first(1_019), backlog.first(1_019)) == (5, 5)
    assert (other.first(1_020), backlog.first(1_020)) == (1, 1), "idle for a second"


def test_what_was_sent_long_ago_leaves_with_its_groups():
    backlog = make()
    slot = take(backlog)
    leftovers = Leftovers()
    backlog.drop_sent_by(10, leftovers)
    backlog.tell(99)
    assert (backlog.count, backlog.first(99)) == (0, NO_NUMBER)
    assert [(forget.block, forget.count) for forget in leftovers.take(9)] == [(1, 6)]
    assert list(backlog._groups) == ["", "a"]
    backlog.touched.drop(slot.number)
    assert list(backlog._groups) == [""]


def test_a_message_leaves_from_the_middle():
    backlog = make()
    assert backlog.remove(3) == (3, 1, 1, 10)
    assert backlog.remove(3) is None
    assert [backlog.group_of(number) is None for number in (2, 3, 4)] == [False, True, False]
    assert backlog.count == 6


def test_a_purge_forgets_every_group():
    backlog = make()
    take(backlog)
    take(backlog)
    backlog.assess(["a"], 10)
    backlog.drop_all(Leftovers())
    backlog.touched.clear()
    assert (list(backlog._groups), backlog.count, backlog.first(99)) == ([""], 0, NO_NUMBER)
    backlog.add((8, 1, 1, 20), 0, "a")
    assert backlog.first(20) == 8


def test_other_thresholds_hold_from_then_on():
    backlog = make()
    backlog.use_noise(Noise(in_flight_min=9))
    take(backlog)
    take(backlog)
    backlog.assess(["a"], 10)
    assert backlog.first(10) == 3
