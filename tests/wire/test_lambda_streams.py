"""InvokeWithResponseStream: botocore reads our events, and tells a broken frame."""

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer

from headrace.api.functions.streaming import answer_stream, broken_off, chunk, head
from headrace.core.functions.replies import Done, Invoked
from headrace.wire.answer import encode_next_event, encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import decode, identify
from tests.wire.judge import REQUEST_ID, exchange, lambda_client

TARGET = "/2021-11-15/functions/f:live/response-streaming-invocations"


def call_of(headers=None, method="POST", target=TARGET):
    request = HttpRequest(method, target, {"host": "h", **(headers or {})}, b'{"a":1}')
    return decode(identify(request), request)


def events_of(data):
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(one.headers, one.payload) for one in buffer]


def test_the_request_brings_payload_name_and_headers():
    call = call_of({"x-amz-log-type": "Tail", "x-amz-invocation-type": "DryRun"})
    assert call.operation == "InvokeWithResponseStream"
    assert call.parameters == {
        "FunctionName": "f:live",
        "Payload": b'{"a":1}',
        "LogType": "Tail",
        "InvocationType": "DryRun",
    }


def test_the_head_names_version_and_media_type_and_has_no_body():
    response = encode_result(call_of(), head("7"), REQUEST_ID)
    assert (response.status, response.body) == (200, b"")
    assert dict(response.headers) == {
        "x-amzn-RequestId": REQUEST_ID,
        "X-Amz-Executed-Version": "7",
        "Content-Type": "application/vnd.amazon.eventstream",
    }


def test_botocore_reads_pieces_and_the_end_in_their_order():
    call = call_of()
    data = encode_next_event(call, chunk(b"one")) + encode_next_event(call, chunk(b"\x00" * 70_000))
    reply = Invoked(REQUEST_ID, "7", b'{"errorType":"E"}', "Unhandled", b"log")
    answer = answer_stream({}, None, reply, {})
    data += encode_result(call, answer, REQUEST_ID).body
    found = events_of(data)
    assert [headers[":event-type"] for headers, _ in found] == [
        "PayloadChunk",
        "PayloadChunk",
        "InvokeComplete",
    ]
    assert [payload for _, payload in found][:2] == [b"one", b"\x00" * 70_000]
    assert found[2][1] == (
        b'{"ErrorCode":"Unhandled","ErrorDetails":"{\\"errorType\\":\\"E\\"}","LogResult":"bG9n"}'
    )
    assert all(headers[":message-type"] == "event" for headers, _ in found)


def test_botocore_is_a_judge_that_can_say_no():
    data = bytearray(encode_next_event(call_of(), broken_off("ServiceException", "Oh.")))
    data[-6] ^= 1
    with pytest.raises(ChecksumMismatch):
        events_of(bytes(data))


def test_a_dry_run_is_a_status():
    answer = answer_stream({}, None, Done(), {})
    response = encode_result(call_of(), answer, REQUEST_ID)
    assert (response.status, response.headers, response.body) == (
        204,
        [("x-amzn-RequestId", REQUEST_ID)],
        b"",
    )


def test_a_client_of_botocore_gets_the_members():
    reply = Invoked(REQUEST_ID, "7", b"[1]", None, b"log")
    answer = answer_stream({}, None, reply, {})
    parameters = {"FunctionName": "f", "Payload": b"{}", "Qualifier": "live", "LogType": "Tail"}
    call, response = exchange(lambda_client(), "InvokeWithResponseStream", parameters, answer)
    assert call.parameters == parameters
    assert list(response.pop("EventStream")) == [
        {"PayloadChunk": {"Payload": b"[1]"}},
        {"InvokeComplete": {"LogResult": "bG9n"}},
    ]
    assert response == {
        "StatusCode": 200,
        "ExecutedVersion": "7",
        "ResponseStreamContentType": "application/vnd.amazon.eventstream",
    }
