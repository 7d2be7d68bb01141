"""The batches of a mapping: open, complete, begun, waiting for room, ended, split."""

import msgspec
import pytest

from headrace.core.mapping import telling
from headrace.core.mapping.hand import Hand
from headrace.core.mapping.limits import PAYLOAD_BYTES_MAX
from headrace.core.mapping.settings import Settings
from tests.unit.core.mapping.story import message

GIANT = b"x" * PAYLOAD_BYTES_MAX


def collect(hand, names, *, in_order=False, group="", size=10):
    """One receive brings messages; return how many of them are in no batch."""
    wanted = [
        (msgspec.structs.replace(message(name), group_id=group), b"{}" if name != "!" else GIANT)
        for name in names
    ]
    settings = Settings("function", batch_size=size)
    left_out = hand.collect(wanted, 1_000, settings, in_order=in_order)
    hand.close()
    return left_out


def begin_all(hand):
    begun = []
    while (batch := hand.begin()) is not None:
        begun.append(batch)
    return begun


def test_a_batch_is_open_then_complete_then_begun_then_gone():
    hand = Hand()
    assert not hand.close()
    assert hand.begin() is None
    collect(hand, "ab")
    assert (len(hand), hand.begun, hand.size) == (1, 0, 4)
    (batch,) = begin_all(hand)
    assert (len(hand), hand.begun, hand.get(batch.number)) == (1, 1, batch)
    assert hand.end(batch, ()) == []
    assert (len(hand), hand.begun, hand.size, hand.get(batch.number)) == (0, 0, 0, None)


@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("weight", [10, PAYLOAD_BYTES_MAX // 4])
def test_what_comes_together_is_cut_into_batches_by_number_and_by_weight(in_order, weight):
    hand = Hand()
    wanted = [(message(str(number)), b"x" * weight) for number in range(7)]
    settings = Settings("function", batch_size=4)
    hand.collect(wanted[:1], 1_000, settings, in_order=in_order)
    hand.collect(wanted[1:], 1_000, settings, in_order=in_order)
    hand.close()
    at_most = 4 if weight == 10 else 3
    sizes = [len(batch) for batch in hand]
    assert sizes == {4: [4, 3], 3: [3, 3, 1]}[at_most]
    assert [one for batch in hand for one in batch.ids] == [one.message_id for one, _ in wanted]
    assert hand.size == 7 * weight


def test_the_longest_throttled_keeps_its_place_through_its_tries():
    hand = Hand()
    for name in "abc":
        collect(hand, name)
    one, two, three = begin_all(hand)
    assert hand.longest_throttled is None
    hand.throttle(two, "limit", 10)
    hand.throttle(one, "limit", 20)
    hand.throttle(three, "limit", 20)
    assert hand.longest_throttled is two
    hand.try_again(two)
    assert hand.longest_throttled is one
    hand.throttle(two, "limit", 30)
    assert hand.longest_throttled is two
    hand.end(two, ())
    hand.try_again(one)
    assert hand.longest_throttled is three
    hand.end(three, ())
    assert hand.longest_throttled is None


def test_halves_come_before_all_others_with_all_messages_in_order():
    hand = Hand()
    collect(hand, "abcde")
    collect(hand, "f")
    batch = hand.begin()
    hand.split(batch, in_order=False)
    first, second, third = begin_all(hand)
    assert [one.ids for one in (first, second, third)] == [
        ["id-a", "id-b", "id-c"],
        ["id-d", "id-e"],
        ["id-f"],
    ]
    assert first.lease_end == second.lease_end == 1_000
    assert first.size == len(first.payload())
    assert second.size == len(second.payload())
    assert hand.size == 12
    assert hand.get(batch.number) is None


def test_in_order_the_second_half_waits_for_the_first_and_what_follows_for_the_second():
    hand = Hand()
    collect(hand, "abc", in_order=True, group="g", size=2)
    (before,) = begin_all(hand)  # c waits for it
    hand.split(before, in_order=True)
    (first,) = begin_all(hand)
    hand.end(first, ())
    (second,) = begin_all(hand)
    assert second.ids == ["id-b"]
    assert hand.end(second, ["id-b"]) == ["id-c"]  # c must not overtake b
    assert len(hand) == hand.size == 0


def test_a_message_that_is_too_heavy_is_left_out_and_in_order_all_of_its_group_behind_it():
    hand = Hand()
    assert collect(hand, "a!b") == [("id-!", telling.TOO_LARGE)]
    assert [batch.ids for batch in begin_all(hand)] == [["id-a", "id-b"]]
    hand = Hand()
    assert collect(hand, "a!b", in_order=True, group="g") == [
        ("id-!", telling.TOO_LARGE),
        ("id-b", telling.STUCK),
    ]
    assert [batch.ids for batch in begin_all(hand)] == [["id-a"]]


def test_all_batches_are_gone_through_wherever_they_are():
    hand = Hand()
    collect(hand, "abc", size=1)
    hand.begin()
    hand.collect([(message("d"), b"{}")], 1_000, Settings("function"), in_order=False)
    assert [batch.ids for batch in hand] == [["id-a"], ["id-b"], ["id-c"], ["id-d"]]


def test_what_waits_for_a_slot_alone_and_was_never_tried_can_be_taken_out():
    hand = Hand()
    collect(hand, "abcdef", size=2)
    first, second, third = hand
    assert hand.begin() is first
    assert (hand.waiting, hand.unstarted) == (2, [second, third])
    first.invoked_at = 5
    hand.split(first, in_order=False)
    halves = [batch for batch in hand if batch.number not in (second.number, third.number)]
    assert hand.waiting == 4
    assert hand.take_unstarted() == [second, third]
    assert (list(hand), hand.size) == (halves, 4)
    assert hand.take_unstarted() == []


def test_what_waits_for_another_batch_does_not_wait_for_a_slot():
    hand = Hand()
    collect(hand, "abcd", in_order=True, group="g", size=2)
    first, second = hand
    assert (hand.waiting, hand.unstarted) == (1, [first])
    assert hand.begin() is first
    assert (hand.waiting, hand.unstarted) == (0, [])
    hand.end(first, ())
    assert hand.unstarted == [second]
