"""Policies of functions in REST-JSON: bytes written down, botocore as judge."""

import pytest

from headrace.core.functions.errors import PolicyLengthExceeded, PreconditionFailed
from headrace.wire.answer import encode_error, encode_result
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import ValidationException
from headrace.wire.route import identify, route
from tests.wire.judge import REQUEST_ID, exchange, lambda_client
from tests.wire.test_lambda import FUNCTIONS, Golden, without_streams

ARN = "arn:aws:lambda:eu-west-1:000000000000:function:f"
ESCAPED = "arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af"
RESOURCE = f"/2026-07-09/resource-policy/{ESCAPED}"
REVISION = "5b1f8d8e-0000-4000-8000-0242ac120002"

GOLDENS = [
    Golden(
        "AddPermission",
        {
            "FunctionName": "f",
            "StatementId": "s",
            "Action": "lambda:InvokeFunction",
            "Principal": "*",
            "SourceArn": "arn:aws:s3:::b",
            "SourceAccount": "111122223333",
            "EventSourceToken": "t",
            "RevisionId": "r",
            "PrincipalOrgID": "o-a1b2c3d4e5",
            "InvokedViaFunctionUrl": True,
            "Qualifier": "live",
        },
        "POST",
        f"{FUNCTIONS}/f/policy?Qualifier=live",
        b'{"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*", '
        b'"SourceArn": "arn:aws:s3:::b", "SourceAccount": "111122223333", '
        b'"EventSourceToken": "t", "RevisionId": "r", "PrincipalOrgID": "o-a1b2c3d4e5", '
        b'"InvokedViaFunctionUrl": true}',
        {"Statement": '{"Sid":"s"}'},
        201,
        b'{"Statement":"{\\"Sid\\":\\"s\\"}"}',
    ),
    Golden(
        "AddPermission",
        {
            "FunctionName": ARN,
            "StatementId": "s",
            "Action": "lambda:InvokeFunctionUrl",
            "Principal": "*",
            "FunctionUrlAuthType": "NONE",
        },
        "POST",
        f"{FUNCTIONS}/{ESCAPED}/policy",
        b'{"StatementId": "s", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", '
        b'"FunctionUrlAuthType": "NONE"}',
        {"Statement": "{}"},
        201,
        b'{"Statement":"{}"}',
    ),
    Golden(
        "GetPolicy",
        {"FunctionName": "f", "Qualifier": "1"},
        "GET",
        f"{FUNCTIONS}/f/policy?Qualifier=1",
        b"",
        {"Policy": "{}", "RevisionId": "r"},
        200,
        b'{"Policy":"{}","RevisionId":"r"}',
    ),
    Golden(
        "RemovePermission",
        {"FunctionName": "f", "StatementId": "s", "Qualifier": "live", "RevisionId": "r"},
        "DELETE",
        f"{FUNCTIONS}/f/policy/s?Qualifier=live&RevisionId=r",
        b"",
        {},
        204,
        b"",
    ),
    Golden(
        "PutResourcePolicy",
        {"ResourceArn": ARN, "Policy": "{}", "RevisionId": REVISION},
        "PUT",
        RESOURCE,
        b'{"Policy": "{}", "RevisionId": "%s"}' % REVISION.encode(),
        {"Policy": "{}", "RevisionId": "r"},
        200,
        b'{"Policy":"{}","RevisionId":"r"}',
    ),
    Golden(
        "GetResourcePolicy",
        {"ResourceArn": ARN},
        "GET",
        RESOURCE,
        b"",
        {"Policy": "{}", "RevisionId": "r"},
        200,
        b'{"Policy":"{}","RevisionId":"r"}',
    ),
    Golden(
        "DeleteResourcePolicy",
        {"ResourceArn": ARN, "RevisionId": REVISION},
        "DELETE",
        f"{RESOURCE}?RevisionId={REVISION}",
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
    ("body", "query", "part"),
    [
        (
            b'{"StatementId":"example.com","Action":"lambda:*","Principal":"*"}',
            "",
            (
                "'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy "
                "regular expression pattern: ([a-zA-Z0-9-_]+)"
            ),
        ),
        (
            b'{"StatementId":"s","Action":"lambda:*","Principal":"*"}',
            "?Qualifier=invalid-qualifier-with-%3F-char",
            (
                "'invalid-qualifier-with-?-char' at 'qualifier' failed to satisfy constraint: Member "
                "must satisfy regular expression pattern: \\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
            ),
        ),
        (
            b'{"StatementId":"s","Action":"sqs:SendMessage","Principal":"*"}',
            "",
            (
                "'sqs:SendMessage' at 'action' failed to satisfy constraint: Member must satisfy "
                "regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])"
            ),
        ),
    ],
)
def test_what_the_model_forbids_is_told_in_awss_words(body, query, part):
    """L-A49, and the pattern of botocore for the third."""
    with pytest.raises(ValidationException) as refusal:
        route(HttpRequest("POST", f"{FUNCTIONS}/f/policy{query}", {}, body))
    assert refusal.value.message == f"1 validation error detected: Value {part}"


@pytest.mark.parametrize(
    ("error", "status"), [(PolicyLengthExceeded("x"), 400), (PreconditionFailed("x"), 412)]
)
def test_errors_spell_their_text_as_the_model_does(error, status):
    answer = encode_error(
        identify(HttpRequest("POST", f"{FUNCTIONS}/f/policy", {}, b"")), error, REQUEST_ID
    )
    assert (answer.status, answer.body) == (status, b'{"Type":"User","message":"x"}')
