"""The models of the crash test find what is wrong in a history, and nothing in an honest one."""

import asyncio
import random

import pytest

from tests.crash.history import Violation
from tests.crash.ledger import Ledger
from tests.crash.ledger_model import LedgerModel
from tests.crash.letters import Letters
from tests.crash.letters_model import DEAD, RESCUED, SOURCE, LettersModel
from tests.crash.model import Model
from tests.crash.move_tasks_model import MoveTasksModel
from tests.crash.orders import Orders

ARN = "arn:of:the:source"


def answer_of(body, message_id, count, **attributes):
    return {
        "Body": body,
        "MessageId": message_id,
        "Attributes": {"ApproximateReceiveCount": str(count), **attributes},
    }


# --- every queue --------------------------------------------------------------------------------


def sent_message(model, message_id="id"):
    message = model.new_message(3)
    model.sent(message, {"MessageId": message_id})
    return message


def test_a_message_is_alive_until_its_deletion_is_asked_for():
    model = Model()
    message = sent_message(model)
    assert model.living() == [message]
    with model.deleting([message]):
        assert model.living() == []
    assert model.living() == []  # no word: nobody knows
    assert model.possible() == 1


def test_a_message_that_is_seen_after_an_unanswered_delete_is_alive():
    model = Model()
    message = sent_message(model)
    with model.deleting([message]):
        pass
    asked_at = message.doubted_at + 1
    model.received(answer_of(message.body, "id", 1), asked_at, asked_at, 0)
    assert model.living() == [message]


@pytest.mark.parametrize(
    ("promise", "answer", "asked_at"),
    [
        ("changed its id", answer_of("1:xxx", "other", 2), 20.0),
        ("receive count 1 after 1", answer_of("1:xxx", "id", 1), 20.0),
        ("while its visibility timeout ran", answer_of("1:xxx", "id", 2), 12.0),
        ("nobody sent", answer_of("1:xxxx", "id", 2), 20.0),
        ("nobody sent", answer_of("2:xxx", "id", 2), 20.0),
    ],
)
def test_a_receive_that_breaks_a_promise_is_found(promise, answer, asked_at):
    model = Model()
    message = sent_message(model)
    model.received(answer_of(message.body, "id", 1), 10.0, 10.1, 5)
    with pytest.raises(Violation, match=promise):
        model.received(answer, asked_at, asked_at, 0)


def test_a_message_that_comes_back_after_its_deletion_is_found_and_its_history_told():
    model = Model()
    message = sent_message(model)
    with model.deleting([message]):
        model.deleted(message, 10.0)
    with pytest.raises(Violation, match="came back") as found:
        model.received(answer_of(message.body, "id", 1), 11.0, 11.0, 0)
    told = [line.split(" s  ")[1] for line in str(found.value).splitlines()[1:]]
    assert [line.split(",")[0] for line in told] == [
        "1: asked to send it",
        "1: sent",
        "1: asked to delete it",
        "1: deleted",
        "1: received",
    ]


class Countless:
    """A server whose queues hand out nothing."""

    visible = 0

    async def call(self, operation, **parameters):
        counts = {
            "ApproximateNumberOfMessages": str(self.visible),
            "ApproximateNumberOfMessagesNotVisible": "0",
            "ApproximateNumberOfMessagesDelayed": "0",
        }
        return {"QueueUrl": "url", "Attributes": {"QueueArn": "arn", **counts}}


@pytest.mark.parametrize(
    ("scene", "promise"),
    [
        (Orders, "1 messages are lost"),
        (Ledger, "counts 0 FIFO messages, not 1 to 1"),
        (Letters, "1 letters are lost"),
    ],
)
def test_a_census_that_does_not_see_a_message_says_that_it_is_lost(scene, promise, monkeypatch):
    monkeypatch.setattr("tests.crash.orders.CENSUS_S", 0.0)
    seeing = scene(random.Random(1))
    message = seeing.model.new_message(3)
    seeing.model.sent(message, {"MessageId": "id", "SequenceNumber": "1"})
    with pytest.raises(Violation, match=promise):
        asyncio.run(seeing.census(Countless(), is_last=True))


def test_a_message_that_is_counted_and_not_handed_out_is_lost(monkeypatch):
    monkeypatch.setattr("tests.crash.ledger.CENSUS_S", 0.0)
    monkeypatch.setattr(Countless, "visible", 1)
    ledger = Ledger(random.Random(1))
    ledger.model.sent(ledger.model.new_entry(3, "a"), {"MessageId": "id", "SequenceNumber": "1"})
    with pytest.raises(Violation, match="hands out nothing"):
        asyncio.run(ledger.census(Countless(), is_last=True))


# --- FIFO ---------------------------------------------------------------------------------------


class LedgerTeller:
    """Tells a model of a FIFO queue what a server might answer."""

    def __init__(self):
        self.model = LedgerModel()
        self.now = 0.0
        self.bodies = {}

    def ask(self, group="a", entry=None):
        self.now += 1
        entry = entry or self.model.new_entry(1, group)
        body = self.model.attempt(entry, self.now)
        self.bodies.setdefault(entry, body)
        return entry

    def send(self, sequence, group="a"):
        entry = self.ask(group)
        self.answer(entry, sequence)
        return entry

    def answer(self, entry, sequence, message_id=None):
        told = {"MessageId": message_id or f"id {entry.token}", "SequenceNumber": str(sequence)}
        self.model.sent(entry, told)

    def message(self, entry, sequence, count=1, **others):
        attributes = {
            "SequenceNumber": str(sequence),
            "MessageGroupId": entry.group,
            "MessageDeduplicationId": entry.token,
        }
        return answer_of(self.bodies[entry], f"id {entry.token}", count, **attributes | others)

    def receive(self, *messages, lease_s=0):
        self.now += 1
        return self.model.received_all(messages, self.now, self.now, lease_s)

    def delete(self, entry):
        self.now += 1
        with self.model.deleting([entry]):
            self.model.deleted(entry, self.now)
        entry.doubted_at = self.now


def test_an_honest_ledger_is_believed():
    teller = LedgerTeller()
    first, second, other = teller.send(1), teller.send(2), teller.send(3, "b")
    teller.receive(teller.message(first, 1), teller.message(second, 2))
    teller.receive(teller.message(other, 3))
    teller.receive(teller.message(first, 1, 2))
    teller.delete(first)
    teller.receive(teller.message(second, 2, 2))
    teller.delete(second)
    assert teller.model.living() == [other]


@pytest.mark.parametrize("order", [(1,), (1, 0)])
def test_an_overtaken_message_is_found(order):
    teller = LedgerTeller()
    entries = [teller.send(1), teller.send(2)]
    with pytest.raises(Violation, match="'2' overtook '1'"):
        teller.receive(*(teller.message(entries[i], i + 1) for i in order))


def test_a_message_delivered_while_an_earlier_one_is_in_flight_is_found():
    teller = LedgerTeller()
    first, second = teller.send(1), teller.send(2)
    teller.receive(teller.message(first, 1), lease_s=60)
    with pytest.raises(Violation, match="overtook"):
        teller.receive(teller.message(second, 2))


def test_a_message_whose_deletion_was_refused_still_bars_its_group():
    teller = LedgerTeller()
    first, second = teller.send(1), teller.send(2)
    teller.receive(teller.message(first, 1))
    with teller.model.deleting([first]):
        teller.model.kept(first)
    with pytest.raises(Violation, match="overtook"):
        teller.receive(teller.message(second, 2))


def test_after_an_unanswered_delete_both_are_allowed():
    teller = LedgerTeller()
    first, second = teller.send(1), teller.send(2)
    teller.receive(teller.message(first, 1))
    with teller.model.deleting([first]):
        pass
    teller.receive(teller.message(second, 2))
    first.doubted_at = teller.now
    teller.receive(teller.message(first, 1, 2))  # it was there after all
    with pytest.raises(Violation, match="overtook"):
        teller.receive(teller.message(second, 2, 2))


def test_an_unanswered_send_may_have_happened_or_not_but_not_late():
    teller = LedgerTeller()
    lost, late = teller.ask(), teller.ask()
    last = teller.send(3)
    teller.receive(teller.message(last, 3))
    assert teller.model.living() == [last]
    teller.answer(lost, 4)  # a repeat, which was the first to arrive
    with pytest.raises(Violation, match="'2' was overtaken by '3'"):
        teller.receive(teller.message(late, 2))


def test_a_sequence_number_that_goes_back_is_found():
    teller = LedgerTeller()
    teller.send(7)
    with pytest.raises(Violation, match="number below"):
        teller.send(6, "b")


def test_a_sequence_number_that_is_given_twice_is_found():
    teller = LedgerTeller()
    teller.send(7)
    with pytest.raises(Violation, match="has the sequence number of '1'"):
        teller.send(7)


def test_a_repeat_is_answered_as_the_first_was():
    teller = LedgerTeller()
    entry = teller.send(1)
    teller.ask(entry=entry)
    teller.answer(entry, 1)
    with pytest.raises(Violation, match="another sequence number"):
        teller.answer(entry, 2)
    with pytest.raises(Violation, match="changed its id"):
        teller.answer(entry, 1, "new")


def test_a_doubled_duplicate_is_found_by_its_number_its_id_or_its_body():
    for doubled in ("number", "id", "body"):
        teller = LedgerTeller()
        entry = teller.send(1)
        teller.receive(teller.message(entry, 1))
        body = teller.model.attempt(entry, teller.now)
        message = teller.message(entry, 2 if doubled == "number" else 1, 2)
        message |= {"id": {"MessageId": "other"}, "body": {"Body": body}}.get(doubled, {})
        with pytest.raises(Violation, match=r"has another sequence|changed its id|body of send"):
            teller.receive(message)


def test_a_repeat_of_an_unanswered_send_may_be_the_one_that_counts_and_only_it():
    teller = LedgerTeller()
    entry = teller.ask()
    first = teller.bodies.pop(entry)
    teller.ask(entry=entry)
    teller.answer(entry, 1)
    teller.receive(teller.message(entry, 1))
    with pytest.raises(Violation, match="body of send"):
        teller.receive(teller.message(entry, 1, 2) | {"Body": first})


def test_another_group_is_found():
    teller = LedgerTeller()
    entry = teller.send(1)
    with pytest.raises(Violation, match="another group"):
        teller.receive(teller.message(entry, 1, MessageGroupId="b"))


# --- dead letters -------------------------------------------------------------------------------


class LetterTeller:
    """Tells a model of dead letters what a server might answer; two receives are allowed."""

    def __init__(self):
        self.model = LettersModel(2)
        self.letter = self.model.new_message(1)
        self.model.sent(self.letter, {"MessageId": "id 1"})
        self.now = 10.0

    def receive(self, place, count, message_id="id 1", lease_s=0):
        self.now += 1
        told = {"DeadLetterQueueSourceArn": ARN} if place == DEAD else {}
        answer = answer_of(self.letter.body, message_id, count, **told)
        self.model.received_from(place, ARN, answer, self.now, self.now, lease_s)

    def die(self):
        for place, count in ((SOURCE, 1), (SOURCE, 2), (DEAD, 3)):
            self.receive(place, count)

    def move(self, is_rescue, moved=1):
        self.now += 1
        self.model.tasks.started(self.model.tasks.asked(is_rescue, self.now))
        listed = entry_of("COMPLETED", moved, started=self.now, is_rescue=is_rescue)
        self.now += 1
        self.model.tasks.listed([listed], self.now, self.now)


def test_an_honest_dead_letter_is_believed_through_two_moves():
    teller = LetterTeller()
    teller.die()
    teller.move(is_rescue=False)
    for place, count in ((SOURCE, 1), (SOURCE, 2), (DEAD, 3)):
        teller.receive(place, count, "id 2")
    teller.model.check_moves()
    assert teller.model.living() == [teller.letter]


def test_a_dead_letter_that_nobody_saw_alive_is_believed():
    teller = LetterTeller()
    teller.receive(DEAD, 3)
    assert teller.model.living() == [teller.letter]


@pytest.mark.parametrize(
    ("promise", "place", "count", "message_id"),
    [
        ("in both queues: it came back from the dead", SOURCE, 2, "id 1"),
        ("received too often", SOURCE, 4, "id 1"),
        ("receive count 3 after 3", DEAD, 3, "id 1"),
        ("dead too early", DEAD, 2, "id 1"),
        ("a new id id 2, and nothing moved it", SOURCE, 1, "id 2"),
        ("a new id id 2, and nothing moved it", DEAD, 4, "id 2"),
        ("a new id id 2, and nothing moved it", RESCUED, 1, "id 2"),
        ("in both queues: rescued or not", RESCUED, 4, "id 1"),
    ],
)
def test_a_dead_letter_elsewhere_or_doubled_is_found(promise, place, count, message_id):
    teller = LetterTeller()
    teller.die()
    with pytest.raises(Violation, match=promise):
        teller.receive(place, count, message_id)


@pytest.mark.parametrize("is_rescue", [True, False])
def test_a_message_that_was_moved_and_is_still_there_is_found(is_rescue):
    teller = LetterTeller()
    teller.die()
    teller.move(is_rescue)
    teller.receive(RESCUED if is_rescue else SOURCE, 1, "id 2")
    with pytest.raises(Violation, match="in two places"):
        teller.receive(DEAD, 4)


def test_a_message_that_was_moved_twice_by_one_task_is_found():
    teller = LetterTeller()
    teller.die()
    teller.move(is_rescue=True)
    teller.receive(RESCUED, 1, "id 2")
    with pytest.raises(Violation, match="left the rescued"):
        teller.receive(RESCUED, 1, "id 3")


def test_a_move_in_the_middle_of_a_lease_is_found():
    teller = LetterTeller()
    teller.receive(SOURCE, 1)
    teller.receive(SOURCE, 2)
    teller.receive(DEAD, 3, lease_s=60)
    teller.move(is_rescue=True)
    with pytest.raises(Violation, match="visibility timeout ran"):
        teller.receive(RESCUED, 1, "id 2")


def test_a_deletion_counts_only_while_the_lease_runs():
    teller = LetterTeller()
    with teller.model.deleting([teller.letter]):
        teller.model.deleted_by(teller.letter, leased_until=10.0, answered_at=11.0)
    assert teller.model.living() == []
    assert teller.letter.deleted_at is None
    with teller.model.deleting([teller.letter]):
        teller.model.deleted_by(teller.letter, leased_until=12.0, answered_at=11.0)
    assert teller.letter.deleted_at == 11.0


@pytest.mark.parametrize("is_rescue", [True, False])
@pytest.mark.parametrize("moved", [0, 2])
def test_counters_that_do_not_fit_what_was_moved_are_found(is_rescue, moved):
    teller = LetterTeller()
    teller.die()
    teller.move(is_rescue, moved)
    teller.receive(RESCUED if is_rescue else SOURCE, 1, "id 2")
    with pytest.raises(Violation, match=f"the tasks moved {moved}"):
        teller.model.check_moves()


# --- move tasks ---------------------------------------------------------------------------------


def entry_of(status, moved, started=1.0, is_rescue=True, to_move=5):
    entry = {
        "Status": status,
        "StartedTimestamp": started,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": to_move,
    }
    if is_rescue:
        entry["DestinationArn"] = "arn:of:the:rescued"
    if status == "RUNNING":
        entry["TaskHandle"] = "handle"
    return entry


def running_task(moved=3):
    tasks = MoveTasksModel(LettersModel(2).server)
    tasks.started(tasks.asked(True, 1.0))
    tasks.listed([entry_of("RUNNING", moved)], 2.0, 2.0)
    return tasks


def test_a_task_goes_on_and_ends():
    tasks = running_task()
    assert tasks.is_one_active()
    tasks.listed([entry_of("RUNNING", 3)], 3.0, 3.0)
    tasks.listed([entry_of("COMPLETED", 6)], 4.0, 4.0)
    assert tasks.moved(is_rescue=True) == 6
    assert not tasks.is_one_active()


@pytest.mark.parametrize(
    ("promise", "entries"),
    [
        ("moved 2 after 3", [entry_of("RUNNING", 2)]),
        ("become FAILED", [entry_of("FAILED", 3)]),
        ("become CANCELLED", [entry_of("CANCELLED", 3)]),
        ("ToMove of a move task", [entry_of("RUNNING", 3, to_move=6)]),
        ("there are 2 move tasks", [entry_of("RUNNING", 0, started=2.0)]),
    ],
)
def test_a_task_that_goes_back_or_changes_is_found(promise, entries):
    tasks = running_task()
    with pytest.raises(Violation, match=promise):
        tasks.listed(entries, 3.0, 3.0)


def test_a_task_that_is_over_stays_so():
    tasks = running_task()
    tasks.listed([entry_of("COMPLETED", 5)], 3.0, 3.0)
    for again in (entry_of("RUNNING", 5), entry_of("COMPLETED", 6)):
        with pytest.raises(Violation, match="after"):
            tasks.listed([again], 4.0, 4.0)


def test_a_task_that_was_acknowledged_and_is_not_there_is_found():
    tasks = MoveTasksModel(LettersModel(2).server)
    start = tasks.asked(True, 1.0)
    tasks.listed([], 2.0, 2.0)  # unanswered: it may not be there
    tasks.started(start)
    with pytest.raises(Violation, match="there are 0 move tasks, not 1"):
        tasks.listed([], 3.0, 3.0)


def test_a_cancel_that_was_acknowledged_and_forgotten_is_found():
    tasks = running_task()
    task = tasks.tasks[1.0]
    task.may_be_cancelled = True
    tasks.cancelled(task, 3, 3.0, 3.0)
    tasks.listed([entry_of("CANCELLING", 4)], 4.0, 4.0)
    with pytest.raises(Violation, match="RUNNING after CANCELLING"):
        tasks.listed([entry_of("RUNNING", 4)], 5.0, 5.0)


def test_an_answer_that_was_read_late_is_no_complaint():
    tasks = running_task()
    tasks.listed([entry_of("RUNNING", 2)], 1.5, 3.0)
    assert tasks.moved(is_rescue=True) == 3
