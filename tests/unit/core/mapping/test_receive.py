"""The one receive: stale endings, how much it asks for, rests that grow while it fails."""

import pytest

from headrace.core.mapping.hand import Hand
from headrace.core.mapping.limits import (
    AHEAD_MAX,
    BATCHES_OF_RECEIVE_MAX,
    QUICK_MS,
    RECEIVE_LENGTH_EXPECTED,
)
from headrace.core.mapping.receive import Receive
from headrace.core.mapping.settings import Settings
from tests.unit.core.mapping.story import messages


def test_one_is_out_until_it_ends_and_other_numbers_are_stale():
    receive = Receive(0)
    assert not receive.stop()
    assert not receive.end(1)
    number = receive.begin(5, 10)
    assert receive.is_out
    assert not receive.end(number + 1)
    assert receive.end(number)
    assert not receive.end(number)


def test_it_is_told_to_end_once():
    receive = Receive(0)
    receive.begin(0, 10)
    assert receive.stop()
    assert not receive.stop()
    receive.end(1)
    receive.begin(1, 10)
    assert not receive.is_stopped


def test_rests_double_and_begin_anew_when_it_had_worked_for_a_minute():
    receive = Receive(0)
    receive.begin(0, 10)
    assert [receive.fail(at) for at in (0, 1, 2)] == [1_000, 2_000, 4_000]
    receive.begin(10, 10)
    assert receive.fail(60_010) == 1_000


def test_it_may_bring_twice_as_many_batches_each_time_until_it_brings_less_than_it_asked_for():
    receive = Receive(0)
    batches = []
    for _ in range(6):
        receive.begin(0, 10)
        receive.brought(10, 1_000)
        batches.append(receive.batches)
    assert batches == [2, 4, 8, 16, BATCHES_OF_RECEIVE_MAX, BATCHES_OF_RECEIVE_MAX]
    receive.begin(0, 50)
    receive.brought(49, 4_900)
    assert receive.batches == 1


def test_it_brings_no_more_batches_than_hold_what_may_be_held_by_the_weight_of_the_last():
    receive = Receive(0)
    receive.begin(0, 10)
    receive.brought(10, RECEIVE_LENGTH_EXPECTED // 2 + 1)
    assert receive.batches == 1
    receive.brought(10, RECEIVE_LENGTH_EXPECTED // 2)
    assert receive.batches == 2
    receive.brought(10, RECEIVE_LENGTH_EXPECTED // 2)
    assert receive.batches == 4
    receive.brought(10, RECEIVE_LENGTH_EXPECTED // 2)
    receive.brought(10, RECEIVE_LENGTH_EXPECTED // 2)
    assert receive.batches == 16
    receive.brought(10, RECEIVE_LENGTH_EXPECTED * 3 // 4)
    assert receive.batches == BATCHES_OF_RECEIVE_MAX
    receive.brought(10, RECEIVE_LENGTH_EXPECTED)
    assert receive.batches == BATCHES_OF_RECEIVE_MAX
    receive.brought(10, RECEIVE_LENGTH_EXPECTED + 1)
    assert receive.batches == BATCHES_OF_RECEIVE_MAX // 2


def grown():
    """Return a receive that may bring all that one may."""
    receive = Receive(0)
    for _ in range(5):
        receive.begin(0, 10)
        receive.brought(10, 1_000)
    return receive


def hand_of(begun, waiting):
    """Return a hand with so many batches of one message."""
    hand = Hand()
    names = [str(number) for number in range(begun + waiting)]
    settings = Settings("function", batch_size=1)
    hand.collect([(one, b"{}") for one in messages(*names)], 1_000, settings, in_order=False)
    for _ in range(begun):
        assert hand.begin() is not None
    assert (hand.begun, hand.waiting) == (begun, waiting)
    return hand


def asked(receive, slots, begun, waiting=0, rests=False):
    return receive.messages(hand_of(begun, waiting), slots, 1, rests=rests)


@pytest.mark.parametrize(
    ("took_ms", "is_well", "rests", "batches"),
    [
        (QUICK_MS - 1, True, False, 5),
        (QUICK_MS, True, False, 0),
        (0, False, False, 0),
        (0, True, True, 0),
    ],
)
def test_only_while_invokes_go_well_and_quickly_batches_are_asked_for_that_have_no_slot(
    took_ms, is_well, rests, batches
):
    receive = grown()
    receive.invoked(took_ms, is_well=is_well)
    assert asked(receive, 5, 5, rests=rests) == batches
    assert asked(receive, 5, 3, rests=rests) == batches + 2


def test_as_many_are_ahead_as_there_are_slots_up_to_a_most():
    receive = grown()
    receive.invoked(0, is_well=True)
    assert asked(receive, 2, 2) == 2
    assert asked(receive, 1_000, 1_000) == AHEAD_MAX
    assert asked(receive, 1_000, 0) == BATCHES_OF_RECEIVE_MAX


def test_while_some_wait_it_is_asked_for_no_fewer_than_half_of_what_may_wait():
    receive = grown()
    receive.invoked(0, is_well=True)
    assert [asked(receive, 8, 8, waiting) for waiting in (8, 5, 4, 1)] == [0, 0, 4, 7]
    assert [asked(receive, 1, 1, waiting) for waiting in (0, 1)] == [1, 0]


def test_for_one_batch_it_asks_for_what_the_open_one_lacks_or_for_a_batch_that_has_a_slot():
    receive = grown()
    receive.invoked(0, is_well=True)
    hand = hand_of(2, 0)
    assert receive.messages_of_one(hand, 3, 100) == 10
    assert receive.messages_of_one(hand, 2, 100) == 0
    settings = Settings("function", batch_size=100)
    many = messages(*map(str, range(95)))
    hand.collect([(one, b"{}") for one in many], 1_000, settings, in_order=False)
    assert receive.messages_of_one(hand, 3, 100) == 5
    assert receive.messages_of_one(hand, 2, 100) == 0
