"""Facts and decisions to events: what has no record, what is not ours, what was forgotten."""

from headrace.api.story.event import Life
from headrace.api.story.tracing import Tracer
from headrace.core.mapping.decisions import (
    BatchEnded,
    BatchInvoked,
    BatchStarted,
    MessagesLetGo,
    MessagesPolled,
    ServerStarted,
)
from headrace.core.sqs.records import (
    Arrival,
    MessagesArrived,
    MessagesDeleted,
    MessagesDeparted,
    MessagesReceived,
    MessagesReturned,
    MessagesSent,
    QueueAttributesSet,
    QueueCreated,
    QueueDeleted,
    QueuePurged,
)

Q, DEAD, MAPPING = 16, 17, 30
ID = "id-16-5"


def id_of(machine, number):
    return f"id-{machine}-{number}"


def traced(*records, now=None, retention_ms=1 << 40, found_at=(0, 0), at_most=1_000):
    tracer = Tracer(Q, 5, id_of, Life(at_most), found_at)
    for block, record in enumerate(records, 1):
        tracer.take([record], block)
    tracer.found_now()
    if now is not None:
        tracer.pass_time(now, retention_ms)
    return tracer


def words(tracer):
    return [(event.at, event.what) for event in tracer.events]


SENT = MessagesSent(Q, 100, 4, [0], 3)


def test_others_are_passed_over():
    tracer = traced(
        MessagesSent(Q, 50, 1, [0], 3),
        MessagesSent(DEAD, 60, 5, [0], 1),
        SENT,
        MessagesReceived(Q, 200, 300, [4, 1]),
        MessagesReceived(DEAD, 200, 300, [5, 1]),
        MessagesDeleted(Q, 210, [4, 1]),
        MessagesPolled(MAPPING, 200, "", ["id-16-4"], [1], [""], 300),
        BatchInvoked(MAPPING, 200, 1, "r", True),
    )
    assert words(tracer) == [(100, "sent")]
    assert tracer.first_block == 3


def test_delay_and_group_are_those_of_the_message_or_the_last_that_goes_on():
    sent = MessagesSent(Q, 100, 4, [0, 7_000], 3, ["g", "h"])
    tracer = traced(sent, now=8_000)
    assert words(tracer) == [(100, "sent"), (7_100, "visible")]
    assert tracer.events[0].details == {"visible_at": 7_100, "group": "h"}


def test_time_alone_is_put_between():
    received = MessagesReceived(Q, 200, 300, [4, 3])
    again = MessagesReceived(Q, 400, 500, [5, 1])
    tracer = traced(SENT, received, again, now=600)
    expected = ["sent", "received", "visible", "received", "visible"]
    assert [what for _, what in words(tracer)] == expected
    assert [at for at, _ in words(tracer)] == [100, 200, 300, 400, 500]
    assert tracer.events[3].details["receive"] == 2


def test_a_receive_that_is_undone_does_not_count():
    tracer = traced(
        SENT,
        MessagesReceived(Q, 200, 300, [5, 1]),
        MessagesReturned(Q, 210, [5, 1]),
        MessagesReceived(Q, 400, 500, [5, 1]),
    )
    assert [what for _, what in words(tracer)] == ["sent", "received", "undone", "received"]
    assert tracer.events[-1].details["receive"] == 1


def test_retention_ends_a_life_also_when_it_is_shortened_later():
    tracer = traced(SENT, now=1_000, retention_ms=500)
    assert words(tracer) == [(100, "sent"), (600, "expired")]
    assert tracer.place is None
    created = QueueCreated(Q, 1, "0", "r", "q", {"MessageRetentionPeriod": "60"}, {})
    longer = QueueAttributesSet(Q, 70_000, {"MessageRetentionPeriod": "600"})
    tracer = traced(created, SENT, longer, now=80_000)
    assert words(tracer)[-1] == (60_100, "expired")


def test_a_purge_before_it_was_sent_is_none_of_its_business():
    tracer = traced(QueuePurged(Q, 50), SENT, QueuePurged(DEAD, 110), QueuePurged(Q, 120))
    assert words(tracer) == [(100, "sent"), (120, "purged")]
    assert words(traced(SENT, QueueDeleted(Q, 120))) == [(100, "sent"), (120, "queue-deleted")]


def arrival(**others):
    return Arrival(
        block=1,
        home=Q,
        home_number=5,
        sent_at=100,
        first_received_at=200,
        receive_count=2,
        **others,
    )


def test_it_is_followed_to_other_queues_by_where_it_was_first_written():
    moved = MessagesArrived(DEAD, 400, 8, "arn:q", [Arrival(1, Q, 4, 100, 200, 2), arrival()])
    tracer = traced(
        SENT,
        MessagesDeparted(Q, 400, [4, 5]),
        moved,
        MessagesReceived(DEAD, 500, 600, [9, 1]),
        MessagesDeleted(Q, 510, [5, 1]),
        MessagesDeleted(DEAD, 520, [9, 1]),
    )
    expected = ["sent", "departed", "arrived", "received", "deleted"]
    assert [what for _, what in words(tracer)] == expected
    assert tracer.events[2].details == {"source": "arn:q", "receives": 2}


def test_a_new_id_is_the_one_by_which_decisions_mean_it():
    anew = MessagesArrived(Q, 400, 20, "", [arrival(id_home=Q, id_number=20)])
    tracer = traced(SENT, anew, MessagesLetGo(MAPPING, 500, ["id-16-20"], "late"))
    assert tracer.ids == [ID, "id-16-20"]
    assert words(tracer)[-1] == (500, "let-go")


def test_where_it_is_found_counts_when_the_way_there_was_forgotten():
    received = MessagesReceived(DEAD, 500, 600, [9, 1])
    tracer = traced(received, found_at=(DEAD, 9))
    assert words(tracer) == [(500, "received")]
    assert (tracer.place.queue, tracer.place.number) == (DEAD, 9)
    assert traced(found_at=(DEAD, 9)).place.queue == DEAD


def test_a_batch_is_the_one_of_its_mapping_and_a_restart_ends_it():
    started = BatchStarted(MAPPING, 210, 1, 1, "arn:f", [ID, "other"])
    polled = MessagesPolled(MAPPING, 205, "", ["other", ID], [1, 2], ["A", "B"], 300)
    received = MessagesReceived(Q, 200, 300, [5, 1])
    tracer = traced(
        SENT,
        received,
        polled,
        started,
        BatchInvoked(MAPPING + 1, 220, 1, "r", True),
        BatchInvoked(MAPPING, 230, 1, "r", False, "stream", "1", "E", "m"),
        BatchEnded(MAPPING, 240, 1, [ID]),
        BatchEnded(MAPPING, 241, 1, [ID]),
    )
    assert [what for _, what in words(tracer)] == ["sent", "received", "handed", "invoked", "ended"]
    assert (tracer.body_bytes, tracer.sender) == (2, "B")
    assert tracer.events[1].mapping == MAPPING
    tracer = traced(SENT, started, ServerStarted(0, 215, "1"), BatchEnded(MAPPING, 240, 1, [ID]))
    assert [what for _, what in words(tracer)] == ["sent", "handed", "restart"]


def test_of_many_events_those_in_the_middle_are_let_go_of_meanwhile():
    receives = [MessagesReceived(Q, at, at, [5, 1]) for at in range(200, 1_200)]
    tracer = traced(SENT, *receives, at_most=10)
    assert len(tracer.events) <= 20
    assert len(tracer.events) + tracer.life.left_out == 1 + len(receives) + len(receives) - 1
    assert words(tracer)[:3] == [(100, "sent"), (200, "received"), (200, "visible")]
    assert words(tracer)[-1] == (1_199, "received")
    assert tracer.place.receives == 1_000
