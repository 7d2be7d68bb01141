"""Receives over time: waiting, waking, handles, visibility (spec/sqs.md 4.1, 4.7 to 4.9, 14.5)."""

import contextlib

import pytest

from headrace.testing.clock import VirtualClock
from headrace.testing.server import serve_in_thread
from tests.contract.sqs.caller import Caller
from tests.contract.sqs.mailbox import (
    bodies,
    delete,
    hide,
    parked,
    receive,
    send,
    waiting,
)

INVALID = "InvalidParameterValueException"
HOUR_S = 3_600


@pytest.fixture
def q(sqs):
    return sqs.queue("q")


def counts(sqs, url):
    """Return how many messages are visible, in flight and delayed."""
    found = sqs.attributes(url)
    names = ("", "NotVisible", "Delayed")
    return [int(found[f"ApproximateNumberOfMessages{name}"]) for name in names]


# --- waiting --------------------------------------------------------------------------------------


def test_nothing_is_an_answer_without_members(sqs, q):
    """spec/sqs.md 2.9, 11 row 6: a short poll of an empty queue."""
    assert sqs.ok("ReceiveMessage", {"QueueUrl": q}) == {}


def test_a_long_poll_without_messages_waits_its_whole_time(sqs, q):
    """spec/sqs.md 4.8: full wait, then nothing."""
    with waiting(sqs, q, WaitTimeSeconds=20) as answer:
        sqs.server.advance(19.999)
        assert parked(sqs.server) == 1
        sqs.server.advance(0.001)
        assert answer() == []


@pytest.mark.parametrize("given", [{}, {"WaitTimeSeconds": 20}])
def test_the_wait_is_the_request_s_else_the_queue_s(sqs, given):
    """spec/sqs.md 4.8: WaitTimeSeconds if present, else ReceiveMessageWaitTimeSeconds."""
    url = sqs.queue("q", ReceiveMessageWaitTimeSeconds="5")
    with waiting(sqs, url, **{"WaitTimeSeconds": None} | given) as answer:
        sqs.server.advance(5)
        assert parked(sqs.server) == (1 if given else 0)
        sqs.server.advance(15)
        assert answer() == []


def test_an_explicit_zero_is_a_short_poll(sqs):
    """spec/sqs.md 4.8, 11 row 42: also when the queue says otherwise."""
    url = sqs.queue("q", ReceiveMessageWaitTimeSeconds="20")
    assert receive(sqs, url, WaitTimeSeconds=0) == []
    assert parked(sqs.server) == 0


def test_a_long_poll_is_over_with_the_first_message(sqs, q):
    """spec/sqs.md 4.8, 11 row 40: it neither waits for ten nor for the time; sends wake it."""
    send(sqs, q, "there")
    assert bodies(receive(sqs, q, WaitTimeSeconds=20)) == ["there"]
    with waiting(sqs, q) as answer:
        send(sqs, q, "new")
        assert bodies(answer()) == ["new"]


def test_the_end_of_a_visibility_timeout_wakes(sqs, q):
    """spec/sqs.md 4.8, 11 row 41."""
    send(sqs, q, "b")
    receive(sqs, q, VisibilityTimeout=5)
    with waiting(sqs, q) as answer:
        sqs.server.advance(5)
        assert bodies(answer()) == ["b"]


def test_taking_the_visibility_timeout_away_wakes(sqs, q):
    """spec/sqs.md 4.8, 11 row 41: ChangeMessageVisibility(0)."""
    send(sqs, q, "b")
    (message,) = receive(sqs, q)
    with waiting(sqs, q) as answer:
        hide(sqs, q, message, 0)
        assert bodies(answer()) == ["b"]


def test_the_end_of_a_delay_wakes(sqs, q):
    """spec/sqs.md 14.5 S-A24: nothing by a short poll, and the message when the delay ends."""
    send(sqs, q, "b", DelaySeconds=1)
    assert receive(sqs, q) == []
    assert counts(sqs, q) == [0, 0, 1]
    with waiting(sqs, q, WaitTimeSeconds=2) as answer:
        sqs.server.advance(0.999)
        assert parked(sqs.server) == 1
        sqs.server.advance(0.001)
        assert bodies(answer()) == ["b"]


@pytest.mark.parametrize("unlock", ["delete", "expiry", "dead letter"])
def test_the_unlocking_of_a_group_wakes(sqs, unlock):
    """spec/sqs.md 4.8, 11 row 41; 14.1 S-C4: a delete, an expiry, a move to the dead letters."""
    dead = sqs.queue("dead.fifo")
    target = sqs.attributes(dead, "QueueArn")["QueueArn"]
    redrive = f'{{"deadLetterTargetArn":"{target}","maxReceiveCount":1}}'
    url = sqs.queue("q.fifo", ContentBasedDeduplication="true", RedrivePolicy=redrive)
    send(sqs, url, "first", MessageGroupId="g")
    (message,) = receive(sqs, url, VisibilityTimeout=10)
    send(sqs, url, "second", MessageGroupId="g")
    if unlock == "expiry":
        sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"RedrivePolicy": ""}})
    with waiting(sqs, url) as answer:
        if unlock == "delete":
            delete(sqs, url, message)
        sqs.server.advance(10)
        expected = ["first", "second"] if unlock == "expiry" else ["second"]
        assert bodies(answer()) == expected


@pytest.mark.parametrize("way", ["redrive", "move task"])
def test_arrivals_wake(sqs, q, way):
    """spec/sqs.md 4.8: arrival at the dead-letter queue, and back by a move task."""
    dead = sqs.queue("dead")
    target = sqs.attributes(dead, "QueueArn")["QueueArn"]
    policy = f'{{"deadLetterTargetArn":"{target}","maxReceiveCount":1}}'
    sqs.ok("SetQueueAttributes", {"QueueUrl": q, "Attributes": {"RedrivePolicy": policy}})
    send(sqs, q, "b")
    receive(sqs, q, VisibilityTimeout=0)
    if way == "redrive":
        with waiting(sqs, dead) as answer:
            assert receive(sqs, q) == []
            assert bodies(answer()) == ["b"]
        return
    assert receive(sqs, q) == []
    with waiting(sqs, q) as answer:
        sqs.ok("StartMessageMoveTask", {"SourceArn": target})
        assert bodies(answer()) == ["b"]


def test_no_message_goes_to_two_who_wait(sqs, q):
    """spec/sqs.md 4.8: several pollers."""
    with waiting(sqs, q) as first, waiting(sqs, q) as second:
        send(sqs, q, "b")
        sqs.server.advance(20)
        assert sorted([bodies(first()), bodies(second())]) == [[], ["b"]]


def test_a_queue_that_is_deleted_answers_who_waits(json_sqs):
    """spec/sqs.md 12 Q22: NonExistentQueue."""
    url = json_sqs.queue("q")
    with pytest.raises(AssertionError, match="QueueDoesNotExist"), waiting(json_sqs, url):
        json_sqs.ok("DeleteQueue", {"QueueUrl": url})


def test_a_client_that_hangs_up_takes_no_message(sqs, q):
    """spec/sqs.md 4.8: nothing becomes in flight for who has gone."""
    caller = Caller(sqs.protocol, sqs.server)
    caller._connection.connect()
    data = b'{"QueueUrl":"q","WaitTimeSeconds":20}'
    caller._connection.request("POST", "/", data, {"X-Amz-Target": "AmazonSQS.ReceiveMessage"})
    while not parked(sqs.server):
        pass
    caller.close()
    while parked(sqs.server):
        pass
    send(sqs, q, "b")
    assert counts(sqs, q) == [1, 0, 0]
    assert receive(sqs, q)[0]["Attributes"]["ApproximateReceiveCount"] == "1"


def test_what_came_back_comes_before_what_is_newer(sqs, q):
    """spec/sqs.md 4.8: by send time (test_inflight_message_requeue)."""
    send(sqs, q, "old")
    receive(sqs, q, VisibilityTimeout=2)
    send(sqs, q, "new")
    sqs.server.advance(2)
    assert bodies(receive(sqs, q, MaxNumberOfMessages=1)) == ["old"]


def test_a_short_poll_finds_everything(sqs, q):
    """spec/sqs.md 4.8: a clone always looks at everything, and never gives more than ten."""
    for number in range(12):
        send(sqs, q, str(number))
    assert bodies(receive(sqs, q)) == [str(number) for number in range(10)]
    assert bodies(receive(sqs, q)) == ["10", "11"]


# --- clocks ---------------------------------------------------------------------------------------


def test_a_delay_of_the_message_overrides_the_queue_s(sqs):
    """spec/sqs.md 4.1: also with 0; on a standard queue a change is not retroactive."""
    url = sqs.queue("q", DelaySeconds="10")
    send(sqs, url, "queue's")
    send(sqs, url, "own", DelaySeconds=20)
    send(sqs, url, "none", DelaySeconds=0)
    assert counts(sqs, url) == [1, 0, 2]
    sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DelaySeconds": "0"}})
    assert counts(sqs, url) == [1, 0, 2]
    sqs.server.advance(10)
    assert counts(sqs, url) == [2, 0, 1]
    sqs.server.advance(10)
    assert counts(sqs, url) == [3, 0, 0]


def test_twelve_hours_are_the_end_of_every_extension(sqs, q):
    """spec/sqs.md 4.1, 12 Q4: 43,200 s counted from the newest receive; 2.11's text."""
    send(sqs, q)
    receive(sqs, q, VisibilityTimeout=0)
    sqs.server.advance(HOUR_S)
    (message,) = receive(sqs, q)
    hide(sqs, q, message, 43_200)
    sqs.server.advance(1)
    handle = {"QueueUrl": q, "ReceiptHandle": message["ReceiptHandle"]}
    too_long = handle | {"VisibilityTimeout": 43_200}
    assert sqs.refusal("ChangeMessageVisibility", too_long) == (
        INVALID,
        (
            "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total "
            "VisibilityTimeout for the message is beyond the limit [43200 seconds]"
        ),
    )
    hide(sqs, q, message, 43_199)
    sqs.server.advance(43_198)
    assert receive(sqs, q) == []
    sqs.server.advance(1)
    assert len(receive(sqs, q)) == 1


@pytest.mark.parametrize("state", ["visible", "in flight", "delayed"])
def test_retention_ends_everywhere(sqs, state):
    """spec/sqs.md 4.1: from the send, for all three states; the handle deletes silently then."""
    url = sqs.queue("q", MessageRetentionPeriod="60")
    send(sqs, url, DelaySeconds=100 if state == "delayed" else 0)
    found = []
    if state == "in flight":
        sqs.server.advance(30)
        found = receive(sqs, url, VisibilityTimeout=100)
        sqs.server.advance(29.999)
    else:
        sqs.server.advance(59.999)
    assert sum(counts(sqs, url)) == 1
    sqs.server.advance(0.001)
    assert sum(counts(sqs, url)) == 0
    for message in found:
        delete(sqs, url, message)
    sqs.server.advance(100)
    assert receive(sqs, url) == []


def test_a_changed_visibility_holds_once(sqs, q):
    """spec/sqs.md 11 row 44: the next receive has the queue's (test: not_permanent)."""
    send(sqs, q)
    (message,) = receive(sqs, q)
    hide(sqs, q, message, 5)
    sqs.server.advance(5)
    (message,) = receive(sqs, q)
    sqs.server.advance(29.999)
    assert receive(sqs, q) == []
    sqs.server.advance(0.001)
    assert len(receive(sqs, q)) == 1


def test_a_deleted_message_cannot_be_hidden(sqs, q):
    """spec/sqs.md 11 row 44: InvalidParameterValue with the handle in it."""
    send(sqs, q)
    (message,) = receive(sqs, q)
    delete(sqs, q, message)
    handle = message["ReceiptHandle"]
    asked = {"QueueUrl": q, "ReceiptHandle": handle, "VisibilityTimeout": 5}
    assert sqs.refusal("ChangeMessageVisibility", asked) == (
        INVALID,
        (
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
            "or is not available for visibility timeout change."
        ),
    )


def test_a_first_handle_keeps_a_message_away(sqs):
    """spec/sqs.md 14.5 S-A8: again and again, also beyond the queue's own timeout."""
    url = sqs.queue("q", VisibilityTimeout="2")
    send(sqs, url)
    (message,) = receive(sqs, url)
    for _ in range(4):
        sqs.server.advance(1)
        hide(sqs, url, message, 2)
        assert receive(sqs, url) == []
    sqs.server.advance(1.999)
    assert receive(sqs, url) == []
    sqs.server.advance(0.001)
    assert len(receive(sqs, url)) == 1


def test_a_message_that_is_visible_again_is_hidden_again(sqs, q):
    """spec/sqs.md 12 Q1 and Q3: by a handle whose time is over, and by an older one."""
    send(sqs, q)
    (first,) = receive(sqs, q, VisibilityTimeout=1)
    sqs.server.advance(1)
    hide(sqs, q, first, 10)
    assert receive(sqs, q) == []
    sqs.server.advance(10)
    (second,) = receive(sqs, q)
    hide(sqs, q, first, 0)
    (third,) = receive(sqs, q)
    delete(sqs, q, second)
    assert sum(counts(sqs, q)) == 0
    delete(sqs, q, third)


# --- handles --------------------------------------------------------------------------------------


def test_handles(sqs, q):
    """spec/sqs.md 4.7: new on each receive, at most 1,024 characters, AQEB, base64."""
    send(sqs, q)
    handles = {receive(sqs, q, VisibilityTimeout=0)[0]["ReceiptHandle"] for _ in range(3)}
    assert len(handles) == 3
    for handle in handles:
        assert handle.startswith("AQEB")
        assert len(handle) <= 1_024


def test_a_stale_handle_deletes_and_garbage_is_named(sqs, q):
    """spec/sqs.md 11 row 43, 12 Q8: silent successes on standard, ReceiptHandleIsInvalid 400."""
    send(sqs, q)
    (message,) = receive(sqs, q, VisibilityTimeout=1)
    sqs.server.advance(5)
    for _ in range(3):
        delete(sqs, q, message)
    other = sqs.queue("other")
    damaged = message["ReceiptHandle"][:-2] + "xx"
    for url, handle in ((q, "garbage"), (q, damaged), (other, message["ReceiptHandle"])):
        for operation in ("DeleteMessage", "ChangeMessageVisibility"):
            asked = {"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 1}
            assert sqs.refusal(operation, asked) == (
                "ReceiptHandleIsInvalid",
                f'The input receipt handle "{handle}" is not a valid receipt handle.',
            )


def test_handles_outlive_a_restart(tmp_path):
    """spec/sqs.md 4.7, 13.1: a receive and its handle are durable, as are counts and clocks."""
    clock = VirtualClock()
    with (
        serve_in_thread(clock=clock, data=tmp_path) as server,
        contextlib.closing(Caller("json", server)) as sqs,
    ):
        url = sqs.queue("q")
        send(sqs, url, "a")
        send(sqs, url, "b")
        first, second = receive(sqs, url)
    with (
        serve_in_thread(clock=VirtualClock(clock.now()), data=tmp_path) as server,
        contextlib.closing(Caller("json", server)) as sqs,
    ):
        assert counts(sqs, "q") == [0, 2, 0]
        delete(sqs, "q", first)
        server.advance(30)
        (again,) = receive(sqs, "q")
        assert again["MessageId"] == second["MessageId"]
        expected = second["Attributes"] | {"ApproximateReceiveCount": "2"}
        assert again["Attributes"] == expected
