"""What is in hand holds a virtual clock still."""

from headrace.shell.hand import Hand


def test_who_waits_is_called_once_when_nothing_is_in_hand():
    hand, called = Hand(), []
    hand.take()
    hand.take()
    hand.when_empty(lambda: called.append("waited"))
    hand.give_back()
    assert called == []
    hand.give_back()
    assert called == ["waited"]
    hand.take()
    hand.give_back()
    assert called == ["waited"]


def test_who_asks_while_nothing_is_in_hand_is_called_at_once():
    called = []
    Hand().when_empty(lambda: called.append("now"))
    assert called == ["now"]
