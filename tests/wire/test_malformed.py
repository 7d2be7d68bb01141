"""Whatever comes in, the answer is a ServiceError that can be written, never another exception."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.base.errors import ServiceError
from headrace.wire.answer import encode_error
from headrace.wire.call import Call
from headrace.wire.catalog import LAMBDA, SQS
from headrace.wire.envelope import HttpRequest
from headrace.wire.route import decode, identify

FORM = "application/x-www-form-urlencoded"
FUNCTIONS = "/2015-03-31/functions"


def outcome(request):
    """Read a request; return the Call, or the error after writing it as an answer."""
    protocol = identify(request)
    try:
        return decode(protocol, request)
    except ServiceError as error:
        refused = error
    response = encode_error(protocol, refused, "id")
    assert response.status == refused.status
    assert all("\n" not in value and "\r" not in value for _, value in response.headers)
    return refused


def to_sqs(body, operation="SendMessage"):
    return HttpRequest("POST", "/", {"x-amz-target": f"AmazonSQS.{operation}"}, body)


def to_query(body, path="/"):
    return HttpRequest("POST", path, {"content-type": FORM}, body)


def to_lambda(body, target=FUNCTIONS, method="POST", **headers):
    return HttpRequest(method, target, headers, body)


BODIES = {
    "no JSON": b"hello",
    "half an object": b'{"QueueUrl": "x"',
    "two objects": b"{}{}",
    "a number out of range": b'{"DelaySeconds": 1e999, "Timeout": 1e999}',
    "a number of 5,000 digits": b'{"DelaySeconds": 1' + b"0" * 5000 + b', "Timeout": 1e999}',
    "100,000 open brackets": b'{"X": ' + b"[" * 100_000,
    "100,000 nested lists": b'{"X": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "not UTF-8": b'{"MessageBody": "\xff", "Role": "\xff"}',
    "UTF-16": '{"MessageBody": "x"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"DelaySeconds": NaN, "Timeout": NaN}',
    "a control character": b'{"MessageBody": "\x01", "Role": "\x01"}',
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
}
every_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


@every_body
def test_a_body_that_cannot_be_read_by_sqs_is_a_serialization_exception(body):
    assert outcome(to_sqs(body)).code == "SerializationException"


@every_body
def test_a_body_that_cannot_be_read_by_lambda_is_a_serialization_exception(body):
    assert outcome(to_lambda(body)).code == "SerializationException"


QUERIES = {
    "a bad escape": b"Action=SendMessage&MessageBody=100%",
    "half an escape": b"Action=SendMessage&MessageBody=%4",
    "no hex digits": b"Action=SendMessage&MessageBody=%zz",
    "escaped bytes that are not UTF-8": b"Action=SendMessage&MessageBody=%ff",
    "bytes that are not UTF-8": b"Action=SendMessage&MessageBody=\xff",
    "an escaped surrogate": b"Action=SendMessage&MessageBody=%ed%a0%80",
    "too many parameters": b"Action=SendMessage" + b"&A=1" * 2000,
}


@pytest.mark.parametrize("body", QUERIES.values(), ids=QUERIES)
def test_parameters_that_cannot_be_read_are_a_malformed_query_string(body):
    assert outcome(to_query(body)).code == "MalformedQueryString"


@pytest.mark.parametrize(
    "body",
    [
        b"Action=SendMessage&DelaySeconds=soon",
        b"Action=SendMessage&DelaySeconds=",
        b"Action=SendMessage&DelaySeconds=99999999999999999999999",
        b"Action=SendMessage&DelaySeconds=%D9%A1",  # an Arabic digit
        b"Action=SendMessage&MessageAttribute.1.Name=a&MessageAttribute.1.Value.BinaryValue=*",
        b"Action=SendMessage&MessageAttribute.1.Name=a&MessageAttribute.1.Value.BinaryValue=%C3%A9",
    ],
)
def test_a_wrong_type_in_a_query_is_a_serialization_exception(body):
    assert outcome(to_query(body)).code == "SerializationException"


@pytest.mark.parametrize(
    "path, action", [("/", "Fly"), ("/", ""), ("/1/q", "CreateQueue"), ("/1/q", "ListQueues")]
)
def test_an_action_that_does_not_fit_is_an_invalid_action(path, action):
    error = outcome(to_query(f"Action={action}".encode(), path))
    assert error.code == "InvalidAction"
    assert error.message == f"The action {action} is not valid for this endpoint."


@pytest.mark.parametrize("target", ["AmazonSQS.Fly", "AmazonSQS.", "AmazonSQS", "", "Nobody.Sends"])
def test_an_unknown_target_is_an_unknown_operation(target):
    error = outcome(HttpRequest("POST", "/", {"x-amz-target": target}, b"{}"))
    assert (error.code, error.status) == ("UnknownOperationException", 400)


@pytest.mark.parametrize(
    "target",
    [
        f"{FUNCTIONS}/%ff",
        f"{FUNCTIONS}/%",
        f"{FUNCTIONS}/f?Qualifier=%zz",
        f"{FUNCTIONS}?MaxItems=many",
        f"{FUNCTIONS}?MaxItems=",
        f"{FUNCTIONS}?" + "a=b&" * 3000,
        f"{FUNCTIONS}/f/nothing",
        f"{FUNCTIONS}//",
        "/2015-03-31/",
    ],
)
def test_a_bad_rest_request_is_refused(target):
    assert isinstance(outcome(to_lambda(b"", target, "GET")), ServiceError)


WRONG = [None, True, 7, 1.5, "", "text", [], [[]], {}, {"a": {}}, [None], {"a": None}, "\ud800"]


def places(service, name, above=()):
    """Yield the path of every member below a structure: names, 0 for an item, "k" for a value."""
    shape = service.shapes[name]
    for member in shape.members:
        if member.place == "body":
            yield (*above, member.name)
            yield from places(service, member.shape, (*above, member.name))
    if shape.item:
        step = 0 if shape.kind == "list" else "k"
        yield (*above, step)
        yield from places(service, shape.item, (*above, step))


def document(path, value):
    """Return the smallest document that has `value` at `path`."""
    for step in reversed(path):
        value = [value] if step == 0 else {step: value}
    return value


@pytest.mark.parametrize("operation", SQS.operations)
def test_a_wrong_type_at_any_place_of_an_sqs_operation_is_read_or_refused(operation):
    for path in places(SQS, SQS.operations[operation].input):
        for value in WRONG:
            body = json.dumps(document(path, value)).encode()
            result = outcome(to_sqs(body, operation))
            assert isinstance(result, Call) or result.code == "SerializationException"


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["CreateFunction", "CreateEventSourceMapping"])
def test_a_wrong_type_at_any_place_of_a_lambda_operation_is_read_or_refused(operation):
    row = LAMBDA.operations[operation]
    for path in places(LAMBDA, row.input):
        for value in WRONG:
            body = json.dumps(document(path, value)).encode()
            result = outcome(to_lambda(body, row.path, row.method))
            assert isinstance(result, Call) or result.code in {
                "SerializationException",
                "ValidationException",
            }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
MEMBERS = sorted({member.name for shape in SQS.shapes.values() for member in shape.members})


@given(st.sampled_from(sorted(SQS.operations)), st.binary(max_size=60))
def test_any_bytes_in_a_json_body(operation, body):
    assert isinstance(outcome(to_sqs(body, operation)), (Call, ServiceError))


@given(st.sampled_from(sorted(SQS.operations)), st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_any_values_of_the_right_names(operation, members):
    body = json.dumps(members).encode()
    assert isinstance(outcome(to_sqs(body, operation)), (Call, ServiceError))


PARTS = st.sampled_from(
    [
        "Action",
        "Attribute",
        "Tag",
        "TagKey",
        "Entry",
        "SendMessageBatchRequestEntry",
        "Id",
        "MessageAttribute",
        "Name",
        "Value",
        "Key",
        "BinaryValue",
        "1",
        "0",
        "-1",
        "x",
        "10",
        "99999999999999999999",
        "²",
        "StringListValue",
        "VisibilityTimeout",
        "",
    ]
)
KEYS = st.lists(PARTS, min_size=1, max_size=12).map(".".join)


@given(
    st.sampled_from(sorted(SQS.operations)),
    st.lists(st.tuples(KEYS, st.text("a1%+=&.ü", max_size=4)), max_size=8),
    st.sampled_from(["/", "/1/q", "", "/1/q/", "//"]),
)
def test_any_parameters_of_a_query(operation, pairs, path):
    body = "&".join([f"Action={operation}", *(f"{key}={value}" for key, value in pairs)])
    assert isinstance(outcome(to_query(body.encode(), path)), (Call, ServiceError))


HEADERS = st.dictionaries(
    st.sampled_from(
        ["x-amz-target", "content-type", "authorization", "accept", "x-amz-invocation-type"]
    ),
    st.sampled_from(["", FORM, "AmazonSQS.SendMessage", "AWS4-HMAC-SHA256 Credential=a/b/c"])
    | st.text(st.characters(), max_size=20),
)
ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates as well
TARGETS = st.one_of(
    ANY_TEXT,
    ANY_TEXT.map(lambda text: f"{FUNCTIONS}/{text}"),
    ANY_TEXT.map(lambda text: f"/?Action={text}"),
    st.sampled_from(["/", "", "*", "?", "/?", FUNCTIONS, "/?Action=ListQueues"]),
)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "BREW", ""]),
    TARGETS,
    HEADERS,
    st.binary(max_size=40),
)
def test_any_request_at_all(method, target, headers, body):
    result = outcome(HttpRequest(method, target, headers, body))
    assert isinstance(result, (Call, ServiceError))
