"""FIFO queues on the wire: order, locks, duplicates, numbers (spec/sqs.md 5, 11, 13.5, 14.2).

What takes many instants stands in tests/scenarios/queues/fifo-*.txt, which cite the same sections.
"""

import contextlib
import hashlib

import pytest

from headrace.testing.clock import VirtualClock
from headrace.testing.server import serve_in_thread
from tests.contract.sqs.caller import Caller
from tests.contract.sqs.mailbox import bodies, delete, hide, receive, send, text

INVALID = "InvalidParameterValueException"
NO_ID = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly"
)
NO_GROUP = "The request must contain the parameter MessageGroupId."


@pytest.fixture
def q(sqs):
    return sqs.queue("q.fifo", ContentBasedDeduplication="true")


def fill(sqs, url, *names):
    """Send messages whose group is what stands before the hyphen."""
    for name in names:
        send(sqs, url, name, MessageGroupId=name.partition("-")[0])


def got(sqs, url, **members):
    """Receive and return the bodies."""
    return bodies(receive(sqs, url, **members))


# --- order and locks ------------------------------------------------------------------------------


def test_a_group_is_drained_before_the_next(sqs, q):
    """spec/sqs.md 5.1, first row; 11 rows 28 and 29."""
    fill(sqs, q, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert got(sqs, q) == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_ten_messages_of_one_group_come_in_one_call(sqs, q):
    """spec/sqs.md 11 row 29."""
    names = [f"g-m{number}" for number in range(12)]
    fill(sqs, q, *names)
    assert got(sqs, q) == names[:10]
    assert got(sqs, q) == []


def test_a_group_with_a_message_in_flight_is_locked(sqs, q):
    """spec/sqs.md 5.1: the next receive goes elsewhere, sends unlock nothing; 11 rows 26 and 27."""
    fill(sqs, q, "g1-m1", "g1-m2", "g1-m3", "g2-m1")
    first, second = receive(sqs, q, MaxNumberOfMessages=2)
    assert got(sqs, q, MaxNumberOfMessages=1) == ["g2-m1"]
    fill(sqs, q, "g1-m4")
    assert got(sqs, q) == []
    delete(sqs, q, first)
    assert got(sqs, q) == []  # one of two deleted
    delete(sqs, q, second)
    assert got(sqs, q) == ["g1-m3", "g1-m4"]


@pytest.mark.parametrize("seconds", [0, 1])
def test_what_stands_before_a_message_in_flight_can_be_received(sqs, q, seconds):
    """spec/sqs.md 5.1, released by 0 or by 1 and waiting; 14.2 S-A5; 11 row 27."""
    fill(sqs, q, "g1-m1", "g1-m2", "g1-m3", "g2-m1")
    first, _ = receive(sqs, q, MaxNumberOfMessages=2)
    sqs.server.advance(0.001)  # of equal moments the smaller number would come first
    hide(sqs, q, first, seconds)
    sqs.server.advance(2)
    assert got(sqs, q, MaxNumberOfMessages=3) == ["g2-m1", "g1-m1"]


@pytest.mark.parametrize("extended, left", [(0, []), (1, ["g-foo"]), (2, ["g-foo", "g-bar"])])
def test_an_extended_message_blocks_those_behind_it(sqs, q, extended, left):
    """spec/sqs.md 5.1: extend #0, #1 or #2 and let the rest expire; 11 row 27."""
    fill(sqs, q, "g-foo", "g-bar", "g-baz")
    found = receive(sqs, q, VisibilityTimeout=2)
    hide(sqs, q, found[extended], 30)
    sqs.server.advance(2)
    assert got(sqs, q) == left


def test_a_timeout_of_zero_gives_the_same_message_again(sqs, q):
    """spec/sqs.md 5.1: counts 1, 2, 3 and new handles."""
    fill(sqs, q, "g-m1")
    found = [receive(sqs, q, VisibilityTimeout=0)[0] for _ in range(3)]
    counts = [message["Attributes"]["ApproximateReceiveCount"] for message in found]
    assert counts == ["1", "2", "3"]
    assert len({message["ReceiptHandle"] for message in found}) == 3


def test_empty_and_locked_groups_are_no_error(sqs, q):
    """spec/sqs.md 5.1: exhausted groups give an empty answer; later sends to them work."""
    fill(sqs, q, "g1-m1", "g2-m1")
    for message in receive(sqs, q):
        delete(sqs, q, message)
    assert got(sqs, q) == []
    fill(sqs, q, "g1-m2", "g2-m2")
    assert got(sqs, q) == ["g1-m2", "g2-m2"]
    sqs.server.advance(30)
    assert got(sqs, q) == ["g1-m2", "g2-m2"]  # all expired: each group in order


def test_the_moment_at_which_groups_become_available_orders_them(sqs, q):
    """spec/sqs.md 14.1 S-C1, 14.2 S-A1 and S-A6: AWS's own order, with g1-m2 sent twice."""
    names = ["g1-m1", "g2-m1", "g1-m2", "g1-m2", "g2-m2", "g1-m3", "g1-m4", "g3-m1"]
    for name in names:
        fill(sqs, q, name)
        sqs.server.advance(0.001)
    for message in receive(sqs, q, MaxNumberOfMessages=2):
        delete(sqs, q, message)
    sqs.server.advance(0.001)
    assert got(sqs, q) == ["g2-m1", "g2-m2", "g1-m3", "g1-m4", "g3-m1"]


def test_one_of_two_deleted_gives_nothing_of_the_group(sqs, q):
    """spec/sqs.md 14.2 S-A4."""
    fill(sqs, q, "g1-m1", "g2-m1", "g1-m2", "g2-m2", "g1-m3", "g1-m4", "g3-m1")
    first, _ = receive(sqs, q, MaxNumberOfMessages=2)
    delete(sqs, q, first)
    assert got(sqs, q) == ["g2-m1", "g2-m2", "g3-m1"]


def test_the_untouched_group_comes_before_the_returned_ones(sqs, q):
    """spec/sqs.md 14.2 S-A2: with a visibility timeout of zero."""
    for name in ("g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2"):
        fill(sqs, q, name)
        sqs.server.advance(0.001)
    found = got(sqs, q, MaxNumberOfMessages=3, VisibilityTimeout=0)
    assert found == ["g1-m1", "g1-m2", "g2-m1"]
    sqs.server.advance(0.001)
    found = got(sqs, q, VisibilityTimeout=0)
    assert found == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


def test_expired_groups_come_in_the_order_of_their_expiry(sqs):
    """spec/sqs.md 14.2 S-A3."""
    url = sqs.queue("q.fifo", ContentBasedDeduplication="true", VisibilityTimeout="1")
    fill(sqs, url, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1")
    assert got(sqs, url, MaxNumberOfMessages=2) == ["g1-m1", "g1-m2"]
    sqs.server.advance(0.1)
    assert got(sqs, url, MaxNumberOfMessages=1) == ["g2-m1"]
    sqs.server.advance(2)
    assert got(sqs, url) == ["g3-m1", "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1"]


def test_counts_take_only_what_was_received_for_in_flight(sqs, q):
    """spec/sqs.md 14.2 S-A7, 3.2: blocked group mates are visible."""
    fill(sqs, q, *(f"g-m{number}" for number in range(5)))
    visible = ("ApproximateNumberOfMessages",)
    found = receive(sqs, q, MaxNumberOfMessages=4)
    assert sqs.attributes(q, *visible) == {visible[0]: "1"}
    for message in found:
        delete(sqs, q, message)
    assert sqs.attributes(q, *visible) == {visible[0]: "1"}


# --- handles --------------------------------------------------------------------------------------


def test_an_expired_handle_is_refused(sqs, q):
    """spec/sqs.md 5.4, 13.5, 11 row 30, 12 Q2: of a delete and of a change of visibility."""
    fill(sqs, q, "g-m1")
    (message,) = receive(sqs, q, VisibilityTimeout=1)
    sqs.server.advance(1)
    handle = message["ReceiptHandle"]
    asked = {"QueueUrl": q, "ReceiptHandle": handle}
    assert sqs.refusal("DeleteMessage", asked) == (
        INVALID,
        (
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: "
            "The receipt handle has expired."
        ),
    )
    assert sqs.refusal("ChangeMessageVisibility", asked | {"VisibilityTimeout": 5}) == (
        INVALID,
        (
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
            "or is not available for visibility timeout change."
        ),
    )
    (again,) = receive(sqs, q)
    assert sqs.refusal("DeleteMessage", asked)[0] == INVALID  # an older one
    delete(sqs, q, again)
    delete(sqs, q, again)
    delete(sqs, q, message)  # absent: success (13.5)


def test_an_extended_handle_deletes(sqs, q):
    """spec/sqs.md 14.2 S-A8, 11 row 30: extended from 1 s to 5 s, deleted at 1.5 s."""
    fill(sqs, q, "g-m1")
    (message,) = receive(sqs, q, VisibilityTimeout=1)
    hide(sqs, q, message, 5)
    sqs.server.advance(1.5)
    delete(sqs, q, message)
    sqs.server.advance(10)
    assert got(sqs, q) == []


# --- duplicates -----------------------------------------------------------------------------------


def once(sqs, url, body, **members):
    """Send with an explicit id and return the message id."""
    given = {"MessageGroupId": "g", "MessageDeduplicationId": "1"} | members
    return send(sqs, url, body, **given)


def test_a_duplicate_is_answered_as_the_first_was(sqs, q):
    """spec/sqs.md 5.2, 13.3, 11 row 32: id and number of the first, digests of the current one."""
    first = once(sqs, q, "a")
    twin = once(sqs, q, "another", MessageGroupId="h", MessageAttributes={"Foo": text("Bar")})
    assert (twin["MessageId"], twin["SequenceNumber"]) == (
        first["MessageId"],
        first["SequenceNumber"],
    )
    assert twin["MD5OfMessageBody"] == hashlib.md5(b"another").hexdigest()
    assert twin["MD5OfMessageAttributes"] == "ae7155c6026991b6d54b11589678bf9c"
    assert got(sqs, q) == ["a"]


def test_the_window_is_five_minutes_from_the_first(sqs, q):
    """spec/sqs.md 5.2, 11 row 31: deletes do not end it, duplicates do not extend it."""
    first = once(sqs, q, "a")
    delete(sqs, q, receive(sqs, q)[0])
    sqs.server.advance(2)
    assert once(sqs, q, "a")["MessageId"] == first["MessageId"]
    sqs.server.advance(297.999)
    assert once(sqs, q, "a")["MessageId"] == first["MessageId"]
    sqs.server.advance(0.001)
    assert once(sqs, q, "a")["MessageId"] != first["MessageId"]
    assert got(sqs, q) == ["a"]


def test_content_is_the_body_alone(sqs, q):
    """spec/sqs.md 5.2: SHA-256 of the body; an explicit id that equals it collides."""
    digest = hashlib.sha256(b"a").hexdigest()
    first = send(sqs, q, "a", MessageGroupId="g")
    attributes = {"Foo": text("Bar")}
    for members in ({"MessageAttributes": attributes}, {"MessageDeduplicationId": digest}):
        twin = send(sqs, q, "a", MessageGroupId="g", **members)
        assert twin["MessageId"] == first["MessageId"]
    other = send(sqs, q, "a", MessageGroupId="g", MessageDeduplicationId="own")
    assert other["MessageId"] != first["MessageId"]


@pytest.mark.parametrize("scope, number", [("queue", 1), ("messageGroup", 2)])
def test_the_scope_of_an_id(sqs, scope, number):
    """spec/sqs.md 5.2, 11 rows 31 and 33: queue by default; messageGroup works alone."""
    url = sqs.queue("q.fifo", DeduplicationScope=scope)
    for group in ("g", "h", "g"):
        once(sqs, url, "a", MessageGroupId=group)
    assert len(receive(sqs, url)) == number


@pytest.mark.parametrize(
    "before, after, number", [("queue", "messageGroup", 1), ("messageGroup", "queue", 2)]
)
def test_another_scope_is_not_effective_at_once(sqs, before, after, number):
    """spec/sqs.md 5.2, 11 row 33, 12 Q7: the old one for five minutes, the attribute at once."""
    url = sqs.queue("q.fifo", DeduplicationScope=before)
    sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DeduplicationScope": after}})
    assert sqs.attributes(url, "DeduplicationScope") == {"DeduplicationScope": after}
    sqs.server.advance(299)
    for group in ("g", "h"):
        once(sqs, url, "a", MessageGroupId=group)
    assert len(receive(sqs, url)) == number
    sqs.server.advance(301)
    for group in ("i", "j"):
        once(sqs, url, "b", MessageGroupId=group)
    late = [body for body in got(sqs, url) if body == "b"]
    assert len(late) == 3 - number


@pytest.mark.parametrize("before, after", [("queue", "messageGroup"), ("messageGroup", "queue")])
def test_the_window_of_an_id_outlives_another_scope(sqs, before, after):
    """spec/sqs.md 5.2: five minutes from the accepted message's send, whatever the scope is then."""
    url = sqs.queue("q.fifo", DeduplicationScope=before)
    sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DeduplicationScope": after}})
    sqs.server.advance(299)
    first = once(sqs, url, "a")
    for seconds, is_duplicate in ((2, True), (297, True), (1, False)):
        sqs.server.advance(seconds)
        assert (once(sqs, url, "a")["MessageId"] == first["MessageId"]) == is_duplicate


def test_a_purge_and_the_end_of_the_queue_forget_ids(sqs, q):
    """spec/sqs.md 5.2, 11 row 31: PurgeQueue and DeleteQueue clear the window."""
    first = once(sqs, q, "a")
    sqs.ok("PurgeQueue", {"QueueUrl": q})
    second = once(sqs, q, "a")
    assert first["MessageId"] != second["MessageId"]
    sqs.ok("DeleteQueue", {"QueueUrl": q})
    sqs.server.advance(60)
    sqs.queue("q.fifo")
    third = once(sqs, q, "a")
    assert third["MessageId"] != second["MessageId"]
    assert got(sqs, q) == ["a"]


@pytest.mark.parametrize("value", ["d" * 129, "group 123", "", "ä", "a\tb"])
@pytest.mark.parametrize("parameter", ["MessageDeduplicationId", "MessageGroupId"])
def test_malformed_ids_are_refused_with_the_whole_value(sqs, q, parameter, value):
    """spec/sqs.md 14.5 S-A26, 0: too long, blank, empty; the text repeats the value."""
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": "d", parameter: value}
    asked = {"QueueUrl": q, "MessageBody": "b", **ids}
    assert sqs.refusal("SendMessage", asked) == (
        INVALID,
        (
            f"Value {value} for parameter {parameter} is invalid. Reason: {parameter} can only "
            "include alphanumeric and punctuation characters. 1 to 128 in length."
        ),
    )


def test_ids_of_all_allowed_characters(sqs, q):
    """spec/sqs.md 0: alphanumerics and every ASCII punctuation, 1 to 128."""
    punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    ids = {"MessageGroupId": punctuation, "MessageDeduplicationId": "aZ09" + punctuation}
    send(sqs, q, "b", **ids)
    found = receive(sqs, q)[0]["Attributes"]
    assert {name: found[name] for name in ids} == ids


def test_missing_ids_have_two_codes(sqs):
    """spec/sqs.md 14.4 S-A18; of a batch both are InvalidParameterValue (11 row 36)."""
    url = sqs.queue("q.fifo")
    plain = {"QueueUrl": url, "MessageBody": "b"}
    assert sqs.refusal("SendMessage", plain | {"MessageDeduplicationId": "1"}) == (
        "MissingRequiredParameterException",
        NO_GROUP,
    )
    assert sqs.refusal("SendMessage", plain | {"MessageGroupId": "g"}) == (INVALID, NO_ID)
    good = {"Id": "a", "MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "1"}
    for missing, sentence in (("MessageGroupId", NO_GROUP), ("MessageDeduplicationId", NO_ID)):
        bad = good | {"Id": "b"}
        del bad[missing]
        batch = {"QueueUrl": url, "Entries": [good, bad]}
        assert sqs.refusal("SendMessageBatch", batch) == (INVALID, sentence)
    assert got(sqs, url) == []


# --- delays, batches, numbers, attempts -----------------------------------------------------------


def test_only_the_queue_has_a_delay(sqs):
    """spec/sqs.md 5.4, 11 row 34: 0 is accepted and the queue's applies; more is refused."""
    url = sqs.queue("q.fifo", ContentBasedDeduplication="true", DelaySeconds="5")
    send(sqs, url, "g-a", MessageGroupId="g", DelaySeconds=0)
    asked = {"QueueUrl": url, "MessageBody": "g-b", "MessageGroupId": "g", "DelaySeconds": 2}
    assert sqs.refusal("SendMessage", asked) == (
        INVALID,
        (
            "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter "
            "that is not valid for this queue type."
        ),
    )
    sqs.server.advance(4.999)
    assert got(sqs, url) == []
    sqs.server.advance(0.001)
    assert got(sqs, url) == ["g-a"]


def test_another_delay_holds_for_what_is_there(sqs):
    """spec/sqs.md 5.4, 4.1: retroactive on FIFO; delayed messages stay in order."""
    url = sqs.queue("q.fifo", ContentBasedDeduplication="true", DelaySeconds="900")
    fill(sqs, url, "g-a", "g-b")
    sqs.server.advance(10)
    sqs.ok("SetQueueAttributes", {"QueueUrl": url, "Attributes": {"DelaySeconds": "10"}})
    assert got(sqs, url) == ["g-a", "g-b"]


def test_a_batch_keeps_its_order_and_has_numbers(sqs, q):
    """spec/sqs.md 5.3, 5.4, 11 row 50: 20 digits on every way in, ascending, also by receive."""
    single = send(sqs, q, "g-0", MessageGroupId="g")
    entries = [
        {"Id": f"e{place}", "MessageBody": f"g-{number}", "MessageGroupId": "g"}
        for place, number in enumerate((1, 2, 2, 3))
    ]
    answer = sqs.ok("SendMessageBatch", {"QueueUrl": q, "Entries": entries})
    numbers = [single["SequenceNumber"]]
    numbers += [entry["SequenceNumber"] for entry in answer["Successful"]]
    assert [entry["Id"] for entry in answer["Successful"]] == ["e0", "e1", "e2", "e3"]
    assert numbers[2] == numbers[3]  # a duplicate inside the batch (S-A6)
    del numbers[3]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {20}
    found = receive(sqs, q)
    assert bodies(found) == ["g-0", "g-1", "g-2", "g-3"]
    assert [message["Attributes"]["SequenceNumber"] for message in found] == numbers


def test_an_attempt_is_answered_again(sqs, q):
    """spec/sqs.md 5.4, 12 Q18: same messages, handles and count; the timeout begins anew."""
    fill(sqs, q, "g-a", "g-b")
    first = receive(sqs, q, ReceiveRequestAttemptId="x")
    sqs.server.advance(20)
    assert receive(sqs, q, ReceiveRequestAttemptId="x") == first
    sqs.server.advance(29.999)
    assert got(sqs, q) == []
    sqs.server.advance(0.001)
    (again, _) = receive(sqs, q)
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again["ReceiptHandle"] != first[0]["ReceiptHandle"]


def test_an_attempt_is_new_after_a_change(sqs, q):
    """spec/sqs.md 5.4: once one was deleted or had its visibility changed."""
    fill(sqs, q, "g-a", "g-b")
    first, _ = receive(sqs, q, ReceiveRequestAttemptId="x")
    delete(sqs, q, first)
    assert receive(sqs, q, ReceiveRequestAttemptId="x") == []


def test_window_lock_and_numbers_outlive_a_restart(tmp_path):
    """spec/sqs.md 5.2, 5.3, 13.1, 11 row 50."""
    clock = VirtualClock()
    with (
        serve_in_thread(clock=clock, data=tmp_path) as server,
        contextlib.closing(Caller("json", server)) as sqs,
    ):
        url = sqs.queue("q.fifo", ContentBasedDeduplication="true")
        first = once(sqs, url, "a")
        fill(sqs, url, "g-b")
        receive(sqs, url, MaxNumberOfMessages=1)
    with (
        serve_in_thread(clock=VirtualClock(clock.now()), data=tmp_path) as server,
        contextlib.closing(Caller("json", server)) as sqs,
    ):
        assert once(sqs, "q.fifo", "a")["MessageId"] == first["MessageId"]
        assert got(sqs, "q.fifo") == []
        newer = send(sqs, "q.fifo", "c", MessageGroupId="g")
        assert int(newer["SequenceNumber"]) > int(first["SequenceNumber"])
        server.advance(30)
        assert got(sqs, "q.fifo") == ["a", "g-b", "c"]
