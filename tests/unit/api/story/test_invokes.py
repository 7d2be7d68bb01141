"""An asynchronous invoke followed through records and decisions."""

from headrace.api.story.event import Life
from headrace.api.story.invokes import InvokeTracer
from headrace.core.functions.decisions import EventHandedOut, EventSentOn, EventTried
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
    EventSettled,
    FunctionCreated,
    FunctionDeleted,
)
from headrace.core.mapping.decisions import ServerStarted
from tests.unit.core.functions.bench import ACCOUNT, CODE, NAME, REGION, SEED, settings_with

F, N = 16, 4
KEY = bytes(range(16))
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:results"
OTHER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:other"
ACCEPTED = EventAccepted(F, 100, N, "live", KEY)
HANDED = EventHandedOut(F, 100, N)
RETURNED = EventTried(F, 110, N, True, "stream", "1")
DONE = EventConcluded(F, 110, N, Ending("Success", 1, 110))
SETTINGS = settings_with()
RESTARTED = ServerStarted(0, 150, "1.0")


def followed(*records, machine=F, key=KEY):
    tracer = InvokeTracer(key, (ACCOUNT, REGION, NAME), machine, Life(1_000))
    tracer.take(records)
    return tracer


def words(tracer):
    return [event.what for event in tracer.events]


def last(tracer):
    return tracer.events[-1].details


def test_a_life_that_goes_well():
    tracer = followed(ACCEPTED, HANDED, RETURNED, DONE)
    assert words(tracer) == ["accepted", "handed", "invoked", "concluded"]
    assert [event.at for event in tracer.events] == [100, 100, 110, 110]
    assert tracer.events[1].details == {"attempt": 1}
    assert tracer.events[2].details == {"log_stream": "stream", "version": "1"}
    assert last(tracer) == {"condition": "Success", "attempts": 1, "targets": []}
    assert (tracer.function, tracer.number, tracer.is_gone) == (F, N, True)
    assert tracer.arn == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}:live"


def test_others_events_and_functions_are_not_taken_for_it():
    tracer = followed(
        EventAccepted(F, 90, N - 1, "", KEY[::-1]),
        EventAccepted(F + 1, 95, N, "", KEY),
        ACCEPTED,
        EventHandedOut(F, 100, N - 1),
        EventHandedOut(F + 1, 100, N),
        EventConcluded(F + 1, 110, N, Ending("Success", 1, 110)),
        FunctionDeleted(F + 1, 120),
        EventAccepted(F, 130, N + 1, "", KEY),
    )
    assert words(tracer) == ["accepted"]
    assert not tracer.is_gone


def test_what_was_accepted_before_ids_were_kept_is_not_found():
    assert followed(EventAccepted(F, 90, N), key=b"").function == F, "nobody asks with no id"
    assert followed(EventAccepted(F, 90, N)).function == 0


def test_a_function_that_is_gone_is_known_by_its_creation():
    created = FunctionCreated(F, 50, ACCOUNT, REGION, NAME, SEED, SETTINGS, CODE, {})
    other = FunctionCreated(F + 1, 50, ACCOUNT, REGION, "other", SEED, SETTINGS, CODE, {})
    assert followed(ACCEPTED, machine=0).function == 0
    assert followed(other, EventAccepted(F + 1, 60, 0, "", KEY), machine=0).function == 0
    tracer = followed(created, ACCEPTED, FunctionDeleted(F, 120), RESTARTED, machine=0)
    assert words(tracer) == ["accepted", "function-deleted"]
    assert (tracer.is_gone, tracer.ending) == (True, None)


def test_failures_faults_and_throttles():
    tracer = followed(
        ACCEPTED,
        EventHandedOut(F, 105, N, "InHand"),
        EventTried(F, 110, N, False, "stream", "1", "E", "m"),
        EventFailed(F, 110, N, 1, 60_110),
        EventHandedOut(F, 60_110, N),
        EventTried(F, 60_111, N, False, error_type="ServiceException", error_message="no"),
    )
    assert words(tracer) == ["accepted", "handed", "invoked", "failed", "handed", "invoked"]
    assert tracer.events[1].details == {"attempt": 1, "waited_for": "InHand"}
    assert tracer.events[2].details["error_message"] == "m"
    assert tracer.events[3].details == {"failures": 1, "retry_at": 60_110}
    assert tracer.events[4].details == {"attempt": 2}
    assert last(tracer) == {"error_type": "ServiceException", "error_message": "no"}


def test_what_is_given_up_and_sent_to_two():
    ending = Ending("EventAgeExceeded", 0, 200, "Starts")
    over = EventConcluded(F, 200, N, ending, ((OTHER, False), (QUEUE, True)))
    tracer = followed(
        ACCEPTED,
        over,
        EventSentOn(F, 201, N, QUEUE, True, error="no room", again=True),
        EventSentOn(F, 201, N, OTHER, False, "r-1"),
        EventSettled(F, 201, N, OTHER, False),
    )
    assert tracer.events[1].details["waited_for"] == "Starts"
    assert tracer.events[1].details["targets"] == [OTHER, QUEUE]
    assert words(tracer)[2:] == ["not-sent", "sent"]
    assert tracer.events[3].details["request_id"] == "r-1"
    assert not tracer.is_gone
    tracer.take([RESTARTED])
    tracer.take([EventSentOn(F, 210, N, QUEUE, True, "m-1"), EventSettled(F, 210, N, QUEUE, True)])
    assert words(tracer)[4:] == ["restart", "sent"]
    assert last(tracer)["message_id"] == "m-1"
    tracer.take([RESTARTED])
    assert (words(tracer)[-1], tracer.is_gone) == ("sent", True)


def test_an_answer_of_a_target_that_a_crash_took_is_said_to_be_unknown():
    over = EventConcluded(F, 200, N, Ending("Success", 1, 200), ((QUEUE, False),))
    refused = EventSentOn(F, 201, N, QUEUE, False, error="no room", again=True)
    tracer = followed(ACCEPTED, over, refused, EventSettled(F, 210, N, QUEUE, False))
    assert words(tracer)[2:] == ["not-sent", "settled"]
    assert tracer.is_gone


def test_of_a_very_long_life_the_middle_is_let_go():
    tracer = InvokeTracer(KEY, (ACCOUNT, REGION, NAME), F, Life(10))
    tracer.take([ACCEPTED] + [EventHandedOut(F, at, N) for at in range(100)])
    assert len(tracer.events) <= 20
    assert tracer.life.left_out == 101 - len(tracer.events)
    assert last(tracer)["attempt"] == 100
