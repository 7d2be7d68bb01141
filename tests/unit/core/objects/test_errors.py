"""S3's sentences, and the elements that stand beside them."""

import pytest

from headrace.core.objects import errors

ROWS = [
    (errors.NoSuchKey("k"), 404, "The specified key does not exist.", {"Key": "k"}),
    (errors.NoSuchBucket("b"), 404, "The specified bucket does not exist", {"BucketName": "b"}),
    (
        errors.InvalidRange("bytes=9-", 3),
        416,
        "The requested range is not satisfiable",
        {"RangeRequested": "bytes=9-", "ActualObjectSize": "3"},
    ),
    (
        errors.KeyTooLong(1_025, 1_024),
        400,
        "Your key is too long",
        {"Size": "1025", "MaxSizeAllowed": "1024"},
    ),
    (
        errors.InvalidDigest("x"),
        400,
        "The Content-MD5 you specified was invalid.",
        {"Content-MD5": "x"},
    ),
    (
        errors.BadDigest("Content-MD5", "a", "b"),
        400,
        "The Content-MD5 you specified did not match what we received.",
        {"ExpectedDigest": "a", "CalculatedDigest": "b"},
    ),
    (
        errors.BadDigest("CRC32"),
        400,
        "The CRC32 you specified did not match the calculated checksum.",
        {},
    ),
]


@pytest.mark.parametrize(("error", "status", "sentence", "members"), ROWS)
def test_an_error_says_what_s3_says(error, status, sentence, members):
    assert (error.status, error.message, error.members) == (status, sentence, members)


def test_a_location_that_was_not_given_has_a_word():
    assert errors.IllegalLocationConstraint("").message.startswith("The unspecified location")
    assert errors.IllegalLocationConstraint("eu-west-1").message.startswith("The eu-west-1 loc")
