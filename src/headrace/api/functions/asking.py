"""What many operations ask alike: which function is meant, and which page of a list."""

import base64
import binascii

import msgspec

from headrace.api.context import Context
from headrace.api.operation import Parameters
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.limits import PAGE_MAX
from headrace.core.functions.names import FunctionReference, parse_reference


def reference_of(parameters: Parameters, context: Context, action: str) -> FunctionReference:
    """Return which function, version or alias a request means; `action` is its name."""
    return parse_reference(
        parameters["FunctionName"],
        parameters.get("Qualifier"),
        context.account,
        context.region,
        action,
    )


def at_most(parameters: Parameters) -> int:
    """Return how many items a page may have: what is asked for, and no more than 50."""
    return min(int(parameters.get("MaxItems", PAGE_MAX)), PAGE_MAX)


def encode_marker(after: str, **more: str) -> str:
    """Return a marker of what a page ends with; empty members are left out."""
    content = {"after": after, **{name: value for name, value in more.items() if value}}
    return base64.b64encode(msgspec.json.encode(content)).decode()


def decode_marker(parameters: Parameters, *more: str) -> tuple[str, ...]:
    """Return what the page before ended with, as `encode_marker` was given it; empty for none.

    Raises:
        InvalidParameterValue: The marker is not one of ours.
    """
    marker = parameters.get("Marker")
    if not marker:
        return ("",) * (1 + len(more))
    try:
        content = msgspec.json.decode(base64.b64decode(marker, validate=True), type=dict[str, str])
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise InvalidParameterValue("The marker is invalid.") from None
    return tuple(content.get(name, "") for name in ("after", *more))
