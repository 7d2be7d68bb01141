"""The block codec: round trips, damage, and stored bytes of every format there was."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.core.machine import Record
from headrace.ports.journal import JournalDamaged
from headrace.store.codec import (
    FORMAT,
    HeadReader,
    bodies_count_of,
    decode_bodies,
    encode_bodies,
    encode_head,
    machines_of_head,
)


class Sent(Record, frozen=True, tag=6):
    """A record as the queues write them."""

    numbers: list[int]
    name: str


class Gone(Record, frozen=True, tag=2):
    """Another one, without fields of its own."""


class GrownSent(Record, frozen=True, tag=6):
    """The first one as a later version may know it."""

    numbers: list[int]
    name: str
    colour: str = "none"


RECORDS = [Sent(16, 1_800_000_000_000, [1, 2], "orders"), Gone(17, 1_800_000_000_001)]
KEYS = [(16, 1), (4_000_000_000, 1 << 40), (16, 2)]
BODIES = [b"first", b"", bytes(range(256))]

#: Bytes that format 1 has written; they must decode for ever.
HEAD_1 = bytes.fromhex(
    "dffe15930000000392950610cf000001a3185c5000920102a66f7264657273930211cf000001a3185c5001"
)
BODIES_1 = bytes.fromhex(
    "01d72f869600000003000000100000000000000001000000059271ee57ee6b280000000100000000"
    "00000000000000000000000010000000000000000200000004adf3f363666972737464617461"
)

reader = HeadReader([Sent, Gone])


def decoded(data):
    """Return what can be read of a bodies part, or None and the sentence that says why not."""
    try:
        return decode_bodies(data, 7), ""
    except JournalDamaged as error:
        return None, str(error)


def test_records_come_back_in_order():
    head = encode_head(RECORDS, 3)
    assert reader.records(head, 1, FORMAT) == RECORDS
    assert bodies_count_of(head) == 3


def test_bodies_come_back_under_their_keys():
    found = decode_bodies(encode_bodies(KEYS, BODIES), 1)
    assert found.bodies == dict(zip(KEYS, BODIES, strict=True))
    assert found.damaged == []


def test_no_bodies_take_no_bytes():
    assert encode_bodies([], []) == b""
    assert decode_bodies(b"", 1) == ({}, [])


def test_a_head_says_how_many_records_speak_of_each_machine_whatever_they_are():
    head = encode_head([*RECORDS, Sent(16, 5, [], "")])
    assert machines_of_head(head, 1, FORMAT) == {16: 2, 17: 1}


def test_a_record_of_an_older_version_gets_the_default_of_a_new_field():
    head = encode_head(RECORDS)
    assert HeadReader([GrownSent, Gone]).records(head, 1, FORMAT)[0] == GrownSent(
        16, 1_800_000_000_000, [1, 2], "orders"
    )


@pytest.mark.parametrize("place", range(len(encode_head(RECORDS, 3))))
def test_any_flipped_byte_of_a_head_is_found(place):
    damaged = bytearray(encode_head(RECORDS, 3))
    damaged[place] ^= 4
    with pytest.raises(JournalDamaged, match="block 7: the head is damaged"):
        reader.records(bytes(damaged), 7, FORMAT)


@pytest.mark.parametrize("length", [0, 3, 7, 20])
def test_a_head_that_is_cut_off_is_found(length):
    with pytest.raises(JournalDamaged, match="block 7: the head is damaged"):
        reader.records(encode_head(RECORDS)[:length], 7, FORMAT)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_flipped_byte_of_bodies_is_found(place, bits):
    whole = encode_bodies(KEYS, BODIES)
    damaged = bytearray(whole)
    damaged[place % len(whole)] ^= bits
    found, sentence = decoded(bytes(damaged))
    if found is None:
        assert sentence.startswith("block 7: ")
    else:
        assert len(found.damaged) == 1
        assert len(found.bodies) == 2


@pytest.mark.parametrize("length", [1, 8, 30, 60, 100])
def test_bodies_that_are_cut_off_are_found(length):
    found, sentence = decoded(encode_bodies(KEYS, BODIES)[:length])
    assert "damaged" in sentence if found is None else found.damaged


def test_an_unknown_format_is_named():
    with pytest.raises(JournalDamaged, match="block 7: format 9 is not known"):
        reader.records(encode_head(RECORDS), 7, 9)


def test_an_unknown_record_is_named():
    class New(Record, frozen=True, tag=99):
        """What a later version writes."""

    with pytest.raises(JournalDamaged, match="block 7: a record cannot be read"):
        reader.records(encode_head([New(1, 2)]), 7, FORMAT)


def test_stored_bytes_of_format_1_decode_for_ever():
    assert reader.records(HEAD_1, 1, 1) == RECORDS
    assert bodies_count_of(HEAD_1) == 3
    found = decode_bodies(BODIES_1, 1)
    assert found.bodies == {(16, 1): b"first", (4_000_000_000, 1 << 40): b"", (16, 2): b"data"}


def test_what_is_written_now_is_format_1():
    """When this fails, the layout has changed: it needs a new format and a reader for the old."""
    assert FORMAT == 1
    assert encode_head(RECORDS, 3) == HEAD_1
    assert encode_bodies(KEYS, [b"first", b"", b"data"]) == BODIES_1


def test_the_records_of_the_product_have_tags_of_their_own():
    from headrace.core.functions.functions import Functions
    from headrace.core.mapping.mappings import Mappings
    from headrace.core.shard import Shard
    from headrace.core.sqs.queues import Queues

    records = [r for room in (Shard, Queues, Functions, Mappings) for r in room.records]
    tags = [msgspec.inspect.type_info(record).tag for record in records]
    assert len(set(tags)) == len(tags)
    assert HeadReader(records).records(encode_head([]), 1, FORMAT) == []
