"""AWS JSON: members from the body, empty containers left out of answers."""

import pytest

from headrace.base.errors import InternalFailure
from headrace.wire.awsjson import encode_error, encode_result, without_empty, without_none
from headrace.wire.call import Form, Protocol
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import UnknownTarget
from headrace.wire.model import NULL
from headrace.wire.route import route


def call_of(operation, body=b"{}", path="/"):
    return route(HttpRequest("POST", path, {"x-amz-target": f"AmazonSQS.{operation}"}, body))


def test_an_empty_body_has_no_members():
    assert call_of("ListQueues", b"").parameters == {}


def test_null_and_unknown_members_are_absent():
    body = b'{"QueueNamePrefix": null, "MaxResults": 2, "Colour": {"a": [1]}}'
    assert call_of("ListQueues", body).parameters == {"MaxResults": 2}


def test_the_body_decides_also_on_the_path_of_a_queue():
    call = call_of("PurgeQueue", b'{"QueueUrl": "http://x/1/other"}', "/1/q")
    assert call.parameters == {"QueueUrl": "http://x/1/other"}


def test_numbers_for_attribute_values_become_text():
    body = b'{"QueueName": "q", "Attributes": {"DelaySeconds": 5, "FifoQueue": true}}'
    attributes = call_of("CreateQueue", body).parameters["Attributes"]
    assert attributes == {"DelaySeconds": "5", "FifoQueue": "true"}


def test_a_lone_surrogate_arrives_as_a_character_that_the_rules_forbid():
    body = b'{"QueueUrl": "q", "MessageBody": "a\\ud800b\\ud83d\\ude00"}'
    assert call_of("SendMessage", body).parameters["MessageBody"] == "a\uffffb\U0001f600"


def test_an_unknown_target_is_refused():
    with pytest.raises(UnknownTarget, match=r"AmazonSQS\.Fly"):
        call_of("Fly")


@pytest.mark.parametrize("value", [None, [], {}])
def test_empty_containers_are_left_out(value):
    assert encode_result(call_of("ListQueues"), {"QueueUrls": value}, "id").body == b"{}"


def test_empty_containers_are_left_out_of_messages():
    messages = [{"Body": "", "Attributes": {}, "MessageAttributes": {"a": {"DataType": "String"}}}]
    body = encode_result(call_of("ReceiveMessage"), {"Messages": messages}, "id").body
    assert body == b'{"Messages":[{"Body":"","MessageAttributes":{"a":{"DataType":"String"}}}]}'
    assert messages[0]["Attributes"] == {}, "the result is not changed"


def test_nothing_is_copied_when_nothing_is_left_out():
    result = {"MessageId": "m", "MD5OfMessageBody": "d"}
    assert without_empty(result) is result


@pytest.mark.parametrize("empty", [None, [], {}])
def test_what_is_empty_is_left_out_of_structures_in_a_list_however_many_are_full(empty):
    full = [{"a": "x", "b": 1} for _ in range(3)]
    assert without_empty({"l": full})["l"] is full
    assert without_empty({"l": [*full, {"a": "x", "b": empty}]}) == {"l": [*full, {"a": "x"}]}
    deep = {"l": [{"m": {"a": empty, "b": "x"}}]}
    assert without_empty(deep) == {"l": [{"m": {"b": "x"}}]}


def test_none_is_left_out_at_the_top_and_empty_lists_stay():
    assert without_none({"events": [], "token": None}) == {"events": []}


def test_null_is_written_where_a_result_says_so():
    assert encode_result(call_of("ListQueues"), {"NextToken": NULL}, "id").body == (
        b'{"NextToken":null}'
    )


def test_a_result_of_foreign_types_is_a_bug_of_ours():
    with pytest.raises(TypeError, match="object"):
        encode_result(call_of("ListQueues"), {"NextToken": object()}, "id")


def test_an_error_of_an_unknown_service_has_no_namespace():
    response = encode_error(Protocol(Form.JSON, ""), InternalFailure("x"), "id")
    assert response.body == b'{"__type":"InternalFailure","message":"x"}'
    assert ("Content-Type", "application/x-amz-json-1.0") in response.headers
