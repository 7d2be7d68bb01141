"""The query protocol: flattened names, the path of a queue, and what cannot be asked there."""

import pytest

from headrace.wire.call import Form, Protocol
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import InvalidAction, UnknownOperation
from headrace.wire.query import decode_call, is_form
from headrace.wire.route import route

FORM = "application/x-www-form-urlencoded"


def read(body, path="/", method="POST", **headers):
    headers = {"content-type": f"{FORM}; charset=utf-8", "host": "h:1", **headers}
    return route(HttpRequest(method, path, headers, body)).parameters


def test_a_form_says_so():
    assert is_form(HttpRequest("POST", "/", {"content-type": FORM.upper()}, b""))
    assert not is_form(HttpRequest("POST", "/", {}, b""))


def test_items_are_sorted_by_index_and_gaps_are_closed():
    body = b"Action=UntagQueue&QueueUrl=q&TagKey.10=c&TagKey.2=a&TagKey.9=b"
    assert read(body)["TagKeys"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "body, name, expected",
    [
        (b"Action=UntagQueue&TagKey=a", "TagKeys", ["a"]),
        (b"Action=TagQueue&Tag.Key=a&Tag.Value=b", "Tags", {"a": "b"}),
        (
            b"Action=SetQueueAttributes&Attribute.Name=DelaySeconds&Attribute.Value=5",
            "Attributes",
            {"DelaySeconds": "5"},
        ),
    ],
)
def test_the_form_without_an_index_is_one_item(body, name, expected):
    assert read(body)[name] == expected


def test_a_list_sent_as_empty_is_empty():
    assert read(b"Action=UntagQueue&TagKey=")["TagKeys"] == []


def test_an_entry_without_a_value_is_empty_and_one_without_a_name_is_dropped():
    body = b"Action=TagQueue&Tag.1.Key=a&Tag.2.Value=b"
    assert read(body)["Tags"] == {"a": ""}


def test_the_path_of_a_queue_implies_its_url():
    assert read(b"Action=PurgeQueue", "/1/q") == {"QueueUrl": "http://h:1/1/q"}


def test_the_parameter_wins_over_the_path():
    assert read(b"Action=PurgeQueue&QueueUrl=other", "/1/q") == {"QueueUrl": "other"}


def test_another_queue_can_be_looked_up_on_the_path_of_a_queue():
    assert read(b"Action=GetQueueUrl&QueueName=other", "/1/q") == {"QueueName": "other"}


def test_query_string_and_form_are_taken_together():
    body = b"MessageBody=hi"
    parameters = read(body, "/1/q?Action=SendMessage&DelaySeconds=1")
    assert parameters == {"QueueUrl": "http://h:1/1/q", "MessageBody": "hi", "DelaySeconds": 1}


def test_a_body_that_is_no_form_is_not_looked_at():
    parameters = read(b"\xff", "/?Action=ListQueues", **{"content-type": "text/plain"})
    assert parameters == {}


def test_signing_parameters_and_a_version_are_not_parameters():
    body = b"Action=ListQueues&Version=2009-02-01&AWSAccessKeyId=a&X-Amz-Date=b&MaxResults=1"
    assert read(body) == {"MaxResults": 1}


def test_a_name_of_more_parts_than_any_member_has_is_unknown():
    assert read(b"Action=ListQueues&" + b"a." * 50 + b"b=1") == {}


@pytest.mark.parametrize("path", ["/1/q", "/1/q/"])
def test_a_queue_cannot_be_created_on_the_path_of_a_queue(path):
    with pytest.raises(InvalidAction, match=r"^The action CreateQueue is not valid for this "):
        read(b"Action=CreateQueue&QueueName=q", path)


def test_a_service_without_the_query_protocol_has_no_such_operations():
    request = HttpRequest("GET", "/?Action=ListFunctions", {}, b"")
    with pytest.raises(UnknownOperation):
        decode_call(Protocol(Form.QUERY_XML, "lambda"), request)
