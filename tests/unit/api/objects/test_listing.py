"""Both lists of objects, page by page."""

import pytest

from headrace.core.objects import errors
from tests.unit.api.objects.desk import Desk
from tests.unit.core.objects.bench import NOW, content


@pytest.fixture
def desk():
    desk = Desk()
    for key in ("a b", "d/1", "d/2", "e"):
        desk.bench.put(key)
    return desk


def keys_of(answer):
    return [one["Key"] for one in answer["Contents"]]


def test_all_keys_and_what_is_said_of_them(desk):
    answer = desk.call("ListObjectsV2")
    assert keys_of(answer) == ["a b", "d/1", "d/2", "e"]
    assert answer["Contents"][0] == {
        "Key": "a b",
        "LastModified": NOW,
        "ETag": f'"{content().md5}"',
        "Size": 1,
        "StorageClass": "STANDARD",
    }
    assert (answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"]) == (4, 1_000, False)
    assert "Owner" in desk.call("ListObjectsV2", FetchOwner=True)["Contents"][0]
    assert "Owner" in desk.call("ListObjects")["Contents"][0]


def test_the_second_list_goes_on_by_token(desk):
    first = desk.call("ListObjectsV2", MaxKeys=2, Delimiter="/")
    assert (keys_of(first), first["CommonPrefixes"]) == (["a b"], [{"Prefix": "d/"}])
    token = first["NextContinuationToken"]
    rest = desk.call("ListObjectsV2", Delimiter="/", ContinuationToken=token)
    assert (keys_of(rest), rest["CommonPrefixes"], rest["KeyCount"]) == (["e"], [], 1)
    assert rest["ContinuationToken"] == token
    assert keys_of(desk.call("ListObjectsV2", StartAfter="d/1")) == ["d/2", "e"]
    with pytest.raises(errors.InvalidArgument):
        desk.call("ListObjectsV2", ContinuationToken="!")


def test_the_first_list_goes_on_by_marker(desk):
    first = desk.call("ListObjects", MaxKeys=2, Delimiter="/")
    assert (first["IsTruncated"], first["NextMarker"]) == (True, "d/")
    rest = desk.call("ListObjects", Delimiter="/", Marker="d/")
    assert (keys_of(rest), rest["Marker"], rest["IsTruncated"]) == (["e"], "d/", False)
    assert "NextMarker" not in desk.call("ListObjects", MaxKeys=2)


def test_keys_are_encoded_where_that_is_asked_for(desk):
    answer = desk.call("ListObjectsV2", EncodingType="url", Prefix="a ")
    assert (keys_of(answer), answer["Prefix"], answer["EncodingType"]) == (["a%20b"], "a%20", "url")
    with pytest.raises(errors.InvalidArgument):
        desk.call("ListObjectsV2", EncodingType="none")
