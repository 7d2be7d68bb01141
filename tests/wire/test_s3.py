"""S3 with botocore as the judge: its serializers ask, its parsers read."""

import io
from functools import cache

import pytest
from botocore.exceptions import ClientError

from headrace.core.objects import errors
from headrace.wire.awschunked import Payload
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import route
from tests.wire.judge import exchange, new_client

MOMENT = 1_795_860_000_000


@cache
def s3_client():
    """Return a client of S3, and its Wire."""
    return new_client("s3")


LISTED = {
    "Key": "k & l",
    "LastModified": MOMENT,
    "ETag": '"e"',
    "ChecksumAlgorithm": ["CRC32"],
    "Size": 5,
    "StorageClass": "STANDARD",
}
ROWS = [
    ("CreateBucket", {"Bucket": "bbb"}, {"Location": "/bbb"}),
    ("HeadBucket", {"Bucket": "bbb"}, {"BucketRegion": "eu-west-1"}),
    ("DeleteBucket", {"Bucket": "bbb"}, {}),
    (
        "ListBuckets",
        {"Prefix": "b", "MaxBuckets": 7},
        {"Buckets": [{"Name": "bbb", "CreationDate": MOMENT}], "Owner": {"ID": "o"}},
    ),
    ("GetBucketVersioning", {"Bucket": "bbb"}, {}),
    (
        "ListObjectsV2",
        {"Bucket": "bbb", "Prefix": "k ", "MaxKeys": 2, "EncodingType": "url", "FetchOwner": True},
        {
            "IsTruncated": True,
            "Contents": [LISTED],
            "Name": "bbb",
            "CommonPrefixes": [{"Prefix": "k/"}, {"Prefix": "l/"}],
            "KeyCount": 3,
        },
    ),
    (
        "DeleteObjects",
        {"Bucket": "bbb", "Delete": {"Objects": [{"Key": "a"}, {"Key": "<b>"}], "Quiet": False}},
        {"Deleted": [{"Key": "a"}], "Errors": [{"Key": "<b>", "Code": "c", "Message": "m"}]},
    ),
    (
        "PutObjectTagging",
        {"Bucket": "bbb", "Key": "k", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
        {},
    ),
    ("GetObjectTagging", {"Bucket": "bbb", "Key": "k"}, {"TagSet": [{"Key": "a", "Value": "b"}]}),
    (
        "CopyObject",
        {"Bucket": "bbb", "Key": "k", "CopySource": "bbb/l"},
        {"CopyObjectResult": {"ETag": '"e"', "LastModified": MOMENT}},
    ),
    ("CreateMultipartUpload", {"Bucket": "bbb", "Key": "k"}, {"Bucket": "bbb", "UploadId": "u"}),
    (
        "CompleteMultipartUpload",
        {
            "Bucket": "bbb",
            "Key": "k",
            "UploadId": "u",
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": '"e"', "ChecksumCRC32": "c"}]},
        },
        {"Location": "l", "ETag": '"e-1"', "ChecksumCRC32": "c-1"},
    ),
    ("AbortMultipartUpload", {"Bucket": "bbb", "Key": "k", "UploadId": "u"}, {}),
    (
        "ListParts",
        {"Bucket": "bbb", "Key": "k", "UploadId": "u", "MaxParts": 3},
        {"Parts": [{"PartNumber": 1, "Size": 5, "ETag": '"e"', "LastModified": MOMENT}]},
    ),
    (
        "ListMultipartUploads",
        {"Bucket": "bbb"},
        {"Uploads": [{"UploadId": "u", "Key": "k", "Initiated": MOMENT}], "IsTruncated": False},
    ),
]


def plain(value):
    """Return what botocore read with dates in milliseconds, and without empty lists."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return round(value.timestamp() * 1_000) if hasattr(value, "timestamp") else value


@pytest.mark.parametrize(("operation", "parameters", "answer"), ROWS, ids=[row[0] for row in ROWS])
def test_botocore_reads_what_we_write_and_writes_what_we_read(operation, parameters, answer):
    call, response = exchange(s3_client(), operation, parameters, answer)
    assert call.operation == operation
    read = {name: call.parameters.get(name) for name in parameters}
    assert read == parameters
    assert plain(response) == answer


@pytest.mark.parametrize("location", ["eu-west-1", None])
def test_a_location(location):
    _, response = exchange(
        s3_client(), "GetBucketLocation", {"Bucket": "b"}, {"LocationConstraint": location or ""}
    )
    assert response == {"LocationConstraint": location}


def test_an_upload_with_a_trailing_checksum():
    given = {"Bucket": "bbb", "Key": "k", "Body": io.BytesIO(b"hello"), "Metadata": {"a": "b"}}
    answer = {"ETag": '"e"', "ChecksumCRC32": "NhCmhg=="}
    call, response = exchange(s3_client(), "PutObject", given, answer)
    assert response == answer
    payload = call.parameters["Body"]
    assert isinstance(payload, Payload)
    assert payload.take_apart()[0] == b"hello"
    assert call.parameters["Metadata"] == {"a": "b"}


def test_a_download():
    answer = {
        "Body": b"hello",
        "ContentLength": 5,
        "ETag": '"e"',
        "LastModified": MOMENT,
        "Metadata": {"a": "b"},
        "ChecksumCRC32": "NhCmhg==",
    }
    call, response = exchange(s3_client(), "GetObject", {"Bucket": "b", "Key": "k"}, answer)
    assert response.pop("Body").read() == b"hello"
    assert plain(response) == {name: value for name, value in answer.items() if name != "Body"}
    assert call.parameters["ChecksumMode"] == "ENABLED"


def test_an_error():
    with pytest.raises(ClientError) as refusal:
        exchange(s3_client(), "GetObject", {"Bucket": "b", "Key": "k"}, errors.NoSuchKey("k"))
    error = refusal.value.response["Error"]
    assert error == {
        "Code": "NoSuchKey",
        "Message": "The specified key does not exist.",
        "Key": "k",
    }


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_link_that_was_signed_before(version):
    client, _ = new_client("s3")
    client.meta.config.signature_version = version
    link = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    target = link.removeprefix("http://127.0.0.1:4566")
    request = HttpRequest("GET", target, {"host": "127.0.0.1:4566"}, b"")
    call = route(request)
    assert (call.operation, call.parameters["Key"]) == ("GetObject", "k")
    assert call.credentials.access_key_id == "AKIAIOSFODNN7EXAMPLE"
