"""Which bytes are wanted, and under which conditions."""

import pytest

from headrace.api.objects.reading import Span, check_conditions, check_version, span_of
from headrace.base.instant import Instant
from headrace.core.objects import errors
from headrace.core.objects.content import Described, Piece, StoredObject

ONE = StoredObject((Piece("a", 6), Piece("b", 4)), "e", Instant(5_500), Described())


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("", Span(0, 10)),
        ("bytes=0-3", Span(0, 4, True)),
        ("bytes=8-", Span(8, 10, True)),
        ("bytes=-3", Span(7, 10, True)),
        ("bytes=-30", Span(0, 10, True)),
        ("bytes=5-99", Span(5, 10, True)),
        ("bytes=5-4", Span(0, 10)),
        ("bytes=-", Span(0, 10)),
        ("bytes=0-1,3-4", Span(0, 10)),
        ("lines=0-1", Span(0, 10)),
    ],
)
def test_ranges(text, span):
    assert span_of({"Range": text}, ONE) == span


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_ranges_behind_the_end(text):
    with pytest.raises(errors.InvalidRange):
        span_of({"Range": text}, ONE)


def test_parts():
    assert span_of({"PartNumber": 2}, ONE) == Span(6, 10, True)
    with pytest.raises(errors.InvalidPartNumber) as refused:
        span_of({"PartNumber": 3}, ONE)
    assert refused.value.members == {"PartNumberRequested": "3", "ActualPartCount": "2"}


@pytest.mark.parametrize(
    ("conditions", "error"),
    [
        ({}, None),
        ({"IfMatch": '"e"'}, None),
        ({"IfMatch": "*"}, None),
        ({"IfMatch": '"f"'}, errors.PreconditionFailed),
        ({"IfNoneMatch": '"f"'}, None),
        ({"IfNoneMatch": '"f", "e"'}, errors.NotModified),
        ({"IfModifiedSince": 5_000}, errors.NotModified),
        ({"IfModifiedSince": 4_000}, None),
        ({"IfUnmodifiedSince": 4_000}, errors.PreconditionFailed),
        ({"IfUnmodifiedSince": 5_000}, None),
        ({"IfMatch": "e", "IfUnmodifiedSince": 0}, None),
        ({"IfNoneMatch": "f", "IfModifiedSince": 9_000}, None),
    ],
)
def test_conditions(conditions, error):
    if error is None:
        check_conditions(conditions, ONE)
    else:
        with pytest.raises(error):
            check_conditions(conditions, ONE)


def test_objects_have_one_version():
    check_version({"Key": "k"})
    check_version({"Key": "k", "VersionId": "null"})
    with pytest.raises(errors.NoSuchVersion):
        check_version({"Key": "k", "VersionId": "1"})
