"""Invoke: its parameters and its answers."""

import base64

import pytest

from headrace.api.context import Context
from headrace.api.functions.invoke import OPERATIONS
from headrace.base.errors import ServiceError
from headrace.core.functions.commands import AcceptEvent
from headrace.core.functions.eventbody import Envelope, decode_envelope, key_of
from headrace.core.functions.replies import Done, EventTaken, Invoked
from tests.unit.core.functions.bench import (
    ACCOUNT,
    EPOCH,
    NAME,
    REGION,
    REQUEST_ID,
    SEED,
    reference,
)

CONTEXT = Context(
    ACCOUNT, REGION, REQUEST_ID, SEED, EPOCH, 1, "http://h", "AIDA", trace_header="Root=1-2-3"
)


def command(**parameters):
    return OPERATIONS["Invoke"].command({"FunctionName": NAME} | parameters, CONTEXT, None)


def answer(reply):
    return OPERATIONS["Invoke"].answer({}, CONTEXT, reply, {})


def test_an_invoke_carries_payload_request_and_trace():
    asked = command(Payload=b"[1]", Qualifier="$LATEST")
    assert asked.reference == reference(qualifier="$LATEST")
    assert (asked.payload, asked.request_id, asked.trace_header) == (
        b"[1]",
        REQUEST_ID,
        "Root=1-2-3",
    )
    assert (asked.log_tail, asked.dry_run, asked.client_context) == (False, False, "")


def test_an_empty_payload_is_an_empty_object():
    assert command().payload == b"{}"
    assert command(Payload=b"").payload == b"{}"


def test_headers_ask_for_tail_dry_run_and_client_context():
    context = base64.b64encode(b'{"custom":{}}').decode()
    asked = command(LogType="Tail", InvocationType="DryRun", ClientContext=context)
    assert (asked.log_tail, asked.dry_run) == (True, True)
    assert asked.client_context == '{"custom":{}}'


def test_an_event_is_to_be_kept_with_its_request_id_and_without_a_client_context():
    context = base64.b64encode(b'{"custom":{}}').decode()
    asked = command(InvocationType="Event", Payload=b"[1]", ClientContext=context)
    assert isinstance(asked, AcceptEvent)
    assert (asked.reference, asked.block) == (reference(), 1)
    assert decode_envelope(asked.body) == Envelope(REQUEST_ID, b"[1]", "Root=1-2-3")
    assert asked.request == key_of(REQUEST_ID)
    assert answer(EventTaken()) == {"StatusCode": 202}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"InvocationType": "Event", "Payload": b"nope"}, "InvalidRequestContentException"),
        (
            {"InvocationType": "Event", "Payload": b'"' + b"x" * 1_048_575 + b'"'},
            "RequestEntityTooLargeException",
        ),
        ({"DurableExecutionName": "x"}, "InvalidParameterValueException"),
        ({"TenantId": "x"}, "InvalidParameterValueException"),
        ({"Payload": b"nope"}, "InvalidRequestContentException"),
        ({"Payload": b'"' + b"x" * 6_291_455 + b'"'}, "RequestEntityTooLargeException"),
        ({"ClientContext": "%"}, "InvalidRequestContentException"),
    ],
)
def test_what_cannot_be_done_is_refused(parameters, code):
    with pytest.raises(ServiceError) as refusal:
        command(**parameters)
    assert refusal.value.code == code


def test_a_result_is_answered_unchanged():
    assert answer(Invoked("id", "$LATEST", b" null")) == {
        "StatusCode": 200,
        "ExecutedVersion": "$LATEST",
        "FunctionError": None,
        "Payload": b" null",
    }


def test_a_failure_is_a_200_with_a_mark_and_the_log_in_base64():
    result = answer(Invoked("id", "$LATEST", b"{}", "Unhandled", b"START\n"))
    assert (result["StatusCode"], result["FunctionError"]) == (200, "Unhandled")
    assert base64.b64decode(result["LogResult"]) == b"START\n"


def test_a_dry_run_is_a_status_only():
    assert answer(Done()) == {"StatusCode": 204}


def test_the_deprecated_form_is_an_event_of_at_most_256_kib():
    def read(args):
        parameters = {"FunctionName": NAME, "InvokeArgs": args}
        return OPERATIONS["InvokeAsync"].command(parameters, CONTEXT, None)

    asked = read(b"[1]")
    assert isinstance(asked, AcceptEvent)
    assert decode_envelope(asked.body) == Envelope(REQUEST_ID, b"[1]", "Root=1-2-3")
    assert asked.request == key_of(REQUEST_ID)
    assert OPERATIONS["InvokeAsync"].answer({}, CONTEXT, EventTaken(), {}) == {"Status": 202}
    assert read(b'"' + b"x" * 262_142 + b'"')
    with pytest.raises(ServiceError, match=r"262145 byte payload .* \(limit 262144 bytes\)"):
        read(b'"' + b"x" * 262_143 + b'"')
