"""Each kind of event as a sentence."""

import pytest

from headrace.api.story.event import Event
from headrace.api.story.sentences import Names, length_of, sentence_of, short_name, time_of

NAMES = Names(lambda queue: f"arn:aws:sqs:r:0:q{queue}", lambda mapping: f"mapping {mapping}")
LATER = 1_700_000_005_000
FAILED = {"request_id": "r", "error_type": "E", "error_message": "m"}
ENDED = {"batch": 3, "failed": True, "reported": False, "failures": 1}


@pytest.mark.parametrize(
    ("what", "details", "sentence"),
    [
        ("sent", {}, "sent to q1"),
        (
            "sent",
            {"sender": "AIDA", "size": 5, "group": "g", "visible_at": LATER},
            (
                "sent to q1 by AIDA, a body of 5 bytes, group 'g', delayed until "
                "2023-11-14T22:13:25.000Z"
            ),
        ),
        ("visible", {"why": "delay"}, "visible: its delay was over"),
        (
            "visible",
            {"why": "timeout"},
            "visible again: nobody had deleted it within its visibility timeout",
        ),
        (
            "received",
            {"receive": 2, "visible_at": LATER},
            (
                "received from q1 by mapping 9, receive 2 there, in flight until "
                "2023-11-14T22:13:25.000Z"
            ),
        ),
        (
            "received",
            {"receive": 1, "visible_at": 0},
            "received from q1 by mapping 9, receive 1 there, and visible again at once",
        ),
        ("undone", {}, "given back, and the receive not counted: whoever received it had gone"),
        (
            "visibility",
            {"visible_at": 0},
            "given back by a client: its visibility timeout was set to 0",
        ),
        (
            "visibility",
            {"visible_at": LATER},
            "its visibility timeout was changed: in flight until 2023-11-14T22:13:25.000Z",
        ),
        ("deleted", {}, "deleted by a client"),
        ("deleted", {"why": "batch"}, "deleted by mapping 9: it was handled"),
        ("deleted", {"why": "filter"}, "deleted by mapping 9, as what passes no filter is"),
        ("departed", {"receives": 2}, "left q1, where it had been received 2 times"),
        (
            "arrived",
            {"source": "arn:aws:sqs:r:0:s", "receives": 3, "max_receive_count": 3},
            "dead-lettered to q1 after 3 receives: the maxReceiveCount of s is 3",
        ),
        (
            "arrived",
            {"receives": 0, "message_id": "new"},
            "moved to q1 by a message move task, as a new message with id new",
        ),
        ("purged", {}, "gone: q1 was purged"),
        ("queue-deleted", {}, "gone: q1 was deleted"),
        ("expired", {"retention": 345_600_000}, "expired: the retention of q1, 4 days, was over"),
        ("filtered", {"reason": "why"}, "filtered out by mapping 9: why"),
        (
            "handed",
            {
                "batch": 3,
                "messages": 1,
                "attempt": 1,
                "function": "arn:aws:lambda:r:0:function:f:2",
            },
            "handed to f:2 in batch 3",
        ),
        (
            "handed",
            {"batch": 3, "messages": 3, "attempt": 2, "function": "arn:aws:lambda:r:0:function:f"},
            "handed again (attempt 2) to f in batch 3 with 2 others",
        ),
        (
            "invoked",
            {"request_id": "r", "log_stream": "s", "version": "1"},
            "the function returned (request r, version 1, log stream s)",
        ),
        (
            "invoked",
            {**FAILED, "log_stream": "s", "version": "1"},
            "the function failed: E: m (request r, version 1, log stream s)",
        ),
        ("invoked", FAILED, "the function did not run: E: m (request r)"),
        ("ended", {**ENDED, "failed": False}, "batch 3 is done; this message was handled"),
        (
            "ended",
            {**ENDED, "reported": True},
            "batch 3 is done, but for what the function reported as failed, this one too",
        ),
        (
            "ended",
            ENDED,
            "batch 3 failed: its messages come back when their visibility timeout is over",
        ),
        (
            "ended",
            {**ENDED, "retry_at": LATER},
            "batch 3 is tried again at 2023-11-14T22:13:25.000Z",
        ),
        ("let-go", {"reason": "why"}, "let go by mapping 9: why"),
        (
            "restart",
            {"version": "1"},
            "the server (version 1) started; what functions had in hand was lost",
        ),
    ],
)
def test_sentences(what, details, sentence):
    event = Event(1_700_000_000_000, what, queue=1, mapping=9, details=details)
    assert sentence_of(event, NAMES) == sentence


def test_a_receive_without_a_mapping_is_a_clients():
    event = Event(1, "received", queue=1, details={"receive": 1, "visible_at": 0})
    assert sentence_of(event, NAMES).startswith("received from q1 by a client")


def test_times_lengths_and_names_are_short():
    assert time_of(0) == "1970-01-01T00:00:00.000Z"
    lengths = [1_500, 90_000, 86_400_000, 172_800_000]
    assert [length_of(one) for one in lengths] == ["1.5 s", "90 s", "86400 s", "2 days"]
    assert short_name("queue 16") == "queue 16"
