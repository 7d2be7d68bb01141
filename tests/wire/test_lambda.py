"""Lambda in REST-JSON: bytes written down, botocore as judge, every error as clients read it."""

import base64
from datetime import UTC, datetime
from typing import Any, NamedTuple

import botocore.exceptions
import pytest

from headrace.base.errors import ServiceError
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.model import NULL
from headrace.wire.route import identify, route
from tests.wire.judge import REQUEST_ID, exchange, lambda_client

ARN = "arn:aws:lambda:eu-west-1:000000000000:function:f"
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:orders"
ROLE = "arn:aws:iam::000000000000:role/r"
MAPPING = "91eaeb7e-c976-4939-9430-8c3bd2c1e5a1"
FUNCTIONS = "/2015-03-31/functions"
MAPPINGS = "/2015-03-31/event-source-mappings"
CONFIGURATION = {
    "FunctionName": "f",
    "FunctionArn": ARN,
    "Timeout": 3,
    "LastModified": "2026-11-23T06:37:12.345+0000",
    "State": "Pending",
    "Environment": {"Variables": {}},
    "Architectures": ["x86_64"],
}
CONFIGURATION_JSON = (
    b'{"FunctionName":"f","FunctionArn":"arn:aws:lambda:eu-west-1:000000000000:function:f",'
    b'"Timeout":3,"LastModified":"2026-11-23T06:37:12.345+0000","State":"Pending",'
    b'"Environment":{"Variables":{}},"Architectures":["x86_64"]}'
)
MAPPED = {
    "UUID": MAPPING,
    "BatchSize": 10,
    "EventSourceArn": QUEUE,
    "LastModified": 1763949999123,
    "State": "Creating",
    "FunctionResponseTypes": [],
}
MAPPED_JSON = (
    b'{"UUID":"91eaeb7e-c976-4939-9430-8c3bd2c1e5a1","BatchSize":10,'
    b'"EventSourceArn":"arn:aws:sqs:eu-west-1:000000000000:orders",'
    b'"LastModified":1763949999.123,"State":"Creating","FunctionResponseTypes":[]}'
)
#: Settings of a mapping that are structures.
RICH = {
    "FilterCriteria": {"Filters": [{"Pattern": '{"body":["a"]}'}]},
    "MetricsConfig": {"Metrics": ["EventCount"]},
    "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 10_000},
}


class Golden(NamedTuple):
    """One request and its answer: AWS's members, and the same as bytes."""

    operation: str
    parameters: dict[str, Any]
    method: str
    target: str
    body: bytes
    result: dict[str, Any]
    status: int
    answer: bytes
    headers: dict[str, str] = {}
    answer_headers: tuple[tuple[str, str], ...] = ()


GOLDENS = [
    Golden(
        "CreateFunction",
        {
            "FunctionName": "f",
            "Runtime": "python3.12",
            "Role": ROLE,
            "Handler": "m.h",
            "Code": {"ZipFile": b"PK\x05\x06"},
            "Timeout": 3,
            "Publish": True,
            "Environment": {"Variables": {"KEY": "é"}},
            "Layers": [],
        },
        "POST",
        FUNCTIONS,
        b'{"FunctionName": "f", "Runtime": "python3.12", "Role": "arn:aws:iam::000000000000:role/r", '
        b'"Handler": "m.h", "Code": {"ZipFile": "UEsFBg=="}, "Timeout": 3, "Publish": true, '
        b'"Environment": {"Variables": {"KEY": "\\u00e9"}}, "Layers": []}',
        CONFIGURATION,
        201,
        CONFIGURATION_JSON,
    ),
    Golden(
        "GetFunction",
        {"FunctionName": ARN, "Qualifier": "$LATEST"},
        "GET",
        f"{FUNCTIONS}/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af"
        "?Qualifier=%24LATEST",
        b"",
        {"Configuration": CONFIGURATION, "Code": {"RepositoryType": "S3"}, "Tags": {"a": "b"}},
        200,
        b'{"Configuration":'
        + CONFIGURATION_JSON
        + b',"Code":{"RepositoryType":"S3"},"Tags":{"a":"b"}}',
    ),
    Golden(
        "GetFunctionConfiguration",
        {"FunctionName": "f"},
        "GET",
        f"{FUNCTIONS}/f/configuration",
        b"",
        CONFIGURATION,
        200,
        CONFIGURATION_JSON,
    ),
    Golden(
        "ListFunctions",
        {"FunctionVersion": "ALL", "Marker": "a/b=", "MaxItems": 50},
        "GET",
        f"{FUNCTIONS}?FunctionVersion=ALL&Marker=a%2Fb%3D&MaxItems=50",
        b"",
        {"Functions": []},
        200,
        b'{"Functions":[]}',
    ),
    Golden(
        "UpdateFunctionCode",
        {"FunctionName": "f", "ZipFile": b"PK\x05\x06", "DryRun": False},
        "PUT",
        f"{FUNCTIONS}/f/code",
        b'{"ZipFile": "UEsFBg==", "DryRun": false}',
        CONFIGURATION,
        200,
        CONFIGURATION_JSON,
    ),
    Golden(
        "UpdateFunctionConfiguration",
        {"FunctionName": "f", "MemorySize": 256, "Environment": {"Variables": {}}},
        "PUT",
        f"{FUNCTIONS}/f/configuration",
        b'{"MemorySize": 256, "Environment": {"Variables": {}}}',
        CONFIGURATION,
        200,
        CONFIGURATION_JSON,
    ),
    Golden(
        "Invoke",
        {
            "FunctionName": "f",
            "InvocationType": "RequestResponse",
            "LogType": "Tail",
            "ClientContext": "e30=",
            "Payload": b'{"a": 1}',
            "Qualifier": "prod",
        },
        "POST",
        f"{FUNCTIONS}/f/invocations?Qualifier=prod",
        b'{"a": 1}',
        {
            "StatusCode": 200,
            "FunctionError": "Unhandled",
            "LogResult": base64.b64encode(b"START").decode(),
            "ExecutedVersion": "$LATEST",
            "Payload": b"null",
        },
        200,
        b"null",
        {
            "x-amz-invocation-type": "RequestResponse",
            "x-amz-log-type": "Tail",
            "x-amz-client-context": "e30=",
        },
        (
            ("X-Amz-Function-Error", "Unhandled"),
            ("X-Amz-Log-Result", "U1RBUlQ="),
            ("X-Amz-Executed-Version", "$LATEST"),
        ),
    ),
    Golden(
        "CreateEventSourceMapping",
        {
            "EventSourceArn": QUEUE,
            "FunctionName": "f",
            "Enabled": True,
            "BatchSize": 10,
            "StartingPositionTimestamp": 1763949999000,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
        "POST",
        MAPPINGS,
        b'{"EventSourceArn": "arn:aws:sqs:eu-west-1:000000000000:orders", "FunctionName": "f", '
        b'"Enabled": true, "BatchSize": 10, "StartingPositionTimestamp": 1763949999, '
        b'"FunctionResponseTypes": ["ReportBatchItemFailures"]}',
        MAPPED,
        202,
        MAPPED_JSON,
    ),
    Golden(
        "GetEventSourceMapping",
        {"UUID": MAPPING},
        "GET",
        f"{MAPPINGS}/{MAPPING}",
        b"",
        MAPPED,
        200,
        MAPPED_JSON,
    ),
    Golden(
        "ListEventSourceMappings",
        {"EventSourceArn": QUEUE, "FunctionName": "f"},
        "GET",
        f"{MAPPINGS}?EventSourceArn=arn%3Aaws%3Asqs%3Aeu-west-1%3A000000000000%3Aorders"
        "&FunctionName=f",
        b"",
        {"EventSourceMappings": [MAPPED]},
        200,
        b'{"EventSourceMappings":[' + MAPPED_JSON + b"]}",
    ),
    Golden(
        "UpdateEventSourceMapping",
        {"UUID": MAPPING, "FunctionName": "f", "Enabled": False, "ScalingConfig": {}},
        "PUT",
        f"{MAPPINGS}/{MAPPING}",
        b'{"FunctionName": "f", "Enabled": false, "ScalingConfig": {}}',
        MAPPED,
        202,
        MAPPED_JSON,
    ),
    Golden(
        "UpdateEventSourceMapping",
        {"UUID": MAPPING, **RICH, "KMSKeyArn": ""},
        "PUT",
        f"{MAPPINGS}/{MAPPING}",
        b'{"FilterCriteria": {"Filters": [{"Pattern": "{\\"body\\":[\\"a\\"]}"}]}, '
        b'"MetricsConfig": {"Metrics": ["EventCount"]}, "ProvisionedPollerConfig": '
        b'{"MinimumPollers": 2, "MaximumPollers": 10000}, "KMSKeyArn": ""}',
        {**MAPPED, **RICH},
        202,
        MAPPED_JSON[:-1]
        + b',"FilterCriteria":{"Filters":[{"Pattern":"{\\"body\\":[\\"a\\"]}"}]},'
        + b'"MetricsConfig":{"Metrics":["EventCount"]},'
        + b'"ProvisionedPollerConfig":{"MinimumPollers":2,"MaximumPollers":10000}}',
    ),
    Golden(
        "DeleteEventSourceMapping",
        {"UUID": MAPPING},
        "DELETE",
        f"{MAPPINGS}/{MAPPING}",
        b"",
        MAPPED,
        202,
        MAPPED_JSON,
    ),
]
every_golden = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.operation)


def at(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def as_botocore_has_it(value):
    """Replace our instants by botocore's datetimes."""
    if isinstance(value, dict):
        return {
            name: at(item)
            if (name, type(item)) == ("LastModified", int) or name == "StartingPositionTimestamp"
            else as_botocore_has_it(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [as_botocore_has_it(item) for item in value]
    return value


def without_streams(response):
    """Read streams to their end."""
    return {
        name: value.read() if hasattr(value, "read") else value for name, value in response.items()
    }


@every_golden
def test_a_request_is_read(golden):
    call = route(HttpRequest(golden.method, golden.target, golden.headers, golden.body))
    assert (call.service, call.operation) == ("lambda", golden.operation)
    assert call.parameters == golden.parameters


@every_golden
def test_an_answer_is_written_to_the_byte(golden):
    call = route(HttpRequest(golden.method, golden.target, golden.headers, golden.body))
    response = encode_result(call, golden.result, REQUEST_ID)
    assert response.status == golden.status
    assert response.headers == [
        ("x-amzn-RequestId", REQUEST_ID),
        *golden.answer_headers,
        ("Content-Type", "application/json"),
    ]
    assert response.body == golden.answer


@every_golden
def test_botocore_and_the_wire_understand_each_other(golden):
    parameters = as_botocore_has_it(golden.parameters)
    call, response = exchange(lambda_client(), golden.operation, parameters, golden.result)
    assert (call.operation, call.parameters) == (golden.operation, golden.parameters)
    assert without_streams(response) == as_botocore_has_it(golden.result)
    request = lambda_client()[1].request
    assert (request.method, request.target) == (golden.method, golden.target)
    assert request.body == golden.body


def test_delete_function_is_answered_with_204_and_nothing_else():
    request = HttpRequest("DELETE", f"{FUNCTIONS}/f", {}, b"")
    response = encode_result(route(request), {}, REQUEST_ID)
    assert (response.status, response.body) == (204, b"")
    assert response.headers == [("x-amzn-RequestId", REQUEST_ID)]
    _, parsed = exchange(lambda_client(), "DeleteFunction", {"FunctionName": "f"}, {})
    assert parsed == {"StatusCode": 204}


@pytest.mark.parametrize("kind, status", [("Event", 202), ("DryRun", 204)])
def test_an_invoke_that_gives_no_payload_has_an_empty_body(kind, status):
    parameters = {"FunctionName": "f", "InvocationType": kind}
    call, response = exchange(lambda_client(), "Invoke", parameters, {"StatusCode": status})
    assert call.parameters["Payload"] == b""
    assert without_streams(response) == {"StatusCode": status, "Payload": b""}
    assert lambda_client()[1].response.body == b""


def test_null_is_written_where_a_result_says_so_and_none_is_left_out():
    result = {"UUID": MAPPING, "EventSourceArn": NULL, "BatchSize": None, "State": "Enabled"}
    call = route(HttpRequest("GET", f"{MAPPINGS}/{MAPPING}", {}, b""))
    response = encode_result(call, result, REQUEST_ID)
    assert response.body == (
        b'{"UUID":"91eaeb7e-c976-4939-9430-8c3bd2c1e5a1","EventSourceArn":null,"State":"Enabled"}'
    )


class ResourceNotFoundException(ServiceError):
    code = "ResourceNotFoundException"
    status = 404


class PreconditionFailedException(ServiceError):
    code = "PreconditionFailedException"
    status = 412


class TooManyRequestsException(ServiceError):
    code = "TooManyRequestsException"
    status = 429


class AccessDeniedException(ServiceError):
    code = "AccessDeniedException"
    status = 403


TEXT = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetPolicy API to retrieve the latest Revision Id"
)
REFUSALS = [
    (
        ResourceNotFoundException(f"Function not found: {ARN}", Type="User"),
        b'{"Type":"User","Message":"Function not found: ' + ARN.encode() + b'"}',
        {},
    ),
    (
        PreconditionFailedException(TEXT, Type="User"),
        b'{"Type":"User","message":"' + TEXT.encode() + b'"}',
        {},
    ),
    (
        TooManyRequestsException(
            "Rate Exceeded.",
            Type="User",
            Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
            retryAfterSeconds="1",
        ),
        b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
        {"Retry-After": "1"},
    ),
    (AccessDeniedException("no"), b'{"Message":"no"}', {}),
]


@pytest.mark.parametrize("error, body, headers", REFUSALS, ids=lambda part: type(part).__name__)
def test_an_error_is_written_to_the_byte(error, body, headers):
    request = HttpRequest("GET", f"{FUNCTIONS}/f", {}, b"")
    response = encode_error(identify(request), error, REQUEST_ID)
    assert response.status == error.status
    assert dict(response.headers) == {
        "x-amzn-RequestId": REQUEST_ID,
        "x-amzn-ErrorType": error.code,
        "Content-Type": "application/json",
        **headers,
    }
    assert response.body == body


def test_the_recorded_revision_error_has_its_recorded_length():
    request = HttpRequest("GET", f"{FUNCTIONS}/f", {}, b"")
    response = encode_error(
        identify(request), PreconditionFailedException(TEXT, Type="User"), REQUEST_ID
    )
    assert len(response.body) == 149  # spec/lambda.md L-A1


@pytest.mark.parametrize("error", [error for error, _, _ in REFUSALS], ids=lambda error: error.code)
def test_botocore_reads_an_error(error):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        exchange(lambda_client(), "GetFunction", {"FunctionName": "f"}, error)
    response = caught.value.response
    assert response["Error"]["Code"] == error.code
    assert response["Error"]["Message"] == error.message
    assert response["ResponseMetadata"]["HTTPStatusCode"] == error.status
    if type(caught.value).__name__ != "ClientError":  # modelled: further members are shown
        assert {name: response[name] for name in error.members} == error.members


def test_an_unknown_route_is_a_404_in_rest_json():
    request = HttpRequest("PATCH", f"{FUNCTIONS}/f", {}, b"")
    with pytest.raises(ServiceError) as caught:
        route(request)
    response = encode_error(identify(request), caught.value, REQUEST_ID)
    assert response.status == 404
    assert ("x-amzn-ErrorType", "UnknownOperationException") in response.headers


def test_constraint_violations_reach_the_client_as_validation_exception():
    request = HttpRequest("GET", f"{FUNCTIONS}/f/configuration?Qualifier={'q' * 129}", {}, b"")
    with pytest.raises(ServiceError) as caught:
        route(request)
    response = encode_error(identify(request), caught.value, REQUEST_ID)
    assert (response.status, response.body) == (
        400,
        b'{"message":"1 validation error detected: Value \'' + b"q" * 129 + b"' at 'qualifier' "
        b'failed to satisfy constraint: Member must have length less than or equal to 128"}',
    )
