"""Function URLs in REST-JSON: bytes written down, botocore as judge."""

import pytest

from headrace.wire.answer import encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import ValidationException
from headrace.wire.route import route
from tests.wire.judge import REQUEST_ID, exchange, lambda_client
from tests.wire.test_lambda import Golden, without_streams

URL = "/2021-10-31/functions/f/url"
CORS = {
    "AllowCredentials": True,
    "AllowHeaders": ["x-a"],
    "AllowMethods": ["*"],
    "AllowOrigins": ["https://a.example"],
    "ExposeHeaders": ["x-b"],
    "MaxAge": 60,
}
CORS_JSON = (
    b'{"AllowCredentials": true, "AllowHeaders": ["x-a"], "AllowMethods": ["*"], '
    b'"AllowOrigins": ["https://a.example"], "ExposeHeaders": ["x-b"], "MaxAge": 60}'
)
MADE = {
    "FunctionUrl": "http://abc.lambda-url.eu-west-1.localhost:4566/",
    "FunctionArn": "arn:aws:lambda:eu-west-1:000000000000:function:f",
    "AuthType": "NONE",
    "Cors": {"MaxAge": 60},
    "CreationTime": "2026-11-18T11:06:40.000Z",
}
MADE_JSON = (
    b'{"FunctionUrl":"http://abc.lambda-url.eu-west-1.localhost:4566/",'
    b'"FunctionArn":"arn:aws:lambda:eu-west-1:000000000000:function:f","AuthType":"NONE",'
    b'"Cors":{"MaxAge":60},"CreationTime":"2026-11-18T11:06:40.000Z"'
)
SHOWN = MADE | {"LastModifiedTime": "2026-11-18T11:06:41.000Z", "InvokeMode": "BUFFERED"}
SHOWN_JSON = MADE_JSON + b',"LastModifiedTime":"2026-11-18T11:06:41.000Z","InvokeMode":"BUFFERED"}'

GOLDENS = [
    Golden(
        "CreateFunctionUrlConfig",
        {
            "FunctionName": "f",
            "Qualifier": "live",
            "AuthType": "NONE",
            "Cors": CORS,
            "InvokeMode": "BUFFERED",
        },
        "POST",
        f"{URL}?Qualifier=live",
        b'{"AuthType": "NONE", "Cors": ' + CORS_JSON + b', "InvokeMode": "BUFFERED"}',
        MADE,
        201,
        MADE_JSON + b"}",
    ),
    Golden(
        "UpdateFunctionUrlConfig",
        {"FunctionName": "f", "Cors": {}},
        "PUT",
        URL,
        b'{"Cors": {}}',
        SHOWN,
        200,
        SHOWN_JSON,
    ),
    Golden(
        "GetFunctionUrlConfig",
        {"FunctionName": "f", "Qualifier": "live"},
        "GET",
        f"{URL}?Qualifier=live",
        b"",
        SHOWN,
        200,
        SHOWN_JSON,
    ),
    Golden(
        "ListFunctionUrlConfigs",
        {"FunctionName": "f", "Marker": "a=", "MaxItems": 2},
        "GET",
        f"{URL}s?Marker=a%3D&MaxItems=2",
        b"",
        {"FunctionUrlConfigs": [SHOWN], "NextMarker": "b"},
        200,
        b'{"FunctionUrlConfigs":[' + SHOWN_JSON + b'],"NextMarker":"b"}',
    ),
    Golden(
        "DeleteFunctionUrlConfig",
        {"FunctionName": "f", "Qualifier": "live"},
        "DELETE",
        f"{URL}?Qualifier=live",
        b"",
        {},
        204,
        b"",
    ),
]


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.operation)
def test_requests_and_answers_are_these_bytes_and_botocore_understands_them(golden):
    call = route(HttpRequest(golden.method, golden.target, golden.headers, golden.body))
    assert (call.operation, call.parameters) == (golden.operation, golden.parameters)
    answer = encode_result(call, golden.result, REQUEST_ID)
    assert (answer.status, answer.body) == (golden.status, golden.answer)
    _, response = exchange(lambda_client(), golden.operation, golden.parameters, golden.result)
    assert without_streams(response) == golden.result
    request = lambda_client()[1].request
    assert (request.method, request.target) == (golden.method, golden.target)
    assert request.body == golden.body


@pytest.mark.parametrize(
    ("query", "body", "part"),
    [
        (
            "?Qualifier=1",
            b'{"AuthType":"NONE"}',
            (
                "'1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
            ),
        ),
        (
            "?Qualifier=%24LATEST",
            b'{"AuthType":"NONE"}',
            (
                "'$LATEST' at 'qualifier' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"
            ),
        ),
        (
            "",
            b'{"AuthType":"NONE","InvokeMode":"UNKNOWN"}',
            (
                "'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum "
                "value set: [RESPONSE_STREAM, BUFFERED]"
            ),
        ),
        (
            "",
            b'{"AuthType":"NONE","Cors":{"MaxAge":86401}}',
            (
                "'86401' at 'cors.maxAge' failed to satisfy constraint: Member must have value less "
                "than or equal to 86400"
            ),
        ),
        (
            "",
            b"{}",
            "null at 'authType' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_what_the_model_forbids_is_told_in_awss_words(query, body, part):
    """L-A80 and L-A81; before anything is looked up."""
    with pytest.raises(ValidationException) as refusal:
        route(HttpRequest("POST", f"{URL}{query}", {}, body))
    assert refusal.value.message == f"1 validation error detected: Value {part}"
