"""Parked receives: in order of arrival, each with its deadline."""

from headrace.core.sqs.longpoll import LongPolls, ParkedReceive


def parked(*deadlines):
    polls = LongPolls()
    for ticket, deadline in enumerate(deadlines, 1):
        polls.park(ParkedReceive(ticket, 10, None, deadline))
    return polls


def test_the_first_to_come_is_the_first():
    polls = parked(50, None, 20)
    assert polls.first().ticket == 1
    polls.withdraw(1)
    assert polls.first().ticket == 2
    assert len(polls) == 2
    assert 1 not in polls
    assert 3 in polls


def test_waits_end_at_their_deadlines():
    polls = parked(50, None, 20, 20)
    assert polls.next_deadline() == 20
    assert polls.take_due(19) == []
    assert polls.take_due(20) == [3, 4]
    assert polls.next_deadline() == 50
    polls.withdraw(1)
    assert polls.next_deadline() is None


def test_withdrawing_a_stranger_does_nothing():
    polls = parked(50)
    polls.withdraw(9)
    assert len(polls) == 1


def test_all_can_be_taken():
    polls = parked(50, None)
    assert polls.take_all() == [1, 2]
    assert len(polls) == 0
    assert polls.next_deadline() is None
