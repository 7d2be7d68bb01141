"""What buckets, keys, tags and metadata may be."""

import pytest

from headrace.core.objects import errors
from headrace.core.objects.names import check_bucket_name, check_key, check_metadata, check_tags


@pytest.mark.parametrize("name", ["abc", "a.b-c", "0a0", "a" * 63, "1.2.3.4.5"])
def test_names_of_buckets(name):
    check_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *["", "ab", "a" * 64, "Abc", "a_b", "a..b", "-ab", "ab-", "ab.", "1.2.3.4", "a-.b", "a.-b"],
        *["xn--abc", "abc-s3alias", "abc\n", "ábc"],
    ],
)
def test_what_no_bucket_can_be_called(name):
    with pytest.raises(errors.InvalidBucketName):
        check_bucket_name(name)


def test_a_key_is_counted_in_bytes():
    check_key("ä" * 512)
    with pytest.raises(errors.KeyTooLong):
        check_key("ä" * 512 + "a")


def test_metadata_has_room_for_two_kilobytes():
    check_metadata({"a": "x" * 2_047})
    with pytest.raises(errors.MetadataTooLarge):
        check_metadata({"a": "x" * 2_048})


@pytest.mark.parametrize(
    "tags",
    [{"": "v"}, {"k" * 129: "v"}, {"k": "v" * 257}, {"aws:k": "v"}, {"a": "", "b": "", "c": ""}],
)
def test_tags_that_cannot_be(tags):
    with pytest.raises(errors.InvalidTag):
        check_tags(tags, 2, "Object")
    check_tags({"k" * 128: "v" * 256, "b": ""}, 2, "Object")
