"""Message ids and receipt handles (spec/sqs.md 4.7)."""

import base64
import uuid

import pytest

from headrace.core.sqs.receipts import Receipts

RECEIPTS = Receipts(b"secret" * 6)


def test_a_handle_says_what_it_is_for():
    handle = RECEIPTS.handle(17, 123_456_789_012, 3)
    assert handle.startswith("AQEB")
    for _ in range(3):
        assert RECEIPTS.read(handle) == (17, 123_456_789_012, 3)


def test_handles_are_read_however_many_were_made_since():
    receipts = Receipts(b"secret" * 6)
    handles = [receipts.handle(17, number, 1) for number in range(20_000)]
    assert [receipts.read(handle) for handle in handles] == [(17, n, 1) for n in range(20_000)]


def test_handles_stay_valid_over_restarts_and_differ_between_receives():
    assert Receipts(b"secret" * 6).handle(17, 5, 1) == RECEIPTS.handle(17, 5, 1)
    assert RECEIPTS.handle(17, 5, 1) != RECEIPTS.handle(17, 5, 2)


def test_a_handle_of_another_shard_is_none_of_ours():
    assert Receipts(b"another" * 6).read(RECEIPTS.handle(17, 5, 1)) is None


def test_every_changed_byte_is_seen():
    data = base64.b64decode(RECEIPTS.handle(17, 5, 1))
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        assert RECEIPTS.read(base64.b64encode(changed).decode()) is None


@pytest.mark.parametrize(
    "text", ["", "garbage", "A" * 39, "A" * 40, "\u00e9" * 40, "*" * 40, "A" * 4_000]
)
def test_garbage_is_none_of_ours(text):
    assert RECEIPTS.read(text) is None


def test_message_ids_are_uuids_and_each_its_own():
    ids = [RECEIPTS.message_id(machine, number) for machine in (16, 17) for number in range(1, 200)]
    assert len(set(ids)) == len(ids)
    assert all(uuid.UUID(text).version == 4 and str(uuid.UUID(text)) == text for text in ids)
    assert RECEIPTS.message_id(16, 1) == ids[0], "in any order"


def test_a_message_is_found_by_its_id():
    receipts = RECEIPTS
    for number in (1, 2, 7, 8, 1_000):
        wanted = receipts.message_id(16, number)
        assert receipts.number_of(wanted, 16, 1, 1_000) == number
        assert receipts.number_of(wanted, 17, 1, 1_000) == 0
        assert receipts.number_of(wanted, 16, number + 1, 2_000) == 0
        assert receipts.number_of(wanted, 16, 1, number - 1) == 0
    assert receipts.number_of("no id at all", 16, 1, 1_000) == 0
