"""DescribeLogStreams: order, prefix, pages."""

import pytest

from headrace.api.logs.streams import check_describe_streams, streams_described
from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.events import StreamFound
from tests.unit.api.logs.desk import Desk

FOUND = [
    StreamFound("a", 1, 10, 30, 31),
    StreamFound("b1", 2, 20, 20, 21),
    StreamFound("b2", 3, None, None, None),
]


@pytest.fixture
def group():
    return Desk().group()


def names(group, **parameters):
    """Return the names of all pages of two."""
    pages = []
    while True:
        answer = streams_described({"limit": 2, **parameters}, group, FOUND)
        pages.append([one["logStreamName"] for one in answer["logStreams"]])
        if "nextToken" not in answer:
            return pages
        parameters["nextToken"] = answer["nextToken"]


@pytest.mark.parametrize(
    ("parameters", "pages"),
    [
        ({}, [["a", "b1"], ["b2"]]),
        ({"descending": True}, [["b2", "b1"], ["a"]]),
        ({"orderBy": "LastEventTime"}, [["b2", "b1"], ["a"]]),
        ({"orderBy": "LastEventTime", "descending": True}, [["a", "b1"], ["b2"]]),
        ({"logStreamNamePrefix": "b"}, [["b1", "b2"]]),
        ({"logStreamNamePrefix": "c"}, [[]]),
    ],
)
def test_streams_come_in_order_page_by_page(group, parameters, pages):
    assert names(group, **parameters) == pages


def test_a_stream_is_shown_as_on_aws(group):
    first, _, empty = streams_described({}, group, FOUND)["logStreams"]
    assert len(first.pop("uploadSequenceToken")) == 56
    assert first == {
        "logStreamName": "a",
        "creationTime": 1,
        "firstEventTimestamp": 10,
        "lastEventTimestamp": 30,
        "lastIngestionTime": 31,
        "arn": f"{group.arn}:log-stream:a",
        "storedBytes": 0,
    }
    assert "firstEventTimestamp" not in empty


def test_streams_with_a_prefix_have_no_order_by_time():
    with pytest.raises(InvalidParameter) as refusal:
        check_describe_streams({"orderBy": "LastEventTime", "logStreamNamePrefix": "a"})
    assert refusal.value.message == "Cannot order by LastEventTime with a logStreamNamePrefix."
    check_describe_streams({"orderBy": "LastEventTime"})


def test_a_token_of_another_list_is_refused(group):
    with pytest.raises(InvalidParameter):
        streams_described({"nextToken": "c3RyZWFtczp4"}, group, FOUND)
