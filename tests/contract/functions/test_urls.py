"""Function URLs on the wire: lambda.md 13.11, 1.17."""

import json

import pytest

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from tests.contract.functions.desk import (
    CONSTRAINT,
    FUNCTIONS,
    INVALID,
    NOT_FOUND,
    constraint,
)

URL = "/2021-10-31/functions/%s/url"
OPEN = {
    "StatementId": "url",
    "Action": "lambda:InvokeFunctionUrl",
    "Principal": "*",
    "FunctionUrlAuthType": "NONE",
}
NONE = {"AuthType": "NONE"}


def make(desk, name="F", **members):
    """Make a URL that all may call; return CreateFunctionUrlConfig's answer."""
    made = desk.ok("POST", URL % name, {**NONE, **members}, status=201)
    function, _, query = name.partition("?")
    desk.ok("POST", f"{FUNCTIONS}/{function}/policy?{query}", OPEN, status=201)
    return made


def call(desk, made, method="GET", path="/", headers=None, body=b""):
    """Call a URL; return the answer."""
    host = made["FunctionUrl"].partition("//")[2].rstrip("/")
    return desk.caller.send(method, path, {"Host": host, **(headers or {})}, body)


def event(desk):
    """Return the event of the last call."""
    return json.loads(desk.runs[-1][1].payload)


def test_what_is_said_of_urls_that_are_not_there(desk):
    """lambda.md L-A79."""
    gone = (404, NOT_FOUND, "Function does not exist")
    none = (404, NOT_FOUND, "The resource you requested does not exist.")
    for name in ("missing", "F?Qualifier=prod"):
        function, _, query = name.partition("?")
        path = f"{URL % function}?{query}"
        assert desk.refusal("POST", path, NONE) == gone
        assert desk.refusal("PUT", path, NONE) == gone
        assert desk.refusal("GET", path) == none
        assert desk.refusal("DELETE", path) == none
    assert desk.refusal("PUT", URL % "F", NONE) == none


def test_urls_belong_to_functions_and_aliases(desk):
    """lambda.md L-A80."""
    rule = r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"
    for name in ("F", "missing"):
        for qualifier in ("1", "$LATEST"):
            path = f"{URL % name}?Qualifier={qualifier}"
            said = constraint(f"'{qualifier}'", "qualifier", rule)
            assert desk.refusal("POST", path, NONE) == (400, CONSTRAINT, said)
            assert desk.refusal("GET", path) == (400, CONSTRAINT, said)
    said = "The derived qualifier from the function name does not match the specified qualifier."
    refused = desk.refusal("GET", f"{URL % 'F:prod'}?Qualifier=other")
    assert refused == (400, INVALID, said)


def test_the_mode_is_told_once_it_was_said(desk):
    """lambda.md L-A81."""
    assert "InvokeMode" not in desk.ok("POST", URL % "F", NONE, status=201)
    assert desk.ok("GET", URL % "F")["InvokeMode"] == "BUFFERED"
    assert "InvokeMode" not in desk.ok("PUT", URL % "F", NONE)
    streamed = desk.ok("PUT", URL % "F", {"InvokeMode": "RESPONSE_STREAM"})
    assert streamed["InvokeMode"] == "RESPONSE_STREAM"
    assert desk.ok("PUT", URL % "F", NONE)["InvokeMode"] == "RESPONSE_STREAM"
    rule = "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"
    said = constraint("'UNKNOWN'", "invokeMode", rule)
    refused = desk.refusal("PUT", URL % "F", {"InvokeMode": "UNKNOWN"})
    assert refused == (400, CONSTRAINT, said)


def test_deletion_without_a_qualifier_leaves_those_of_aliases(desk):
    """lambda.md L-A82."""
    desk.publish()
    desk.alias()
    desk.ok("POST", URL % "F", NONE, status=201)
    desk.ok("POST", f"{URL % 'F'}?Qualifier=prod", NONE, status=201)
    assert desk.send("DELETE", URL % "F").status == 204
    assert desk.send("GET", URL % "F").status == 404
    assert desk.ok("GET", f"{URL % 'F'}?Qualifier=prod")["FunctionArn"].endswith(":prod")


@pytest.mark.parametrize(
    "result, body",
    [
        (b'{ "hello": "world" }', b'{"hello":"world"}'),
        (b'["hello", 3, true]', b'["hello",3,true]'),
        (b"3", b"3"),
        (b"3.1", b"3.1"),
        (b"true", b"true"),
        (b'"hello"', b"hello"),
        (b'{"statusCode": 200, "body": "{ \\"a\\": 1234567}"}', b'{ "a": 1234567}'),
    ],
)
def test_how_results_become_answers(desk, result, body):
    """lambda.md L-A83, L-A84, L-C3."""
    made = make(desk)
    desk.answer = result
    answer = call(desk, made)
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == str(len(body))


def test_a_status_may_be_text_and_headers_are_passed_on(desk):
    """lambda.md L-A84."""
    made = make(desk)
    desk.answer = b'{"statusCode": "418", "headers": {"x-own": "1"}, "body": "tea"}'
    answer = call(desk, made)
    assert (answer.status, answer.headers["x-own"], answer.body) == (418, "1", b"tea")


def test_an_error_of_the_function_is_502_and_the_id_is_the_invokes(desk):
    """lambda.md L-A85."""
    made = make(desk)
    error = b'{"errorMessage":"no","errorType":"E"}'
    desk.outcome = InvokeOutcome(InvokeStatus.ERROR, 1_000_000, error)
    answer = call(desk, made)
    assert (answer.status, answer.body) == (502, b"Internal Server Error")
    assert answer.headers["x-amzn-requestid"] == desk.runs[-1][1].request_id


def test_a_streaming_url_answers_for_an_ordinary_handler(desk):
    """lambda.md L-A86."""
    made = make(desk, InvokeMode="RESPONSE_STREAM")
    desk.answer = b'{"statusCode": 200, "body": "plain"}'
    answer = call(desk, made)
    assert (answer.status, answer.body) == (200, b"plain")


def test_what_the_function_is_told_of_a_request(desk):
    """lambda.md L-A87."""
    made = make(desk)
    desk.answer = b'"ok"'
    path = "/pa2%25Fth/1?q=foo&q=/bar&empty="
    call(desk, made, "POST", path, {"Content-Type": "text/plain", "X-Own": "MiXed"}, b"text")
    told = event(desk)
    assert told["rawPath"] == "/pa2%25Fth/1"
    assert told["queryStringParameters"]["q"] == "foo,/bar"
    assert told["headers"]["x-own"] == "MiXed"
    for name in ("x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"):
        assert name in told["headers"]  # those about TLS are told where there is TLS
    assert (told["body"], told["isBase64Encoded"]) == ("text", False)
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    call(desk, made, "POST", "/", form, b"--x--")
    assert (event(desk)["body"], event(desk)["isBase64Encoded"]) == ("LS14LS0=", True)


def test_a_url_that_nobody_has(desk):
    """lambda.md L-C10."""
    made = make(desk)
    other = {"FunctionUrl": made["FunctionUrl"].replace("//", "//0")[:-1].replace("//0", "//z")}
    answer = call(desk, other)
    assert (answer.status, answer.headers["content-type"]) == (403, "application/json")
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert answer.body == b'{"Message":null}'


def test_a_url_goes_with_its_alias(desk):
    """lambda.md 1.17, 13.1: AWS still knows the id for a while, which shows in the text only."""
    desk.publish()
    desk.alias()
    path = f"{URL % 'F'}?Qualifier=prod"
    made = desk.ok("POST", path, NONE, status=201)
    desk.ok("POST", f"{FUNCTIONS}/F/policy?Qualifier=prod", OPEN, status=201)
    assert call(desk, made).status == 200
    assert desk.send("DELETE", f"{FUNCTIONS}/F/aliases/prod").status == 204
    assert desk.refusal("GET", path)[1] == NOT_FOUND
    answer = call(desk, made)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
