"""Invoke: parameters to a command, the reply to an answer.

Source: spec/lambda.md 2.1.
"""

import base64
from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.payload import (
    check_args_size,
    check_json,
    check_size,
    decode_client_context,
)
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import AcceptEvent, Invoke
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.eventbody import Envelope, encode_body, key_of
from headrace.core.functions.lineage import begun
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import Done, EventTaken, Invoked


def invoke(parameters: Parameters, context: Context, rooms: Any) -> Invoke | AcceptEvent:
    """Read Invoke: RequestResponse, Event or DryRun.

    Raises:
        ServiceError: The payload is too long or not JSON; the name is another account's or
            region's.
    """
    invocation_type = parameters.get("InvocationType", "RequestResponse")
    payload = parameters.get("Payload", b"")
    check_size(payload, invocation_type)
    reference = parse_reference(
        parameters["FunctionName"],
        parameters.get("Qualifier"),
        context.account,
        context.region,
        "InvokeFunction",
    )
    for name in ("DurableExecutionName", "TenantId"):
        if parameters.get(name):
            raise InvalidParameterValue(f"This server does not serve {name} yet.")
    if invocation_type == "Event":
        return accept_event(reference, payload, context)
    return Invoke(
        reference=reference,
        payload=check_json(payload),
        request_id=context.request_id,
        log_tail=parameters.get("LogType") == "Tail",
        trace_header=context.trace_header or begun(context.request_id, context.now),
        client_context=decode_client_context(parameters.get("ClientContext", "")),
        dry_run=invocation_type == "DryRun",
    )


def invoke_async(parameters: Parameters, context: Context, rooms: Any) -> AcceptEvent:
    """Read InvokeAsync, the deprecated form of an Event.

    Raises:
        ServiceError: The payload is too long or not JSON; the name is another account's or
            region's.
    """
    payload = parameters.get("InvokeArgs", b"")
    check_args_size(payload)
    name = parameters["FunctionName"]
    reference = parse_reference(name, None, context.account, context.region, "InvokeFunction")
    return accept_event(reference, payload, context)


def accept_event(reference: FunctionReference, payload: bytes, context: Context) -> AcceptEvent:
    """Return the command to take an asynchronous invoke over; a client context counts for nothing.

    Raises:
        InvalidRequestContent: The payload is not JSON.
    """
    envelope = Envelope(context.request_id, check_json(payload), context.trace_header or "")
    key = key_of(context.request_id)
    return AcceptEvent(reference, context.block, encode_body(envelope), key)


def answer_invoke(
    parameters: Parameters,
    context: Context,
    reply: Invoked | EventTaken | Done,
    bodies: Mapping[Any, bytes],
) -> Answer:
    """Answer with what the function gave; other invocation types are a status without a body."""
    if isinstance(reply, EventTaken):
        return {"StatusCode": 202}
    if isinstance(reply, Done):
        return {"StatusCode": 204}
    answer: Answer = {
        "StatusCode": 200,
        "ExecutedVersion": reply.executed_version,
        "FunctionError": reply.function_error,
        "Payload": reply.payload,
    }
    if reply.log_tail is not None:
        answer["LogResult"] = base64.b64encode(reply.log_tail).decode()
    return answer


def answer_invoke_async(
    parameters: Parameters, context: Context, reply: EventTaken, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer that the event was accepted."""
    return {"Status": 202}


OPERATIONS: dict[str, Operation] = {
    "Invoke": Operation(invoke, answer_invoke),
    "InvokeAsync": Operation(invoke_async, answer_invoke_async),
}
