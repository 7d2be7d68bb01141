"""Bytes that a seed determines."""

import uuid

from headrace.testing.entropy import SeededEntropy


def test_the_same_seed_gives_the_same_story():
    first, second = SeededEntropy(7), SeededEntropy(7)
    assert [first.take(5), first.uuid()] == [second.take(5), second.uuid()]
    assert SeededEntropy(8).take(5) != SeededEntropy(7).take(5)


def test_a_uuid_is_of_version_4():
    assert uuid.UUID(SeededEntropy().uuid()).version == 4
