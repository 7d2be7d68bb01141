"""Versions, aliases, concurrency and tags in REST-JSON: bytes written down, botocore as judge."""

import pytest

from headrace.wire.answer import encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import route
from tests.wire.judge import REQUEST_ID, exchange, lambda_client
from tests.wire.test_lambda import (
    ARN,
    CONFIGURATION,
    CONFIGURATION_JSON,
    FUNCTIONS,
    Golden,
    without_streams,
)

ALIAS = {
    "AliasArn": f"{ARN}:live",
    "Name": "live",
    "FunctionVersion": "1",
    "Description": "",
    "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.05}},
    "RevisionId": "r",
}
ALIAS_JSON = (
    b'{"AliasArn":"arn:aws:lambda:eu-west-1:000000000000:function:f:live","Name":"live",'
    b'"FunctionVersion":"1","Description":"",'
    b'"RoutingConfig":{"AdditionalVersionWeights":{"2":0.05}},"RevisionId":"r"}'
)
PROVISIONED = {
    "RequestedProvisionedConcurrentExecutions": 2,
    "AvailableProvisionedConcurrentExecutions": 0,
    "AllocatedProvisionedConcurrentExecutions": 0,
    "Status": "IN_PROGRESS",
    "LastModified": "2026-11-23T06:37:12.345+0000",
}
PROVISIONED_JSON = (
    b'{"RequestedProvisionedConcurrentExecutions":2,'
    b'"AvailableProvisionedConcurrentExecutions":0,"AllocatedProvisionedConcurrentExecutions":0,'
    b'"Status":"IN_PROGRESS","LastModified":"2026-11-23T06:37:12.345+0000"}'
)
RESERVED = {"ReservedConcurrentExecutions": 0}
AHEAD = "/2019-09-30/functions/f/provisioned-concurrency"
TAGS = "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af"
ALIASES = f"{FUNCTIONS}/f/aliases"

GOLDENS = [
    Golden(
        "PublishVersion",
        {"FunctionName": "f", "CodeSha256": "eA==", "Description": "d", "RevisionId": "r"},
        "POST",
        f"{FUNCTIONS}/f/versions",
        b'{"CodeSha256": "eA==", "Description": "d", "RevisionId": "r"}',
        CONFIGURATION,
        201,
        CONFIGURATION_JSON,
    ),
    Golden(
        "ListVersionsByFunction",
        {"FunctionName": "f", "Marker": "a=", "MaxItems": 2},
        "GET",
        f"{FUNCTIONS}/f/versions?Marker=a%3D&MaxItems=2",
        b"",
        {"Versions": [CONFIGURATION], "NextMarker": "b"},
        200,
        b'{"Versions":[' + CONFIGURATION_JSON + b'],"NextMarker":"b"}',
    ),
    Golden(
        "CreateAlias",
        {
            "FunctionName": "f",
            "Name": "live",
            "FunctionVersion": "1",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.05}},
        },
        "POST",
        ALIASES,
        b'{"Name": "live", "FunctionVersion": "1", '
        b'"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.05}}}',
        ALIAS,
        201,
        ALIAS_JSON,
    ),
    Golden(
        "UpdateAlias",
        {"FunctionName": "f", "Name": "live", "FunctionVersion": "2", "RevisionId": "r"},
        "PUT",
        f"{ALIASES}/live",
        b'{"FunctionVersion": "2", "RevisionId": "r"}',
        ALIAS,
        200,
        ALIAS_JSON,
    ),
    Golden(
        "GetAlias",
        {"FunctionName": "f", "Name": "live"},
        "GET",
        f"{ALIASES}/live",
        b"",
        ALIAS,
        200,
        ALIAS_JSON,
    ),
    Golden(
        "ListAliases",
        {"FunctionName": "f", "FunctionVersion": "1"},
        "GET",
        f"{ALIASES}?FunctionVersion=1",
        b"",
        {"Aliases": [ALIAS]},
        200,
        b'{"Aliases":[' + ALIAS_JSON + b"]}",
    ),
    Golden(
        "PutFunctionConcurrency",
        {"FunctionName": "f", "ReservedConcurrentExecutions": 0},
        "PUT",
        "/2017-10-31/functions/f/concurrency",
        b'{"ReservedConcurrentExecutions": 0}',
        RESERVED,
        200,
        b'{"ReservedConcurrentExecutions":0}',
    ),
    Golden(
        "GetFunctionConcurrency",
        {"FunctionName": "f"},
        "GET",
        "/2019-09-30/functions/f/concurrency",
        b"",
        {},
        200,
        b"{}",
    ),
    Golden(
        "GetAccountSettings",
        {},
        "GET",
        "/2016-08-19/account-settings",
        b"",
        {"AccountLimit": {"ConcurrentExecutions": 1000}, "AccountUsage": {"FunctionCount": 1}},
        200,
        b'{"AccountLimit":{"ConcurrentExecutions":1000},"AccountUsage":{"FunctionCount":1}}',
    ),
    Golden(
        "PutProvisionedConcurrencyConfig",
        {"FunctionName": "f", "Qualifier": "live", "ProvisionedConcurrentExecutions": 2},
        "PUT",
        f"{AHEAD}?Qualifier=live",
        b'{"ProvisionedConcurrentExecutions": 2}',
        PROVISIONED,
        202,
        PROVISIONED_JSON,
    ),
    Golden(
        "GetProvisionedConcurrencyConfig",
        {"FunctionName": "f", "Qualifier": "1"},
        "GET",
        f"{AHEAD}?Qualifier=1",
        b"",
        PROVISIONED,
        200,
        PROVISIONED_JSON,
    ),
    Golden(
        "ListProvisionedConcurrencyConfigs",
        {"FunctionName": "f"},
        "GET",
        f"{AHEAD}?List=ALL",
        b"",
        {"ProvisionedConcurrencyConfigs": [PROVISIONED]},
        200,
        b'{"ProvisionedConcurrencyConfigs":[' + PROVISIONED_JSON + b"]}",
    ),
    Golden(
        "ListTags",
        {"Resource": ARN},
        "GET",
        TAGS,
        b"",
        {"Tags": {}},
        200,
        b'{"Tags":{}}',
    ),
]
#: Operations that are answered with 204 and nothing else.
SILENT = [
    ("DeleteAlias", {"FunctionName": "f", "Name": "live"}, "DELETE", f"{ALIASES}/live", b""),
    (
        "DeleteFunctionConcurrency",
        {"FunctionName": "f"},
        "DELETE",
        "/2017-10-31/functions/f/concurrency",
        b"",
    ),
    (
        "DeleteProvisionedConcurrencyConfig",
        {"FunctionName": "f", "Qualifier": "1"},
        "DELETE",
        f"{AHEAD}?Qualifier=1",
        b"",
    ),
    (
        "TagResource",
        {"Resource": ARN, "Tags": {"a": "b"}},
        "POST",
        TAGS,
        b'{"Tags": {"a": "b"}}',
    ),
    (
        "UntagResource",
        {"Resource": ARN, "TagKeys": ["a", "b"]},
        "DELETE",
        f"{TAGS}?tagKeys=a&tagKeys=b",
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


@pytest.mark.parametrize("row", SILENT, ids=lambda row: row[0])
def test_what_is_done_silently_is_a_204_without_a_body(row):
    operation, parameters, method, target, body = row
    call = route(HttpRequest(method, target, {}, body))
    assert (call.operation, call.parameters) == (operation, parameters)
    answer = encode_result(call, {}, REQUEST_ID)
    assert (answer.status, answer.body) == (204, b"")
    _, response = exchange(lambda_client(), operation, parameters, {})
    assert without_streams(response) == {}
    request = lambda_client()[1].request
    assert (request.method, request.target, request.body) == (method, target, body)


@pytest.mark.parametrize(
    ("target", "body", "text"),
    [
        (
            ALIASES,
            b'{"Name":"2024","FunctionVersion":"1"}',
            (
                "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
            ),
        ),
        (
            ALIASES,
            (
                b'{"Name":"a","FunctionVersion":"1",'
                b'"RoutingConfig":{"AdditionalVersionWeights":{"2":2.0}}}'
            ),
            (
                "1 validation error detected: Value '{2=2.0}' at "
                "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value "
                "must satisfy constraint: [Member must have value less than or equal to 1.0, Member "
                "must have value greater than or equal to 0.0, Member must not be null]"
            ),
        ),
        (
            ALIASES,
            (
                b'{"Name":"a","FunctionVersion":"1",'
                b'"RoutingConfig":{"AdditionalVersionWeights":{"$LATEST":0.5}}}'
            ),
            (
                "1 validation error detected: Value '{$LATEST=0.5}' at "
                "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must "
                "satisfy constraint: [Member must have length less than or equal to 1024, Member must "
                "have length greater than or equal to 1, Member must satisfy regular expression "
                "pattern: [0-9]+]"
            ),
        ),
    ],
)
def test_what_breaks_the_model_is_told_in_awss_words(target, body, text):
    with pytest.raises(Exception) as refusal:
        route(HttpRequest("POST", target, {}, body))
    assert refusal.value.message == text
