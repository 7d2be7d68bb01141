"""Invoke: parameters to a command, the reply to an answer.

Source: spec/lambda.md 2.1.
"""

import base64
from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.payload import check_json, check_size, decode_client_context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import Invoke
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import parse_reference
from headrace.core.functions.replies import Done, Invoked


def invoke(parameters: Parameters, context: Context, rooms: Any) -> Invoke:
    """Read Invoke: RequestResponse or DryRun.

    Raises:
        ServiceError: The payload is too long or not JSON; the name is another account's or
            region's; the invocation type is not served yet.
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
    if invocation_type == "Event":
        raise InvalidParameterValue(
            "This server does not serve asynchronous invocations (InvocationType Event) yet."
        )
    for name in ("DurableExecutionName", "TenantId"):
        if parameters.get(name):
            raise InvalidParameterValue(f"This server does not serve {name} yet.")
    return Invoke(
        reference=reference,
        payload=check_json(payload),
        request_id=context.request_id,
        log_tail=parameters.get("LogType") == "Tail",
        trace_header=context.trace_header or "",
        client_context=decode_client_context(parameters.get("ClientContext", "")),
        dry_run=invocation_type == "DryRun",
    )


def answer_invoke(
    parameters: Parameters,
    context: Context,
    reply: Invoked | Done,
    bodies: Mapping[Any, bytes],
) -> Answer:
    """Answer with what the function gave; a dry run is a status without a body."""
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


OPERATIONS: dict[str, Operation] = {"Invoke": Operation(invoke, answer_invoke)}
