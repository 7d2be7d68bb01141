"""The one receive: stale endings, and rests that grow while it keeps failing."""

from headrace.core.mapping.receive import Receive


def test_one_is_out_until_it_ends_and_other_numbers_are_stale():
    receive = Receive(0)
    assert not receive.stop()
    assert not receive.end(1)
    number = receive.begin(5)
    assert receive.is_out
    assert not receive.end(number + 1)
    assert receive.end(number)
    assert not receive.end(number)


def test_it_is_told_to_end_once():
    receive = Receive(0)
    receive.begin(0)
    assert receive.stop()
    assert not receive.stop()
    receive.end(1)
    receive.begin(1)
    assert not receive.is_stopped


def test_rests_double_and_begin_anew_when_it_had_worked_for_a_minute():
    receive = Receive(0)
    receive.begin(0)
    assert [receive.fail(at) for at in (0, 1, 2)] == [1_000, 2_000, 4_000]
    receive.begin(10)
    assert receive.fail(60_010) == 1_000
