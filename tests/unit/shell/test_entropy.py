"""Random bytes of which none is given out twice."""

import uuid

from headrace.shell.entropy import POOL_BYTES, SystemEntropy


def test_no_byte_is_given_out_twice():
    entropy = SystemEntropy()
    taken = [entropy.take(16) for _ in range(2_000)]
    assert {len(each) for each in taken} == {16}
    assert len(set(taken)) == 2_000


def test_more_than_the_pool_holds_can_be_taken():
    entropy = SystemEntropy()
    assert len(entropy.take(POOL_BYTES - 1)) == POOL_BYTES - 1
    assert len(entropy.take(2)) == 2
    big = entropy.take(POOL_BYTES + 1)
    assert len(big) == POOL_BYTES + 1
    assert entropy.take(0) == b""


def test_ids_are_random_uuids():
    entropy = SystemEntropy()
    ids = [entropy.uuid() for _ in range(1_000)]
    parsed = [uuid.UUID(text) for text in ids]
    assert [str(each) for each in parsed] == ids
    assert {each.version for each in parsed} == {4}
    assert {each.variant for each in parsed} == {uuid.RFC_4122}
    assert {text[19] for text in ids} == set("89ab")
    assert len(set(ids)) == 1_000
