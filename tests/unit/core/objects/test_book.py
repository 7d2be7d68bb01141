"""Which buckets there are, and whose."""

import pytest

from headrace.core.objects import errors
from headrace.core.objects.commands import CreateBucket
from tests.unit.core.objects.bench import OTHER, OWNER, Bench, content


@pytest.fixture
def bench():
    return Bench()


def test_a_bucket_is_found_by_its_owner_only(bench):
    assert bench.room.book.find(OWNER, "bbb").arn == "arn:aws:s3:::bbb"
    with pytest.raises(errors.AccessDenied):
        bench.room.book.find(OTHER, "bbb")
    with pytest.raises(errors.NoSuchBucket) as refusal:
        bench.room.book.find(OWNER, "nothing")
    assert refusal.value.members == {"BucketName": "nothing"}


def test_an_accounts_buckets_come_by_name(bench):
    for name in ("zzz", "aaa"):
        bench.tell(CreateBucket(OWNER, name))
    bench.tell(CreateBucket(OTHER, "theirs"))
    names = [bucket.name for bucket in bench.room.book.of_account(OWNER.account)]
    assert names == ["aaa", "bbb", "zzz"]


def test_objects_and_uploads_are_found_by_key(bench):
    stored = bench.put("k")
    upload_id = bench.begin("u")
    book = bench.room.book
    assert book.find_object(OWNER, "bbb", "k") == stored
    assert book.find_upload(OWNER, "bbb", "u", upload_id).key == "u"
    with pytest.raises(errors.NoSuchKey):
        book.find_object(OWNER, "bbb", "u")
    with pytest.raises(errors.NoSuchUpload):
        book.find_upload(OWNER, "bbb", "k", upload_id)


def test_every_blob_in_use_is_named(bench):
    bench.put("k", b"1")
    bench.put("k", b"2")
    upload_id = bench.begin("u")
    bench.part(upload_id, 1, b"3", key="u")
    wanted = {content(word).piece.digest for word in (b"2", b"3")}
    assert set(bench.room.book.digests()) == wanted
