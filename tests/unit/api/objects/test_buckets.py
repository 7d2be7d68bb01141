"""Operations on buckets, with a room behind them."""

import pytest

from headrace.api.objects.buckets import decode_token, encode_token
from headrace.core.objects import errors
from headrace.wire.errors import NotImplementedHere
from tests.unit.api.objects.desk import Desk
from tests.unit.core.objects.bench import NOW


@pytest.fixture
def desk():
    return Desk()


def test_a_bucket_and_where_it_is(desk):
    configuration = {"LocationConstraint": "eu-west-1", "Tags": [{"Key": "k", "Value": "v"}]}
    made = desk.call("CreateBucket", Bucket="new", CreateBucketConfiguration=configuration)
    assert made == {"Location": "/new", "BucketArn": "arn:aws:s3:::new"}
    assert desk.call("HeadBucket", Bucket="new")["BucketRegion"] == "eu-west-1"
    assert desk.call("GetBucketLocation", Bucket="new") == {"LocationConstraint": "eu-west-1"}
    assert desk.call("GetBucketLocation") == {"LocationConstraint": ""}
    assert desk.call("GetBucketVersioning") == {}
    assert desk.call("GetBucketTagging", Bucket="new") == {"TagSet": [{"Key": "k", "Value": "v"}]}
    assert desk.call("DeleteBucket", Bucket="new") == {}
    with pytest.raises(errors.NoSuchBucket):
        desk.call("HeadBucket", Bucket="new")


@pytest.mark.parametrize(
    "members",
    [
        {"CreateBucketConfiguration": {"Location": {"Name": "zone"}}},
        {"ObjectLockEnabledForBucket": True},
    ],
)
def test_buckets_that_are_not_to_be_had(desk, members):
    with pytest.raises(NotImplementedHere):
        desk.call("CreateBucket", Bucket="new", **members)


def test_tags_of_a_bucket(desk):
    with pytest.raises(errors.NoSuchTagSet):
        desk.call("GetBucketTagging")
    desk.call("PutBucketTagging", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    assert desk.call("GetBucketTagging") == {"TagSet": [{"Key": "k", "Value": "v"}]}
    desk.call("DeleteBucketTagging")
    with pytest.raises(errors.NoSuchTagSet):
        desk.call("GetBucketTagging")


def test_an_accounts_buckets_in_pages(desk):
    for name in ("aaa", "ccc"):
        desk.call("CreateBucket", Bucket=name)
    desk.call("CreateBucket", "210987654321", Bucket="theirs")
    first = desk.call("ListBuckets", MaxBuckets=2)
    assert [one["Name"] for one in first["Buckets"]] == ["aaa", "bbb"]
    assert first["Buckets"][0]["CreationDate"] == NOW
    rest = desk.call("ListBuckets", ContinuationToken=first["ContinuationToken"])
    assert [one["Name"] for one in rest["Buckets"]] == ["ccc"]
    assert "ContinuationToken" not in rest
    assert [one["Name"] for one in desk.call("ListBuckets", Prefix="c")["Buckets"]] == ["ccc"]
    assert desk.call("ListBuckets", BucketRegion="eu-west-1")["Buckets"] == []


@pytest.mark.parametrize("size", [0, -1, 10_001])
def test_a_page_of_buckets_has_a_size(desk, size):
    with pytest.raises(errors.InvalidArgument, match="between 1 and 10000"):
        desk.call("ListBuckets", MaxBuckets=size)


def test_tokens():
    assert decode_token(encode_token("ä/b"), "n") == "ä/b"
    with pytest.raises(errors.InvalidArgument):
        decode_token("!", "n")
