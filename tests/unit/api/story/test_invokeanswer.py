"""The answer to why about an asynchronous invoke."""

import pytest

from headrace.api.story.answer import Reach, text_of
from headrace.api.story.event import Life
from headrace.api.story.invokeanswer import invoke_document, invoke_not_found, state_of
from headrace.api.story.invokes import InvokeTracer
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.eventhand import IN_HAND
from headrace.core.functions.records import EventConcluded, FunctionDeleted
from headrace.core.functions.replies import EventSeen, Phase
from tests.unit.api.story.test_invokes import (
    ACCEPTED,
    DONE,
    HANDED,
    KEY,
    OTHER,
    QUEUE,
    RETURNED,
    F,
    N,
    followed,
)
from tests.unit.core.functions.bench import ACCOUNT, NAME, REGION

GONE = EventSeen(Phase.GONE)
WHOLE = Reach(is_on=True, is_whole=True, first_at=50)
LATER = 1_700_000_005_000
LOST = EventConcluded(F, 200, N, Ending("RetriesExhausted", 3, 200))


def test_a_whole_story_as_a_document_and_as_text():
    tracer = followed(ACCEPTED, HANDED, RETURNED, DONE)
    answer = invoke_document("r", tracer, GONE, WHOLE, 100)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}:live"
    assert (answer["request_id"], answer["function"]) == ("r", arn)
    assert (answer["state"], answer["notes"]) == ("done", [])
    assert answer["events"][0] == {
        "at": 100,
        "time": "1970-01-01T00:00:00.100Z",
        "event": "accepted",
        "sentence": f"accepted for {NAME}:live",
    }
    assert text_of(answer).splitlines()[:3] == [
        f"asynchronous invoke r to {arn}",
        "  now: done",
        f"1970-01-01T00:00:00.100Z  accepted for {NAME}:live",
    ]


def test_what_is_not_known_is_said_with_how_far_the_history_goes():
    answer = invoke_not_found("r", "ship", Reach(is_on=True, is_whole=False, first_at=50))
    assert (answer["function"], answer["events"]) == (None, [])
    assert text_of(answer).splitlines() == [
        "asynchronous invoke r",
        (
            "  now: not known: no asynchronous invoke with this id was ever accepted for ship, "
            "as far as is kept"
        ),
        "  note: the history before 1970-01-01T00:00:00.050Z is gone",
    ]
    (note,) = invoke_not_found("r", "ship", Reach(False, False))["notes"]
    assert note.startswith("no history is kept")


def test_of_many_events_those_in_the_middle_are_left_out():
    tracer = InvokeTracer(KEY, (ACCOUNT, REGION, NAME), F, Life(100))
    tracer.take([ACCEPTED] + [HANDED] * 10 + [DONE])
    answer = invoke_document("r", tracer, GONE, WHOLE, 4)
    words = [event["event"] for event in answer["events"]]
    assert words == ["accepted", "handed", "handed", "concluded"]
    assert answer["notes"] == ["8 events in the middle are left out here"]


@pytest.mark.parametrize(
    ("records", "seen", "state"),
    [
        ([DONE], GONE, "done"),
        ([LOST], GONE, "given up"),
        ([FunctionDeleted(F, 300)], GONE, "gone with its function"),
        ([], GONE, "not there any more, and what is kept does not say how it went"),
        (
            [],
            EventSeen(Phase.SENDS, targets=((OTHER, False), (QUEUE, True))),
            "over: what came of it is being sent to other and results",
        ),
        (
            [],
            EventSeen(Phase.RUNS, 1, log_stream="s"),
            "failed once; runs, log stream s",
        ),
        ([], EventSeen(Phase.STARTS), "handed out, and waits for an environment"),
        ([], EventSeen(Phase.WAITS), "waits for its turn"),
        (
            [],
            EventSeen(Phase.WAITS, 2, until=LATER),
            "failed 2 times; waits until 2023-11-14T22:13:25.000Z",
        ),
        (
            [],
            EventSeen(Phase.WAITS, 0, IN_HAND),
            (
                "waits: as many of the function's events were under way as may be when it was "
                "looked at last"
            ),
        ),
        (
            [],
            EventSeen(Phase.WAITS, 0, "Moonlight", LATER),
            (
                "waits: Moonlight when it was looked at last; the next look is at "
                "2023-11-14T22:13:25.000Z"
            ),
        ),
    ],
)
def test_where_it_is_now(records, seen, state):
    assert state_of(seen, followed(ACCEPTED, *records)) == state
