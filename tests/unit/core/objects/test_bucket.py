"""One bucket: what records make of it, and its snapshots."""

import pytest

from headrace.core.objects.bucket import FrozenBucket, decode
from headrace.core.objects.commands import DeleteObjects
from headrace.core.objects.records import BucketDeleted
from tests.unit.core.objects.bench import NOW, OWNER, Bench


def test_keys_stay_in_order():
    bench = Bench()
    for key in ("b", "a", "c", "b"):
        bench.put(key)
    assert bench.bucket.keys == ["a", "b", "c"]
    bench.tell(DeleteObjects(OWNER, "bbb", ("b",)))
    assert bench.bucket.keys == ["a", "c"]


@pytest.mark.parametrize("first", [0, 1, 700])
def test_many_keys_go_in_one_pass(first):
    class Keys(list):
        def __delitem__(self, place):
            raise AssertionError("all keys behind are moved for one")

    bench = Bench()
    names = [f"{number:04}" for number in range(1_000)]
    for name in names:
        bench.put(name)
    bench.bucket.keys = Keys(names)
    gone = names[first::3]
    bench.tell(DeleteObjects(OWNER, "bbb", (*reversed(gone), "none", gone[0])))
    assert bench.bucket.keys == [name for name in names if name not in gone]
    assert list(bench.bucket.objects) == bench.bucket.keys


def test_a_snapshot_is_the_whole_bucket():
    bench = Bench()
    for key in range(1_001):
        bench.put(str(key))
    bench.part(bench.begin("u"), 7, key="u")
    before = bench.bucket
    after = decode(b"".join(FrozenBucket(before)))
    for name in ("account", "region", "name", "created_at", "tags", "uploads", "objects", "keys"):
        assert getattr(after, name) == getattr(before, name), name


@pytest.mark.parametrize("data", [b"", b"\x02"])
def test_bytes_of_another_format_are_refused(data):
    with pytest.raises(ValueError, match="unknown format"):
        decode(data)


def test_a_record_of_something_else_is_a_bug():
    with pytest.raises(AssertionError, match="no record of a bucket"):
        Bench().bucket.take(BucketDeleted(16, NOW))
