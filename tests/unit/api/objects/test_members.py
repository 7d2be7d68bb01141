"""What a request says about an object, and what is said of it."""

import pytest

from headrace.api.objects import members
from headrace.base.instant import Instant
from headrace.core.objects import errors
from headrace.core.objects.commands import Condition
from headrace.core.objects.content import Described, Piece, StoredObject
from headrace.wire.errors import NotImplementedHere


def test_what_a_caller_says_comes_back():
    given = {
        "ContentType": "text/plain",
        "Expires": 1_000,
        "CacheControl": "",
        "StorageClass": "STANDARD",
        "Metadata": {"a": "b"},
        "Tagging": "k=v%20w&l=",
        "Bucket": "b",
    }
    described = members.described_of(given)
    assert described == Described(
        {"ContentType": "text/plain", "Expires": "1000"}, {"a": "b"}, {"k": "v w", "l": ""}
    )
    one = StoredObject((Piece("d", 3),), "e", Instant(5), described)
    assert members.object_members(one) == {
        "AcceptRanges": "bytes",
        "LastModified": 5,
        "ETag": '"e"',
        "ContentType": "text/plain",
        "Metadata": {"a": "b"},
        "Expires": 1_000,
        "TagCount": 2,
    }


def test_an_object_has_a_type():
    one = StoredObject((), "e", Instant(5), Described())
    assert members.object_members(one)["ContentType"] == "binary/octet-stream"


def test_what_cannot_be_kept_is_refused():
    with pytest.raises(NotImplementedHere):
        members.described_of({"SSECustomerAlgorithm": "AES256"})
    with pytest.raises(errors.InvalidArgument):
        members.described_of({"Tagging": "nothing"})
    with pytest.raises(errors.InvalidTag):
        members.tags_of([{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}])


def test_conditions_of_writes():
    assert members.condition_of({}) == Condition()
    assert members.condition_of({"IfMatch": '"e"', "IfNoneMatch": "*"}) == Condition("e", True)
    with pytest.raises(NotImplementedHere):
        members.condition_of({"IfNoneMatch": '"e"'})


@pytest.mark.parametrize("etag", ["e", '"e"', 'W/"e"', ' "e" '])
def test_quotes_around_an_etag(etag):
    assert members.unquoted(etag) == "e"
    assert members.quoted("e") == '"e"'


def test_checksums_go_by_algorithm():
    given = {"ChecksumCRC32": "x", "ChecksumSHA1": None, "ETag": "e"}
    assert members.checksums_of(given) == {"CRC32": "x"}
    assert members.checksum_members({"CRC32": "x"}, "COMPOSITE") == {
        "ChecksumCRC32": "x",
        "ChecksumType": "COMPOSITE",
    }


def test_an_owner_is_told_by_no_account():
    assert members.owner_members("123456789012") != members.owner_members("123456789013")
    assert "123456789012" not in str(members.owner_members("123456789012"))


def test_a_page_is_no_larger_than_may_be():
    sizes = [members.at_most(given, "Max", 10) for given in ({}, {"Max": 0}, {"Max": 11})]
    assert sizes == [10, 0, 10]
