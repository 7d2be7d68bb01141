"""InvokeWithResponseStream: the command of an invoke, and an answer in events.

Source: spec/lambda.md 2.3.
"""

import base64
from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.invoke import invoke
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.replies import Done, Invoked


def answer_stream(
    parameters: Parameters,
    context: Context,
    reply: Invoked | Done,
    bodies: Mapping[Any, bytes],
) -> Answer:
    """Answer with the events that are still to be sent; a dry run is a status without a body.

    What a function has streamed is not in its reply, so that the payload of one that did not
    stream is one chunk. An error's document is told with the end, and is no chunk.
    """
    if isinstance(reply, Done):
        return {"StatusCode": 204}
    events: list[Answer] = []
    complete: Answer = {}
    if reply.function_error is not None:
        complete["ErrorCode"] = reply.function_error
        complete["ErrorDetails"] = reply.payload.decode("utf-8", "replace")
    elif reply.payload:
        events.append(chunk(reply.payload))
    if reply.log_tail is not None:
        complete["LogResult"] = base64.b64encode(reply.log_tail).decode()
    events.append({"InvokeComplete": complete})
    return {**head(reply.executed_version), "EventStream": events}


def head(executed_version: str) -> Answer:
    """Return what an answer begins with, before any event."""
    return {"StatusCode": 200, "ExecutedVersion": executed_version}


def chunk(piece: bytes) -> Answer:
    """Return a piece of the function's answer as an event."""
    return {"PayloadChunk": {"Payload": piece}}


def broken_off(code: str, sentence: str) -> Answer:
    """Return the last event of an answer that the server cannot bring to its end."""
    return {"InvokeComplete": {"ErrorCode": code, "ErrorDetails": sentence}}


OPERATIONS: dict[str, Operation] = {
    "InvokeWithResponseStream": Operation(invoke, answer_stream),
}
