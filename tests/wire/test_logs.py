"""CloudWatch Logs in AWS JSON 1.1: bytes written down, botocore as judge."""

import pytest
from botocore.exceptions import ClientError

from headrace.api.logs.table import OPERATIONS
from headrace.base.errors import ServiceError
from headrace.core.logs.errors import no_group
from headrace.wire.answer import encode_result
from headrace.wire.catalog import LOGS
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import route
from tests.wire.judge import REQUEST_ID, exchange, new_client

GROUP = {"logGroupName": "/aws/lambda/f"}
STREAM = {**GROUP, "logStreamName": "2026/11/28/[$LATEST]0f"}
AT = 1_795_000_000_123

GOLDENS = [
    (
        "CreateLogGroup",
        {**GROUP, "tags": {"a": "1"}},
        b'{"logGroupName": "/aws/lambda/f", "tags": {"a": "1"}}',
        {},
        b"",
    ),
    (
        "DescribeLogGroups",
        {"logGroupNamePrefix": "/aws", "limit": 5},
        b'{"logGroupNamePrefix": "/aws", "limit": 5}',
        {
            "logGroups": [
                {
                    "logGroupName": "/aws/lambda/f",
                    "creationTime": AT,
                    "retentionInDays": 7,
                    "metricFilterCount": 0,
                    "arn": "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:*",
                    "storedBytes": 0,
                }
            ]
        },
        (
            b'{"logGroups":[{"logGroupName":"/aws/lambda/f","creationTime":1795000000123,'
            b'"retentionInDays":7,"metricFilterCount":0,'
            b'"arn":"arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:*","storedBytes":0}]}'
        ),
    ),
    (
        "PutLogEvents",
        {**STREAM, "logEvents": [{"timestamp": AT, "message": "one\ntwo"}]},
        (
            b'{"logGroupName": "/aws/lambda/f", "logStreamName": "2026/11/28/[$LATEST]0f", '
            b'"logEvents": [{"timestamp": 1795000000123, "message": "one\\ntwo"}]}'
        ),
        {"nextSequenceToken": "7", "rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 0}},
        b'{"nextSequenceToken":"7","rejectedLogEventsInfo":{"tooNewLogEventStartIndex":0}}',
    ),
    (
        "GetLogEvents",
        {**STREAM, "startFromHead": True, "endTime": AT},
        (
            b'{"logGroupName": "/aws/lambda/f", "logStreamName": "2026/11/28/[$LATEST]0f", '
            b'"startFromHead": true, "endTime": 1795000000123}'
        ),
        {"events": [], "nextForwardToken": "f/0/s", "nextBackwardToken": "b/0/s"},
        b'{"events":[],"nextForwardToken":"f/0/s","nextBackwardToken":"b/0/s"}',
    ),
    (
        "FilterLogEvents",
        {**GROUP, "interleaved": True, "filterPattern": ""},
        b'{"logGroupName": "/aws/lambda/f", "interleaved": true, "filterPattern": ""}',
        {
            "events": [
                {
                    "logStreamName": "s",
                    "timestamp": AT,
                    "message": "m\n",
                    "ingestionTime": AT,
                    "eventId": "1",
                }
            ],
            "searchedLogStreams": [],
        },
        (
            b'{"events":[{"logStreamName":"s","timestamp":1795000000123,"message":"m\\n",'
            b'"ingestionTime":1795000000123,"eventId":"1"}],"searchedLogStreams":[]}'
        ),
    ),
    (
        "ListTagsForResource",
        {"resourceArn": "arn:aws:logs:eu-west-1:000000000000:log-group:/g"},
        b'{"resourceArn": "arn:aws:logs:eu-west-1:000000000000:log-group:/g"}',
        {"tags": {}},
        b'{"tags":{}}',
    ),
]


@pytest.fixture(scope="module")
def pair():
    return new_client("logs")


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden[0])
def test_requests_and_answers_are_these_bytes_and_botocore_understands_them(golden, pair):
    operation, parameters, body, result, text = golden
    headers = {"x-amz-target": f"Logs_20140328.{operation}"}
    call = route(HttpRequest("POST", "/", headers, body))
    assert (call.service, call.operation, call.parameters) == ("logs", operation, parameters)
    answer = encode_result(call, result, REQUEST_ID)
    assert (answer.status, answer.body) == (200, text)
    assert ("Content-Type", "application/x-amz-json-1.1") in answer.headers
    call, response = exchange(pair, operation, parameters, result)
    assert (call.parameters, response) == (parameters, result)
    assert pair[1].request.body == body


def test_an_error_has_its_code_and_awss_sentence(pair):
    with pytest.raises(ClientError) as refusal:
        exchange(pair, "DeleteLogGroup", GROUP, no_group())
    error = refusal.value.response["Error"]
    assert error == {
        "Code": "ResourceNotFoundException",
        "Message": "The specified log group does not exist.",
    }
    response = pair[1].response
    assert response.status == 400
    assert response.body == (
        b'{"__type":"ResourceNotFoundException",'
        b'"message":"The specified log group does not exist."}'
    )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            b'{"logGroupName": "a b"}',
            (
                "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
            ),
        ),
        (
            b"{}",
            (
                "1 validation error detected: Value null at 'logGroupName' failed to satisfy "
                "constraint: Member must not be null"
            ),
        ),
    ],
)
def test_a_broken_constraint_is_an_invalid_parameter(body, sentence):
    headers = {"x-amz-target": "Logs_20140328.CreateLogGroup"}
    with pytest.raises(ServiceError) as refusal:
        route(HttpRequest("POST", "/", headers, body))
    assert (refusal.value.code, refusal.value.message) == ("InvalidParameterException", sentence)


def test_what_is_served_and_what_is_in_the_table_are_the_same():
    assert set(OPERATIONS) == set(LOGS.operations)
