"""Tickets: who waits, and what of it is in hand."""

from headrace.shell.driver import guarded
from headrace.shell.hand import Hand
from headrace.shell.tickets import Tickets


def tickets():
    hand = Hand()
    return Tickets(hand, guarded), hand


def test_a_ticket_is_in_hand_from_issue_to_release_but_while_it_is_parked():
    book, hand = tickets()
    taken = []
    ticket = book.number()
    book.issue(ticket, taken.append)
    assert hand.count == 1
    book.park(ticket)
    assert hand.count == 0
    book.unpark(ticket)
    book.unpark(ticket)
    assert hand.count == 1
    book.release(ticket, "answer")
    assert hand.count == 0
    book.release(ticket, "again")
    assert taken == ["answer"]
    assert book.number() > ticket


def test_a_dropped_ticket_gets_no_answer_and_leaves_the_hand_when_it_would_have():
    book, hand = tickets()
    taken = []
    parked, answered = book.number(), book.number()
    for ticket in (parked, answered):
        book.issue(ticket, taken.append)
    book.park(parked)
    book.drop(parked)
    book.unpark(parked)
    book.drop(answered)
    assert hand.count == 1
    book.release(answered, "nobody hears")
    book.release(parked, "nobody hears")
    assert hand.count == 0
    assert taken == []


def test_everybody_can_be_answered_at_once():
    book, hand = tickets()
    taken = []
    for _ in range(3):
        book.issue(book.number(), taken.append)
    book.issue(book.number(), lambda value: 1 / 0)
    book.release_all("sorry")
    assert taken == ["sorry"] * 3
    assert hand.count == 0
