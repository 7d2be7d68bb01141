"""What a mapping tells of each thing that happens to messages."""

import msgspec

from headrace.core.mapping import telling
from headrace.core.mapping.commands import Polled, Succeeded, Throttled
from headrace.core.mapping.decisions import (
    BatchEnded,
    BatchStarted,
    MessagesFiltered,
    MessagesLetGo,
    MessagesPolled,
)
from headrace.core.mapping.effects import DropLooping
from headrace.core.mapping.limits import PAYLOAD_BYTES_MAX
from tests.unit.core.mapping.story import FUNCTION, QUEUE, Story, message


def test_a_receive_and_a_batch_are_told_before_and_after():
    story = Story()
    mapping = story.create()
    story.arrive("a", "b")
    at = story.now
    assert story.decisions == [
        MessagesPolled(mapping, at, QUEUE, ["id-a", "id-b"], [5, 5], ["AIDA"], at + 30_000),
        BatchStarted(mapping, at, 1, 1, FUNCTION, ["id-a", "id-b"]),
    ]
    story.finish(1)
    assert story.decisions[-1] == BatchEnded(mapping, at, 1, [])


def test_what_a_function_reports_is_told_in_the_order_of_the_batch():
    story = Story()
    mapping = story.create(reports_failures=True)
    story.arrive("a", "b", "c")
    report = b'{"batchItemFailures":[{"itemIdentifier":"id-c"},{"itemIdentifier":"id-a"}]}'
    story.finish(1, Succeeded(report))
    ended = BatchEnded(mapping, story.now, 1, ["id-a", "id-c"], is_report=True)
    assert story.decisions[-1] == ended


def test_a_throttle_tells_when_the_batch_is_tried_again_and_the_next_attempt():
    story = Story()
    mapping = story.create()
    story.arrive("a")
    story.finish(1, Throttled())
    assert story.decisions[-1] == BatchEnded(mapping, story.now, 1, ["id-a"], story.now + 1_000)
    story.pass_time(1_000)
    assert story.decisions[-1] == BatchStarted(mapping, story.now, 1, 2, FUNCTION, ["id-a"])


def test_a_lease_that_is_over_is_told():
    story = Story()
    mapping = story.create()
    story.arrive("a", lease_ms=1_500)
    story.finish(1, Throttled())
    story.pass_time(1_000)
    story.finish(1, Throttled())
    story.pass_time(500)
    at = story.now
    assert story.decisions[-1] == MessagesLetGo(mapping, at, ["id-a"], telling.LEASE_OVER)


def test_what_came_too_late_is_told():
    story = Story()
    mapping = story.create()
    story.arrive("a", lease_ms=0)
    assert story.decisions[-1] == MessagesLetGo(mapping, story.now, ["id-a"], telling.LATE)


def test_filtered_messages_are_told_with_their_reasons():
    story = Story()
    mapping = story.create(filters=('{"body":["x"]}',))
    story.arrive("a")
    assert story.decisions[-1] == MessagesFiltered(
        mapping, story.now, QUEUE, ["id-a"], ["filter 1: body is 'hello'"]
    )


def test_what_ends_a_loop_is_told():
    story = Story()
    mapping = story.create()
    round_and_round = msgspec.structs.replace(message("a"), turns=16)
    effects = story.tell(Polled(mapping, 1, (round_and_round,), story.now + 30_000))
    assert effects[0] == DropLooping(mapping, QUEUE, ("handle-a",))
    assert story.decisions[-1] == MessagesLetGo(mapping, story.now, ["id-a"], telling.LOOP)


def test_what_is_too_large_and_what_waits_behind_it():
    story = Story()
    fifo = f"{QUEUE}.fifo"
    mapping = story.create(queue=fifo)
    huge = message("a", "x" * PAYLOAD_BYTES_MAX)
    story.tell(Polled(mapping, 1, (huge, message("b")), story.now + 30_000))
    assert [one.reason for one in story.decisions[1:]] == [telling.TOO_LARGE, telling.STUCK]


def test_senders_that_differ_are_all_told():
    story = Story()
    mapping = story.create()
    other = msgspec.structs.replace(message("b"), sender_id="AROA")
    story.tell(Polled(mapping, 1, (message("a"), other), story.now + 30_000))
    assert story.decisions[0].senders == ["AIDA", "AROA"]
