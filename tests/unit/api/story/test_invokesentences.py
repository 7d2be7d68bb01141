"""Each kind of event of an asynchronous invoke as a sentence."""

import pytest

from headrace.api.story.event import Event
from headrace.api.story.invokesentences import obstacle_of, sentence_of, times_of

ARN = "arn:aws:lambda:r:0:function:ship:live"
QUEUE, OTHER = "arn:aws:sqs:r:0:q", "arn:aws:lambda:r:0:function:other"
LATER = 1_700_000_005_000
RAN = {"version": "2", "log_stream": "s"}
ENDED = {"attempts": 0, "targets": []}
NOBODY = "; nothing is sent: there is no destination for it and no dead-letter queue"


@pytest.mark.parametrize(
    ("what", "details", "sentence"),
    [
        ("accepted", {}, "accepted for ship:live"),
        ("handed", {"attempt": 1}, "handed to ship:live"),
        (
            "handed",
            {"attempt": 3, "waited_for": "ReservedFunctionConcurrentInvocationLimitExceeded"},
            (
                "handed again (attempt 3) to ship:live; it had waited because the reserved "
                "concurrency of the function was used up"
            ),
        ),
        ("invoked", RAN, "the function returned (version 2, log stream s)"),
        (
            "invoked",
            RAN | {"error_type": "E", "error_message": "m"},
            "the function failed: E: m (version 2, log stream s)",
        ),
        (
            "invoked",
            RAN | {"error_type": "Runtime.ExitError", "error_message": ""},
            "the function failed: Runtime.ExitError (version 2, log stream s)",
        ),
        (
            "invoked",
            RAN | {"error_type": "Sandbox.Timedout", "error_message": "after 3 s"},
            "the function timed out: Sandbox.Timedout: after 3 s (version 2, log stream s)",
        ),
        (
            "invoked",
            {"error_type": "TooManyRequestsException", "error_message": "Rate (why)"},
            "throttled: Rate (why)",
        ),
        (
            "invoked",
            {"error_type": "ServiceException", "error_message": "no"},
            "the function did not run: ServiceException: no",
        ),
        (
            "failed",
            {"failures": 1, "retry_at": LATER},
            "failed once: tried again at 2023-11-14T22:13:25.000Z",
        ),
        ("concluded", ENDED | {"condition": "Success"}, "done"),
        (
            "concluded",
            {"condition": "Success", "attempts": 1, "targets": [OTHER]},
            "done; what came of it goes to other",
        ),
        (
            "concluded",
            {"condition": "RetriesExhausted", "attempts": 3, "targets": [OTHER, QUEUE]},
            (
                "given up, run 3 times: no retry was left (RetriesExhausted); what came of it "
                "goes to other and q"
            ),
        ),
        (
            "concluded",
            ENDED | {"condition": "EventAgeExceeded", "waited_for": "InHand"},
            (
                "given up, never run: it was too old to be tried again (EventAgeExceeded), and it "
                "had waited because as many of the function's events were under way as may be"
                f"{NOBODY}"
            ),
        ),
        (
            "concluded",
            ENDED | {"condition": "ZeroReservedConcurrency"},
            (
                "given up, never run: the reserved concurrency of the function is 0 "
                f"(ZeroReservedConcurrency){NOBODY}"
            ),
        ),
        (
            "concluded",
            ENDED | {"condition": "Abandoned"},
            "given up: the version or alias that was invoked is gone",
        ),
        (
            "sent",
            {"target": QUEUE, "dead_letter": False, "message_id": "m"},
            "the invocation record was sent to the destination q as message m",
        ),
        (
            "sent",
            {"target": OTHER, "dead_letter": False, "request_id": "r"},
            "the invocation record was sent to the destination other as request r",
        ),
        (
            "not-sent",
            {"target": QUEUE, "dead_letter": True, "error_message": "no.", "again": True},
            "the event was not taken by the dead-letter queue q: no.; it is sent again",
        ),
        (
            "not-sent",
            {"target": QUEUE, "dead_letter": False, "error_message": "no.", "again": False},
            "the invocation record was not taken by the destination q: no.; it is not sent again",
        ),
        (
            "settled",
            {"target": QUEUE, "dead_letter": True},
            "the event was given to the dead-letter queue q; the answer is not kept",
        ),
        ("function-deleted", {}, "gone: the function was deleted"),
        (
            "restart",
            {"version": "1.0"},
            "the server (version 1.0) started; what functions had in hand was lost",
        ),
    ],
)
def test_each_event_is_a_sentence(what, details, sentence):
    assert sentence_of(Event(1, what, details=details), ARN) == sentence


def test_a_word_that_is_not_known_is_said_as_it_is():
    assert obstacle_of("Moonlight") == "Moonlight"


def test_how_often():
    assert (times_of(1), times_of(2)) == ("once", "2 times")
