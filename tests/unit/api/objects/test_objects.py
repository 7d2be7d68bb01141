"""Operations on objects, with a room behind them and bytes as the shell would bring them."""

import pytest

from headrace.api.objects.members import STORED
from headrace.api.objects.objects import READ, source_of
from headrace.api.objects.reading import Span
from headrace.base.errors import ServiceUnavailable
from headrace.core.objects import errors
from headrace.wire.errors import MalformedXml, NotImplementedHere
from tests.unit.api.objects.desk import Desk
from tests.unit.core.objects.bench import NOW, content


@pytest.fixture
def desk():
    return Desk()


def test_an_object_goes_in_and_is_looked_at(desk):
    stored = content(b"hello", CRC32="NhCmhg==")
    put = desk.call("PutObject", Key="k", ContentType="t", Tagging="a=b", **{STORED: stored})
    assert put == {
        "ETag": f'"{stored.md5}"',
        "ChecksumCRC32": "NhCmhg==",
        "ChecksumType": "FULL_OBJECT",
    }
    shown = desk.call("HeadObject", Key="k", ChecksumMode="ENABLED")
    assert (shown["ContentLength"], shown["ContentType"]) == (5, "t")
    assert shown["ChecksumCRC32"] == "NhCmhg=="
    assert "ChecksumCRC32" not in desk.call("HeadObject", Key="k")
    part = desk.call("HeadObject", Key="k", Range="bytes=1-2", ChecksumMode="ENABLED")
    assert (part["ContentLength"], part["ContentRange"]) == (2, "bytes 1-2/5")
    assert "ChecksumCRC32" not in part


def test_an_object_is_answered_with_what_was_read(desk):
    one = desk.bench.put("k", b"hello")
    answer = desk.call(
        "GetObject", Key="k", ResponseContentType="x", **{READ: (one, Span(0, 5), b"hello")}
    )
    assert (answer["Body"], answer["ContentLength"], answer["ContentType"]) == (b"hello", 5, "x")


def test_a_refusal_is_found_out_by_the_command(desk):
    with pytest.raises(errors.NoSuchKey):
        desk.call("GetObject", Key="k")
    desk.bench.put("k")
    with pytest.raises(errors.PreconditionFailed):
        desk.call("GetObject", Key="k", IfMatch="other")
    with pytest.raises(ServiceUnavailable):
        desk.call("GetObject", Key="k")


def test_a_copy_keeps_what_was_said_or_replaces_it(desk):
    desk.call("PutObject", Key="k", Metadata={"m": "1"}, Tagging="a=b", **{STORED: content()})
    source = {"CopySource": "bbb/k", STORED: content()}
    copied = desk.call("CopyObject", Key="l", **source)["CopyObjectResult"]
    assert copied == {"ETag": f'"{content().md5}"', "LastModified": NOW}
    assert desk.call("HeadObject", Key="l")["Metadata"] == {"m": "1"}
    assert desk.call("GetObjectTagging", Key="l") == {"TagSet": [{"Key": "a", "Value": "b"}]}
    desk.call(
        "CopyObject", Key="l", MetadataDirective="REPLACE", TaggingDirective="REPLACE", **source
    )
    shown = desk.call("HeadObject", Key="l")
    assert (shown["Metadata"], "TagCount" in shown) == ({}, False)
    with pytest.raises(errors.InvalidRequest, match="illegal because"):
        desk.call("CopyObject", Key="k", **source)
    desk.call("CopyObject", Key="k", MetadataDirective="REPLACE", **source)


@pytest.mark.parametrize("text", ["/b/k%20l", "b/k%20l", "b/k l?versionId=null"])
def test_sources_of_copies(text):
    assert source_of({"CopySource": text}) == ("b", "k l")


def test_no_sources():
    with pytest.raises(errors.InvalidArgument):
        source_of({"CopySource": "b"})
    with pytest.raises(errors.NoSuchVersion):
        source_of({"CopySource": "b/k?versionId=1"})


def test_one_object_or_many_are_deleted(desk):
    for key in ("a", "b", "c"):
        desk.bench.put(key)
    desk.call("DeleteObject", Key="a")
    desk.call("DeleteObject", Key="a")
    given = [{"Key": "b"}, {"Key": "none"}, {"Key": "c", "VersionId": "1"}]
    answer = desk.call("DeleteObjects", Delete={"Objects": given})
    assert answer["Deleted"] == [{"Key": "b"}, {"Key": "none"}]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("c", "NoSuchVersion")]
    quiet = desk.call("DeleteObjects", Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    assert quiet == {"Errors": []}
    assert desk.bench.bucket.keys == ["c"]


@pytest.mark.parametrize("given", [[], [{"Key": "k"}] * 1_001])
def test_how_many_are_deleted_at_once(desk, given):
    with pytest.raises(MalformedXml):
        desk.call("DeleteObjects", Delete={"Objects": given})


def test_tags_of_an_object(desk):
    desk.bench.put("k")
    desk.call("PutObjectTagging", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert desk.call("GetObjectTagging", Key="k") == {"TagSet": [{"Key": "a", "Value": "b"}]}
    desk.call("DeleteObjectTagging", Key="k")
    assert desk.call("GetObjectTagging", Key="k") == {"TagSet": []}


def test_conditions_of_a_deletion_are_not_overlooked(desk):
    desk.bench.put("k")
    with pytest.raises(errors.PreconditionFailed):
        desk.call("DeleteObject", Key="k", IfMatch='"other"')
    for condition in ({"ETag": "e"}, {"Size": 1}, {"LastModifiedTime": NOW}):
        with pytest.raises(NotImplementedHere):
            desk.call("DeleteObjects", Delete={"Objects": [{"Key": "k", **condition}]})
    assert desk.bench.bucket.keys == ["k"]
    desk.call("DeleteObject", Key="k", IfMatch=f'"{content().md5}"')
    assert desk.bench.bucket.keys == []
    desk.call("DeleteObject", Key="k", IfMatch='"other"')


@pytest.mark.parametrize(
    "condition, name",
    [
        ({"CopySourceIfMatch": "other"}, "x-amz-copy-source-If-Match"),
        ({"CopySourceIfNoneMatch": "*"}, "x-amz-copy-source-If-None-Match"),
        ({"CopySourceIfModifiedSince": NOW}, "x-amz-copy-source-If-Modified-Since"),
        ({"CopySourceIfUnmodifiedSince": NOW - 1_000}, "x-amz-copy-source-If-Unmodified-Since"),
        ({"IfNoneMatch": "*"}, "If-None-Match"),
        ({"IfMatch": "other"}, "If-Match"),
    ],
)
def test_conditions_of_a_copy_are_not_overlooked(desk, condition, name):
    desk.bench.put("k", b"new")
    desk.bench.put("l", b"old")
    with pytest.raises(errors.PreconditionFailed) as caught:
        desk.call(
            "CopyObject", Key="l", CopySource="bbb/k", **condition, **{STORED: content(b"new")}
        )
    assert caught.value.members["Condition"] == name
    assert desk.bench.bucket.objects["l"].etag == content(b"old").md5
