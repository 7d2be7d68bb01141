"""Invokes on the wire, at once and later: lambda.md 2, 6.2, 13.12, 13.13, 13.15."""

import json

import pytest

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus
from headrace.wire.catalog import LAMBDA
from tests.contract.functions.desk import FUNCTIONS, NOT_FOUND, function_arn

EVENT = {"X_Amz_Invocation_Type": "Event"}
CONFIG = "/2019-09-25/functions/F/event-invoke-config"
RESERVED = "/2017-10-31/functions/F/concurrency"
ERROR = InvokeOutcome(InvokeStatus.ERROR, 1_000_000, b'{"errorMessage":"no","errorType":"E"}')
SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, "


def records(desk, queue="told"):
    """Return the destination records that lie in a queue."""
    url = desk.caller.queue(queue)
    found = []
    while True:
        parameters = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0}
        messages = desk.caller.ok("ReceiveMessage", parameters).get("Messages", [])
        if not messages:
            return found
        found += [json.loads(message["Body"]) for message in messages]


def tell(desk, queue="told", **members):
    """Have the ends of asynchronous invokes told to a queue."""
    desk.caller.queue(queue)
    arn = {"Destination": f"arn:aws:sqs:us-east-1:000000000000:{queue}"}
    config = {"DestinationConfig": {"OnSuccess": arn, "OnFailure": arn}, **members}
    desk.ok("PUT", CONFIG, config)


@pytest.mark.parametrize(
    "payload, said, column",
    [
        (b'"\x87"', "Invalid UTF-8 start byte 0x87", 3),
        (
            b"\x99",
            (
                "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value (JSON String,"
                " Number, Array, Object or token 'null', 'true' or 'false')"
            ),
            1,
        ),
    ],
)
def test_a_payload_that_is_no_json(desk, payload, said, column):
    """lambda.md 2.1 I2, L-A88."""
    answer = desk.invoke(document=payload)
    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"] == "InvalidRequestContentException"
    assert answer.json == {
        "Type": "User",
        "message": "Could not parse request body into json: Could not parse payload into json:"
        f" {said}\n at {SOURCE}column: {column}]",
    }
    assert desk.runs == []


def test_an_answer_that_is_too_large_and_the_next_one(desk):
    """lambda.md 2.1 I4, L-A89, 11, item 7."""
    desk.outcome = InvokeOutcome(InvokeStatus.TOO_LARGE, 1_000_000, b"6291557")
    answer = desk.invoke()
    assert answer.headers["x-amz-function-error"] == "Unhandled"
    document = answer.json
    assert list(document) == ["errorMessage", "errorType"]
    assert document["errorType"] == "Function.ResponseSizeTooLarge"
    desk.outcome = None
    assert desk.invoke().body == b"null"


def test_the_arn_of_a_run_is_as_qualified_as_the_call(desk):
    """lambda.md L-A90."""
    desk.publish()
    desk.alias()
    told = []
    for qualifier in (None, "$LATEST", "1", "prod"):
        desk.invoke(qualifier=qualifier)
        desk.invoke(qualifier=qualifier, **EVENT)
        desk.settle()
        told += [run.invoked_function_arn for _, run in desk.runs[-2:]]
    ends = ("", "", ":$LATEST", ":$LATEST", ":1", ":1", ":prod", ":prod")
    assert told == [function_arn() + end for end in ends]


def test_a_function_may_be_made_and_run_at_once_after_its_deletion(desk):
    """lambda.md L-A91."""
    assert desk.send("DELETE", f"{FUNCTIONS}/F").status == 204
    desk.create()
    assert desk.invoke().status == 200


def test_calls_without_a_result_have_no_payload(desk):
    """lambda.md 2.1 I8, 6.2 A1, L-A92, L-C7."""
    for kind, status in (("Event", 202), ("DryRun", 204)):
        answer = desk.invoke(X_Amz_Invocation_Type=kind)
        assert (answer.status, answer.body) == (status, b"")
        assert "x-amz-executed-version" not in answer.headers
    desk.settle()
    assert [run.payload for _, run in desk.runs] == [b"{}"]
    desk.invoke()
    assert desk.runs[-1][1].payload == b"{}"


def test_a_trace_header_arrives(desk):
    """lambda.md L-A97."""
    root = "1-5759e988-bd862e3fe1be46a994272793"
    desk.invoke(X_Amzn_Trace_Id=f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1")
    first = desk.runs[-1][1].trace_header
    assert f"Root={root}" in first
    desk.invoke()
    desk.invoke()
    assert len({run.trace_header for _, run in desk.runs}) == 3


def test_a_failing_event_is_tried_three_times_under_one_id(desk):
    """lambda.md 6.2 A2 and A3, L-A100, 10, rows 19, 20 and 23, 11, item 10."""
    tell(desk)
    desk.outcome = ERROR
    began = desk.invoke(**EVENT).headers["x-amzn-requestid"]
    counts = []
    for wait_s in (50, 40, 125):
        desk.server.advance(wait_s)
        counts.append(len(desk.runs))
    assert counts == [1, 2, 3]
    assert {run.request_id for _, run in desk.runs} == {began}
    assert len({environment for environment, _ in desk.runs}) == 1
    (record,) = records(desk)
    assert record["requestContext"]["requestId"] == began
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3


@pytest.mark.parametrize("age_s, count", [(60, 1), (90, 2)])
def test_an_event_that_is_too_old_is_given_up(desk, age_s, count):
    """lambda.md 6.2 A5, L-A101."""
    tell(desk, MaximumEventAgeInSeconds=age_s)
    desk.outcome = ERROR
    desk.invoke(**EVENT)
    desk.server.advance(400)
    (record,) = records(desk)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == count


def test_an_event_without_retries(desk):
    """lambda.md L-A102."""
    tell(desk, MaximumRetryAttempts=0)
    desk.outcome = ERROR
    desk.invoke(**EVENT)
    desk.settle()
    (record,) = records(desk)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_a_function_that_may_not_run_is_told_of_without_an_answer(desk):
    """lambda.md 2.1 I5 and I6, 6.2 A6, L-A104, 11, item 11."""
    tell(desk)
    desk.ok("PUT", RESERVED, {"ReservedConcurrentExecutions": 0})
    refused = desk.invoke()
    assert refused.status == 429
    assert refused.json["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    desk.invoke(**EVENT)
    desk.settle()
    (record,) = records(desk)
    assert record["requestPayload"] == {}
    assert "responseContext" not in record
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert desk.runs == []


def test_a_throttled_event_waits_and_counts_no_attempt(desk):
    """lambda.md 6.2 A4."""
    tell(desk)
    desk.outcome = InvokeOutcome(InvokeStatus.FAULT, 0, b"no", error_type="Extension.Crash")
    desk.ok("PUT", RESERVED, {"ReservedConcurrentExecutions": 1})
    for _ in range(30):  # a concurrency of one is ten requests a second
        desk.outcome = None
        assert desk.invoke(**EVENT).status == 202
    desk.settle()
    assert 0 < len(desk.runs) < 30
    desk.server.advance(60)
    assert len(desk.runs) == 30
    counts = {record["requestContext"]["approximateInvokeCount"] for record in records(desk)}
    assert counts == {1}


def test_an_event_runs_on_what_the_function_is_then_unless_a_version_was_named(desk):
    """lambda.md 6.2 A7."""
    desk.publish()
    desk.outcome = ERROR
    desk.invoke(**EVENT)
    desk.invoke(qualifier="1", **EVENT)
    desk.settle()
    desk.configure(Environment={"Variables": {"NEW": "1"}})
    desk.outcome = None
    desk.server.advance(70)
    later = {run.invoked_function_arn: environment for environment, run in desk.runs[2:]}
    assert set(later) == {function_arn(), f"{function_arn()}:1"}
    assert later[function_arn()].spec.variables["NEW"] == "1"
    assert "NEW" not in later[f"{function_arn()}:1"].spec.variables


def test_a_failure_goes_to_the_destination_and_to_the_dead_letter_queue(desk):
    """lambda.md 6.2 A8."""
    tell(desk, MaximumRetryAttempts=0)
    url = desk.caller.queue("dead")
    dead = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"}
    desk.configure(DeadLetterConfig=dead)
    desk.outcome = ERROR
    desk.invoke(document={"n": 1}, **EVENT)
    desk.settle()
    assert [record["requestPayload"] for record in records(desk)] == [{"n": 1}]
    (letter,) = desk.caller.ok("ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 0})[
        "Messages"
    ]
    assert json.loads(letter["Body"]) == {"n": 1}


def test_an_event_of_exactly_one_mebibyte(desk):
    """lambda.md 2.1 I3, 11, item 9."""
    sync = b'"' + b"x" * (6_291_456 - 2) + b'"'
    assert desk.invoke(document=sync).status == 200
    answer = desk.invoke(document=sync[:-1] + b'x"')
    assert answer.json["Message"] == (
        "6291457 byte payload is too large for the RequestResponse invocation type"
        " (limit 6291456 bytes)"
    )
    most = b'"' + b"x" * (1_048_576 - 2) + b'"'
    assert desk.invoke(document=most, **EVENT).status == 202
    answer = desk.invoke(document=most[:-1] + b'x"', **EVENT)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (
        413,
        "RequestEntityTooLargeException",
    )


def test_a_missing_function_is_named_with_latest(desk):
    """lambda.md 1.4, 2.1 I7."""
    said = f"Function not found: {function_arn('missing')}:$LATEST"
    path = f"{FUNCTIONS}/missing/invocations"
    assert desk.refusal("POST", path) == (404, NOT_FOUND, said)
    answer = desk.invoke("missing", **EVENT)
    assert (answer.status, answer.json["Message"]) == (404, said)


def test_both_spellings_of_the_list_of_functions(desk):
    """lambda.md 11, item 1."""
    listed = desk.ok("GET", f"{FUNCTIONS}/")
    assert listed == desk.ok("GET", FUNCTIONS)
    assert [one["FunctionName"] for one in listed["Functions"]] == ["F"]


@pytest.mark.parametrize(
    "status, spelling, codes",
    [
        (
            400,
            "Message",
            (
                "CallbackTimeoutException CodeVerificationFailedException"
                " InvalidCodeSignatureException SnapStartException"
            ),
        ),
        (
            400,
            "message",
            (
                "CapacityProviderLimitExceededException"
                " FunctionVersionsPerCapacityProviderLimitExceededException"
            ),
        ),
        (403, "Message", "EFSMountFailureException S3FilesMountFailureException"),
        (404, "Message", "CodeSigningConfigNotFoundException"),
        (404, "message", "ProvisionedConcurrencyConfigNotFoundException"),
        (408, "Message", "EFSMountConnectivityException S3FilesMountConnectivityException"),
        (410, "Message", "EFSIOException"),
        (413, "message", "SerializedRequestEntityTooLargeException"),
    ],
)
def test_errors_of_the_service_model(status, spelling, codes):
    """lambda.md L-A112."""
    for code in codes.split():
        row = LAMBDA.errors[code]
        assert (row.status, row.message) == (status, spelling), code
