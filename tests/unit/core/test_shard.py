"""The shard's own machine: it begins once and is rebuilt from its record or snapshot."""

import msgspec
import pytest

from headrace.core.machine import Numbers, Remember, Reply
from headrace.core.shard import OpenShard, Shard, ShardFound, ShardOpened


def test_shard_begins_once():
    shard = Shard(Numbers())
    assert not shard.is_open
    assert list(shard.machines()) == []
    remember, reply = shard.apply(OpenShard(b"a" * 32, "virtual"), 5, 1)
    assert remember == Remember(ShardOpened(0, 5, b"a" * 32, "virtual"))
    assert reply == Reply(1, ShardFound(b"a" * 32, "virtual"))
    assert shard.apply(OpenShard(b"b" * 32, "system"), 6, 2) == [
        Reply(2, ShardFound(b"a" * 32, "virtual"))
    ]
    assert list(shard.machines()) == [0]


def test_shard_is_rebuilt_from_its_record():
    shard = Shard(Numbers())
    shard.replay(ShardOpened(0, 5, b"a" * 32, "system"), 1)
    assert (shard.secret, shard.clock_kind) == (b"a" * 32, "system")


def test_snapshot_carries_the_next_machine_number():
    shard = Shard(Numbers(first=40))
    shard.apply(OpenShard(b"a" * 32, "system"), 5, 1)
    numbers = Numbers()
    loaded = Shard(numbers)
    loaded.load(0, shard.snapshot(0))
    assert loaded.snapshot(0) == shard.snapshot(0)
    assert numbers.take() == 40


def test_snapshot_of_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="unknown format"):
        Shard(Numbers()).load(0, b"\x09")


def test_time_changes_nothing_and_there_are_no_bodies():
    shard = Shard(Numbers())
    assert shard.next_deadline() is None
    assert shard.wake(9, 1) == shard.resume(9) == []
    assert shard.count_bodies() == {}
    assert shard.relocate(frozenset({1})) == []


def test_stored_bytes_of_the_record_still_decode():
    stored = bytes.fromhex("95cd012c0005c4036b6579a673797374656d")
    assert msgspec.msgpack.decode(stored, type=ShardOpened) == ShardOpened(0, 5, b"key", "system")
