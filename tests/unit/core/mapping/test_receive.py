"""The one receive: stale endings, how much it asks for, rests that grow while it fails."""

from headrace.core.mapping.limits import BATCHES_OF_RECEIVE_MAX, RECEIVE_LENGTH_EXPECTED
from headrace.core.mapping.receive import Receive


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
    for _ in range(5):
        receive.begin(0, 10)
        receive.brought(10, 1_000)
        batches.append(receive.batches)
    assert batches == [2, 4, BATCHES_OF_RECEIVE_MAX, BATCHES_OF_RECEIVE_MAX, BATCHES_OF_RECEIVE_MAX]
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
    receive.brought(10, RECEIVE_LENGTH_EXPECTED * 3 // 4)
    assert receive.batches == BATCHES_OF_RECEIVE_MAX
    receive.brought(10, RECEIVE_LENGTH_EXPECTED)
    assert receive.batches == BATCHES_OF_RECEIVE_MAX
    receive.brought(10, RECEIVE_LENGTH_EXPECTED + 1)
    assert receive.batches == 2
