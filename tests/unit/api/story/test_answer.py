"""The answer to why: what it says of the history's reach, and as text."""

from headrace.api.story.answer import GAPS_MAX, Reach, document_of, not_found, text_of
from headrace.api.story.event import Life
from headrace.api.story.sentences import Names
from headrace.api.story.tracing import Tracer
from headrace.core.sqs.records import (
    MessagesArrived,
    MessagesDeparted,
    MessagesReceived,
    MessagesSent,
)
from tests.unit.api.story.test_tracing import DEAD, SENT, Q, arrival, id_of

NAMES = Names(lambda queue: f"arn:aws:sqs:r:0:q{queue}", lambda mapping: f"mapping {mapping}")
POLICY = '{"deadLetterTargetArn":"arn:aws:sqs:r:0:q17","maxReceiveCount":2}'


def answer(*records, reach=None, at_most=100, redrive=""):
    tracer = Tracer(Q, 5, id_of, Life(1_000))
    tracer.take(records, 1)
    reach = reach or Reach(is_on=True, is_whole=True, first_at=50)
    return document_of("m", tracer, NAMES, None, reach, lambda queue: redrive, at_most)


def test_a_whole_history_has_no_notes():
    assert answer(SENT)["notes"] == []


def test_what_is_missing_is_said():
    received = MessagesReceived(Q, 200, 300, [5, 1])
    cases = {
        "the history begins at 1970-01-01T00:00:00.050Z": Reach(True, True, 50),
        "the history before 1970-01-01T00:00:00.050Z is gone": Reach(True, False, 50),
        "the history is empty": Reach(True, True),
    }
    for note, reach in cases.items():
        assert answer(received, reach=reach)["notes"] == [note]
    (note,) = answer(received, reach=Reach(False, False))["notes"]
    assert note.startswith("no history is kept")


def test_a_gap_is_said_if_it_lies_in_the_life_of_the_message():
    reach = Reach(True, True, 50, [(1, 60, 70), (3, 150, 160)])
    assert answer(SENT, reach=reach)["notes"] == [
        "3 blocks between 1970-01-01T00:00:00.150Z and 1970-01-01T00:00:00.160Z are not kept"
    ]


def test_a_message_that_is_in_no_queue_without_a_reason_is_said_to_be():
    assert answer(SENT)["state"].endswith("what is kept does not say how it went")


def test_a_departure_and_its_arrival_are_one_with_the_policy_of_then_or_now():
    moved = MessagesArrived(DEAD, 400, 8, "arn:aws:sqs:r:0:q16", [arrival()])
    events = answer(SENT, MessagesDeparted(Q, 400, [5]), moved, redrive=POLICY)["events"]
    assert [event["event"] for event in events] == ["sent", "arrived"]
    assert events[1]["max_receive_count"] == 2


def test_events_in_the_middle_are_left_out_when_there_are_too_many():
    receives = [MessagesReceived(Q, at, at, [5, 1]) for at in range(200, 300)]
    answered = answer(SENT, *receives, at_most=10)
    assert len(answered["events"]) == 10
    assert answered["events"][0]["event"] == "sent"
    assert answered["events"][-1]["at"] >= 299
    assert answered["notes"][0].endswith("events in the middle are left out here")


def test_what_was_let_go_of_while_it_was_read_is_counted_too():
    tracer = Tracer(Q, 5, id_of, Life(10))
    tracer.take([SENT, *(MessagesReceived(Q, at, at, [5, 1]) for at in range(200, 300))], 1)
    document = document_of("m", tracer, NAMES, None, Reach(True, True, 50), lambda queue: "", 10)
    assert document["notes"] == ["190 events in the middle are left out here"]


def test_of_many_gaps_the_last_one_grows():
    reach = Reach(True, True, 50)
    for at in range(1, 1_001):
        reach.miss(2, at * 10, at * 10 + 5)
    assert len(reach.gaps) == GAPS_MAX
    assert sum(blocks for blocks, _, _ in reach.gaps) == 2_000
    assert reach.gaps[-1][1:] == (GAPS_MAX * 10, 10_005)


def test_the_text_is_a_line_for_each_event():
    lines = text_of(answer(SENT)).splitlines()
    assert lines[0] == "message m"
    assert lines[1].startswith("  now: in no queue any more")
    assert lines[2] == "1970-01-01T00:00:00.100Z  sent to q16"


def test_what_a_function_said_makes_no_lines_and_moves_no_cursor():
    event = {"time": "t", "sentence": "the function failed: E: \x1b[2J\nt  deleted"}
    document = {"message_id": "m", "queue": "q", "state": "s", "notes": [], "events": [event]}
    assert text_of(document).splitlines()[2:] == [
        "t  the function failed: E: \\x1b[2J\\nt  deleted"
    ]


def test_an_unknown_message_has_an_answer_too():
    text = text_of(not_found("m", "q", Reach(True, False, 50)))
    assert "no message with this id was ever in q" in text
    assert "note: the history before 1970-01-01T00:00:00.050Z is gone" in text


def test_sender_and_size_stand_with_the_sending():
    tracer = Tracer(Q, 5, id_of, Life(1_000))
    tracer.take([MessagesSent(Q, 100, 5, [0])], 1)
    tracer.sender, tracer.body_bytes = "AIDA", 7
    reach = Reach(True, True, 50)
    (event,) = document_of("m", tracer, NAMES, None, reach, lambda queue: "", 9)["events"]
    assert (event["sender"], event["size"]) == ("AIDA", 7)
