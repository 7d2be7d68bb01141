"""Records are small, have tags of their own, and old bytes of them decode for ever."""

from typing import Union

import msgspec
import pytest

from headrace.core.sqs.records import (
    RECORDS,
    Arrival,
    BodiesMoved,
    MessagesArrived,
    MessagesDeleted,
    MessagesDeparted,
    MessagesReceived,
    MessagesReturned,
    MessagesSent,
    MoveTaskProgressed,
    MoveTaskStarted,
    MoveTaskTurned,
    NameFreed,
    QueueAttributesSet,
    QueueCreated,
    QueueDeleted,
    QueuePurged,
    QueueTagsSet,
    VisibilityChanged,
)

AT = 1_700_000_000_000
#: As written by version 0.1; never to be changed, only added to.
STORED = [
    (QueueCreated(16, AT, "1", "r", "q", {"a": "b"}, {"t": "v"}), "980110cf0000018bcfe56800a131a172a17181a161a16281a174a176"),
    (QueueDeleted(16, AT), "930210cf0000018bcfe56800"),
    (QueueAttributesSet(16, AT, {"a": "b", "c": None}), "940310cf0000018bcfe5680082a161a162a163c0"),
    (QueuePurged(16, AT), "930410cf0000018bcfe56800"),
    (NameFreed(1, AT, "1", "r", "q"), "960501cf0000018bcfe56800a131a172a171"),
    (MessagesSent(16, AT, 7, [0], 3), "960610cf0000018bcfe5680007910003"),
    (MessagesReceived(16, AT, AT + 1, [7, 3]), "950710cf0000018bcfe56800cf0000018bcfe56801920703"),
    (MessagesReturned(16, AT, [7, 3]), "940810cf0000018bcfe56800920703"),
    (MessagesDeleted(16, AT, [7, 3]), "940910cf0000018bcfe56800920703"),
    (VisibilityChanged(16, AT, [7], [AT]), "950a10cf0000018bcfe56800910791cf0000018bcfe56800"),
    (MessagesDeparted(16, AT, [7]), "940b10cf0000018bcfe568009107"),
    (MessagesArrived(17, AT, 1, "arn", [Arrival(5, 16, 7, AT, AT, 2)]), "960c11cf0000018bcfe5680001a361726e9196051007cf0000018bcfe56800cf0000018bcfe5680002"),
    (BodiesMoved(16, AT, 16, [7, 3]), "950d10cf0000018bcfe5680010920703"),
    (QueueTagsSet(16, AT, {"a": "b", "c": None}), "941410cf0000018bcfe5680082a161a162a163c0"),
    (MessagesArrived(17, AT, 1, "", [Arrival(5, 16, 7, AT, 0, 0, 17, 1)]), "960c11cf0000018bcfe5680001a09198051007cf0000018bcfe5680000001101"),
    (MoveTaskStarted(16, AT, "t", "arn", 1, 5), "971510cf0000018bcfe56800a174a361726e0105"),
    (MoveTaskProgressed(16, AT, 3), "941610cf0000018bcfe5680003"),
    (MoveTaskTurned(16, AT, "FAILED", "why"), "951710cf0000018bcfe56800a64641494c4544a3776879"),
]  # fmt: skip
#: What FIFO queues added to them, at their ends.
STORED_FIFO = [
    (MessagesSent(16, AT, 7, [0], 2, ["a"], b"k" * 32), "980610cf0000018bcfe568000791000291a161c4206b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b"),
    (MessagesReceived(16, AT, AT, [7, 1], b"a"), "960710cf0000018bcfe56800cf0000018bcfe56800920701c40161"),
    (VisibilityChanged(16, AT, [7], [AT], b"a"), "960a10cf0000018bcfe56800910791cf0000018bcfe56800c40161"),
    (MessagesArrived(17, AT, 1, "arn", [Arrival(5, 16, 7, AT, AT, 2, 16, 8, "g", AT)]), "960c11cf0000018bcfe5680001a361726e919a051007cf0000018bcfe56800cf0000018bcfe56800021008a167cf0000018bcfe56800"),
]  # fmt: skip
decode = msgspec.msgpack.Decoder(Union[RECORDS]).decode  # noqa: UP007


@pytest.mark.parametrize(
    ("record", "stored"), STORED + STORED_FIFO, ids=lambda value: type(value).__name__
)
def test_stored_bytes_still_decode(record, stored):
    assert decode(bytes.fromhex(stored)) == record


def test_every_record_has_stored_bytes_and_a_tag_of_this_room():
    assert {type(record) for record, _ in STORED} == set(RECORDS)
    tags = [kind.__struct_config__.tag for kind in RECORDS]
    assert len(set(tags)) == len(tags)
    assert all(1 <= tag <= 99 for tag in tags)
