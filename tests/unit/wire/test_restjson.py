"""REST-JSON: members are where the model binds them."""

import pytest

from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import (
    MalformedQueryString,
    SerializationException,
    UnknownOperation,
    ValidationException,
)
from headrace.wire.restjson import encode_result
from headrace.wire.route import route

FUNCTIONS = "/2015-03-31/functions"


def call_of(method, target, body=b"", **headers):
    return route(HttpRequest(method, target, headers, body))


def test_a_name_may_be_an_arn_with_its_colons_encoded_or_not():
    arn = "arn:aws:lambda:eu-west-1:000000000000:function:f"
    for written in (arn, arn.replace(":", "%3A")):
        assert call_of("GET", f"{FUNCTIONS}/{written}").parameters == {"FunctionName": arn}


def test_a_list_in_the_query_string_is_repeated():
    target = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af"
    call = call_of("DELETE", f"{target}?tagKeys=a&tagKeys=b+c")
    assert call.operation == "UntagResource"
    assert call.parameters["TagKeys"] == ["a", "b c"]


def test_numbers_in_path_and_query_are_numbers():
    call = call_of("GET", "/2018-10-31/layers/l/versions/7")
    assert call.parameters == {"LayerName": "l", "VersionNumber": 7}
    assert call_of("GET", f"{FUNCTIONS}?MaxItems=5").parameters == {"MaxItems": 5}
    with pytest.raises(SerializationException):
        call_of("GET", f"{FUNCTIONS}?MaxItems=five")


def test_the_name_in_the_path_cannot_be_contradicted_by_the_body():
    call = call_of("PUT", f"{FUNCTIONS}/f/code", b'{"FunctionName": "g", "DryRun": true}')
    assert call.parameters == {"FunctionName": "f", "DryRun": True}


def test_a_payload_is_not_looked_into():
    assert call_of("POST", f"{FUNCTIONS}/f/invocations", b"\xff{").parameters == {
        "FunctionName": "f",
        "Payload": b"\xff{",
    }


def test_a_payload_that_is_a_structure_is_the_whole_body():
    arn = "arn:aws:lambda:eu-west-1:000000000000:function:f:1/durable-execution/n/i"
    target = f"/2025-12-01/durable-executions/{arn.replace('/', '%2F')}/stop"
    call = call_of("POST", target, b'{"ErrorType": "Stopped"}')
    assert call.parameters == {"DurableExecutionArn": arn, "Error": {"ErrorType": "Stopped"}}
    assert "Error" not in call_of("POST", target).parameters


def test_headers_that_no_member_is_bound_to_come_with_the_call():
    call = call_of("POST", f"{FUNCTIONS}/f/invocations", b"", **{"x-amzn-trace-id": "Root=1"})
    assert call.headers["x-amzn-trace-id"] == "Root=1"


def test_constraints_are_checked():
    with pytest.raises(ValidationException, match="Value null at 'role'"):
        call_of("POST", FUNCTIONS, b'{"FunctionName": "f", "Code": {}}')


def test_what_is_no_route_or_no_percent_encoding_is_refused():
    with pytest.raises(UnknownOperation, match="POST /2015-03-31/nothing"):
        call_of("POST", "/2015-03-31/nothing")
    with pytest.raises(MalformedQueryString):
        call_of("GET", f"{FUNCTIONS}/%f")


def test_an_operation_without_output_has_its_status_and_no_body():
    target = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af"
    call = call_of("POST", target, b'{"Tags": {"a": "b"}}')
    response = encode_result(call, {}, "id")
    assert (response.status, response.headers, response.body) == (
        204,
        [("x-amzn-RequestId", "id")],
        b"",
    )


def test_blobs_maps_and_times_are_written_as_the_model_says():
    call = call_of("GET", "/2015-03-31/event-source-mappings/91eaeb7e-c976-4939-9430-8c3bd2c1e5a1")
    result = {"LastModified": 1_500, "Unknown": b"\x00", "ScalingConfig": {"x": None}}
    assert encode_result(call, result, "id").body == (
        b'{"LastModified":1.5,"Unknown":"AA==","ScalingConfig":{}}'
    )
    call = call_of("GET", f"{FUNCTIONS}/f")
    assert encode_result(call, {"Tags": {"a": "b", "c": None}}, "id").body == b'{"Tags":{"a":"b"}}'
