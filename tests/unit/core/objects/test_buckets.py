"""The room of buckets: what is made, stored and refused, and that it comes back."""

import pytest

from headrace.core.machine import Numbers
from headrace.core.objects import errors
from headrace.core.objects.buckets import Buckets
from headrace.core.objects.commands import (
    AbortUpload,
    Condition,
    CreateBucket,
    DeleteBucket,
    DeleteObjects,
    Owner,
    PutObject,
    PutPart,
    TagBucket,
    TagObject,
)
from headrace.core.objects.content import Described
from headrace.core.objects.limits import OBJECT_BYTES_MAX
from headrace.core.objects.records import ObjectsDeleted
from tests.unit.core.objects.bench import NOW, OTHER, OWNER, Bench, content


@pytest.fixture
def bench():
    return Bench()


def test_a_bucket_of_ones_own_is_made_again_without_error_in_the_first_region_only(bench):
    assert bench.tell(CreateBucket(OWNER, "bbb")).region == "us-east-1"
    assert len(bench.records) == 1
    there = Owner(OWNER.account, "eu-west-1")
    bench.tell(CreateBucket(there, "in-europe", "eu-west-1"))
    with pytest.raises(errors.BucketAlreadyOwnedByYou):
        bench.tell(CreateBucket(there, "in-europe", "eu-west-1"))
    with pytest.raises(errors.BucketAlreadyOwnedByYou):
        bench.tell(CreateBucket(there, "bbb", "eu-west-1"))
    with pytest.raises(errors.BucketAlreadyExists):
        bench.tell(CreateBucket(OTHER, "bbb"))


@pytest.mark.parametrize(
    ("region", "location", "found"),
    [
        ("us-east-1", None, "us-east-1"),
        ("us-east-1", "eu-west-1", "eu-west-1"),
        ("eu-west-1", "eu-west-1", "eu-west-1"),
        ("eu-west-1", "EU", "eu-west-1"),
        ("us-east-1", "us-east-1", errors.InvalidLocationConstraint),
        ("eu-west-1", None, errors.IllegalLocationConstraint),
        ("eu-west-1", "eu-central-1", errors.IllegalLocationConstraint),
    ],
)
def test_a_bucket_lies_in_the_region_that_is_asked_or_named(bench, region, location, found):
    command = CreateBucket(Owner("1" * 12, region), "placed", location)
    if isinstance(found, str):
        assert bench.tell(command).region == found
    else:
        with pytest.raises(found):
            bench.tell(command)


def test_an_account_has_so_many_buckets_at_most(bench, monkeypatch):
    monkeypatch.setattr("headrace.core.objects.buckets.BUCKETS_MAX", 1)
    bench.tell(CreateBucket(OTHER, "theirs"))
    with pytest.raises(errors.TooManyBuckets):
        bench.tell(CreateBucket(OWNER, "one-more"))


def test_only_an_empty_bucket_is_deleted(bench):
    bench.put("k")
    with pytest.raises(errors.BucketNotEmpty):
        bench.tell(DeleteBucket(OWNER, "bbb"))
    bench.tell(DeleteObjects(OWNER, "bbb", ("k",)))
    bench.tell(DeleteBucket(OWNER, "bbb"))
    with pytest.raises(errors.NoSuchBucket):
        bench.tell(DeleteBucket(OWNER, "bbb"))
    bench.tell(CreateBucket(OTHER, "bbb"))
    with pytest.raises(errors.AccessDenied):
        bench.put("k")


def test_an_object_takes_the_place_of_another_under_its_key(bench):
    first = bench.put("k", b"1", condition=Condition(if_none=True))
    with pytest.raises(errors.PreconditionFailed):
        bench.put("k", b"2", condition=Condition(if_none=True))
    with pytest.raises(errors.PreconditionFailed):
        bench.put("k", b"2", condition=Condition(if_match="other"))
    with pytest.raises(errors.NoSuchKey):
        bench.put("absent", b"2", condition=Condition(if_match="*"))
    second = bench.put("k", b"2", condition=Condition(if_match=first.etag))
    assert bench.bucket.objects == {"k": second}
    assert (second.size, second.modified_at) == (1, NOW)


def test_what_is_too_large_is_refused(bench):
    command = PutObject(OWNER, "bbb", "k", content(size=OBJECT_BYTES_MAX + 1), Described())
    with pytest.raises(errors.EntityTooLarge):
        bench.room.check(command)
    bench.room.check(PutObject(OWNER, "bbb", "k", content(size=OBJECT_BYTES_MAX), Described()))
    assert not bench.bucket.objects


def test_deleting_what_is_not_there_writes_nothing(bench):
    bench.put("k")
    del bench.records[:]
    bench.tell(DeleteObjects(OWNER, "bbb", ("none",)))
    assert bench.records == []
    bench.tell(DeleteObjects(OWNER, "bbb", ("k", "none", "k")))
    assert [(type(one), one.keys) for one in bench.records] == [(ObjectsDeleted, ("k",))]


def test_tags_are_replaced(bench):
    bench.put("k")
    bench.tell(TagObject(OWNER, "bbb", "k", {"a": "1"}))
    bench.tell(TagBucket(OWNER, "bbb", {"b": "2"}))
    assert bench.bucket.objects["k"].described.tags == {"a": "1"}
    assert bench.bucket.tags == {"b": "2"}
    with pytest.raises(errors.NoSuchKey):
        bench.tell(TagObject(OWNER, "bbb", "none", {}))
    with pytest.raises(errors.InvalidTag):
        bench.tell(TagObject(OWNER, "bbb", "k", {str(number): "" for number in range(11)}))


def test_an_upload_is_over_when_it_is_completed_or_aborted(bench):
    first = bench.begin()
    one = bench.complete(first, bench.part(first, 1), bench.part(first, 2, size=1))
    assert (one.etag[-2:], one.size) == ("-2", 5 * 1024 * 1024 + 1)
    assert one.described.headers == {"ContentType": "t"}
    with pytest.raises(errors.NoSuchUpload):
        bench.part(first, 3)
    second = bench.begin()
    with pytest.raises(errors.NoSuchUpload):
        bench.tell(AbortUpload(OWNER, "bbb", "another key", second))
    bench.tell(AbortUpload(OWNER, "bbb", "k", second))
    assert bench.bucket.uploads == {}


@pytest.mark.parametrize("number", [0, 10_001])
def test_a_part_has_a_number_that_s3_takes(bench, number):
    upload_id = bench.begin()
    with pytest.raises(errors.InvalidArgument, match="between 1 and 10000, inclusive"):
        bench.room.check(PutPart(OWNER, "bbb", "k", upload_id, number, content()))


def test_a_room_comes_back_from_its_records_and_from_snapshots(bench):
    bench.put("k")
    bench.part(bench.begin("u"), 1, key="u")
    (number,) = bench.room.machines()
    replayed, loaded = Buckets(Numbers()), Buckets(Numbers())
    for record in bench.records:
        replayed.replay(record, 1)
    loaded.load(number, bench.room.snapshot(number))
    assert replayed.snapshot(number) == loaded.snapshot(number) == bench.room.snapshot(number)
    assert list(loaded.machines()) == [number]
    assert loaded.count_bodies() == {}
    assert loaded.relocate(frozenset({1})) == []
    assert (loaded.next_deadline(), loaded.wake(NOW, 1), loaded.resume(NOW)) == (None, [], [])


def test_only_a_large_bucket_is_frozen(bench):
    (number,) = bench.room.machines()
    assert bench.room.freeze(number) is None
    for key in range(501):
        bench.put(f"{key:03}")
    frozen = bench.room.freeze(number)
    before = bench.room.snapshot(number)
    bench.put("later")
    assert b"".join(frozen) == before
    assert len(list(frozen)) == 3
