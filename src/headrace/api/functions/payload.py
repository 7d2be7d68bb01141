"""Check the payload and the client context of an invoke, in AWS's words.

AWS reads payloads with the Jackson library, whose sentences come through; the two that were
recorded are given word for word, the others in the same manner (spec/lambda.md I2, L-A88).
"""

import base64
import binascii
import json

import msgspec

from headrace.core.functions.errors import InvalidRequestContent, RequestEntityTooLarge
from headrace.core.functions.limits import (
    CLIENT_CONTEXT_BYTES_MAX,
    EVENT_PAYLOAD_BYTES_MAX,
    INVOKE_ARGS_BYTES_MAX,
    PAYLOAD_BYTES_MAX,
)

_SOURCE = (
    "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
    "line: {line}, column: {column}]"
)

_read = msgspec.json.Decoder(msgspec.Raw).decode


def check_size(payload: bytes, invocation_type: str) -> None:
    """Refuse a payload that is too long.

    Raises:
        RequestEntityTooLarge: It has more than 6 MiB, or 1 MiB for an asynchronous invoke.
    """
    limit = EVENT_PAYLOAD_BYTES_MAX if invocation_type == "Event" else PAYLOAD_BYTES_MAX
    if len(payload) > limit:
        raise RequestEntityTooLarge(
            f"{len(payload)} byte payload is too large for the {invocation_type} invocation type "
            f"(limit {limit} bytes)"
        )


def check_args_size(payload: bytes) -> None:
    """Refuse what is too long for InvokeAsync.

    Raises:
        RequestEntityTooLarge: It has more than 256 KiB.
    """
    if len(payload) > INVOKE_ARGS_BYTES_MAX:
        raise RequestEntityTooLarge(
            f"{len(payload)} byte payload is too large for the Event invocation type "
            f"(limit {INVOKE_ARGS_BYTES_MAX} bytes)"
        )


def check_json(payload: bytes) -> bytes:
    """Return the payload; an empty one is an empty object.

    Raises:
        InvalidRequestContent: It is not JSON; any JSON value will do.
    """
    if not payload:
        return b"{}"
    try:
        _read(payload)
        payload.decode()
    except UnicodeDecodeError as error:
        kind = "start" if error.reason == "invalid start byte" else "middle"
        byte = payload[error.start] if kind == "start" else payload[error.end - 1]
        raise _malformed(
            f"Invalid UTF-8 {kind} byte 0x{byte:x}", payload, error.start + 1
        ) from None
    except msgspec.DecodeError:
        _look_closer(payload)
    except RecursionError:
        raise _malformed("Document nesting depth exceeds the maximum allowed", payload, 0) from None
    return payload


def _look_closer(payload: bytes) -> None:
    """Find out what is wrong with a payload, or that only the fast reader did not like it.

    The fast reader refuses escapes of single surrogates, which are legal.
    """
    text = payload.decode(errors="surrogateescape")
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode(errors="surrogateescape"))
    except RecursionError:
        at = 0
    except _NoConstant as constant:
        at = payload.find(constant.args[0].encode())
    else:
        if text.isascii() or payload.decode(errors="replace") == text:
            return
        at = 0
    if at >= len(payload):
        raise _malformed("Unexpected end-of-input", payload, len(payload))
    byte = payload[at]
    shown = f"'{chr(byte)}' (code {byte})" if 32 <= byte < 127 else f"(CTRL-CHAR, code {byte})"
    raise _malformed(
        f"Unexpected character ({shown}): expected a valid value (JSON String, Number, Array, "
        "Object or token 'null', 'true' or 'false')",
        payload,
        at,
    )


class _NoConstant(ValueError):
    """NaN or an infinity, which JSON has not."""


def _refuse_constant(name: str) -> None:
    raise _NoConstant(name)


def _malformed(reason: str, payload: bytes, at: int) -> InvalidRequestContent:
    line = payload.count(b"\n", 0, at) + 1
    column = at - (payload.rfind(b"\n", 0, at) + 1) + 1
    return InvalidRequestContent(
        "Could not parse request body into json: Could not parse payload into json: "
        f"{reason}{_SOURCE.format(line=line, column=column)}"
    )


def decode_client_context(encoded: str) -> str:
    """Return the JSON text of a client context, which comes in base64; empty for none.

    Raises:
        InvalidRequestContent: It is too long, or not JSON in base64.
    """
    if not encoded:
        return ""
    if len(encoded) > CLIENT_CONTEXT_BYTES_MAX:
        raise InvalidRequestContent(
            f"Client context must be no more than {CLIENT_CONTEXT_BYTES_MAX} bytes when base64 "
            "encoded."
        )
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        _read(text)
    except (binascii.Error, UnicodeDecodeError, msgspec.DecodeError):
        raise InvalidRequestContent(
            "Client context must be a valid Base64-encoded JSON object."
        ) from None
    return text
